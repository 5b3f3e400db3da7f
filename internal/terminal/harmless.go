package terminal

import (
	"io"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
)

// Harmless is out, or, if that is a terminal, out without what would steer the
// terminal or hide what is there: a document is what strangers wrote.
func Harmless(out io.Writer) io.Writer {
	if !Is(out) {
		return out
	}
	return transform.NewWriter(out, runes.Map(Shown))
}

// Shown is the character itself, or a sign that something was there. Unlike
// words.Printable, it keeps lines, and what joins or spaces characters.
func Shown(r rune) rune {
	switch {
	case r == '\n', r == '\t', r == '\u200d', unicode.Is(unicode.Zs, r), unicode.Is(unicode.Variation_Selector, r):
		return r
	case !unicode.IsPrint(r):
		return unicode.ReplacementChar
	}
	return r
}
