package pad

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
)

// An op is one step of a changeset or of an attribution string, such as
// "*0*2|1+5": what it does with so many characters with so many line ends, and
// the numbers of attributes in the pool.
type op struct {
	attribs string // "*0*2"
	code    byte   // '+', '-' or '='
	lines   int
	chars   int // UTF-16 code units
}

// maxAttributes bounds the attributes of an op. They have different names, of
// which Etherpad 1.8.14 with its plugins knows some twenty.
const maxAttributes = 100

// ops yields what s says, up to the first thing that is not an op.
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
	for n := 1; strings.HasPrefix(rest, "*"); n++ {
		if _, rest, ok = cutNumber(rest[1:]); !ok {
			return o, s, false
		}
		if n <= maxAttributes {
			o.attribs = s[:len(s)-len(rest)]
		}
	}
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

// An attribute is a name and a value, such as "bold" and "true": in exports
// ["bold","true"] or ["bold",true].
type attribute struct{ name, value string }

const (
	// maxName bounds an attribute's name, in bytes, as all names of a run are
	// compared. Etherpad's are words.
	maxName = 100

	// maxAttribute bounds its value: no form shows an image, say.
	maxAttribute = 16 << 10
)

// tooLong stands for a value that is not held: "" would remove the attribute.
const tooLong = "…"

// A pool holds the attributes of a pad by their numbers.
type pool map[int]attribute

// addPool takes the pad's pool. An entry that is not an attribute stands for
// nothing.
func (p *Pad) addPool(value *Member) error {
	var numbers Member
	for f, err := range value.Fields(p.export) {
		if err != nil {
			return err
		}
		if f.is("numToAttrib") {
			numbers = value.kept(f)
		}
	}
	if numbers.first != '{' && numbers.first != '[' {
		p.flaw(FlawPool)
	}
	held := 0
	for f, err := range numbers.Fields(p.export) {
		if err != nil {
			return err
		}
		n, ok := f.Index()
		if !ok {
			continue // no text can name it
		}
		a, ok, err := p.attribute(&f)
		if err != nil {
			return err
		}
		if !ok {
			p.flaw(FlawPool)
			continue
		}
		if held += 50 + len(a.name) + len(a.value); held > maxPool {
			p.flaw(FlawSize)
			return nil
		}
		p.pool[n] = a
	}
	return nil
}

// maxPool bounds what is held of a pool, in bytes.
const maxPool = 32 << 20

func (p *Pad) attribute(pair *Member) (a attribute, ok bool, err error) {
	ok = pair.first == '[' || pair.first == '{'
	for f, err := range pair.Fields(p.export) {
		if err != nil {
			return a, false, err
		}
		n, known := f.Index()
		if !known {
			continue
		}
		word, readable := tooLong, true
		if f.Value != nil && len(f.Value) <= maxAttribute {
			word, readable = Word(f.Value)
		}
		if word == "false" {
			word = ""
		}
		switch n {
		case 0:
			a.name, ok = word[:min(len(word), maxName)], ok && readable
		case 1:
			a.value, ok = word, ok && (readable || f.absent())
		}
	}
	return a, ok, nil
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
