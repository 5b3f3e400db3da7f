package pad

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

var (
	// ErrNoPad is matched by the error for an export that is whole but holds no
	// pad.
	ErrNoPad = errors.New("it holds no pad")

	// ErrOtherPad is matched by the error for an export of another pad.
	ErrOtherPad = errors.New("it is another pad's")
)

// Facts distinguish two states of one pad, and a loss from a change.
type Facts struct {
	Length  int64  // of the text, in characters
	Text    string // a hash of it, without the line ends after it; "" if there is none
	First   string // a hash of who made which first revision when
	Start   string // a hash of the text after it, as Text is
	Content string // a hash of all but what changes by itself
	Flaw    string // what cannot be shown, in words of Open's Flaws
	Blank   bool   // the text is that of the first revision
}

// An Inspection is what one pass over an export found. What it holds does not
// grow with the pad's history.
type Inspection struct {
	ID string // the pad's, as it was asked for

	Head     int       // the newest revision
	Readable bool      // the text can be made; or it is too long to be held
	Modified time.Time // zero if that is not known
	Facts    Facts

	export io.ReaderAt
	size   int64

	// owner is whose members these are: for a read-only id, the id behind it,
	// which lets anyone edit, if the export has it. That of Etherpad 1.8.14
	// does.
	owner  string
	found  bool // the pad itself
	others bool // authors' lists of pads name other pads

	first *string // the text after revision 0, if that is readable
	trail trail

	*tools // while it goes on
}

// tools are what one inspection after another works with.
type tools struct {
	scanner Scanner
	glance  Glance
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

// An Inspector makes inspections. It is safe for concurrent use, and the zero
// value is ready.
type Inspector struct{ tools sync.Pool }

// Inspect checks that r holds an export of the pad id, size bytes long: one
// JSON object with this pad and no other. What else is wrong is a fact. An
// error matches ErrMalformed, ErrTooLarge, ErrNoPad or ErrOtherPad, unless it
// is r's.
func (i *Inspector) Inspect(r io.ReaderAt, size int64, id string) (*Inspection, error) {
	t, ok := i.tools.Get().(*tools)
	if !ok {
		t = newTools()
	}
	in := &Inspection{ID: id, export: r, size: size, tools: t}
	defer in.giveBack(i)
	t.hash.Reset()
	t.content.Reset(t.hash)
	t.glance.Reset()
	for m, err := range t.scanner.Members(io.NewSectionReader(r, 0, size)) {
		if err == nil {
			err = in.member(&m)
		}
		if err != nil {
			return nil, err
		}
	}
	if !in.found {
		return nil, ErrNoPad
	}
	return in, in.finish()
}

// giveBack leaves the tools to other inspections, unless they hold what only a
// long pad needs.
func (in *Inspection) giveBack(i *Inspector) {
	const most = 64 << 10
	t := in.tools
	in.tools = nil
	if max(t.glance.Held(), cap(t.lasting), cap(t.fields)) <= most {
		i.tools.Put(t)
	}
}

// Real is the id behind a read-only id, "" where the export does not have it.
func (in *Inspection) Real() string {
	if in.owner == in.ID {
		return ""
	}
	return in.owner
}

func (in *Inspection) member(m *Member) error {
	in.trail.member(m)
	in.glance.Member(m)
	lasting := []byte(m.Raw)
	switch m.Kind {
	case PadMember, RevisionMember, MessageMember:
		if err := in.own(m); err != nil {
			return err
		}
	case AuthorMember:
		lasting = in.author(m)
	}
	if m.Kind == RevisionMember && (m.Number == 0 || in.found && m.Number == in.glance.Head) {
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
func (in *Inspection) own(m *Member) error {
	if in.owner == "" && (m.ID == in.ID || IsReadOnly(in.ID)) {
		in.owner = m.ID
	}
	if m.ID != in.owner || m.ID == "" {
		return ErrOtherPad
	}
	in.found = in.found || m.Kind == PadMember && m.IsObject()
	return nil
}

// author notes which pads the author is said to have written in, and gives the
// author without what changes when they visit another pad, nil for one that is
// too long to be held.
func (in *Inspection) author(m *Member) []byte {
	if m.Value == nil || !m.IsObject() {
		in.others = in.others || m.IsObject()
		return m.Raw
	}
	in.fields = in.fields[:0]
	var pads []byte
	for name, value := range Fields(m.Value) {
		switch string(name) {
		case "timestamp", "lastSeen":
			continue
		case "padIDs":
			pads = value
		}
		in.fields = append(in.fields, field{string(name), value})
	}
	in.others = in.others || !isOnly(in.ID, pads)
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
func (in *Inspection) revision(m *Member) error {
	r, err := decodeRevision(m, in.export)
	if err != nil {
		return err
	}
	in.Modified = millisecondsSince1970(r.timestamp)
	if m.Number > 0 || r.changeset == "" {
		return nil
	}
	// The pool and text that revision 0 carries may be refreshed by the
	// server (3.x); who wrote what when is never.
	first := append(strconv.AppendQuote(in.lasting[:0], r.changeset), ' ')
	first = append(strconv.AppendQuote(first, r.author), ' ')
	in.lasting = strconv.AppendFloat(first, r.timestamp, 'f', 0, 64)
	in.Facts.First = shortHash(sha256.Sum256(in.lasting))
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
func decodeRevision(m *Member, r io.ReaderAt) (rev revision, err error) {
	for f, err := range m.Fields(r) {
		if err != nil {
			return rev, err
		}
		switch string(f.Key) {
		case "changeset":
			rev.changeset, _ = Text(f.Value)
		case "meta":
			if err := rev.decodeMeta(&f, r); err != nil {
				return rev, err
			}
		}
	}
	return rev, nil
}

func (rev *revision) decodeMeta(meta *Member, r io.ReaderAt) error {
	for f, err := range meta.Fields(r) {
		if err != nil {
			return err
		}
		switch string(f.Key) {
		case "author":
			rev.author, _ = Word(f.Value)
		case "timestamp":
			rev.timestamp, _ = Number(f.Value)
		case "atext":
			for name, value := range Fields(f.Value) {
				if string(name) == "text" {
					rev.text, rev.hasText = Text(value)
				}
			}
		}
	}
	return nil
}

func (in *Inspection) finish() error {
	text := in.glance.Text
	if in.Head, in.Readable = in.glance.Head, true; !in.glance.Plain() {
		var err error
		if text, err = in.read(); err != nil {
			return err
		}
	}
	if in.first != nil {
		in.Facts.Start = textHash([]byte(*in.first))
	}
	if text != nil {
		in.Facts.Length, in.Facts.Text = int64(utf8.RuneCount(text)), textHash(text)
		in.Facts.Blank = in.first != nil && string(text) == *in.first
	}
	in.content.Flush()
	in.Facts.Content = shortHash([32]byte(in.hash.Sum(nil)))
	return nil
}

// read reads an export that is not exactly as servers write it, in the same way
// as it is read to be shown, and gives its text: nil if there is none.
func (in *Inspection) read() (text []byte, err error) {
	p, err := Open(in.export, in.size)
	if err != nil {
		return nil, err // r's: all else was found before
	}
	for r, err := range p.Revisions() {
		if err != nil {
			return nil, err
		}
		if !r.Time.IsZero() {
			in.Modified = r.Time
		}
	}
	var words []string
	for _, flaw := range p.Flaws {
		words = append(words, string(flaw))
	}
	in.Head, in.Facts.Flaw = p.Head, strings.Join(words, "+")
	in.Readable = !slices.Contains(p.Flaws, FlawText)
	state, err := p.At(p.Head)
	if err != nil {
		in.Facts.Length = in.size // nobody can see that it is shorter than before
		return nil, nil
	}
	return []byte(state.Text()), nil
}

// textHash ignores line ends after the text: a server adds some when it cuts a
// history off.
func textHash(text []byte) string {
	return shortHash(sha256.Sum256(bytes.TrimRight(text, "\n")))[:16]
}

// IsReadOnly says whether an id looks like a read-only one, under which servers
// show another pad. It is false for an id that no key of an export could hold.
func IsReadOnly(id string) bool { return strings.HasPrefix(id, "r.") && !strings.Contains(id, ":") }

func shortHash(sum [32]byte) string { return hex.EncodeToString(sum[:16]) }
