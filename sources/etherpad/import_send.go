package etherpad

import (
	"io"
	"strconv"

	"github.com/padsync/padsync/documents/pad"
)

// send writes the value of a member of a pad as it stands, but for what 1.8.14
// could not use: the text of the pad, where it is not as servers write it, and a
// pool that it would not survive. Its whole process ends if an import has one
// without a list of attributes, or with one that is null.
func send(o *pad.ObjectWriter, m *pad.Member, r io.ReaderAt, text *pad.State) error {
	isPad, harms := m.Kind == pad.PadMember, false
	for f, err := range m.Fields(r) {
		if err == nil && string(f.Key) == "pool" {
			var harmless bool
			harmless, err = isHarmless(&f, r)
			harms = harms || !harmless
		}
		if err != nil {
			return err
		}
	}
	if !m.IsObject() || !harms && !(isPad && text != nil) {
		return o.Value(m, r)
	}
	fields := o.Object()
	for f, err := range m.Fields(r) {
		if err != nil {
			return err
		}
		key := string(f.Key)
		if isPad && key == "atext" && text != nil {
			continue
		}
		fields.Name(key)
		if key == "pool" && harms {
			err = sendPool(fields, &f, r)
		} else {
			err = fields.Value(&f, r)
		}
		if err != nil {
			return err
		}
	}
	if isPad && text != nil {
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

// sendPool writes one with what is readable of it: nothing in the place of the rest.
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
