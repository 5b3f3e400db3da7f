package search

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A scanner finds the words of a text, one after the other, as they are searched
// for: runs of letters and digits, without case, accents and ligatures; each
// character of Chinese and Japanese, which put nothing between words, by itself.
// What is indexed, what is asked for and what is marked in a text are the same
// words, as all come from here.
type scanner struct {
	text string
	at   int

	folded     []byte // the word, as it is searched for
	start, end int    // its place in the text, with all marks of its last letter
}

// maxFolded bounds a word, in bytes: what is longer is not one that people type.
const maxFolded = 128

// next goes to the next word. It is false where there is none.
func (s *scanner) next() bool {
	s.folded = s.folded[:0]
	for s.at < len(s.text) {
		r, n := rune(s.text[s.at]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s.text[s.at:])
		}
		begun := len(s.folded) > 0
		switch {
		case isLetter(r):
			alone := isAlone(r)
			if alone && begun {
				return true
			}
			if !begun {
				s.start = s.at
			}
			if len(s.folded) < maxFolded {
				s.folded = appendFolded(s.folded, r)
			}
			s.end = s.at + n
			if alone {
				s.at += n
				s.marks()
				return true
			}
		case begun && isMark(r):
			s.end = s.at + n
		case begun && !isInvisible(r):
			return true
		}
		s.at += n
	}
	return len(s.folded) > 0
}

// marks goes past the marks of a letter.
func (s *scanner) marks() {
	for s.at < len(s.text) {
		r, n := utf8.DecodeRuneInString(s.text[s.at:])
		if !isMark(r) {
			return
		}
		s.at += n
		s.end = s.at
	}
}

// Words gives the words of a text, as they are searched for: a run of letters and
// digits each, without case, accents and ligatures, a character of Chinese or Japanese
// by itself, of a longer word the beginning. One is valid until the next is asked for.
func Words(text string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for s := (scanner{text: text}); s.next(); {
			if !yield(s.folded) {
				return
			}
		}
	}
}

// appendWords adds the words of a text, each after a space.
func appendWords(b []byte, text string) []byte {
	for s := (scanner{text: text}); s.next(); {
		b = append(append(b, ' '), s.folded...)
	}
	return b
}

// wordsOf are the words of a text.
func wordsOf(text string) (all []string) {
	for s := (scanner{text: text}); s.next(); {
		all = append(all, string(s.folded))
	}
	return all
}

func isLetter(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	if firstApostrophe <= r && r <= lastApostrophe {
		return false
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Mn, r) && !isMark(r) || unicode.Is(unicode.Mc, r)
}

// What stands for an apostrophe, and Unicode takes for a letter.
const (
	firstApostrophe = '\u02b9'
	lastApostrophe  = '\u02bd'
)

// isMark reports whether it is an accent or the like, which letters of all
// scripts may bear. Those of one script are part of its spelling.
func isMark(r rune) bool {
	return r >= 0x300 && unicode.Is(unicode.Inherited, r) && unicode.Is(unicode.M, r)
}

// isInvisible reports whether it may be within a word and is not seen, as a soft
// hyphen.
func isInvisible(r rune) bool { return r != zeroWidthSpace && unicode.Is(unicode.Cf, r) }

const zeroWidthSpace = '\u200b'

// isAlone reports whether it is a word by itself, as it is folded.
func isAlone(r rune) bool {
	if r < 0x2e80 {
		return false
	}
	letter := string(r)
	if parts := norm.NFKD.PropertiesString(letter).Decomposition(); parts != nil { // such as a small one, or one in brackets
		letter = string(parts)
	}
	return strings.ContainsFunc(letter, func(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) })
}

// appendFolded adds a letter without its case and marks: never nothing.
func appendFolded(b []byte, r rune) []byte {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return append(b, byte(r))
	}
	var one [utf8.UTFMax]byte
	letter := one[:utf8.EncodeRune(one[:], r)]
	if parts := norm.NFKD.Properties(letter).Decomposition(); parts != nil {
		letter = parts
	}
	before := len(b)
	for len(letter) > 0 {
		part, n := utf8.DecodeRune(letter)
		letter = letter[n:]
		if isLetter(part) {
			b = appendLower(b, unicode.ToLower(part))
		}
	}
	if len(b) == before { // such as a ligature of marks
		b = utf8.AppendRune(b, unicode.ToLower(r))
	}
	return b
}

// appendLower adds a lower letter as people type it who do not have it.
func appendLower(b []byte, r rune) []byte {
	switch r {
	case 'œ':
		return append(b, "oe"...)
	case 'æ':
		return append(b, "ae"...)
	case 'ß':
		return append(b, "ss"...)
	case 'ø':
		return append(b, 'o')
	case 'ł':
		return append(b, 'l')
	case 'đ', 'ð':
		return append(b, 'd')
	case 'ı':
		return append(b, 'i')
	case 'ς':
		return append(b, "σ"...)
	}
	return utf8.AppendRune(b, r)
}
