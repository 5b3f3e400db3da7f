package pad

import (
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"strings"
)

// An op is one step of a changeset or of an attribution string, such as
// "*0*2|1+5": what it does with so many characters, which hold so many line
// ends, and attributes by their numbers in the pool.
type op struct {
	attribs string // "*0*2"
	code    byte   // '+', '-' or '='
	lines   int
	chars   int // UTF-16 code units
}

// maxAttributes bounds the attributes of an op: each has another name, and
// Etherpad 1.8.14 with its plugins knows some twenty.
const maxAttributes = 100

// ops yields what s says, up to the first thing that is no op.
func ops(s string) iter.Seq2[op, error] {
	return func(yield func(op, error) bool) {
		for s != "" {
			o, rest, ok := cutOp(s)
			if !ok {
				yield(o, fmt.Errorf("%w: an attribution or a changeset is wrong", ErrMalformed))
				return
			}
			if !yield(o, nil) {
				return
			}
			s = rest
		}
	}
}

func cutOp(s string) (o op, rest string, ok bool) {
	rest = s
	for n := 0; strings.HasPrefix(rest, "*"); n++ {
		if _, rest, ok = cutNumber(rest[1:]); !ok || n == maxAttributes {
			return o, s, false
		}
	}
	o.attribs = s[:len(s)-len(rest)]
	if strings.HasPrefix(rest, "|") {
		if o.lines, rest, ok = cutNumber(rest[1:]); !ok {
			return o, s, false
		}
	}
	if rest == "" || !strings.Contains("+-=", rest[:1]) {
		return o, s, false
	}
	o.code = rest[0]
	o.chars, rest, ok = cutNumber(rest[1:])
	return o, rest, ok
}

// cutNumber reads a number in base 36.
func cutNumber(s string) (n int, rest string, ok bool) {
	i := 0
	for i < len(s) && ('0' <= s[i] && s[i] <= '9' || 'a' <= s[i] && s[i] <= 'z') {
		i++
	}
	u, err := strconv.ParseUint(s[:i], 36, 31)
	return int(u), s[i:], err == nil
}

// An attribute is a name and a value, such as "bold" and "true".
type attribute struct{ name, value string }

// UnmarshalJSON reads ["bold","true"], and as JavaScript does ["bold",true].
func (a *attribute) UnmarshalJSON(b []byte) error {
	var pair []any
	if err := json.Unmarshal(b, &pair); err != nil {
		return err
	}
	text := func(i int) string {
		if i >= len(pair) || pair[i] == nil || pair[i] == false {
			return ""
		}
		return fmt.Sprint(pair[i])
	}
	a.name, a.value = text(0), text(1)
	a.name = a.name[:min(len(a.name), maxName)]
	return nil
}

// maxName bounds an attribute's name, in bytes, as all names of a run are
// compared. Etherpad's are words.
const maxName = 100

// A pool holds the attributes of a pad by their numbers.
type pool map[int]attribute

func (p *pool) UnmarshalJSON(b []byte) error {
	var raw struct {
		NumToAttrib map[int]attribute `json:"numToAttrib"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	*p = raw.NumToAttrib
	return nil
}

// attributes yields what "*0*2" stands for. A number that is not in the pool
// stands for nothing, as in Etherpad.
func (p pool) attributes(attribs string) iter.Seq[attribute] {
	return func(yield func(attribute) bool) {
		for n := range numbers(attribs) {
			if a, ok := p[n]; ok && !yield(a) {
				return
			}
		}
	}
}

// numbers yields those of "*0*2".
func numbers(attribs string) iter.Seq[int] {
	return func(yield func(int) bool) {
		for strings.HasPrefix(attribs, "*") {
			n, rest, ok := cutNumber(attribs[1:])
			if !ok || !yield(n) {
				return
			}
			attribs = rest
		}
	}
}
