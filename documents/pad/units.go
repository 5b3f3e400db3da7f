package pad

import (
	"unicode/utf16"
	"unicode/utf8"
)

// units is text as JavaScript holds it. Etherpad counts in these units, and a
// changeset may hold half of a surrogate pair, which a string cannot.
type units []uint16

// UnmarshalJSON keeps a lone surrogate, which encoding/json would replace.
func (u *units) UnmarshalJSON(b []byte) error {
	c := cursor{b: b}
	if ch, err := c.peek(); err != nil || ch != '"' || c.string() != nil {
		return errSyntax
	}
	*u = make(units, 0, len(b))
	for b = b[1 : len(b)-1]; len(b) > 0; {
		if b[0] == '\\' {
			n, _ := escape(b)
			*u = append(*u, unescape(b[:n]))
			b = b[n:]
			continue
		}
		r, n := utf8.DecodeRune(b)
		*u = utf16.AppendRune(*u, r)
		b = b[n:]
	}
	return nil
}

func unescape(b []byte) uint16 {
	switch b[1] {
	case 'u':
		n, _ := hex4(b[2:])
		return n
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	default:
		return uint16(b[1])
	}
}

// String is the text with U+FFFD for each lone surrogate, as Node.js encodes
// it.
func (u units) String() string { return string(utf16.Decode(u)) }

// splitsPair says whether i is between the halves of a surrogate pair.
func (u units) splitsPair(i int) bool {
	return 0 < i && i < len(u) && utf16.DecodeRune(rune(u[i-1]), rune(u[i])) != utf8.RuneError
}
