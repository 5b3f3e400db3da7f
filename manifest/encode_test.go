package manifest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// documents are any that can be encoded.
var documents = func() *rapid.Generator[Document] {
	const year0, year9999 = -62167219200, 253402300799
	return rapid.MakeCustom[Document](rapid.MakeConfig{Types: map[reflect.Type]*rapid.Generator[any]{
		reflect.TypeFor[Time]():    rapid.Map(rapid.Int64Range(year0, year9999), func(s int64) any { return At(time.Unix(s, 0)) }),
		reflect.TypeFor[[]Piece](): rapid.Map(rapid.SliceOfN(rapid.Make[Piece](), 1, 3), func(p []Piece) any { return p }),
	}})
}()

// TestEncodingIsThatOfTheTags, by which documents are decoded.
func TestEncodingIsThatOfTheTags(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := documents.Draw(t, "document")
		d.Error += special
		var want bytes.Buffer
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		if err := e.Encode(d); err != nil {
			t.Fatal(err)
		}
		var got text
		got.document(&d)
		if got.err != nil || !slices.Equal(append(got.b, '\n'), want.Bytes()) {
			t.Errorf("%s is written, %v\n%s would be", got.b, got.err, want.Bytes())
		}
	})
}

// TestPackTellsWhatTheManifestDoes of a version, but for the locations.
func TestPackTellsWhatTheManifestDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := documents.Filter(func(d Document) bool { return len(d.Versions) > 0 }).Draw(t, "document").Versions[0]
		title := v.Title + special
		v.Title = title
		private := map[string]string{"b": special, "admin": title, special: "c"}
		told, err := EncodeAlone(Source{Kind: "kind", URL: "https://a/b", Name: "a label"}, special, &v, private)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"format": "padsync document", "version": 1, "source": Source{Kind: "kind", URL: "https://a/b"}, "id": special,
			"versions": []any{withoutLocations(generic(t, v))}, "private": private,
		}
		if diff := cmp.Diff(generic(t, want), generic(t, json.RawMessage(told))); diff != "" {
			t.Errorf("-want +told\n%s", diff)
		}
		if !bytes.HasSuffix(told, []byte("}\n")) {
			t.Errorf("it ends with %q", told[len(told)-2:])
		}
	})
}

// generic is the value of any JSON.
func generic(t *rapid.T, v any) (value map[string]any) {
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &value)
	}
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// withoutLocations takes them out of a version.
func withoutLocations(version map[string]any) map[string]any {
	for _, f := range objects(version["files"]) {
		forget(f)
		if history, ok := f["history"].(map[string]any); ok {
			for _, p := range objects(history["pieces"]) {
				if in, ok := p["in"].(map[string]any); ok {
					forget(in)
				}
			}
		}
	}
	return version
}

func forget(located map[string]any) {
	for _, name := range []string{"pack", "frame", "offset"} {
		delete(located, name)
	}
}

func objects(list any) (all []map[string]any) {
	items, _ := list.([]any)
	for _, o := range items {
		all = append(all, o.(map[string]any))
	}
	return all
}

// special has all characters that are written in a special way, and some beside
// them.
var special = func() string {
	all := []rune{'\u2027', '\u2028', '\u2029', '\u202a', '\ufffd', '\U0001f600'}
	for r := range rune(0x100) {
		all = append(all, r)
	}
	return string(all)
}()
