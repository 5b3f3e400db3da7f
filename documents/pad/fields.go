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
	quoted := bytes.TrimRight(c.b[start:c.i-1], " \t\n\r") // c.i is after the colon
	name, _ = unquote(quoted)
	if _, err := c.peek(); err != nil {
		return nil, nil, false
	}
	start = c.i
	err := c.skip()
	return name, c.b[start:c.i], err == nil
}

// skip goes past a value that is known to be valid: it only looks for its end.
func (c *cursor) skip() error {
	for depth := 0; c.i < len(c.b); {
		switch ch := c.b[c.i]; ch {
		case '"':
			if err := c.skipString(); err != nil {
				return err
			}
		case '{', '[':
			depth++
			c.i++
			continue
		case '}', ']':
			depth--
			c.i++
		case ',', ':', ' ', '\t', '\n', '\r':
			c.i++
			continue
		default:
			for c.i++; c.i < len(c.b) && !endsWord(c.b[c.i]); {
				c.i++
			}
		}
		if depth <= 0 {
			return nil
		}
	}
	return errShort
}

func endsWord(ch byte) bool {
	return ch == ',' || ch == '}' || ch == ']' || ch <= ' '
}

func (c *cursor) skipString() error {
	for i := c.i + 1; ; {
		n := bytes.IndexByte(c.b[i:], '"')
		if n < 0 {
			return errShort
		}
		i += n + 1
		if c.b[i-2] != '\\' || !isEscaped(c.b[c.i+1:i-1]) {
			c.i = i
			return nil
		}
	}
}

// isEscaped says whether what follows b is: an odd number of backslashes ends
// it.
func isEscaped(b []byte) bool {
	return (len(b)-len(bytes.TrimRight(b, `\`)))%2 == 1
}

// Text decodes a string. It is false for any other value.
func Text(value []byte) (string, bool) {
	if len(value) < 2 || value[0] != '"' {
		return "", false
	}
	s, err := unquote(value)
	return string(s), err == nil
}

// AppendText is Text for many: it appends to b.
func AppendText(b, value []byte) ([]byte, bool) {
	if len(value) < 2 || value[0] != '"' {
		return b, false
	}
	b, err := appendString(b, value)
	return b, err == nil
}
