package framadate

import (
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"github.com/padsync/padsync/documents/poll"
)

// twice is what a server shows that encodes UTF-8 once more.
func twice(p *poll.Poll) {
	for _, text := range textsOf(p) {
		var shown []rune
		for _, b := range []byte(*text) {
			r := charmap.Windows1252.DecodeByte(b)
			if r == utf8.RuneError {
				r = rune(b)
			}
			shown = append(shown, r)
		}
		*text = string(shown)
	}
}

func TestTextsEncodedTwiceAreRepaired(t *testing.T) {
	for name, want := range map[string]*poll.Poll{
		"dates":   reunion("Ordre du jour\u00a0: été, “à Ä”, Ï Í 🎉", commentsRecorded, "2027-01-20", open()),
		"classic": change(pizza(true, open()), func(p *poll.Poll) { p.Choices[1].Label, p.Choices[1].Markdown = "Quattro né à", "**Quattro né à**" }),
		"emoji":   change(pizza(true, open()), func(p *poll.Poll) { p.Title, p.Votes[0].Name = "🎉🍕", "日本 \u202e" }),
	} {
		p := *want
		p.Votes, p.Comments = append([]poll.Vote{}, want.Votes...), append([]poll.Comment{}, want.Comments...)
		twice(&p)
		repair(&p)
		want.Repaired = true
		if d := cmp.Diff(want, &p); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// zoe has a title, and no accents besides.
func zoe(title string) *poll.Poll {
	p := small(title, poll.Classic, open())
	p.Author = "Zoe"
	return p
}

func TestTextsAreRepairedOnlyWhenThatIsCertain(t *testing.T) {
	for name, p := range map[string]*poll.Poll{
		"plain":         zoe("Pizza"),
		"right":         reunion(rawDescription, commentsRecorded, "", open()),
		"one character": zoe("RÃ©union"),
		"mixed":         change(zoe("RÃ©union dâ€™Ã©tÃ©"), func(p *poll.Poll) { p.Author = "Zoé" }),
		"about it":      zoe("Pourquoi « RÃ©union dâ€™Ã©tÃ© » ?"),
		"other letters": change(zoe("RÃ©union dâ€™Ã©tÃ©"), func(p *poll.Poll) { p.Votes[0].Name = "日本" }),
		"cut":           zoe("RÃ©union dâ€™Ã©tÃ"),
		"quoted":        zoe("«IRMÃ» e «MAÇÃ»"),
	} {
		want := *p
		if repair(p); cmp.Diff(&want, p) != "" {
			t.Errorf("%s: %s", name, cmp.Diff(&want, p))
		}
	}
}

func TestServersOwnWordsAreNoText(t *testing.T) {
	p := small("RÃ©union dâ€™Ã©tÃ©", poll.Date, open())
	p.Author = "Zoe"
	p.Choices[0].Date, p.Choices[0].Label = "", "jeu. 11 février 2027"
	if repair(p); p.Title != "Réunion d’été" || p.Choices[0].Label != "jeu. 11 février 2027" || !p.Repaired {
		t.Errorf("%+v", p)
	}
}
