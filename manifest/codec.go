package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	manifestFormat = "padsync manifest"
	partFormat     = "padsync part"
	documentFormat = "padsync document"

	// maxValue bounds what one header field or one document may take, in
	// bytes of JSON.
	maxValue = 64 << 20
)

// ErrUnsupported is matched by errors for a version of the format that this
// program does not know.
var ErrUnsupported = errors.New("written by a newer padsync")

// An Encoder writes a manifest, or a part of a checkpoint, document by
// document. Its bytes are the only encoding of what it was given.
type Encoder struct {
	w     io.Writer
	check order
	buf   []byte // of the last document, to be used again
	comma bool
}

// NewEncoder writes the header; Format and Version are set by it.
func NewEncoder(w io.Writer, h Header) (*Encoder, error) {
	h.Format, h.Version = manifestFormat, Version
	h.Sources, h.Packs = append([]Source{}, h.Sources...), append([]Pack{}, h.Packs...) // never null
	if err := h.validate(); err != nil {
		return nil, err
	}
	e := &Encoder{w: w, check: order{header: &h}}
	return e, e.open(h)
}

// NewPartEncoder begins a part of the checkpoint whose header will be h: its
// sources, packs and told are what the documents refer to.
func NewPartEncoder(w io.Writer, h *Header) (*Encoder, error) {
	e := &Encoder{w: w, check: order{header: h}}
	return e, e.open(partHeader{partFormat, Version})
}

type partHeader struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
}

func (e *Encoder) open(header any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(header); err != nil {
		return fmt.Errorf("encode manifest: %w", err)
	}
	b := bytes.TrimSuffix(buf.Bytes(), []byte("}\n"))
	if bytes.Contains(b, []byte(`\ufffd`)) && invalid.Match(b) {
		return errText
	}
	_, err := e.w.Write(append(b, `,"documents":[`...))
	return err
}

// invalid matches the escape that encoding/json writes for a byte that is not
// UTF-8, and for nothing else. It would be read as another text, which has
// another encoding.
var invalid = regexp.MustCompile(`(^|[^\\])(\\\\)*\\ufffd`)

// Encode writes the next document. Documents come sorted by source, then id.
func (e *Encoder) Encode(d *Document) error {
	if err := e.check.next(d); err != nil {
		return err
	}
	t := text{b: e.buf[:0]}
	if e.comma {
		t.b = append(t.b, ',')
	}
	t.document(d)
	if t.err != nil {
		return t.err
	}
	e.comma, e.buf = true, t.b
	_, err := e.w.Write(t.b)
	return err
}

// Close writes the end; it does not close the writer below.
func (e *Encoder) Close() error {
	_, err := e.w.Write([]byte("]}\n"))
	return err
}

// A Decoder reads what an Encoder wrote, and nothing else: bytes that it
// accepts are those that an Encoder gives for the same content.
type Decoder struct {
	Header *Header

	json   *jsontext.Decoder
	budget *budgetReader
	mirror *mirror
	again  *Encoder // writes what was read into mirror
}

// NewDecoder reads the header of a manifest.
func NewDecoder(r io.Reader) (*Decoder, error) {
	d := newDecoder(r)
	h := new(Header)
	raw, err := d.header()
	if err != nil {
		return nil, err
	}
	if err := strict(raw, h); err != nil {
		return nil, fmt.Errorf("manifest header: %w", err)
	}
	if h.Format != manifestFormat {
		return nil, errors.New("not a manifest")
	}
	d.Header = h
	d.again, err = NewEncoder(expected{d.mirror}, *h)
	return d, err
}

// NewPartDecoder reads the beginning of a part of the checkpoint with the
// header h.
func NewPartDecoder(r io.Reader, h *Header) (*Decoder, error) {
	d := newDecoder(r)
	raw, err := d.header()
	if err != nil {
		return nil, err
	}
	var p partHeader
	if err := strict(raw, &p); err != nil {
		return nil, fmt.Errorf("part header: %w", err)
	}
	if p.Format != partFormat {
		return nil, errors.New("not a part of a checkpoint")
	}
	d.Header = h
	d.again, err = NewPartEncoder(expected{d.mirror}, h)
	return d, err
}

func newDecoder(r io.Reader) *Decoder {
	m := new(mirror)
	budget := &budgetReader{r: io.TeeReader(r, m), left: maxValue}
	return &Decoder{json: jsontext.NewDecoder(budget), budget: budget, mirror: m}
}

// header collects all fields before the documents as one JSON object.
func (d *Decoder) header() ([]byte, error) {
	if err := d.delim('{'); err != nil {
		return nil, err
	}
	raw := []byte{'{'}
	for {
		if d.json.PeekKind() == '}' {
			return nil, errors.New("manifest has no documents")
		}
		name, err := d.json.ReadValue()
		if err != nil {
			return nil, broken(err)
		}
		name = bytes.Clone(name)
		if string(name) == `"documents"` {
			break
		}
		value, err := d.json.ReadValue()
		if err != nil {
			return nil, broken(err)
		}
		if err := supported(string(name), value); err != nil {
			return nil, err
		}
		if len(raw) > 1 {
			raw = append(raw, ',')
		}
		raw = append(append(append(raw, name...), ':'), value...)
	}
	return append(raw, '}'), d.delim('[')
}

// supported refuses a newer format before anything complains of its unknown
// fields: the version stands in front of them.
func supported(name string, value []byte) error {
	var version int
	if name != `"version"` || json.Unmarshal(value, &version) != nil || version <= Version {
		return nil
	}
	return fmt.Errorf("format version %d: %w", version, ErrUnsupported)
}

// Next gives the next document, and io.EOF after the last one.
func (d *Decoder) Next() (*Document, error) {
	d.budget.left = maxValue
	if d.json.PeekKind() == ']' {
		return nil, d.finish()
	}
	doc := new(Document)
	if err := jsonv2.UnmarshalDecode(d.json, doc, jsonv2.RejectUnknownMembers(true)); err != nil {
		return nil, broken(err)
	}
	return doc, d.again.Encode(doc)
}

// finish reads to the end, where nothing may follow.
func (d *Decoder) finish() error {
	if err := d.delim(']'); err != nil {
		return err
	}
	if err := d.delim('}'); err != nil {
		return err
	}
	if _, err := d.json.ReadToken(); err != io.EOF {
		return errors.New("manifest: something follows the end")
	}
	if err := d.again.Close(); err != nil {
		return err
	}
	if len(d.mirror.read) > 0 {
		return errNotCanonical
	}
	return io.EOF
}

func (d *Decoder) delim(want jsontext.Kind) error {
	token, err := d.json.ReadToken()
	if err != nil {
		return broken(err)
	}
	if token.Kind() != want {
		return fmt.Errorf("manifest: %q expected", rune(want))
	}
	return nil
}

func broken(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("manifest: %w", err)
}

func strict(raw []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

var errNotCanonical = errors.New("manifest is not in its canonical encoding")

// A mirror compares the bytes that were read with those of their encoding.
type mirror struct{ read []byte }

// Write takes what was read.
func (m *mirror) Write(b []byte) (int, error) {
	m.read = append(m.read, b...)
	return len(b), nil
}

// An expected takes what should have been read.
type expected struct{ m *mirror }

func (e expected) Write(b []byte) (int, error) {
	if !bytes.HasPrefix(e.m.read, b) {
		return 0, errNotCanonical
	}
	e.m.read = e.m.read[len(b):]
	return len(b), nil
}

// A budgetReader ends with an error when one value takes more than it may.
type budgetReader struct {
	r    io.Reader
	left int
}

func (b *budgetReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errors.New("manifest: a value is too large")
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
