package search

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// snippet marks what a question finds in a text.
func snippet(typed, content string) string {
	q := Ask(typed, time.UTC)
	var b strings.Builder
	for _, p := range cut(content, best(spansOf(content, q.terms), len(q.terms)).spans) {
		if p.Hit {
			b.WriteString("[" + p.Text + "]")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestSnippetsMarkWhatIsAskedFor(t *testing.T) {
	long := strings.Repeat("Une phrase de remplissage assez longue. ", 20)
	for _, c := range []struct{ typed, content, want string }{
		{`"le budget"`, "Budget ou le\nbudget, mais le grand budget", "Budget ou [le budget], mais le grand budget"},
		{"ecole", "À l’e\u0301cole, l’École et les écoles", "À l’[e\u0301cole], l’[École] et les [écoles]"},
		{`"ecole"`, "À l’e\u0301cole et aux écoles", "À l’[e\u0301cole] et aux écoles"},
		{"aujourd'hui", "Pas aujourd’hui.", "Pas [aujourd’hui]."},
		{"oeuvre", "Une ŒUVRE\t d’art", "Une [ŒUVRE] d’art"},
		{"京", "在東京都", "在東[京]都"},
		{"fin", long + "La fin est là. " + long, "… assez longue. " + long[:80] + "La [fin] est là. " + long[:80] + "Une …"},
		{"budget école", "Un budget. " + long + "L’école a un budget.", "… assez longue. " + long[:160] + "L’[école] a un [budget]."},
	} {
		if got := snippet(c.typed, c.content); got != c.want {
			t.Errorf("%s in %q: %q, want %q", c.typed, c.content, got, c.want)
		}
	}
}

// TestSnippetsSplitNoLetter, and are as long as they may be, whatever the text.
func TestSnippetsSplitNoLetter(t *testing.T) {
	text := rapid.StringMatching(`([éœ’a]\x{301}?|mot|[ \n👍会]|[a-z]{90}){0,10}`)
	rapid.Check(t, func(t *rapid.T) {
		content, typed := text.Draw(t, "text"), rapid.SampledFrom([]string{"mot", "a", "é*", `"mot a"`, "a mot", "œœœ*", "会 mot"}).Draw(t, "typed")
		q := Ask(typed, time.UTC)
		spans := best(spansOf(content, q.terms), len(q.terms)).spans
		if len(spans) == 0 {
			return
		}
		size, hits := 0, 0
		for _, p := range cut(content, spans) {
			if r, _ := utf8.DecodeRuneInString(p.Text); !utf8.ValidString(p.Text) || isMark(r) {
				t.Fatalf("%q in %q: piece %q", typed, content, p.Text)
			}
			if size += len(p.Text); p.Hit {
				hits++
			}
		}
		if hits == 0 || size > 3*snippetSize {
			t.Fatalf("%q in %q: %d hits in %d bytes", typed, content, hits, size)
		}
	})
}

// TestNoTextIsReadPastItsFirstWholeFragment, which is the one that is found in all
// of it.
func TestNoTextIsReadPastItsFirstWholeFragment(t *testing.T) {
	q := Ask(`"budget" "vote"`, time.UTC)
	long := strings.Repeat("budget et vote, ", 1000)
	if spans := spansOf(long, q.terms); len(spans) > 2*snippetSize/len("budget et vote, ")+2 {
		t.Errorf("%d places were found", len(spans))
	}
	text := rapid.StringMatching(`(budget |vote |mot |[a-z]{40} ){0,20}`)
	rapid.Check(t, func(t *rapid.T) {
		content := text.Draw(t, "text")
		var all []span
		for s := (scanner{text: content}); s.next(); {
			for i := range q.terms {
				if string(s.folded) == q.terms[i].words[0] {
					all = append(all, span{i, s.start, s.end})
				}
			}
		}
		want, got := best(all, 2), best(spansOf(content, q.terms), 2)
		if got.terms != want.terms || !slices.Equal(got.spans, want.spans) {
			t.Fatalf("%q: %+v, want %+v", content, got, want)
		}
	})
}
