package pad

import (
	"bytes"
	"iter"
)

// Fields yields the fields of the JSON object that value is: names, decoded,
// and values. It is for a Member's Value or a field's, which are valid JSON:
// of anything else it yields some fields or none. Both are parts of value, and
// a name may come more than once.
func Fields(value []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		c := cursor{b: value}
		if c.byte('{') != nil {
			return
		}
		for {
			name, field, ok := c.field()
			if !ok || !yield(name, field) || c.byte(',') != nil {
				return
			}
		}
	}
}

// field goes past a name and its value.
func (c *cursor) field() (name, value []byte, ok bool) {
	if ch, err := c.peek(); err != nil || ch != '"' {
		return nil, nil, false
	}
	start := c.i
	if c.key() != nil {
		return nil, nil, false
	}
	quoted := bytes.TrimRight(c.b[start:c.i-1], " \t\n\r") // c.i is behind the colon
	name = quoted[1 : len(quoted)-1]
	if bytes.IndexByte(name, '\\') >= 0 {
		decoded, _ := decodeString(quoted)
		name = []byte(decoded)
	}
	if _, err := c.peek(); err != nil {
		return nil, nil, false
	}
	start = c.i
	err := c.value(0)
	return name, c.b[start:c.i], err == nil
}

// Text decodes a string. It is false for any other value.
func Text(value []byte) (string, bool) {
	if len(value) < 2 || value[0] != '"' {
		return "", false
	}
	s, err := decodeString(value)
	return s, err == nil
}
