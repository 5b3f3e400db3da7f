package pad

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// WriteMembers writes an export anew: it calls write with each member of the
// export in r, and write writes what is to stand in its place.
func WriteMembers(w io.Writer, r io.ReaderAt, size int64, write func(*ObjectWriter, *Member) error) error {
	out := NewObjectWriter(w)
	for m, err := range Members(io.NewSectionReader(r, 0, size)) {
		if err == nil {
			err = write(out, &m)
		}
		if err != nil {
			return err
		}
	}
	return errors.Join(out.Close(), out.Flush())
}

// An ObjectWriter writes a JSON object member by member, and holds none that is
// long. Close, or Flush, says what failed.
type ObjectWriter struct {
	*bufio.Writer
	separator byte // what stands before the next member
}

// NewObjectWriter begins an object. The caller calls Close, then Flush.
func NewObjectWriter(w io.Writer) *ObjectWriter { return &ObjectWriter{bufio.NewWriter(w), '{'} }

// Object begins an object as the value of the member that was named. Close it
// before the next member.
func (o *ObjectWriter) Object() *ObjectWriter { return &ObjectWriter{o.Writer, '{'} }

// Name begins a member, whose value is to be written next.
func (o *ObjectWriter) Name(name string) {
	o.next()
	o.Write(JSON(name))
	o.WriteByte(':')
}

func (o *ObjectWriter) next() {
	o.WriteByte(o.separator)
	o.separator = ','
}

// Value writes that of a member of the export r, as it stands there.
func (o *ObjectWriter) Value(m *Member, r io.ReaderAt) error {
	if m.Value != nil {
		_, err := o.Write(m.Value)
		return err
	}
	_, err := io.Copy(o.Writer, m.ValueSection(r))
	return err
}

// Author writes the value of an author, with another list of pads; if always,
// also where there was none.
func (o *ObjectWriter) Author(m *Member, r io.ReaderAt, pads func(was []byte) []byte, always bool) error {
	fields, listed := o.Object(), false
	for f, err := range m.Fields(r) {
		if err != nil {
			return err
		}
		fields.Name(string(f.Key))
		if f.is("padIDs") {
			_, err = fields.Write(pads(f.Value))
			listed = true
		} else {
			err = fields.Value(&f, r)
		}
		if err != nil {
			return err
		}
	}
	if always && !listed {
		fields.Name("padIDs")
		fields.Write(pads(nil))
	}
	return fields.Close()
}

// Close writes the end of the object.
func (o *ObjectWriter) Close() error {
	if o.separator == '{' {
		o.WriteByte('{')
	}
	return o.WriteByte('}')
}

// JSON writes a value as Etherpad does: no character is escaped for HTML.
func JSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil // only values that were decoded before come here
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// replaceAll copies r, with one thing in place of another.
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
