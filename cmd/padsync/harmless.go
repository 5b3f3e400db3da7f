package main

import (
	"io"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
)

// harmless is out, or, if that is a terminal, out without what would steer the
// terminal or hide what is there: a document is what strangers wrote.
func (a *app) harmless(out io.Writer) io.Writer {
	if !isTerminal(out) {
		return out
	}
	return transform.NewWriter(out, runes.Map(shown))
}

// shown is the character itself, or a sign that something was there. Unlike
// printable it keeps lines, and what joins and spaces characters.
func shown(r rune) rune {
	switch {
	case r == '\n', r == '\t', r == '\u200d', unicode.Is(unicode.Zs, r), unicode.Is(unicode.Variation_Selector, r):
		return r
	case !unicode.IsPrint(r):
		return unicode.ReplacementChar
	}
	return r
}
