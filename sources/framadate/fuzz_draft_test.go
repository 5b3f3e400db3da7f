package framadate

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/padsync/padsync/documents/poll"
)

// FuzzDraft: whatever was saved, the forms take what is drafted of it, and no
// choice, vote or comment is missing.
func FuzzDraft(f *testing.F) {
	for _, p := range []*poll.Poll{
		pizza(true, open()), reunion(rawDescription, commentsRecorded, "2027-01-20", open()), small("0", poll.Date, byAdmin("zoe@example.org"), "x", "X"),
	} {
		b, err := p.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, true)
		f.Add(bytes.ReplaceAll(b, []byte("Alice"), []byte("bob 🎉")), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, wide bool) {
		saved, err := poll.Decode(bytes.NewReader(b))
		if err != nil {
			return
		}
		d, err := draftOf(saved, target{wide: wide})
		if err != nil {
			if !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrNoDays) {
				t.Error(err)
			}
			return
		}
		if len(d.Choices) != len(saved.Choices) || len(d.Votes) != len(saved.Votes) || len(d.Comments) != len(saved.Comments) {
			t.Errorf("%d choices, %d votes, %d comments", len(d.Choices), len(d.Votes), len(d.Comments))
		}
		for _, text := range textsOf(&d.Poll) {
			beyond := func(r rune) bool { return r > 0xffff }
			if !wide && strings.ContainsFunc(*text, beyond) {
				t.Errorf("%q", *text)
			}
		}
		names := make(map[string]bool)
		for _, v := range d.Votes {
			key := d.collated(v.Name)
			if names[key] || v.Name != trimPHP(v.Name) || v.Name != solid(v.Name) || utf8.RuneCountInString(v.Name) > maxName || len(v.Answers) == 0 {
				t.Errorf("%+v", v)
			}
			names[key] = true
		}
		for _, c := range d.Choices {
			if strings.Contains(c.Moment, ",") || c.Markdown == "" && d.Kind == poll.Classic {
				t.Errorf("%+v", c)
			}
		}
	})
}
