package pad

import (
	"bytes"
	"encoding/binary"
)

// A Glance looks at the members of an export as they pass, in their order, and
// recognises those that are exactly as servers write them. For most exports
// nothing else need be read to see that they have no flaw. Its zero value is
// ready.
type Glance struct {
	// Head and Text are what the pad says of itself, if all is plain.
	Head int
	Text []byte // UTF-8; overwritten after Reset

	id       string
	seen     bool // the pad
	odd      bool
	chatHead int
	length   int // of the text in UTF-16 code units, now and after the last revision
	next     int // revision
	after    int
	messages int

	word          []byte
	named, pooled numberSet // attributes that the text names, and those that there are
}

// Reset makes it ready for another export, in the same memory.
func (g *Glance) Reset() {
	*g = Glance{Text: g.Text[:0], word: g.word[:0], named: g.named[:0], pooled: g.pooled[:0]}
}

// A numberSet holds numbers of attributes as bits.
type numberSet []uint64

// maxNumber is more than the pools of nearly all pads have.
const maxNumber = 1 << 16

// add adds a number, if it is one that is held.
func (s *numberSet) add(n int) bool {
	if n < 0 || n >= maxNumber {
		return false
	}
	for n/64 >= len(*s) {
		*s = append(*s, 0)
	}
	(*s)[n/64] |= 1 << (n % 64)
	return true
}

// within reports whether all of s are in all.
func (s numberSet) within(all numberSet) bool {
	for i, bits := range s {
		if i < len(all) {
			bits &^= all[i]
		}
		if bits != 0 {
			return false
		}
	}
	return true
}

// Held is how many bytes it keeps for other exports.
func (g *Glance) Held() int { return max(cap(g.Text), cap(g.word)) }

// Plain says, when all members have passed, that Open would find no flaw.
func (g *Glance) Plain() bool {
	return g.seen && !g.odd && g.next == g.Head+1 && g.messages == g.chatHead+1 && (g.after == g.length)
}

// Member looks at the next member.
func (g *Glance) Member(m *Member) {
	if g.odd || m.Kind == OtherMember {
		return
	}
	if m.Value == nil || !g.plain(m) {
		g.odd = true
	}
}

func (g *Glance) plain(m *Member) bool {
	switch m.Kind {
	case PadMember:
		return !g.seen && g.pad(m)
	case AuthorMember:
		return g.author(m.Value)
	}
	switch {
	case !g.seen || m.ID != g.id:
		return false
	case m.Kind == MessageMember && m.Number <= g.chatHead:
		g.messages++
		return m.Number == g.messages-1 && plainMessage(m.Value)
	case m.Kind == RevisionMember && m.Number <= g.Head:
		g.next++
		return m.Number == g.next-1 && g.revision(m.Value)
	}
	return true // left behind by a longer pad
}

func isString(value []byte) bool { return value[0] == '"' }
func isNull(value []byte) bool   { return value[0] == 'n' }
func isNumber(value []byte) bool { return '0' <= value[0] && value[0] <= '9' }

func (g *Glance) author(value []byte) bool {
	if value[0] != '{' {
		return false
	}
	for name, value := range Fields(value) {
		if string(name) == "name" && !isString(value) && !isNull(value) {
			return false
		}
	}
	return true
}

func plainMessage(value []byte) bool {
	found := 0
	for name, value := range Fields(value) {
		switch string(name) {
		case "text":
			if found |= 1; !isString(value) {
				return false
			}
		case "userId":
			if !isString(value) && !isNull(value) {
				return false
			}
		case "time":
			if found |= 2; !isNumber(value) {
				return false
			}
		}
	}
	return found == 3
}

func (g *Glance) pad(m *Member) bool {
	g.id, g.seen, g.chatHead = m.ID, true, -2
	var found int
	for name, value := range Fields(m.Value) {
		ok := true
		switch string(name) {
		case "head":
			found |= 1
			g.Head, ok = parseCount(value)
		case "chatHead":
			if g.chatHead, ok = parseCount(value); string(value) == "-1" {
				g.chatHead, ok = -1, true
			}
		case "atext":
			found |= 2
			ok = g.atext(value)
		case "pool":
			found |= 4
			ok = plainPool(value, &g.pooled)
		case "savedRevisions":
			ok = plainSaved(value)
		}
		if !ok {
			return false
		}
	}
	return found == 7 && g.chatHead >= -1 && g.named.within(g.pooled)
}

func (g *Glance) atext(value []byte) bool {
	found := 0
	for name, value := range Fields(value) {
		if !isString(value) {
			return false
		}
		switch string(name) {
		case "text":
			found |= 1
			g.Text, _ = AppendText(g.Text[:0], value)
		case "attribs":
			found |= 2
			g.word, _ = AppendText(g.word[:0], value)
		}
	}
	g.length = 0
	for _, b := range g.Text {
		if b&0xc0 != 0x80 {
			g.length++
		}
		if b >= 0xf0 {
			g.length++ // a pair of them
		}
	}
	return found == 3 && plainAttribs(string(g.word), g.length, &g.named)
}

func plainAttribs(s string, length int, named *numberSet) bool {
	for o, err := range ops(s) {
		if err != nil || o.code != '+' {
			return false
		}
		for n := range numbers(o.attribs) {
			if !named.add(n) {
				return false
			}
		}
		length -= o.chars
	}
	return length == 0
}

func plainPool(value []byte, pooled *numberSet) bool {
	found := false
	for name, value := range Fields(value) {
		if string(name) != "numToAttrib" {
			continue
		}
		if found = value[0] == '{'; !found {
			return false
		}
		for name, value := range Fields(value) {
			if n, ok := parseCount(name); !ok || !pooled.add(n) {
				return false
			}
			if _, rest, ok := cutString(value, "["); !ok || !bytes.HasPrefix(rest, []byte(`,"`)) {
				return false
			}
		}
	}
	return found
}

func plainSaved(value []byte) bool {
	if string(value) == "[]" {
		return true
	}
	if value[0] != '[' {
		return false
	}
	ok, n := true, 0
	elements(value, func(m Member, _ error) bool {
		number := false
		for name, value := range Fields(m.Value) {
			if string(name) == "revNum" {
				_, number = parseCount(value)
			}
		}
		n++
		ok = ok && number
		return ok
	})
	return ok && n <= maxSaved
}

// revision takes {"changeset":"…","meta":{"author":"…","timestamp":1, with more
// behind it in key revisions, and no white space: as they are all written.
func (g *Glance) revision(value []byte) bool {
	change, rest, ok := cutString(value, `{"changeset":`)
	if !ok {
		return false
	}
	before, after, ok := checkChange(change)
	if g.next == 1 {
		g.after = 1 // the empty text that revision 0 changes
	}
	if !ok || before != g.after {
		return false
	}
	g.after = after
	if _, rest, ok = cutString(rest, `,"meta":{"author":`); !ok {
		if rest, ok = bytes.CutPrefix(rest, []byte(`,"meta":{"author":null`)); !ok {
			return false
		}
	}
	if rest, ok = bytes.CutPrefix(rest, []byte(`,"timestamp":`)); !ok {
		return false
	}
	digits := 0
	for digits < len(rest) && '0' <= rest[digits] && rest[digits] <= '9' {
		digits++
	}
	rest = rest[digits:]
	return digits > 0 && (bytes.HasPrefix(rest, []byte("}}")) || bytes.HasPrefix(rest, []byte(`,"pool":`)) || bytes.HasPrefix(rest, []byte(`,"atext":`)))
}

// cutString takes what stands before a JSON string, and the string. If they are
// not there, the rest is all of b.
func cutString(b []byte, before string) (s, rest []byte, ok bool) {
	if len(b) <= len(before) || string(b[:len(before)]) != before || b[len(before)] != '"' {
		return nil, b, false
	}
	c := cursor{b: b, i: len(before)}
	if c.skipString() != nil {
		return nil, b, false
	}
	return b[len(before):c.i], b[c.i:], true
}

// checkChange says how long a text must be before the changeset in a JSON
// string, and how long it is after it, in UTF-16 code units. It is ok if the
// changeset can be applied to every text of that length.
func checkChange(value []byte) (before, after int, ok bool) {
	if len(value) < 2 || value[0] != '"' {
		return 0, 0, false
	}
	s, bank, found := bytes.Cut(value[1:len(value)-1], []byte{'$'})
	escaped := bytes.IndexByte(s, '\\') >= 0 // etherpad-go writes > so
	if escaped {
		decoded, _ := appendString(nil, value)
		s, bank, found = bytes.Cut(decoded, []byte{'$'})
	}
	s, ok = bytes.CutPrefix(s, []byte("Z:"))
	ok = ok && found
	if ok {
		before, s, ok = cutBase36(s)
	}
	if !ok || len(s) == 0 || s[0] != '>' && s[0] != '<' {
		return 0, 0, false
	}
	sign := s[0]
	change, s, ok := cutBase36(s[1:])
	if after = before + change; sign == '<' {
		after = before - change
	}
	passed, removed, inserted, whole := sumOps(s)
	ok = ok && whole && passed <= before && before-removed+inserted == after && after <= maxHeld && inserted <= unitsIn(bank, !escaped)
	return before, after, ok
}

// sumOps adds up what operations do with so many characters.
func sumOps(s []byte) (passed, removed, inserted int, ok bool) {
	last := byte('=')
	for len(s) > 0 {
		code, n := s[0], 0
		if n, s, ok = cutBase36(s[1:]); !ok {
			return 0, 0, 0, false
		}
		switch code {
		case '+':
			inserted += n
		case '=':
			passed += n
		case '-':
			passed, removed = passed+n, removed+n
		case '*', '|':
			if last == '|' {
				return 0, 0, 0, false
			}
		default:
			return 0, 0, 0, false
		}
		last = code
	}
	return passed, removed, inserted, last != '*' && last != '|'
}

// cutBase36 is cutNumber for bytes.
func cutBase36(b []byte) (n int, rest []byte, ok bool) {
	i := 0
	for ; i < len(b); i++ {
		switch ch := b[i]; {
		case '0' <= ch && ch <= '9':
			n = n*36 + int(ch-'0')
		case 'a' <= ch && ch <= 'z':
			n = n*36 + int(ch-'a') + 10
		default:
			return n, b[i:], i > 0
		}
		if n > 1<<31-1 {
			return 0, b, false
		}
	}
	return n, nil, i > 0
}

// unitsIn counts the UTF-16 code units of text, or of what is between the quotes
// of a JSON string.
func unitsIn(b []byte, quoted bool) (n int) {
	for len(b) > 0 {
		switch ch := b[0]; {
		case ch == '\\' && quoted:
			length, err := escape(b)
			if err != nil {
				return n
			}
			n++
			b = b[length:]
			continue
		case ch >= 0xf0:
			n += 2
		case ch&0xc0 != 0x80:
			n++
		}
		b = b[1:]
		for len(b) >= 8 { // most of it is ASCII
			v := binary.LittleEndian.Uint64(b)
			if v&highBits != 0 || special(v) != 0 {
				break
			}
			n += 8
			b = b[8:]
		}
	}
	return n
}
