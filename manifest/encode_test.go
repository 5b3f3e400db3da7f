package manifest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestEncodingIsThatOfTheTags, by which documents are decoded.
func TestEncodingIsThatOfTheTags(t *testing.T) {
	const year0, year9999 = -62167219200, 253402300799
	documents := rapid.MakeCustom[Document](rapid.MakeConfig{Types: map[reflect.Type]*rapid.Generator[any]{
		reflect.TypeFor[Time]():    rapid.Map(rapid.Int64Range(year0, year9999), func(s int64) any { return At(time.Unix(s, 0)) }),
		reflect.TypeFor[[]Piece](): rapid.Map(rapid.SliceOfN(rapid.Make[Piece](), 1, 3), func(p []Piece) any { return p }),
	}})
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

// special has all characters that are written in a special way, and some beside
// them.
var special = func() string {
	all := []rune{'\u2027', '\u2028', '\u2029', '\u202a', '\ufffd', '\U0001f600'}
	for r := range rune(0x100) {
		all = append(all, r)
	}
	return string(all)
}()
