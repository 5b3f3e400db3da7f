package pad

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

func inspectString(s, id string) (*Inspection, error) {
	return new(Inspector).Inspect(strings.NewReader(s), int64(len(s)), id)
}

func TestRecordedExportsAreWhole(t *testing.T) {
	content := map[string]string{}
	names := recorded(t, "*/*.etherpad")
	if len(names) < 8 {
		t.Fatalf("%d recorded exports", len(names))
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		id, _, _ := strings.Cut(strings.TrimPrefix(string(b), `{"pad:`), `"`)
		in, err := inspectString(string(b), id)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if in.NeedsRewrite() || in.Head != 14 || in.Facts.Length != 128 || in.Facts.Blank || in.Modified.Year() != 2026 {
			t.Errorf("%s: %+v", name, in)
		}
		version := filepath.Base(filepath.Dir(name))
		content[version+"/"+filepath.Base(name)] = in.Facts.Content
		for cut := 0; cut < len(b); cut += 1 + len(b)/300 {
			if _, err := inspectString(string(b[:cut]), id); !errors.Is(err, ErrMalformed) {
				t.Fatalf("%s cut at %d: %v", name, cut, err)
			}
		}
	}
	for _, version := range []string{"1.8.14", "3.3.1"} {
		if content[version+"/riche.1.etherpad"] != content[version+"/riche.3.etherpad"] {
			t.Errorf("%s: the authors' visit to another pad changed the content", version)
		}
	}
}

const (
	padRecord = `"pad:ag":{"atext":{"text":"été\n","attribs":"|1+4"},"pool":{"numToAttrib":{},"nextNum":0},"head":2,"chatHead":-1}`
	rev0      = `"pad:ag:revs:0":{"changeset":"Z:1>3+3$été","meta":{"author":"","timestamp":1795345534517,"pool":{},"atext":{"text":"été\n","attribs":"|1+4"}}}`
	rev1      = `"pad:ag:revs:1":{"changeset":"Z:4>1=3+1$x","meta":{"author":"a.A","timestamp":1795345534518}}`
	rev2      = `"pad:ag:revs:2":{"changeset":"Z:5<1=3-1$","meta":{"author":"a.A","timestamp":1795345534519}}`
	annRecord = `"globalAuthor:a.A":{"colorId":1,"name":"Ann","timestamp":5,"padIDs":"ag"}`
)

func export(records ...string) string { return "{" + strings.Join(records, ",") + "}" }

// TestWhatIsOfThisPadIsTaken whatever else is wrong with it: a server that has
// it so has nothing better.
func TestWhatIsOfThisPadIsTaken(t *testing.T) {
	const whole = ""
	for name, c := range map[string]struct{ export, flaw string }{
		"whole":                     {export(padRecord, annRecord, rev0, rev1, rev2), whole},
		"another order":             {export(rev2, rev1, annRecord, rev0, padRecord), whole},
		"white space":               {" {\n " + padRecord + " ,\n" + rev0 + "," + rev1 + "," + rev2 + "\n}\n", whole},
		"a byte order mark":         {"\xef\xbb\xbf" + export(padRecord, annRecord, rev0, rev1, rev2), whole},
		"a plugin's record":         {export(padRecord, rev0, rev1, rev2, `"comments:ag":null`), whole},
		"a revision too many":       {export(padRecord, rev0, rev1, rev2, `"pad:ag:revs:3":{}`), whole},
		"a head that is text":       {export(strings.Replace(padRecord, `"head":2`, `"head":"2"`, 1), rev0, rev1, rev2), whole},
		"middle twice":              {export(padRecord, rev0, rev1, rev1, rev2), whole},
		"pad twice":                 {export(padRecord, padRecord, rev0, rev1, rev2), whole},
		"an enormous revision":      {export(padRecord, rev0, rev1, rev2, `"pad:ag:revs:2147483647":{}`), whole},
		"no text":                   {export(strings.Replace(padRecord, `"text"`, `"t"`, 1), rev0, rev1, rev2), whole},
		"no attribution":            {export(strings.Replace(padRecord, `"attribs"`, `"a"`, 1), rev0, rev1, rev2), "attributes"},
		"first is missing":          {export(padRecord, rev1, rev2), "history"},
		"middle is missing":         {export(padRecord, rev0, rev2), "history"},
		"revision of no number":     {export(padRecord, rev0, strings.Replace(rev1, ":1", ":01", 1), rev2), "history"},
		"a null first revision":     {export(padRecord, `"pad:ag:revs:0":null`, rev1, rev2), "history"},
		"a null revision":           {export(padRecord, rev0, `"pad:ag:revs:1":null`, rev2), "history"},
		"an enormous head":          {export(strings.Replace(padRecord, `"head":2`, `"head":9007199254740993`, 1), rev0, rev1, rev2), "head"},
		"a negative head":           {export(strings.Replace(padRecord, `"head":2`, `"head":-1`, 1), rev0, rev1, rev2), "head"},
		"no head":                   {export(strings.Replace(padRecord, `"head":2,`, ``, 1), rev0, rev1, rev2), "head"},
		"an author that is a word":  {export(padRecord, `"globalAuthor:a.A":"x"`, rev0, rev1, rev2), "authors"},
		"an author that is nothing": {export(padRecord, rev0, rev1, rev2, `"globalAuthor:":null`), "authors"},
		"several":                   {export(padRecord, `"globalAuthor:":null`, rev1, rev2, `"pad:ag:chat:0":7`), "authors+history"},
	} {
		t.Run(name, func(t *testing.T) {
			in, err := inspectString(c.export, "ag")
			if err != nil {
				t.Fatal(err)
			}
			f := in.Facts
			if !in.Readable || in.Head != 2 || f.Length != 4 || f.Content == "" || in.Modified.UnixMilli() != 1795345534519 || f.Flaw != c.flaw {
				t.Errorf("readable %t, %+v, modified %v", in.Readable, f, in.Modified)
			}
			if first := !strings.Contains(c.flaw, "history") || strings.Contains(c.export, rev0); first != (f.First != "") || first != f.Blank {
				t.Errorf("%+v", f)
			}
		})
	}
}

// TestWhatHasNoTextIsTaken too, and said not to have one.
func TestWhatHasNoTextIsTaken(t *testing.T) {
	for name, given := range map[string]string{
		"neither a text nor a history": export(strings.Replace(padRecord, `"text"`, `"t"`, 1), rev1, rev2),
		"an empty pad":                 export(`"pad:ag":{}`),
		"a history with a gap":         export(`"pad:ag":{"head":2}`, rev0, rev2),
	} {
		in, err := inspectString(given, "ag")
		if err != nil || in.Readable || !strings.Contains(in.Facts.Flaw, "text") || in.Facts.Text != "" || in.Facts.Blank {
			t.Errorf("%s: %+v, %v", name, in, err)
		}
	}
}

func TestWhatIsNotOfThisPadIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		export string
		want   error
	}{
		"empty":               {"", ErrMalformed},
		"a page":              {"<!DOCTYPE html>", ErrMalformed},
		"an array":            {"[]", ErrMalformed},
		"no end":              {strings.TrimSuffix(export(padRecord, rev0, rev1, rev2), "}"), ErrMalformed},
		"more after the end":  {export(padRecord, rev0, rev1, rev2) + "{}", ErrMalformed},
		"not UTF-8":           {strings.Replace(export(padRecord, rev0, rev1, rev2), "é", "\xe9", 1), ErrMalformed},
		"empty object":        {"{}", ErrNoPad},
		"no pad":              {export(rev0, rev1, rev2), ErrNoPad},
		"a null pad":          {export(`"pad:ag":null`, rev0, rev1, rev2), ErrNoPad},
		"a pad in a list":     {export(`"pad:ag":[]`), ErrNoPad},
		"another pad":         {strings.ReplaceAll(export(padRecord, rev0, rev1, rev2), "pad:ag", "pad:ga"), ErrOtherPad},
		"another pad too":     {export(padRecord, rev0, rev1, rev2, strings.ReplaceAll(rev0, "pad:ag", "pad:ga")), ErrOtherPad},
		"another that is not": {export(padRecord, rev0, rev1, rev2, `"pad:ga":null`), ErrOtherPad},
		"longer id":           {strings.ReplaceAll(export(padRecord, rev0, rev1, rev2), "pad:ag", "pad:ag2"), ErrOtherPad},
	} {
		if _, err := inspectString(c.export, "ag"); !errors.Is(err, c.want) {
			t.Errorf("%s: %v; want %v", name, err, c.want)
		}
	}
}

// TestFirstRevisionIsToldAsEver: told otherwise, each pad that is saved would be
// taken for one that was made anew.
func TestFirstRevisionIsToldAsEver(t *testing.T) {
	var revision struct {
		Changeset string
		Meta      struct {
			Author    string
			Timestamp float64
		}
	}
	_, value, _ := strings.Cut(rev0, `:0":`)
	if err := json.Unmarshal([]byte(value), &revision); err != nil {
		t.Fatal(err)
	}
	in, err := inspectString(export(padRecord, rev0, rev1, rev2), "ag")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%q %q %.0f", revision.Changeset, revision.Meta.Author, revision.Meta.Timestamp)))[:32]
	if in.Facts.First != want {
		t.Errorf("%s, want %s", in.Facts.First, want)
	}
}

func TestFirstRevisionIsTheSameWithAFreshPool(t *testing.T) {
	a, err := inspectString(export(padRecord, rev0, rev1, rev2), "ag")
	if err != nil {
		t.Fatal(err)
	}
	b, err := inspectString(export(padRecord, strings.Replace(rev0, `"pool":{}`, `"pool":{"nextNum":0}`, 1), rev1, rev2), "ag")
	if err != nil {
		t.Fatal(err)
	}
	if a.Facts.First != b.Facts.First {
		t.Error("First tells of more than who wrote what when")
	}
}

func TestEnormousNumbersTakeNoMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, members := range [][]string{
		{padRecord, rev0, rev1, `"pad:ag:revs:2147483647":{}`}, {padRecord, rev1, rev0, `"pad:ag:revs:2147483647":{},"pad:ag:chat:2147483647":{}`},
		{`"pad:ag":{"head":2147483647,"chatHead":2147483647}`, `"pad:ag:revs:2147483647":{},"pad:ag:chat:2147483647":{}`, rev0},
	} {
		if _, err := inspectString(export(members...), "ag"); err != nil {
			t.Error(err)
		}
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 2<<20 {
		t.Errorf("%d bytes", took)
	}
}

func TestErrorOfTheReaderIsNotTheServers(t *testing.T) {
	broken := errors.New("disk")
	_, err := new(Inspector).Inspect(onward{io.MultiReader(strings.NewReader(`{"pad:ag":`), iotest.ErrReader(broken))}, 100, "ag")
	if !errors.Is(err, broken) || errors.Is(err, ErrMalformed) {
		t.Errorf("%v", err)
	}
}

// An onward reader is for who reads each byte once.
type onward struct{ io.Reader }

func (o onward) ReadAt(b []byte, _ int64) (int, error) { return io.ReadFull(o.Reader, b) }

func TestReadOnlyExportIsRewritten(t *testing.T) {
	const id = "r.0123456789abcdef0123456789abcdef"
	plugin := `"comments:ag":{"c-1":{"padId":"ag","text":"in ag"}}`
	author := `"globalAuthor:a.A":{"colorId":1,"name":"<ag>","timestamp":5,"padIDs":["ag","other"]}`
	given := export(padRecord, author, rev0, rev1, rev2, `"pad:ag:chat:0":{"text":"ag"}`, plugin)
	in, err := inspectString(given, id)
	if err != nil || in.Real() != "ag" || !in.NeedsRewrite() {
		t.Fatalf("%+v, %v", in, err)
	}
	var out bytes.Buffer
	if err := in.Rewrite(&out); err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(export(padRecord, `"globalAuthor:a.A":{"colorId":1,"name":"<ag>","timestamp":5,"padIDs":["ag"]}`,
		rev0, rev1, rev2, `"pad:ag:chat:0":{"text":"ag"}`, plugin), "pad:ag", "pad:"+id)
	want = strings.NewReplacer(`["ag"]`, `["`+id+`"]`, "comments:ag", "comments:"+id, `"padId":"ag"`, `"padId":"`+id+`"`).Replace(want)
	if out.String() != want {
		t.Errorf("rewritten as\n%s\nwant\n%s", out.String(), want)
	}
	again, err := inspectString(out.String(), id)
	if err != nil || again.NeedsRewrite() {
		t.Errorf("rewritten: %+v, %v", again, err)
	}
}

// TestMemoryDoesNotGrowWithTheHistory: a history of 25 MB, and no more than a
// few in memory.
func TestMemoryDoesNotGrowWithTheHistory(t *testing.T) {
	const (
		revisions = 200_001
		allowed   = 8 << 20
	)
	r, w := io.Pipe()
	defer r.Close()
	var before, peak runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	highest := uint64(0)
	go func() {
		fmt.Fprintf(w, "{%s", strings.Replace(padRecord, `"head":2`, fmt.Sprintf(`"head":%d`, revisions-1), 1))
		for n := range revisions {
			change := [2]string{"Z:5<1=3-1$", "Z:4>1=3+1$x"}[n%2]
			if n == 0 {
				change = "Z:1>3+3$été"
			}
			fmt.Fprintf(w, `,"pad:ag:revs:%d":{"changeset":"%s","meta":{"author":"a.0123456789abcdef","timestamp":1795345534518}}`, n, change)
			if n%50_000 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&peak)
				highest = max(highest, peak.HeapAlloc)
			}
		}
		io.WriteString(w, "}")
		w.Close()
	}()
	in, err := new(Inspector).Inspect(onward{r}, 1<<30, "ag")
	if err != nil || in.Head != revisions-1 {
		t.Fatalf("%+v, %v", in, err)
	}
	if highest > before.HeapAlloc+allowed {
		t.Errorf("%d bytes more in memory", highest-before.HeapAlloc)
	}
}

// FuzzInspect: what is taken is taken again after a rewrite, with the same
// facts, and needs no other.
func FuzzInspect(f *testing.F) {
	const readOnly = "r.0123456789abcdef0123456789abcdef"
	f.Add(export(padRecord, annRecord, rev0, rev1, rev2), "ag")
	f.Add(export(padRecord, annRecord, rev0, rev1, rev2, `"comments:ag":{"ag":"ag"}`), readOnly)
	f.Add(`{"pad:ag":{"head":0,"atext":{"text":""}},"pad:ag:revs:0":{"changeset":"x"}}`, "r.:")
	f.Add(export(padRecord, strings.Replace(annRecord, `"ag"`, `{"ag":1,"b":1}`, 1), rev0, rev1, rev2), "ag")
	f.Fuzz(func(t *testing.T, given, id string) {
		if !utf8.ValidString(id) {
			return // ParseAddress and List give no such id
		}
		in, err := inspectString(given, id)
		if err != nil {
			return
		}
		history, err := in.History()
		if err != nil || history[0] < 0 || history[1] < history[0] || history[1] > int64(len(given)) {
			t.Fatalf("the history of %q is %d, %v", given, history, err)
		}
		if rest := given[:history[0]] + given[history[1]:]; !json.Valid([]byte(rest)) {
			t.Errorf("without its history, %q is %q", given, rest)
		}
		var out bytes.Buffer
		if err := in.Rewrite(&out); err != nil {
			t.Fatalf("rewrite of %q: %v", given, err)
		}
		again, err := inspectString(out.String(), id)
		if err != nil {
			t.Fatalf("rewritten from %q: %v", given, err)
		}
		if again.NeedsRewrite() {
			t.Errorf("%q needs another rewrite", out.String())
		}
		if !in.NeedsRewrite() && again.Facts.Content != in.Facts.Content {
			t.Errorf("%q has another content", out.String())
		}
	})
}

func BenchmarkInspect(b *testing.B) {
	server := etherpadtest.New(etherpadtest.Options{Synthetic: 100})
	var exports [][]byte
	for n := range 100 {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest("GET", "/p/"+etherpadtest.SyntheticID(n)+"/export/etherpad", nil))
		exports = append(exports, w.Body.Bytes())
		b.SetBytes(int64(len(slices.Concat(exports...))))
	}
	inspector := new(Inspector)
	for b.Loop() {
		for n, export := range exports {
			if _, err := inspector.Inspect(bytes.NewReader(export), int64(len(export)), etherpadtest.SyntheticID(n)); err != nil {
				b.Fatal(err)
			}
		}
	}
}
