package documents

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxFirstLine is how many characters a first line has at most.
const MaxFirstLine = 80

// beginning is as much of a text as is looked at for its first line, in bytes.
const beginning = 4 << 10

// marks stand before headings and in lists.
const marks = "*#-–— \t"

// FirstLine is the first line of a text that says something, without the signs of
// a heading or a list before it: what people may call a document that nobody gave
// a name. It has no control or direction characters and at most MaxFirstLine
// characters. A line with an address is passed over: that may be a key, and would
// be shown wherever names are. It is "" where there is none, or where the text
// begins with what a server puts into a new pad.
func FirstLine(text string) string {
	text = text[:min(len(text), beginning)]
	for line := range strings.Lines(text) {
		line = cut(strings.TrimLeft(OneLine(line), marks))
		if Says(line) && !strings.Contains(line, "://") {
			if IsGreeting(line) {
				return ""
			}
			return line
		}
	}
	return ""
}

// Etherpad's own text for a new pad begins with "Welcome to Etherpad!". Servers
// have texts of their own: Framapad's is "Bienvenue sur Framapad !", with a line
// before it that says that it may go.
var greeting = regexp.MustCompile(`(?i)^(?:(?:welcome to|bienvenue (?:sur|dans|à)|willkommen (?:bei|in|auf|zu)|bienvenid[oa]s? a|benvenut[oi] (?:in|su)) \S*pad\b|ce texte est à effacer)`)

// IsGreeting says of a first line that no person wrote it: it begins what a server
// puts into a new pad.
func IsGreeting(line string) bool { return greeting.MatchString(strings.TrimLeft(line, marks)) }

// Says reports whether there is something to read in a text.
func Says(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsSymbol(r) })
}

// OneLine is a text in one line, without what is not seen.
func OneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Z, r):
			return ' '
		case unicode.Is(unicode.C, r), r == utf8.RuneError:
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

func cut(line string) string {
	if runes := []rune(line); len(runes) > MaxFirstLine {
		return strings.TrimRight(string(runes[:MaxFirstLine-1]), " ") + "…"
	}
	return line
}
