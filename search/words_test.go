package search

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestWordsAreWithoutCaseAndAccents(t *testing.T) {
	for text, want := range map[string]string{
		"École ÉCOLE e\u0301cole école":     "ecole ecole ecole ecole",
		"l’assemblée L'ASSEMBLÉE lʼété":     "l assemblee l assemblee l ete",
		"Œuvre œuf Æsop ﬁn Straße STRASSE":  "oeuvre oeuf aesop fin strasse strasse",
		"aujourd'hui, peut-être : « Noël »": "aujourd hui peut etre noel",
		"àâäéèêëîïôöùûüÿç ÀÂÄÉÈÊËÎÏÔÖÙÛÜŸÇ": "aaaeeeeiioouuuyc aaaeeeeiioouuuyc",
		"compte_rendu-2026.txt 12,5 € C++":  "compte rendu 2026 txt 12 5 c",
		"co\u00adopé\u00adration":           "cooperation",
		"un\u200bdeux\u00a0trois\u202fq":    "un deux trois q",
		"会議は東京":                             "会 議 は 東 京",
		"A㆒㊁b":                              "a 一 二 b",
		"Łódź Ærø ΣΊΣΥΦΟΣ İstanbul":         "lodz aero σισυφοσ istanbul",
		"हिन्दी ᾳ":                          "हिन्दी α",
		"١٢ x² ½":                           "١٢ x2 12",
		"🎉 -- !!! ’ \u0301":                 "",
	} {
		if got := strings.Join(wordsOf(text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestWordsHaveTheirPlaces, whatever the text; no place splits a letter from its
// accent, and a word that was found is the same word when it is asked for.
func TestWordsHaveTheirPlaces(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`([a-zéÉœŒ'’ \x{301}\x{ad}会ﬁ]|\x{d}\n){0,30}`))
	rapid.Check(t, func(t *rapid.T) {
		text, last := text.Draw(t, "text"), 0
		for s := (scanner{text: text}); s.next(); {
			if s.start < last || s.end <= s.start || s.end > len(text) {
				t.Fatalf("%q: a word at %d–%d after %d", text, s.start, s.end, last)
			}
			last = s.end
			if r, _ := utf8.DecodeRuneInString(text[s.end:]); s.end < len(text) && isMark(r) {
				t.Fatalf("%q: the word that ends at %d is parted from its accent", text, s.end)
			}
			if strings.ContainsFunc(string(s.folded), func(r rune) bool { return r < utf8.RuneSelf && !isLetter(r) }) {
				t.Fatalf("%q: word %q", text, s.folded)
			}
			word := string(s.folded)
			if again := wordsOf(text[s.start:s.end]); len(word) < maxFolded && !slices.Equal(again, []string{word}) {
				t.Fatalf("%q: %q is %q by itself", text, word, again)
			}
			if again := wordsOf(word); len(word) < maxFolded && !slices.Equal(again, []string{word}) && !isAlone([]rune(word)[0]) {
				t.Fatalf("%q: %q is %q when it is asked for", text, word, again)
			}
		}
	})
}
