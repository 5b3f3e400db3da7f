package library

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold is a text as people compare names: without case and accents, œ as oe,
// white space as one space, and one kind of apostrophe.
func Fold(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(text) {
		switch r {
		case 'œ', 'Œ':
			b.WriteString("oe")
		case 'æ', 'Æ':
			b.WriteString("ae")
		case 'ß', 'ẞ':
			b.WriteString("ss")
		case '’', 'ʼ':
			b.WriteByte('\'')
		default:
			if !unicode.Is(unicode.Mn, r) {
				b.WriteRune(unicode.ToLower(r))
			}
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// far is how many characters have to change to make one folded text of
// another, most+1 for more than most.
func far(a, b string, most int) int {
	x, y := []rune(a), []rune(b)
	if len(x) > maxNear || len(y) > maxNear || max(len(x)-len(y), len(y)-len(x)) > most {
		return most + 1
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		before := row[0]
		row[0] = i + 1
		for j := range y {
			change := before
			if x[i] != y[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, before+1)
		}
	}
	return min(row[len(y)], most+1)
}

// maxNear bounds the work for one name.
const maxNear = 100
