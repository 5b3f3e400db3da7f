package library

import (
	"fmt"
	"testing"

	"github.com/padsync/padsync/manifest"
)

var pads = manifest.Source{Kind: "etherpad", URL: "https://pad.example.org"}

func TestNamesHaveSixDigitsAndMoreWhereTheyAreAlike(t *testing.T) {
	const many = 20_000 // some of them share six digits
	h, err := NewNames("0123", func(add func(manifest.Source, string)) error {
		for i := range many {
			add(pads, fmt.Sprint(i))
			add(manifest.Source{URL: "http://pad.example.org"}, fmt.Sprint(i)) // the same one
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	seen, longer := make(map[string]bool), 0
	for i := range many {
		short := h.Short(pads, fmt.Sprint(i))
		if len(short) < 6 || seen[short] {
			t.Errorf("%s is too short or there twice", short)
		}
		if len(short) > 6 {
			longer++
		}
		seen[short] = true
	}
	if longer == 0 || longer > 100 {
		t.Errorf("%d of %d are longer than six digits", longer, many)
	}
	// SHA-256 of "0123\npad.example.org\nag", by sha256sum.
	if got := NoNames("0123").Short(pads, "ag"); got != "f4691d" {
		t.Errorf("short = %s", got)
	}
}
