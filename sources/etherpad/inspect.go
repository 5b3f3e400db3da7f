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
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/sources"
)

// errIncomplete is matched by the error for an export that is whole, and of
// this pad, but lacks revisions.
var errIncomplete = errors.New("revisions are missing")

// An inspection is what one pass over an export found. What it holds does not
// grow with the pad's history but for one bit a revision.
type inspection struct {
	id   string // the pad's, as it was asked for
	size int64  // of the export

	// real is the id behind a read-only id, where the export tells it:
	// Etherpad 1.8.14 does, and the real id lets anyone edit.
	real   string
	others bool // authors' lists of pads name other pads

	head     int64 // -1 until known
	last     int64 // the highest revision so far, whose time is modified
	modified time.Time
	seen     []uint64 // a bit for each revision
	first    string   // the text after revision 0
	trail    trail
	facts    sources.Facts

	*tools // while it goes on
}

// tools are what one inspection after another works with.
type tools struct {
	scanner pad.Scanner
	hash    hash.Hash
	content *bufio.Writer // hashes: many small writes to hash take longer
	text    []byte        // the pad's, decoded

	// For one member after the other.
	lasting []byte
	fields  []field
}

func newTools() *tools {
	hash := sha256.New()
	return &tools{hash: hash, content: bufio.NewWriter(hash)}
}

// inspect checks that r holds the whole export of the pad id, size bytes long.
// An error matches sources.ErrRefused, unless it is r's.
func (s *Source) inspect(r io.Reader, size int64, id string) (*inspection, error) {
	t, ok := s.tools.Get().(*tools)
	if !ok {
		t = newTools()
	}
	in := &inspection{id: id, size: size, head: -1, last: -1, tools: t}
	defer in.giveBack(s)
	t.hash.Reset()
	t.content.Reset(t.hash)
	for m, err := range t.scanner.Members(r) {
		if errors.Is(err, pad.ErrMalformed) || errors.Is(err, pad.ErrTooLarge) {
			return nil, fmt.Errorf("%w: %w", sources.ErrRefused, err)
		}
		if err != nil {
			return nil, err
		}
		if err := in.member(m); err != nil {
			return nil, fmt.Errorf("%w: %w", sources.ErrRefused, err)
		}
	}
	if err := in.finish(); err != nil {
		return nil, fmt.Errorf("%w: %w", sources.ErrRefused, err)
	}
	return in, nil
}

// giveBack leaves the tools to others, if they do not hold what only a long pad
// needs.
func (in *inspection) giveBack(s *Source) {
	const most = 64 << 10
	if t := in.tools; max(cap(t.text), cap(t.lasting), cap(t.fields)) <= most {
		s.tools.Put(t)
	}
	in.tools = nil
}

func (in *inspection) member(m pad.Member) error {
	in.trail.member(m)
	lasting := []byte(m.Raw)
	switch m.Kind {
	case pad.PadMember, pad.RevisionMember, pad.MessageMember:
		if err := in.own(m.ID); err != nil {
			return err
		}
	case pad.AuthorMember:
		if m.Value[0] != '{' {
			return errors.New("an author is none")
		}
		lasting = in.author(m)
	}
	in.content.Write(lasting)
	in.content.WriteByte(',')

	switch m.Kind {
	case pad.PadMember:
		return in.pad(m.Value)
	case pad.RevisionMember:
		return in.revision(int64(m.Number), m.Value)
	}
	return nil
}

// own refuses what belongs to another pad.
func (in *inspection) own(id string) error {
	if id == in.id || id == in.real && in.real != "" {
		return nil
	}
	if in.real == "" && isReadOnly(in.id) && in.head < 0 {
		in.real = id
		return nil
	}
	return errors.New("it is of another pad")
}

// author notes which pads the author is said to have written in, and gives
// the author without what changes when they visit another pad.
func (in *inspection) author(m pad.Member) []byte {
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

func (in *inspection) pad(value []byte) error {
	head, found := int64(-1), false
	for name, value := range pad.Fields(value) {
		switch string(name) {
		case "head":
			head = count(value)
		case "atext":
			in.text, found = appendTextOf(in.text[:0], value)
		}
	}
	if head < 0 || !found {
		return errors.New("the pad has no text or no number of revisions")
	}
	if in.head >= 0 {
		return errors.New("it tells of the pad twice")
	}
	in.head = head
	return nil
}

// count is -1 for what is no number of revisions.
func count(value []byte) int64 {
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// appendTextOf appends the text in an attributed one.
func appendTextOf(b, atext []byte) (text []byte, found bool) {
	text = b
	for name, value := range pad.Fields(atext) {
		if string(name) == "text" {
			text, found = pad.AppendText(b, value)
		}
	}
	return text, found
}

func (in *inspection) revision(n int64, value []byte) error {
	if n > in.size/minRevision {
		return nil // with so many, others must be missing
	}
	word, bit := int(n/64), uint64(1)<<(n%64)
	if need := word + 1 - len(in.seen); need > 0 {
		in.seen = append(in.seen, make([]uint64, need)...)
	}
	if in.seen[word]&bit != 0 {
		return errors.New("it tells of a revision twice")
	}
	in.seen[word] |= bit
	if n == 0 || in.head < 0 && n > in.last || n == in.head {
		return in.decodeRevision(n, value)
	}
	return nil
}

// minRevision is less than the bytes of any revision in an export.
const minRevision = 16

func (in *inspection) decodeRevision(n int64, value []byte) error {
	r, err := decodeRevision(value)
	if err != nil {
		return err
	}
	if n > in.last || n == in.head {
		in.last, in.modified = n, milliseconds(r.timestamp)
	}
	if n > 0 {
		return nil
	}
	// The pool and text that revision 0 carries may be refreshed by the
	// server (3.x); who wrote what when is never.
	first := append(strconv.AppendQuote(in.lasting[:0], r.changeset), ' ')
	first = append(strconv.AppendQuote(first, r.author), ' ')
	in.lasting = strconv.AppendFloat(first, r.timestamp, 'f', 0, 64)
	in.facts.First = shortHash(sha256.Sum256(in.lasting))
	in.first = r.text
	if _, bank, found := strings.Cut(r.changeset, "$"); found && !r.hasText {
		in.first = bank + "\n"
	}
	return nil
}

// A revision is what an inspection needs of one.
type revision struct {
	changeset, author string
	timestamp         float64 // milliseconds since 1970
	text              string  // after it, if hasText: of some
	hasText           bool
}

func decodeRevision(value []byte) (r revision, err error) {
	for name, value := range pad.Fields(value) {
		switch string(name) {
		case "changeset":
			r.changeset, _ = pad.Text(value)
		case "meta":
			if string(value) != "null" && value[0] != '{' {
				return r, errNoRevision
			}
			err = r.decodeMeta(value)
		}
	}
	if r.changeset == "" {
		err = errNoRevision
	}
	return r, err
}

var errNoRevision = errors.New("a revision is none")

func (r *revision) decodeMeta(meta []byte) error {
	for name, value := range pad.Fields(meta) {
		null, ok := string(value) == "null", true
		switch string(name) {
		case "author":
			r.author, ok = pad.Text(value)
		case "timestamp":
			var err error
			r.timestamp, err = strconv.ParseFloat(string(value), 64)
			ok = err == nil
		case "atext":
			text, found := appendTextOf(nil, value)
			r.text, r.hasText = string(text), found
		}
		if !ok && !null {
			return errNoRevision
		}
	}
	return nil
}

func (in *inspection) finish() error {
	if in.head < 0 {
		return errors.New("it is of no pad")
	}
	if n := in.firstMissing(); n >= 0 {
		return fmt.Errorf("%w: %d of 0 to %d", errIncomplete, n, in.head)
	}
	head := in.head // whoever keeps the facts would keep all of in by its pointer
	in.facts.Revision = &head
	in.facts.Length = characters(in.text)
	in.facts.Text, in.facts.Start = textHash(in.text), textHash([]byte(in.first))
	in.facts.Blank = string(in.text) == in.first
	in.content.Flush()
	in.facts.Content = shortHash([32]byte(in.hash.Sum(nil)))
	return nil
}

// textHash leaves line ends behind the text aside: a server adds some when it
// cuts a history off.
func textHash(text []byte) string {
	return shortHash(sha256.Sum256(bytes.TrimRight(text, "\n")))[:16]
}

// firstMissing returns -1 if all revisions are there.
func (in *inspection) firstMissing() int64 {
	for n := int64(0); n <= in.head; n++ {
		word := int(n / 64)
		if word >= len(in.seen) {
			return n
		}
		if in.seen[word] == math.MaxUint64 {
			n |= 63
		} else if in.seen[word]&(1<<(n%64)) == 0 {
			return n
		}
	}
	return -1
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
