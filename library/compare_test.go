package library

import (
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// marked shows a comparison as padsync diff does where there are no colours.
func marked(pieces []Piece) string {
	var b strings.Builder
	for _, l := range LinesOf(pieces) {
		for _, p := range l.Pieces {
			b.WriteString(map[Side]string{InBefore: "[-", InAfter: "{+"}[p.In] + p.Text + map[Side]string{InBefore: "-]", InAfter: "+}"}[p.In])
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestWordsAreCompared(t *testing.T) {
	for _, c := range []struct{ before, after, want string }{
		{"a b c\n", "a b c\n", "a b c\n"},
		{"le vieux texte\n", "le nouveau texte\n", "le [-vieux-]{+nouveau+} texte\n"},
		{"un\ndeux\ntrois\n", "un\ntrois\n", "un\n[-deux-]\ntrois\n"},
		{"un\n", "un\n\n", "un\n{+¶+}\n"},
		{"", "neuf\n", "{+neuf+}\n"},
		{"l'été\n", "l'e\u0301té\n", "[-l'été-]{+l'e\u0301té+}\n"},
		{"ok 👩‍👩‍👧!\n", "ok 👩‍👩‍👦!\n", "ok [-👩‍👩‍👧-]{+👩‍👩‍👦+}!\n"},
		{"a\nb\n", "a b\n", "a[-¶-]\n{+ +}b\n"},
		{"no end", "no end\n", "no end{+¶+}\n"},
	} {
		if got := marked(Compare(c.before, c.after)); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.before, c.after, got, c.want)
		}
	}
}

func TestPiecesAreBothTexts(t *testing.T) {
	text := rapid.StringMatching(`([abé😀]{1,3}[ \n]){0,40}`)
	rapid.Check(t, func(t *rapid.T) {
		before, after := text.Draw(t, "before"), text.Draw(t, "after")
		var a, b strings.Builder
		for _, p := range Compare(before, after) {
			if p.In != InAfter {
				a.WriteString(p.Text)
			}
			if p.In != InBefore {
				b.WriteString(p.Text)
			}
		}
		if a.String() != before || b.String() != after {
			t.Fatalf("%q and %q became %q and %q", before, after, a.String(), b.String())
		}
	})
}

// With more than a bounded effort, this would not end within any test's time.
func TestLongTextsThatDifferEverywhereAreCompared(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		var b strings.Builder
		for b.Len() < 1<<20 {
			b.WriteString([]string{"un ", "deux ", "trois\n", "quatre, ", "é"}[rnd.IntN(5)])
		}
		return b.String()
	}
	if len(Compare(text(), text())) == 0 {
		t.Error("nothing was compared")
	}
}
