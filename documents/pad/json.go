package pad

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

var (
	errShort  = errors.New("the bytes end before the value")
	errSyntax = errors.New("not JSON")
)

// maxDepth is more than any server writes: Node.js gives up before, and so does
// encoding/json. Etherpad itself writes four levels.
const maxDepth = 10_000

// A cursor checks JSON without decoding it. Its methods go past what they name,
// or return errShort or errSyntax.
//
// It is written by hand because every byte of a backup passes here: it is
// several times as fast as encoding/json. A walk with package jsontext took a
// third more time for pads of 12 KB (13 % more for a whole inspection), and as
// long for an export of 21 MB. But jsontext holds each string whole, and images
// that people paste make strings of any length; it cannot begin amid an object;
// and it takes half of a surrogate pair only together with invalid UTF-8.
type cursor struct {
	b []byte
	i int
}

// peek goes past white space and returns the next byte.
func (c *cursor) peek() (byte, error) {
	if c.i < len(c.b) && c.b[c.i] > ' ' { // as nearly always
		return c.b[c.i], nil
	}
	return c.space()
}

func (c *cursor) space() (byte, error) {
	for ; c.i < len(c.b); c.i++ {
		switch ch := c.b[c.i]; ch {
		case ' ', '\t', '\n', '\r':
		default:
			return ch, nil
		}
	}
	return 0, errShort
}

func (c *cursor) byte(want byte) error {
	ch, err := c.peek()
	if err != nil {
		return err
	}
	if ch != want {
		return errSyntax
	}
	c.i++
	return nil
}

func (c *cursor) value(depth int) error {
	ch, err := c.peek()
	if err != nil {
		return err
	}
	switch ch {
	case '{', '[':
		if depth == maxDepth {
			return errSyntax
		}
		return c.composite(ch == '{', depth+1)
	case '"':
		return c.string()
	case 't':
		return c.literal("true")
	case 'f':
		return c.literal("false")
	case 'n':
		return c.literal("null")
	default:
		return c.number()
	}
}

func (c *cursor) composite(object bool, depth int) error {
	end := byte(']')
	if object {
		end = '}'
	}
	c.i++
	if ch, err := c.peek(); err != nil {
		return err
	} else if ch == end {
		c.i++
		return nil
	}
	for {
		if object {
			if err := c.key(); err != nil {
				return err
			}
		}
		if err := c.value(depth); err != nil {
			return err
		}
		ch, err := c.peek()
		if err != nil {
			return err
		}
		c.i++
		if ch == end {
			return nil
		}
		if ch != ',' {
			return errSyntax
		}
	}
}

func (c *cursor) key() error {
	if _, err := c.peek(); err != nil {
		return err
	}
	if err := c.string(); err != nil {
		return err
	}
	return c.byte(':')
}

// string looks at eight bytes at a time: most of an export is in strings.
func (c *cursor) string() error {
	b, i := c.b, c.i+1
	if b[c.i] != '"' {
		return errSyntax
	}
	set := uint64(0) // bits that any byte has
	for {
		if len(b)-i < 8 {
			for ; i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' '; i++ {
				set |= uint64(b[i])
			}
			if i == len(b) {
				return errShort
			}
		} else {
			v := binary.LittleEndian.Uint64(b[i:])
			found := special(v)
			if found == 0 {
				set |= v
				i += 8
				continue
			}
			before := bits.TrailingZeros64(found) &^ 7
			set |= v & (1<<before - 1)
			i += before / 8
		}
		switch b[i] {
		case '"':
			if set&highBits != 0 && !utf8.Valid(b[c.i:i]) {
				return errSyntax
			}
			c.i = i + 1
			return nil
		case '\\':
			n, err := escape(b[i:])
			if err != nil {
				return err
			}
			i += n
		default:
			return errSyntax
		}
	}
}

const (
	eachByte = 0x0101010101010101
	highBits = 0x80 * eachByte
)

// special sets the high bit of the lowest byte that is a quote, a backslash or
// a control character, if one is; bits above it mean nothing. With its second
// bit turned, a quote is below '!', as control characters are and a space is
// not.
func special(v uint64) uint64 {
	turned, backslash := v^(eachByte*2), v^(eachByte*'\\')
	return ((turned-eachByte*'!')&^v | (backslash-eachByte)&^backslash) & highBits
}

// escape returns the length of the escape sequence that b begins with.
func escape(b []byte) (int, error) {
	if len(b) < 2 {
		return 0, errShort
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, nil
	case 'u':
		if len(b) < 6 {
			return 0, errShort
		}
		if _, ok := hex4(b[2:6]); ok {
			return 6, nil
		}
	}
	return 0, errSyntax
}

func hex4(b []byte) (uint16, bool) {
	var n uint16
	for _, ch := range b {
		switch {
		case '0' <= ch && ch <= '9':
			ch -= '0'
		case 'a' <= ch && ch <= 'f':
			ch -= 'a' - 10
		case 'A' <= ch && ch <= 'F':
			ch -= 'A' - 10
		default:
			return 0, false
		}
		n = n<<4 | uint16(ch)
	}
	return n, true
}

func (c *cursor) literal(s string) error {
	for j := range len(s) {
		if c.i+j == len(c.b) {
			return errShort
		}
		if c.b[c.i+j] != s[j] {
			return errSyntax
		}
	}
	c.i += len(s)
	return nil
}

// number goes past one as RFC 8259 has it.
func (c *cursor) number() error {
	b, i := c.b, c.i
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	if i < len(b) && !isNumeric(b[i]) && i > c.i && (b[c.i] != '0' || i == c.i+1) { // as nearly all are
		c.i = i
		return nil
	}
	for i < len(b) && isNumeric(b[i]) {
		i++
	}
	if i == len(b) {
		return errShort
	}
	if !json.Valid(b[c.i:i]) {
		return errSyntax
	}
	c.i = i
	return nil
}

func isNumeric(ch byte) bool {
	return '0' <= ch && ch <= '9' || ch == '-' || ch == '+' || ch == '.' || ch == 'e' || ch == 'E'
}

// unquote gives what a JSON string that is known to be one says: a part of b,
// where nothing is escaped.
func unquote(b []byte) ([]byte, error) {
	if bytes.IndexByte(b, '\\') < 0 {
		return b[1 : len(b)-1], nil
	}
	return appendString(make([]byte, 0, len(b)), b)
}

// appendString appends what a JSON string that is known to be one says.
func appendString(to, b []byte) ([]byte, error) {
	b = b[1 : len(b)-1]
	for {
		i := bytes.IndexByte(b, '\\')
		if i < 0 {
			return append(to, b...), nil
		}
		r, n, err := unescapeRune(b[i:])
		if err != nil {
			return to, err
		}
		to, b = utf8.AppendRune(append(to, b[:i]...), r), b[i+n:]
	}
}

// unescapeRune decodes the escape sequence, or the pair of them, that b begins
// with. Half a pair is U+FFFD, as it is to encoding/json.
func unescapeRune(b []byte) (r rune, length int, err error) {
	n, err := escape(b)
	if err != nil {
		return 0, 0, errSyntax
	}
	r = rune(unescape(b[:n]))
	if !utf16.IsSurrogate(r) {
		return r, n, nil
	}
	if m, err := escape(b[n:]); err == nil && b[n] == '\\' {
		if both := utf16.DecodeRune(r, rune(unescape(b[n:n+m]))); both != utf8.RuneError {
			return both, n + m, nil
		}
	}
	return utf8.RuneError, n, nil
}
