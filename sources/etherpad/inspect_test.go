package etherpad

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// recorded opens the answers of real servers, which not every checkout has.
func recorded(t *testing.T) fs.FS {
	t.Helper()
	return os.DirFS(testserver.Recorded(t, "etherpad"))
}

func inspectString(s, id string) (*inspection, error) {
	return new(Source).inspect(strings.NewReader(s), int64(len(s)), id)
}

func TestRecordedExportsAreWhole(t *testing.T) {
	files := recorded(t)
	content := map[string]string{}
	names, err := fs.Glob(files, "*/*.etherpad")
	if err != nil || len(names) < 8 {
		t.Fatalf("%d recorded exports, %v", len(names), err)
	}
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		id, _, _ := strings.Cut(strings.TrimPrefix(string(b), `{"pad:`), `"`)
		in, err := inspectString(string(b), id)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if in.needsRewrite() || in.head != 14 || in.facts.Length != 128 || in.facts.Blank || in.modified.Year() != 2026 {
			t.Errorf("%s: %+v", name, in)
		}
		content[name] = in.facts.Content
		for cut := 0; cut < len(b); cut += 1 + len(b)/300 {
			if _, err := inspectString(string(b[:cut]), id); !errors.Is(err, sources.ErrRefused) {
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

func TestInspect(t *testing.T) {
	for name, c := range map[string]struct {
		export string
		want   error
	}{
		"whole":                    {export(padRecord, annRecord, rev0, rev1, rev2), nil},
		"another order":            {export(rev2, rev1, annRecord, rev0, padRecord), nil},
		"white space":              {" {\n " + padRecord + " ,\n" + rev0 + "," + rev1 + "," + rev2 + "\n}\n", nil},
		"a plugin's record":        {export(padRecord, rev0, rev1, rev2, `"comments:ag":null`), nil},
		"a revision too many":      {export(padRecord, rev0, rev1, rev2, `"pad:ag:revs:3":{}`), nil},
		"empty":                    {"", sources.ErrRefused},
		"empty object":             {"{}", sources.ErrRefused},
		"a page":                   {"<!DOCTYPE html>", sources.ErrRefused},
		"an array":                 {"[]", sources.ErrRefused},
		"no end":                   {strings.TrimSuffix(export(padRecord, rev0, rev1, rev2), "}"), sources.ErrRefused},
		"more after the end":       {export(padRecord, rev0, rev1, rev2) + "{}", sources.ErrRefused},
		"not UTF-8":                {strings.Replace(export(padRecord, rev0, rev1, rev2), "é", "\xe9", 1), sources.ErrRefused},
		"no pad":                   {export(rev0, rev1, rev2), sources.ErrRefused},
		"no revisions":             {export(padRecord), errIncomplete},
		"first is missing":         {export(padRecord, rev1, rev2), errIncomplete},
		"middle is missing":        {export(padRecord, rev0, rev2), errIncomplete},
		"last is missing":          {export(padRecord, rev0, rev1), errIncomplete},
		"middle twice":             {export(padRecord, rev0, rev1, rev1, rev2), sources.ErrRefused},
		"pad twice":                {export(padRecord, padRecord, rev0, rev1, rev2), sources.ErrRefused},
		"another pad":              {strings.ReplaceAll(export(padRecord, rev0, rev1, rev2), "pad:ag", "pad:ga"), sources.ErrRefused},
		"another pad too":          {export(padRecord, rev0, rev1, rev2, strings.ReplaceAll(rev0, "pad:ag", "pad:ga")), sources.ErrRefused},
		"longer id":                {strings.ReplaceAll(export(padRecord, rev0, rev1, rev2), "pad:ag", "pad:ag2"), sources.ErrRefused},
		"revision of no number":    {export(padRecord, rev0, rev1, strings.Replace(rev2, ":2", ":02", 1)), errIncomplete},
		"an enormous head":         {export(strings.Replace(padRecord, `"head":2`, `"head":9007199254740993`, 1), rev0, rev1, rev2), errIncomplete},
		"an enormous revision":     {export(padRecord, rev0, rev1, `"pad:ag:revs:2147483647":{}`), errIncomplete},
		"a negative head":          {export(strings.Replace(padRecord, `"head":2`, `"head":-1`, 1), rev0), sources.ErrRefused},
		"a head that is text":      {export(strings.Replace(padRecord, `"head":2`, `"head":"2"`, 1), rev0, rev1, rev2), sources.ErrRefused},
		"no head":                  {export(strings.Replace(padRecord, `"head":2,`, ``, 1), rev0, rev1, rev2), sources.ErrRefused},
		"no text":                  {export(strings.Replace(padRecord, `"text"`, `"t"`, 1), rev0, rev1, rev2), sources.ErrRefused},
		"a null pad":               {export(`"pad:ag":null`, rev0, rev1, rev2), sources.ErrRefused},
		"a null first revision":    {export(padRecord, `"pad:ag:revs:0":null`, rev1, rev2), sources.ErrRefused},
		"a null last revision":     {export(padRecord, rev0, rev1, `"pad:ag:revs:2":null`), sources.ErrRefused},
		"an author that is a word": {export(padRecord, `"globalAuthor:a.A":"x"`, rev0, rev1, rev2), sources.ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			in, err := inspectString(c.export, "ag")
			if !errors.Is(err, c.want) || err != nil && !errors.Is(err, sources.ErrRefused) {
				t.Fatalf("%v; want %v", err, c.want)
			}
			if c.want != errIncomplete && errors.Is(err, errIncomplete) {
				t.Errorf("taken for incomplete: %v", err)
			}
			if err != nil {
				return
			}
			if f := in.facts; *f.Revision != 2 || f.Length != 4 || !f.Blank || f.First == "" || f.Content == "" || in.modified.UnixMilli() != 1795345534519 {
				t.Errorf("%+v, modified %v", f, in.modified)
			}
		})
	}
}

func TestCharactersAreCountedAsTheyAre(t *testing.T) {
	for _, text := range []string{"", "é", "1234567", "12345678", "éééé", "ééééé", "a€😀é\nbß", strings.Repeat("Réunion du 3 mai 🌱 ", 50)} {
		for from := range len(text) + 1 {
			if rest := text[from:]; utf8.ValidString(rest) && characters([]byte(rest)) != int64(utf8.RuneCountInString(rest)) {
				t.Errorf("%q has %d characters", rest, characters([]byte(rest)))
			}
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
	if in.facts.First != want {
		t.Errorf("%s, want %s", in.facts.First, want)
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
	if a.facts.First != b.facts.First {
		t.Error("First tells of more than who wrote what when")
	}
}

func TestEnormousNumbersTakeNoMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := inspectString(export(padRecord, rev0, rev1, `"pad:ag:revs:2147483647":{}`), "ag")
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, errIncomplete) || took > 1<<20 {
		t.Errorf("%v, with %d bytes", err, took)
	}
}

func TestErrorOfTheReaderIsNotTheServers(t *testing.T) {
	broken := errors.New("disk")
	_, err := new(Source).inspect(io.MultiReader(strings.NewReader(`{"pad:ag":`), iotest.ErrReader(broken)), 100, "ag")
	if !errors.Is(err, broken) || errors.Is(err, sources.ErrRefused) {
		t.Errorf("%v", err)
	}
}

func TestReadOnlyExportIsRewritten(t *testing.T) {
	const id = "r.0123456789abcdef0123456789abcdef"
	plugin := `"comments:ag":{"c-1":{"padId":"ag","text":"in ag"}}`
	author := `"globalAuthor:a.A":{"colorId":1,"name":"<ag>","timestamp":5,"padIDs":["ag","other"]}`
	given := export(padRecord, author, rev0, rev1, rev2, `"pad:ag:chat:0":{"text":"ag"}`, plugin)
	in, err := inspectString(given, id)
	if err != nil || in.real != "ag" || !in.needsRewrite() {
		t.Fatalf("%+v, %v", in, err)
	}
	var out bytes.Buffer
	if err := in.rewrite(&out, strings.NewReader(given)); err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(export(padRecord, `"globalAuthor:a.A":{"colorId":1,"name":"<ag>","padIDs":["ag"],"timestamp":5}`,
		rev0, rev1, rev2, `"pad:ag:chat:0":{"text":"ag"}`, plugin), "pad:ag", "pad:"+id)
	want = strings.NewReplacer(`["ag"]`, `["`+id+`"]`, "comments:ag", "comments:"+id, `"padId":"ag"`, `"padId":"`+id+`"`).Replace(want)
	if out.String() != want {
		t.Errorf("rewritten as\n%s\nwant\n%s", out.String(), want)
	}
	again, err := inspectString(out.String(), id)
	if err != nil || again.needsRewrite() {
		t.Errorf("rewritten: %+v, %v", again, err)
	}
}

// TestMemoryDoesNotGrowWithTheHistory: a history of 25 MB, and no more than a
// few in memory.
func TestMemoryDoesNotGrowWithTheHistory(t *testing.T) {
	const (
		revisions = 200_000
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
			fmt.Fprintf(w, `,"pad:ag:revs:%d":{"changeset":"Z:%d>1|%d=3+1$x","meta":{"author":"a.0123456789abcdef","timestamp":1795345534518}}`, n, n, n)
			if n%50_000 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&peak)
				highest = max(highest, peak.HeapAlloc)
			}
		}
		io.WriteString(w, "}")
		w.Close()
	}()
	in, err := new(Source).inspect(r, 1<<30, "ag")
	if err != nil || in.head != revisions-1 {
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
		history, err := in.trail.in(strings.NewReader(given), int64(len(given)))
		if err != nil || history[0] < 0 || history[1] < history[0] || history[1] > int64(len(given)) {
			t.Fatalf("the history of %q is %d, %v", given, history, err)
		}
		if rest := given[:history[0]] + given[history[1]:]; !json.Valid([]byte(rest)) {
			t.Errorf("without its history, %q is %q", given, rest)
		}
		var out bytes.Buffer
		if err := in.rewrite(&out, strings.NewReader(given)); err != nil {
			t.Fatalf("rewrite of %q: %v", given, err)
		}
		again, err := inspectString(out.String(), id)
		if err != nil {
			t.Fatalf("rewritten from %q: %v", given, err)
		}
		if again.needsRewrite() {
			t.Errorf("%q needs another rewrite", out.String())
		}
		if !in.needsRewrite() && again.facts.Content != in.facts.Content {
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
	source := new(Source)
	for b.Loop() {
		for n, export := range exports {
			if _, err := source.inspect(bytes.NewReader(export), int64(len(export)), etherpadtest.SyntheticID(n)); err != nil {
				b.Fatal(err)
			}
		}
	}
}
