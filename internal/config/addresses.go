package config

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var scheme = regexp.MustCompile(`(?i)https?://`)

// closing are the marks that people, and their programs, put around
// addresses.
var closing = map[rune]rune{
	'<': '>', '(': ')', '[': ']', '{': '}', '"': '"', '\'': '\'', '`': '`', '«': '»', '“': '”', '‘': '’',
	'|': '|', ';': ';', ',': ',',
}

// Addresses are those in a text such as people write them into lists: with a
// label before or after it, a list mark, quotes, <…>, as a link of Markdown, a
// column of CSV, the URL= of a .pad file, or with the full stop of a sentence.
// An address ends at white space; a comma or a mark in the middle of one is a
// part of it. Each is given once. Only what has http:// or https:// is an
// address.
func Addresses(text string) []string {
	var found []string
	seen := make(map[string]bool)
	for begin := 0; ; {
		at := scheme.FindStringIndex(text[begin:])
		if at == nil {
			return found
		}
		start := begin + at[0]
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		end := start + addressEnd(text[start:], before)
		address := withoutTail(text[start:end])
		if begin = max(end, begin+at[1]); address != "" && !seen[address] {
			seen[address] = true
			found = append(found, address)
		}
	}
}

// Argument gives the addresses in an argument of a command line. Where it is one
// address and nothing else, as a shell gives it, a semicolon is a part of it.
func Argument(text string) []string {
	if at := scheme.FindStringIndex(text); at != nil && at[0] == 0 && !strings.ContainsFunc(text, endsAddress) && !scheme.MatchString(text[at[1]:]) {
		return []string{withoutTail(text)}
	}
	return Addresses(text)
}

// endsAddress is true of what no browser shows in an address.
func endsAddress(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune("<>\"|`", c) }

// addressEnd is where the address at the beginning of s ends; before is the
// character in front of it.
func addressEnd(s string, before rune) int {
	end, enclosed := closing[before]
	depth := 0
	for i, c := range s {
		switch {
		case endsAddress(c):
			return i
		case enclosed && c == end && depth == 0 && (c != '\'' || isOver(s[i+1:])):
			return i
		case enclosed && c == before && before != end:
			depth++
		case enclosed && c == end && before != end:
			depth--
		case c == ';', c == ',' && isColumn(s[i+1:]):
			return i
		}
	}
	return len(s)
}

// isOver distinguishes a closing quote from an apostrophe, by what follows it.
func isOver(rest string) bool {
	next, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || unicode.IsSpace(next) || strings.ContainsRune(",;:.)]", next)
}

// isColumn reports whether what follows a comma is another column and not part
// of an id: it is quoted, another address, or has blanks or more commas.
func isColumn(rest string) bool {
	next, _, _ := strings.Cut(rest, "://")
	return rest == "" || strings.ContainsAny(next, "\" \t,") || scheme.MatchString(rest)
}

// longestTail is more marks than end any sentence: what has more is not a list.
const longestTail = 32

// withoutTail removes what ends a sentence, and closing marks that nothing in
// the address opens.
func withoutTail(address string) string {
	for range longestTail {
		last, size := utf8.DecodeLastRuneInString(address)
		rest := address[:len(address)-size]
		opened := false
		for open, close := range closing {
			if close == last && strings.Count(rest, string(open)) > strings.Count(rest, string(close)) {
				opened = true
			}
		}
		if size == 0 || opened || !strings.ContainsRune(".,;:…*)]}»”", last) {
			return address
		}
		address = rest
	}
	return address
}
