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
func (o *object) send(m *pad.Member, r io.ReaderAt, text *pad.State) error {
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
		return o.value(m, r)
	}
	fields := &object{o.Writer, '{'}
	for f, err := range m.Fields(r) {
		if err != nil {
			return err
		}
		key := string(f.Key)
		if isPad && key == "atext" && text != nil {
			continue
		}
		fields.name(key)
		if key == "pool" && harms {
			err = fields.pool(&f, r)
		} else {
			err = fields.value(&f, r)
		}
		if err != nil {
			return err
		}
	}
	if isPad && text != nil {
		fields.name("atext")
		fields.Write(encode(map[string]string{"text": text.Text(), "attribs": text.Attribution()}))
	}
	return fields.close()
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

// pool writes one with what is readable of it: nothing in the place of the rest.
func (o *object) pool(pool *pad.Member, r io.ReaderAt) error {
	fields, numbers := &object{o.Writer, '{'}, &object{o.Writer, '{'}
	fields.name("numToAttrib")
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
			numbers.name(strconv.Itoa(n))
			if attribute.IsNull() {
				numbers.WriteString(`["",""]`)
			} else if err := numbers.value(&attribute, r); err != nil {
				return err
			}
		}
	}
	numbers.close()
	fields.name("nextNum")
	fields.WriteString(strconv.Itoa(next))
	return fields.close()
}
