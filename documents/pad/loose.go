package pad

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"
	"unicode/utf16"
)

var errKind = errors.New("a value is of another kind")

// What follows reads values as JavaScript takes them: servers and plugins
// write numbers as strings and strings as numbers, and Etherpad takes both.

// Number reads a number, also one in a string. It is false for anything else.
func Number(value []byte) (float64, bool) {
	text := string(value)
	if s, ok := Text(value); ok {
		text = strings.TrimSpace(s)
	}
	if strings.IndexFunc(text, func(r rune) bool { return r > 'e' || !isNumeric(byte(r)) }) >= 0 {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

// Word reads a string, or a number or a truth as JavaScript writes it. It is
// false for anything else.
func Word(value []byte) (string, bool) {
	switch {
	case len(value) == 0 || strings.IndexByte("{[n", value[0]) >= 0:
		return "", false
	case value[0] == '"':
		return Text(value)
	}
	return string(value), true
}

// wholeNumber is Number for those from 0 to 2³¹-1.
func wholeNumber(value []byte) (int, bool) {
	n, ok := Number(value)
	return int(n), ok && n >= 0 && n < 1<<31 && n == float64(int(n))
}

// Fields yields the fields of the object, or the elements of the array, that
// the member's value is; the Number of an element is its place. It yields
// nothing for any other value. What the member does not hold it reads from the
// export, r, as Members does; an error is r's.
func (m *Member) Fields(r io.ReaderAt) iter.Seq2[Member, error] {
	return func(yield func(Member, error) bool) {
		switch {
		case m.first != '{' && m.first != '[':
		case m.Value == nil:
			members(&scanner{r: m.ValueSection(r), opener: m.first, array: m.first == '[', nested: true, size: windowSize, offset: m.valueAt})(yield)
		case m.first == '[':
			elements(m.Value, yield)
		default:
			for name, value := range Fields(m.Value) {
				if !yield(Member{Key: name, Value: value, first: value[0]}, nil) {
					return
				}
			}
		}
	}
}

func elements(value []byte, yield func(Member, error) bool) {
	c := cursor{b: value, i: 1}
	for n := 0; ; n++ {
		if ch, err := c.peek(); err != nil || ch == ']' {
			return
		}
		start := c.i
		if c.skip() != nil || !yield(Member{Number: n, Value: c.b[start:c.i], first: c.b[start]}, nil) || c.byte(',') != nil {
			return
		}
	}
}

// Index is the place of an element, also of one that has it as its name.
func (m *Member) Index() (int, bool) {
	if m.Key == nil {
		return m.Number, true
	}
	return parseCount(m.Key)
}

// kept is a field of m that can still be used when the next one was read.
func (m *Member) kept(field Member) Member {
	if m.Value == nil { // field is in a window that moves on
		field.Key, field.Value, field.Raw = nil, bytes.Clone(field.Value), nil
	}
	return field
}

// is says whether the member has this name.
func (m *Member) is(name string) bool { return string(m.Key) == name }

// absent says whether there is no such field, or nothing in it.
func (m *Member) absent() bool { return m.first == 0 || m.first == 'n' }

// json is the value, also of a member that is not held. Its error is r's, or
// ErrTooLarge.
func (m *Member) json(r io.ReaderAt) ([]byte, error) {
	if m.Value != nil || m.first == 0 {
		return m.Value, nil
	}
	section := m.ValueSection(r)
	if section.Size() > maxHeld {
		return nil, ErrTooLarge
	}
	value := make([]byte, section.Size())
	_, err := io.ReadFull(section, value)
	return value, err
}

// text reads a string or a number as text. Its error is r's, errKind for what
// is neither, or ErrTooLarge.
func (m *Member) text(r io.ReaderAt) (u units, err error) {
	switch {
	case m.first == '"':
		value, err := m.json(r)
		if err == nil {
			err = u.UnmarshalJSON(value)
		}
		return u, err
	case m.first == '-' || '0' <= m.first && m.first <= '9':
		return utf16.Encode([]rune(string(m.Value))), nil
	}
	return nil, errKind
}
