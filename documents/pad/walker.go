package pad

import "unicode/utf8"

// A walker goes past one JSON value of any length, in parts, and holds none of
// them.
type walker struct {
	open     []byte // what has not ended: '{' and '['
	next     expected
	inString bool
}

// expected is what comes next.
type expected byte

const (
	aValue      expected = iota
	aValueOrEnd          // at the beginning of an array
	aKey
	aKeyOrEnd // at the beginning of an object
	aColon
	aCommaOrEnd
)

// walk goes on with b, which begins where it was left, and says how many bytes
// it used. Without an error, the value ends there. The error errShort asks for
// more, beginning with what was not used.
func (w *walker) walk(b []byte) (used int, err error) {
	c := cursor{b: b}
	for {
		if w.inString {
			if err := c.stringEnd(); err != nil {
				return c.i, err
			}
			w.inString = false
			if w.next == aKey {
				w.next = aColon
				continue
			}
			w.next = aCommaOrEnd
		} else if err := w.step(&c); err != nil {
			return c.i, err
		}
		if w.next == aCommaOrEnd && len(w.open) == 0 {
			return c.i, nil
		}
	}
}

// step goes past one token, or into a string.
func (w *walker) step(c *cursor) error {
	ch, err := c.peek()
	if err != nil {
		return err
	}
	last := byte(0)
	if n := len(w.open); n > 0 {
		last = w.open[n-1] + 2 // in ASCII, what closes is the second after what opens
	}
	switch {
	case ch == last && (w.next == aValueOrEnd || w.next == aKeyOrEnd || w.next == aCommaOrEnd):
		w.open, w.next = w.open[:len(w.open)-1], aCommaOrEnd
	case w.next == aCommaOrEnd && ch == ',' && last == '}':
		w.next = aKey
	case w.next == aCommaOrEnd && ch == ',':
		w.next = aValue
	case w.next == aColon && ch == ':':
		w.next = aValue
	case (w.next == aKey || w.next == aKeyOrEnd) && ch == '"':
		w.next, w.inString = aKey, true
	case w.next == aValue || w.next == aValueOrEnd:
		return w.value(c, ch)
	default:
		return errSyntax
	}
	c.i++
	return nil
}

// value goes past a number or a word, or into anything else.
func (w *walker) value(c *cursor, ch byte) error {
	switch ch {
	case '"':
		w.next, w.inString = aValue, true
	case '{', '[':
		if len(w.open) == maxDepth {
			return errSyntax
		}
		w.open = append(w.open, ch)
		if w.next = aValueOrEnd; ch == '{' {
			w.next = aKeyOrEnd
		}
	default:
		if err := c.value(maxDepth); err != nil {
			return err
		}
		w.next = aCommaOrEnd
		return nil
	}
	c.i++
	return nil
}

// stringEnd goes past the rest of a string, or as far as it is whole.
func (c *cursor) stringEnd() error {
	for c.i < len(c.b) {
		switch ch := c.b[c.i]; {
		case ch == '"':
			c.i++
			return nil
		case ch == '\\':
			n, err := escape(c.b[c.i:])
			if err != nil {
				return err
			}
			c.i += n
		case ch < ' ':
			return errSyntax
		case ch < utf8.RuneSelf:
			c.i++
		case !utf8.FullRune(c.b[c.i:]):
			return errShort
		default:
			r, n := utf8.DecodeRune(c.b[c.i:])
			if r == utf8.RuneError && n == 1 {
				return errSyntax
			}
			c.i += n
		}
	}
	return errShort
}
