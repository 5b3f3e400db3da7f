package etherpad

import (
	"bufio"
	"bytes"
	"io"

	"github.com/padsync/padsync/documents/pad"
)

// An object is written member by member, and holds none that is long.
type object struct {
	*bufio.Writer
	separator byte
}

func newObject(w io.Writer) *object { return &object{bufio.NewWriter(w), '{'} }

// name begins a member, whose value is to be written next.
func (o *object) name(name string) {
	o.WriteByte(o.separator)
	o.Write(encode(name))
	o.WriteByte(':')
	o.separator = ','
}

// value writes that of a member of the export r, as it stands there.
func (o *object) value(m *pad.Member, r io.ReaderAt) error {
	if m.Value != nil {
		_, err := o.Write(m.Value)
		return err
	}
	_, err := io.Copy(o.Writer, m.ValueSection(r))
	return err
}

// author writes the value of an author, with another list of pads; if always,
// also where there was none.
func (o *object) author(m *pad.Member, r io.ReaderAt, pads func(was []byte) []byte, always bool) error {
	fields, listed := &object{o.Writer, '{'}, false
	for f, err := range m.Fields(r) {
		if err != nil {
			return err
		}
		fields.name(string(f.Key))
		if string(f.Key) == "padIDs" {
			_, err = fields.Write(pads(f.Value))
			listed = true
		} else {
			err = fields.value(&f, r)
		}
		if err != nil {
			return err
		}
	}
	if always && !listed {
		fields.name("padIDs")
		fields.Write(pads(nil))
	}
	return fields.close()
}

// close writes the end of the object.
func (o *object) close() error {
	if o.separator == '{' {
		o.WriteByte('{')
	}
	return o.WriteByte('}')
}

// replaceAll copies r, with one thing in the place of another.
func replaceAll(w io.Writer, r io.Reader, old, new []byte) error {
	in := bufio.NewReaderSize(r, 64<<10)
	for {
		b, err := in.Peek(in.Size())
		if err != nil && err != io.EOF {
			return err
		}
		read := len(b)
		for at := bytes.Index(b, old); at >= 0; at = bytes.Index(b, old) {
			w.Write(b[:at])
			w.Write(new)
			b = b[at+len(old):]
		}
		if err == nil { // more follows, and may go on with the beginning of old
			read -= min(len(b), len(old)-1)
			b = b[:len(b)-min(len(b), len(old)-1)]
		}
		if _, failed := w.Write(b); failed != nil || err == io.EOF {
			return failed
		}
		in.Discard(read)
	}
}
