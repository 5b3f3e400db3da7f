package etherpad

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/sources"
)

// errNoPad is matched by the error for an answer that is whole, and holds no
// pad: another one would not either.
var errNoPad = errors.New("it holds no pad")

// An inspection is what one pass over an export found. What it holds does not
// grow with the pad's history.
type inspection struct {
	id   string // the pad's, as it was asked for
	size int64  // of the export

	// owner is whose members these are: of a read-only id, where the export
	// tells it, the id behind it, which lets anyone edit. Etherpad 1.8.14 does.
	owner  string
	found  bool // the pad itself
	others bool // authors' lists of pads name other pads

	head     int
	readable bool // the text can be made; or it is too long to be held
	modified time.Time
	first    *string // the text after revision 0, if that is readable
	trail    trail
	facts    sources.Facts

	*tools // while it goes on
}

// tools are what one inspection after another works with.
type tools struct {
	export  io.ReaderAt
	scanner pad.Scanner
	glance  pad.Glance
	hash    hash.Hash
	content *bufio.Writer // hashes: many small writes to hash take longer

	// For one member after the other.
	lasting []byte
	fields  []field
}

func newTools() *tools {
	hash := sha256.New()
	return &tools{hash: hash, content: bufio.NewWriter(hash)}
}

// inspect checks that r holds an export of the pad id, size bytes long: one
// JSON object with this pad and no other. What else is wrong is a fact. An
// error matches sources.ErrRefused, unless it is r's.
func (s *Source) inspect(r io.ReaderAt, size int64, id string) (*inspection, error) {
	t, ok := s.tools.Get().(*tools)
	if !ok {
		t = newTools()
	}
	in := &inspection{id: id, size: size, tools: t}
	defer in.giveBack(s)
	t.export = r
	t.hash.Reset()
	t.content.Reset(t.hash)
	t.glance.Reset()
	for m, err := range t.scanner.Members(io.NewSectionReader(r, 0, size)) {
		if errors.Is(err, pad.ErrMalformed) || errors.Is(err, pad.ErrTooLarge) {
			return nil, fmt.Errorf("%w: %w", sources.ErrRefused, err)
		}
		if err == nil {
			err = in.member(&m)
		}
		if err != nil {
			return nil, err
		}
	}
	if !in.found {
		return nil, fmt.Errorf("%w: %w", sources.ErrRefused, errNoPad)
	}
	return in, in.finish()
}

// giveBack leaves the tools to others, if they do not hold what only a long pad
// needs.
func (in *inspection) giveBack(s *Source) {
	const most = 64 << 10
	t := in.tools
	in.tools, t.export = nil, nil
	if max(t.glance.Held(), cap(t.lasting), cap(t.fields)) <= most {
		s.tools.Put(t)
	}
}

// real is the id behind a read-only id, "" where the export does not tell it.
func (in *inspection) real() string {
	if in.owner == in.id {
		return ""
	}
	return in.owner
}

func (in *inspection) member(m *pad.Member) error {
	in.trail.member(m)
	in.glance.Member(m)
	lasting := []byte(m.Raw)
	switch m.Kind {
	case pad.PadMember, pad.RevisionMember, pad.MessageMember:
		if err := in.own(m); err != nil {
			return err
		}
	case pad.AuthorMember:
		lasting = in.author(m)
	}
	if m.Kind == pad.RevisionMember && (m.Number == 0 || in.found && m.Number == in.glance.Head) {
		if err := in.revision(m); err != nil {
			return err
		}
	}
	in.content.Write(lasting)
	if lasting == nil { // too long to be held
		if _, err := io.Copy(in.content, m.Section(in.export)); err != nil {
			return err
		}
	}
	return in.content.WriteByte(',')
}

// own refuses what belongs to another pad.
func (in *inspection) own(m *pad.Member) error {
	if in.owner == "" && (m.ID == in.id || isReadOnly(in.id)) {
		in.owner = m.ID
	}
	if m.ID != in.owner || m.ID == "" {
		return fmt.Errorf("%w: it is of another pad", sources.ErrRefused)
	}
	in.found = in.found || m.Kind == pad.PadMember && m.IsObject()
	return nil
}

// author notes which pads the author is said to have written in, and gives
// the author without what changes when they visit another pad, nil of one that
// is too long to be held.
func (in *inspection) author(m *pad.Member) []byte {
	if m.Value == nil || !m.IsObject() {
		in.others = in.others || m.IsObject()
		return m.Raw
	}
	in.fields = in.fields[:0]
	var pads []byte
	for name, value := range pad.Fields(m.Value) {
		switch string(name) {
		case "timestamp", "lastSeen":
			continue
		case "padIDs":
			pads = value
		}
		in.fields = append(in.fields, field{string(name), value})
	}
	in.others = in.others || !isOnly(in.id, pads)
	slices.SortStableFunc(in.fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
	in.lasting = append(in.lasting[:0], m.Raw[:len(m.Raw)-len(m.Value)]...)
	for _, f := range in.fields {
		in.lasting = append(strconv.AppendQuote(in.lasting, f.name), ':')
		in.lasting = append(append(in.lasting, f.value...), ',')
	}
	return in.lasting
}

// A field is one of a JSON object.
type field struct {
	name  string
	value []byte
}

// revision reads the first one, or the newest.
func (in *inspection) revision(m *pad.Member) error {
	r, err := decodeRevision(m, in.export)
	if err != nil {
		return err
	}
	in.modified = milliseconds(r.timestamp)
	if m.Number > 0 || r.changeset == "" {
		return nil
	}
	// The pool and text that revision 0 carries may be refreshed by the
	// server (3.x); who wrote what when is never.
	first := append(strconv.AppendQuote(in.lasting[:0], r.changeset), ' ')
	first = append(strconv.AppendQuote(first, r.author), ' ')
	in.lasting = strconv.AppendFloat(first, r.timestamp, 'f', 0, 64)
	in.facts.First = shortHash(sha256.Sum256(in.lasting))
	if _, bank, found := strings.Cut(r.changeset, "$"); found && !r.hasText {
		r.text = bank + "\n"
	}
	in.first = &r.text
	return nil
}

// A revision is what an inspection needs of one.
type revision struct {
	changeset, author string
	timestamp         float64 // milliseconds since 1970
	text              string  // after it, if hasText: of some
	hasText           bool
}

// decodeRevision reads what is readable. Its error is r's.
func decodeRevision(m *pad.Member, r io.ReaderAt) (rev revision, err error) {
	for f, err := range m.Fields(r) {
		if err != nil {
			return rev, err
		}
		switch string(f.Key) {
		case "changeset":
			rev.changeset, _ = pad.Text(f.Value)
		case "meta":
			if err := rev.decodeMeta(&f, r); err != nil {
				return rev, err
			}
		}
	}
	return rev, nil
}

func (rev *revision) decodeMeta(meta *pad.Member, r io.ReaderAt) error {
	for f, err := range meta.Fields(r) {
		if err != nil {
			return err
		}
		switch string(f.Key) {
		case "author":
			rev.author, _ = pad.Word(f.Value)
		case "timestamp":
			rev.timestamp, _ = pad.Number(f.Value)
		case "atext":
			for name, value := range pad.Fields(f.Value) {
				if string(name) == "text" {
					rev.text, rev.hasText = pad.Text(value)
				}
			}
		}
	}
	return nil
}

func (in *inspection) finish() error {
	text := in.glance.Text
	if in.head, in.readable = in.glance.Head, true; !in.glance.Plain() {
		var err error
		if text, err = in.read(); err != nil {
			return err
		}
	}
	head := int64(in.head)
	in.facts.Revision = &head
	if in.first != nil {
		in.facts.Start = textHash([]byte(*in.first))
	}
	if text != nil {
		in.facts.Length, in.facts.Text = characters(text), textHash(text)
		in.facts.Blank = in.first != nil && string(text) == *in.first
	}
	in.content.Flush()
	in.facts.Content = shortHash([32]byte(in.hash.Sum(nil)))
	return nil
}

// read reads an export that is not just as servers write it, as whoever is
// shown it does, and gives its text: nil if there is none.
func (in *inspection) read() (text []byte, err error) {
	p, err := pad.Open(in.export, in.size)
	if err != nil {
		return nil, err // r's: all else was found before
	}
	for r, err := range p.Revisions() {
		if err != nil {
			return nil, err
		}
		if !r.Time.IsZero() {
			in.modified = r.Time
		}
	}
	var words []string
	for _, flaw := range p.Flaws {
		words = append(words, string(flaw))
	}
	in.head, in.facts.Flaw = p.Head, strings.Join(words, "+")
	in.readable = !slices.Contains(p.Flaws, pad.FlawText)
	state, err := p.At(p.Head)
	if err != nil {
		in.facts.Length = in.size // nobody can tell that it is shorter than before
		return nil, nil
	}
	return []byte(state.Text()), nil
}

// textHash leaves line ends behind the text aside: a server adds some when it
// cuts a history off.
func textHash(text []byte) string {
	return shortHash(sha256.Sum256(bytes.TrimRight(text, "\n")))[:16]
}

// characters counts those of valid UTF-8: the bytes that begin one, of eight at
// a time those whose highest bits are not 10.
func characters(b []byte) int64 {
	n := len(b)
	for ; len(b) >= 8; b = b[8:] {
		v := binary.LittleEndian.Uint64(b)
		n -= bits.OnesCount64(v >> 7 &^ (v >> 6) & 0x0101010101010101)
	}
	for _, c := range b {
		if !utf8.RuneStart(c) {
			n--
		}
	}
	return int64(n)
}

// isReadOnly is false for an id that no key of an export could hold.
func isReadOnly(id string) bool { return strings.HasPrefix(id, "r.") && !strings.Contains(id, ":") }

// milliseconds is zero for what is no time that can be written down.
func milliseconds(ms float64) time.Time {
	if !(ms > 0 && ms < 253402300800000) { // the year 10000
		return time.Time{}
	}
	return time.UnixMilli(int64(ms)).UTC()
}

func shortHash(sum [32]byte) string { return hex.EncodeToString(sum[:16]) }

// encode writes JSON as Etherpad does: no character is escaped for HTML.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil // only values that were decoded before come here
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
