package search

import (
	"strings"
	"testing"

	"github.com/padsync/padsync/documents"
)

// TestWhatIsPackedCanBeUnpacked, though JSON writes some characters as six.
func TestWhatIsPackedCanBeUnpacked(t *testing.T) {
	c, err := newCodec()
	if err != nil {
		t.Fatal(err)
	}
	for _, character := range []string{"<", "\x01", "\"", "\n", "\u2028"} {
		t.Run(character, func(t *testing.T) {
			all, size := new(texts), 0
			all.add(documents.Text{In: documents.InText, Text: strings.Repeat(character, (maxTexts-1000)/len(character))}, &size)
			if len(all.Texts) != 1 {
				t.Fatal("it is too long")
			}
			packed, err := c.pack(all)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.unpack(packed); err != nil {
				t.Error(err)
			}
		})
	}
	all, size := new(texts), 0
	for range maxTexts/beside + 1000 {
		all.add(documents.Text{In: documents.InPast, Text: "x"}, &size)
	}
	if packed, err := c.pack(all); err != nil {
		t.Error(err)
	} else if _, err := c.unpack(packed); err != nil {
		t.Error(err)
	}
}
