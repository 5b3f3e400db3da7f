package pad

import (
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
// out, as nothing shows when they did.
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
	return WriteMembers(w, p.export, p.export.Size(), func(out *ObjectWriter, m *Member) error {
		switch {
		case m.Kind == PadMember && m.ID == p.ID && m.IsObject():
			return p.writeHead(out, m, state, number, chatHead)
		case m.Kind == AuthorMember,
			m.Kind == RevisionMember && m.ID == p.ID && m.Number <= number,
			m.Kind == MessageMember && m.ID == p.ID && m.Number <= chatHead:
			out.next()
			_, err := io.Copy(out, m.Section(p.export))
			return err
		}
		return nil
	})
}

// madeAt is when a revision was made, zero if that is not known.
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

// writeHead writes the pad's own member: its fields as they are, except those
// that say how far it had come.
func (p *Pad) writeHead(out *ObjectWriter, m *Member, s *State, number, chatHead int) error {
	out.Name(string(m.Key))
	fields := out.Object()
	for f, err := range m.Fields(p.export) {
		if err != nil {
			return err
		}
		switch string(f.Key) {
		case "atext", "head", "chatHead":
		case "savedRevisions":
			fields.Name(string(f.Key))
			err = p.writeStars(fields, &f, number)
		default:
			fields.Name(string(f.Key))
			err = fields.Value(&f, p.export)
		}
		if err != nil {
			return err
		}
	}
	fields.next()
	fmt.Fprintf(fields, `"atext":{"text":%s,"attribs":"%s"},"head":%d,"chatHead":%d`, quoteUnits(s.text), s.Attribution(), number, chatHead)
	return fields.Close()
}

// writeStars writes the list of saved revisions up to a number.
func (p *Pad) writeStars(out *ObjectWriter, list *Member, number int) error {
	separator := ""
	out.WriteByte('[')
	for f, err := range list.Fields(p.export) {
		if err != nil {
			return err
		}
		revision := -1
		for of, err := range f.Fields(p.export) {
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
		out.WriteString(separator)
		separator = ","
		if err := out.Value(&f, p.export); err != nil {
			return err
		}
	}
	return out.WriteByte(']')
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
