package pad

import (
	"bufio"
	"fmt"
	"io"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// WriteAt writes the pad as it was after revision number, as an export that
// Etherpad imports: the revisions and the stars up to it, and what was said in
// the chat until that moment; if that is zero, until the revision was made. The
// pool and the authors are those of the whole pad. What plugins added is left
// out, as nothing tells when they did.
//
// Errors are those of At and of w.
func (p *Pad) WriteAt(w io.Writer, number int, until time.Time) error {
	state, err := p.At(number)
	if err != nil {
		return err
	}
	if until.IsZero() {
		if until, err = p.madeAt(number); err != nil {
			return err
		}
	}
	chatHead, err := p.lastSaid(until)
	if err != nil {
		return err
	}
	c := &cutWriter{Writer: bufio.NewWriter(w), pad: p, opener: '{'}
	for m, err := range p.members(0) {
		if err == nil {
			switch {
			case m.Kind == PadMember && m.ID == p.ID && m.IsObject():
				err = c.head(&m, state, number, chatHead)
			case m.Kind == AuthorMember,
				m.Kind == RevisionMember && m.ID == p.ID && m.Number <= number,
				m.Kind == MessageMember && m.ID == p.ID && m.Number <= chatHead:
				c.next()
				_, err = io.Copy(c, m.Section(p.export))
			}
		}
		if err != nil {
			return err
		}
	}
	c.WriteByte('}')
	return c.Flush()
}

// madeAt is when a revision was made, zero if nothing tells.
func (p *Pad) madeAt(number int) (time.Time, error) {
	for r, err := range p.records(number / keyInterval * keyInterval) {
		if err != nil {
			return time.Time{}, err
		}
		if r.number == number {
			made, _ := moment(r.time.Value)
			return made, nil
		}
	}
	return time.Time{}, nil
}

// lastSaid is the number of the last message up to that moment, -1 if there is
// none: those before it are taken for older, whatever they say.
func (p *Pad) lastSaid(until time.Time) (last int, err error) {
	last = -1
	for m, err := range p.Messages() {
		if err != nil {
			return last, err
		}
		if !m.Time.IsZero() && !m.Time.After(until) {
			last = m.Number
		}
	}
	return last, nil
}

// A cutWriter writes members of an export.
type cutWriter struct {
	*bufio.Writer
	pad    *Pad
	opener byte // what stands before the next member
}

// next begins a member, or a field.
func (c *cutWriter) next() {
	c.WriteByte(c.opener)
	c.opener = ','
}

// name begins a member or a field with its name.
func (c *cutWriter) name(key []byte) {
	c.next()
	c.Write(quoteUnits(utf16.Encode([]rune(string(key)))))
	c.WriteByte(':')
}

// value writes that of a field or of an element.
func (c *cutWriter) value(f *Member) (err error) {
	if f.Value != nil {
		_, err = c.Write(f.Value)
	} else {
		_, err = io.Copy(c, f.ValueSection(c.pad.export))
	}
	return err
}

// head writes the pad's own member: its fields as they are, but for those that
// tell how far it had come.
func (c *cutWriter) head(m *Member, s *State, number, chatHead int) error {
	c.name(m.Key)
	c.opener = '{'
	for f, err := range m.Fields(c.pad.export) {
		if err != nil {
			return err
		}
		switch string(f.Key) {
		case "atext", "head", "chatHead":
		case "savedRevisions":
			err = c.stars(&f, number)
		default:
			c.name(f.Key)
			err = c.value(&f)
		}
		if err != nil {
			return err
		}
	}
	c.next()
	fmt.Fprintf(c, `"atext":{"text":%s,"attribs":"%s"},"head":%d,"chatHead":%d}`, quoteUnits(s.text), s.Attribution(), number, chatHead)
	return nil
}

// stars writes the saved revisions up to a number.
func (c *cutWriter) stars(list *Member, number int) error {
	c.name(list.Key)
	c.opener = '['
	none := true
	for f, err := range list.Fields(c.pad.export) {
		if err != nil {
			return err
		}
		revision := -1
		for of, err := range f.Fields(c.pad.export) {
			if err != nil {
				return err
			}
			if of.is("revNum") {
				if n, ok := wholeNumber(of.Value); ok {
					revision = n
				}
			}
		}
		if revision < 0 || revision > number {
			continue
		}
		none = false
		c.next()
		if err := c.value(&f); err != nil {
			return err
		}
	}
	if none {
		c.next()
	}
	c.WriteByte(']')
	c.opener = ','
	return nil
}

// quoteUnits is text as JSON: half of a surrogate pair stays what it is.
func quoteUnits(u units) []byte {
	b := []byte{'"'}
	for i := 0; i < len(u); i++ {
		r := rune(u[i])
		if i+1 < len(u) && utf16.IsSurrogate(r) {
			if pair := utf16.DecodeRune(r, rune(u[i+1])); pair != utf8.RuneError {
				b = utf8.AppendRune(b, pair)
				i++
				continue
			}
		}
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ' || utf16.IsSurrogate(r):
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
