package pad

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// exports returns the export files of testdata, by name; a test on none of
// them would prove nothing.
func exports(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("testdata/*.etherpad")
	if err != nil || len(names) == 0 {
		t.Fatalf("testdata has no exports: %v", err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimSuffix(filepath.Base(name), ".etherpad")] = b
	}
	return files
}

func collect(s *scanner) (list []Member, err error) {
	for m, err := range members(s) {
		if err != nil {
			return list, err
		}
		m.Key, m.Value, m.Raw = bytes.Clone(m.Key), bytes.Clone(m.Value), bytes.Clone(m.Raw)
		list = append(list, m)
	}
	return list, nil
}

func TestMembersSayWhatTheyAre(t *testing.T) {
	const export = ` {"pad:été":{"head":1}, "globalAuthor:a.x" : {"name":null},
		"pad:été:revs:0":1.5e3,"pad:été:revs:01":[ ],"pad:été:chat:12":"\"\u00e9\\",
		"pad:été:revs:99999999999":{},"comments:été":[true,false,{}], "p\u0061d:go:":null} ` + "\n"
	want := []Member{
		{Key: []byte("pad:été"), Kind: PadMember, ID: "été", Value: json.RawMessage(`{"head":1}`)},
		{Key: []byte("globalAuthor:a.x"), Kind: AuthorMember, ID: "a.x", Value: json.RawMessage(`{"name":null}`)},
		{Key: []byte("pad:été:revs:0"), Kind: RevisionMember, ID: "été", Value: json.RawMessage(`1.5e3`)},
		{Key: []byte("pad:été:revs:01"), Value: json.RawMessage(`[ ]`)},
		{Key: []byte("pad:été:chat:12"), Kind: MessageMember, ID: "été", Number: 12, Value: json.RawMessage(`"\"\u00e9\\"`)},
		{Key: []byte("pad:été:revs:99999999999"), Value: json.RawMessage(`{}`)},
		{Key: []byte("comments:été"), Value: json.RawMessage(`[true,false,{}]`)},
		{Key: []byte("pad:go:"), Kind: PadMember, ID: "go", Value: json.RawMessage(`null`)},
	}
	i := 0
	for got, err := range Members(iotest.OneByteReader(strings.NewReader(export))) {
		if err != nil {
			t.Fatal(err)
		}
		if raw := string(got.Raw); raw[0] != '"' || !strings.HasPrefix(export[got.Offset:], raw) || !strings.HasSuffix(raw, string(got.Value)) {
			t.Errorf("offset %d of %q is not that of %q", got.Offset, got.Key, raw)
		}
		if got.Size != int64(len(got.Raw)) {
			t.Errorf("%q has the size %d", got.Raw, got.Size)
		}
		got = Member{Kind: got.Kind, ID: got.ID, Number: got.Number, Key: got.Key, Value: got.Value}
		if fmt.Sprint(got) != fmt.Sprint(want[i]) {
			t.Errorf("got %v, want %v", got, want[i])
		}
		i++
	}
	if i != len(want) {
		t.Errorf("got %d members, want %d", i, len(want))
	}
}

func TestCutExportIsNeverWhole(t *testing.T) {
	for name, whole := range exports(t) {
		whole = bytes.TrimSpace(whole)
		for n := 0; n < len(whole); n += 1 + len(whole)/1000 {
			_, err := collect(&scanner{r: bytes.NewReader(whole[:n]), opener: '{', size: 16})
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("%s cut after %d of %d bytes: %v", name, n, len(whole), err)
			}
		}
	}
}

func TestMembersOfHostileExports(t *testing.T) {
	deep := `{"a":` + strings.Repeat("[", 1<<20)
	for name, c := range map[string]struct {
		export string
		want   error
	}{
		"an HTML page":         {"<!doctype html>", ErrMalformed},
		"an array":             {"[]", ErrMalformed},
		"nothing":              {"", ErrMalformed},
		"a second object":      {"{}{}", ErrMalformed},
		"a comma at the end":   {`{"a":1,}`, ErrMalformed},
		"no UTF-8":             {"{\"a\":\"\xe9\"}", ErrMalformed},
		"a control character":  {"{\"a\":\"\n\"}", ErrMalformed},
		"nesting without end":  {deep, ErrMalformed},
		"a key without end":    {`{"` + strings.Repeat("a", maxMember+maxMember/2), ErrTooLarge},
		"a number without end": {`{"a":` + strings.Repeat("1", 3*maxMember), ErrTooLarge},
	} {
		if _, err := collect(&scanner{r: strings.NewReader(c.export), opener: '{', size: windowSize}); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func TestMembersPassOnTheReadersError(t *testing.T) {
	broken := errors.New("broken")
	r := io.MultiReader(strings.NewReader(`{"a":1,"b":`), iotest.ErrReader(broken))
	if _, err := collect(&scanner{r: r, opener: '{', size: windowSize}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// FuzzMembers holds the scanner against encoding/json: both take the same
// bytes (but for UTF-8, which encoding/json mends, and for depth), and see the
// same values.
func FuzzMembers(f *testing.F) {
	for _, b := range exports(f) {
		f.Add(b)
	}
	for _, s := range []string{`{}`, `{"a":-0.5E+1,"b":[{},[],""]}`, `{"a":"\ud83d\/"} `, `{"a":01}`, `{,}`, `{"a":nul}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := collect(&scanner{r: bytes.NewReader(b), opener: '{', size: 1})
		var want map[string]json.RawMessage
		bad := json.Unmarshal(b, &want)
		if want == nil && bad == nil { // null
			bad = errSyntax
		}
		if err != nil {
			if bad == nil && utf8.Valid(b) && bytes.Count(b, []byte("["))+bytes.Count(b, []byte("{")) < maxDepth {
				t.Fatalf("refused with %v what encoding/json takes", err)
			}
			return
		}
		if bad != nil {
			t.Fatalf("taken, though encoding/json says %v", bad)
		}
		last := map[string]json.RawMessage{}
		for _, m := range got {
			last[string(m.Key)] = m.Value
		}
		if len(last) != len(want) {
			t.Fatalf("%d members, want %d", len(last), len(want))
		}
		for key, v := range last {
			if !bytes.Equal(v, want[key]) {
				t.Fatalf("%q: %s, want %s", key, v, want[key])
			}
		}
	})
}

func BenchmarkMembers(b *testing.B) {
	export := longExport(1000)
	b.SetBytes(int64(len(export)))
	for b.Loop() {
		for _, err := range Members(bytes.NewReader(export)) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// longExport is an export with many revisions of a growing pad.
func longExport(revisions int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"pad:long":{"atext":{"text":"\n","attribs":"|1+1"},"pool":{"numToAttrib":{},"nextNum":0},"head":%d,"chatHead":-1}`, revisions-1)
	for i := range revisions {
		fmt.Fprintf(&b, `,"pad:long:revs:%d":{"changeset":"Z:1>8*0+8$Bonjour ","meta":{"author":"a.wDQQ1xmY43wMIomI","timestamp":1795345535288`, i)
		if i%100 == 0 {
			fmt.Fprintf(&b, `,"pool":{"numToAttrib":{},"nextNum":0},"atext":{"text":"%s\n","attribs":"|1+1"}`, strings.Repeat("déjà vu ", i))
		}
		b.WriteString("}}")
	}
	b.WriteString("}")
	return b.Bytes()
}
