package etherpad

import (
	"bytes"
	"io"
	"strconv"

	"github.com/padsync/padsync/documents/pad"
)

// A mending is what is sent in place of what 1.8.14 could not use; nil: nothing
// of the pad's own fields.
type mending struct {
	text              *pad.State // nil: as it stands
	revision, message int        // the highest numbers
}

func mendingOf(p *pad.Pad) *mending {
	with := new(mending)
	with.revision, with.message = p.Last()
	if p.Mended {
		with.text = p.Current()
	}
	return with
}

// end is the number up to which this field of a pad makes the server go, if
// that is further than there is anything.
func (w *mending) end(f *pad.Member) (number int, mends bool) {
	if w == nil {
		return 0, false
	}
	switch string(f.Key) {
	case "head":
		return w.revision, reaches(f.Value, w.revision)
	case "chatHead":
		return w.message, reaches(f.Value, w.message)
	}
	return 0, false
}

// reaches reports whether a server's loop up to this value may go beyond a
// number. JavaScript also compares words and lists with numbers, by what they
// spell, in more than one way.
func reaches(value []byte, number int) bool {
	if value == nil {
		return true // it is too long to be held
	}
	switch value[0] {
	case '"', '[':
		return bytes.ContainsAny(value, "0123456789I") // of Infinity
	case '{', 't', 'f', 'n':
		return false
	}
	n, _ := strconv.ParseFloat(string(value), 64) // infinite out of range
	return n > float64(number)
}

// send writes the value of a member of a pad as it stands, except for what
// 1.8.14 could not use: the text of the pad, where it is not as servers write
// it, and what would end its whole process. That is a pool without a list of
// attributes, or with one that is null; and, when the pad is read back, a
// number of revisions or messages for which it has no memory.
func send(o *pad.ObjectWriter, m *pad.Member, r io.ReaderAt, with *mending) error {
	isPad, harms, endless := m.Kind == pad.PadMember, false, false
	for f, err := range m.Fields(r) {
		if err == nil && string(f.Key) == "pool" {
			var harmless bool
			harmless, err = isHarmless(&f, r)
			harms = harms || !harmless
		}
		if err != nil {
			return err
		}
		_, mends := with.end(&f)
		endless = endless || isPad && mends
	}
	var text *pad.State
	if isPad && with != nil {
		text = with.text
	}
	if !m.IsObject() || !harms && !endless && text == nil {
		return o.Value(m, r)
	}
	fields := o.Object()
	for f, err := range m.Fields(r) {
		if err != nil {
			return err
		}
		key := string(f.Key)
		if key == "atext" && text != nil {
			continue
		}
		fields.Name(key)
		number, mends := with.end(&f)
		switch {
		case key == "pool" && harms:
			err = sendPool(fields, &f, r)
		case isPad && mends:
			_, err = fields.WriteString(strconv.Itoa(number))
		default:
			err = fields.Value(&f, r)
		}
		if err != nil {
			return err
		}
	}
	if text != nil {
		fields.Name("atext")
		fields.Write(pad.JSON(map[string]string{"text": text.Text(), "attribs": text.Attribution()}))
	}
	return fields.Close()
}

func isHarmless(pool *pad.Member, r io.ReaderAt) (bool, error) {
	listed := false
	for f, err := range pool.Fields(r) {
		if err != nil {
			return false, err
		}
		if string(f.Key) != "numToAttrib" {
			continue
		}
		if listed = !f.IsNull(); !listed {
			return false, nil
		}
		for attribute, err := range f.Fields(r) {
			if err != nil || attribute.IsNull() {
				return false, err
			}
		}
	}
	return listed, nil
}

// sendPool writes a pool with what is readable of it, and nothing in place of
// the rest.
func sendPool(o *pad.ObjectWriter, pool *pad.Member, r io.ReaderAt) error {
	fields, numbers := o.Object(), o.Object()
	fields.Name("numToAttrib")
	next := 0
	for f, err := range pool.Fields(r) {
		if err != nil {
			return err
		}
		if string(f.Key) != "numToAttrib" {
			continue
		}
		for attribute, err := range f.Fields(r) {
			if err != nil {
				return err
			}
			n, ok := attribute.Index()
			if !ok {
				continue
			}
			next = max(next, n+1)
			numbers.Name(strconv.Itoa(n))
			if attribute.IsNull() {
				numbers.WriteString(`["",""]`)
			} else if err := numbers.Value(&attribute, r); err != nil {
				return err
			}
		}
	}
	numbers.Close()
	fields.Name("nextNum")
	fields.WriteString(strconv.Itoa(next))
	return fields.Close()
}
