package etherpad

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
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
	text     string
	first    string // the text after revision 0
	facts    sources.Facts
	content  hash.Hash
	scratch  []byte
}

// inspect checks that r holds the whole export of the pad id, size bytes long.
// An error matches sources.ErrRefused, unless it is r's.
func inspect(r io.Reader, size int64, id string) (*inspection, error) {
	in := &inspection{id: id, size: size, head: -1, last: -1, content: sha256.New()}
	for m, err := range pad.Members(r) {
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

func (in *inspection) member(m pad.Member) error {
	value := []byte(m.Value)
	switch m.Kind {
	case pad.PadMember, pad.RevisionMember, pad.MessageMember:
		if err := in.own(m.ID); err != nil {
			return err
		}
	case pad.AuthorMember:
		a, err := parseAuthor(value)
		if err != nil {
			return err
		}
		in.others = in.others || !a.isOnlyIn(in.id)
		value = a.lasting()
	}
	in.scratch = strconv.AppendInt(in.scratch[:0], int64(len(m.Key)), 10)
	in.scratch = append(append(in.scratch, ':'), m.Key...)
	in.scratch = append(strconv.AppendInt(in.scratch, int64(len(value)), 10), ':')
	in.content.Write(in.scratch)
	in.content.Write(value)

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

func (in *inspection) pad(value []byte) error {
	var p struct {
		Head  *int64 `json:"head"`
		AText struct {
			Text *string `json:"text"`
		} `json:"atext"`
	}
	if json.Unmarshal(value, &p) != nil || p.Head == nil || *p.Head < 0 || p.AText.Text == nil {
		return errors.New("the pad has no text or no number of revisions")
	}
	if in.head >= 0 {
		return errors.New("it tells of the pad twice")
	}
	in.head, in.text = *p.Head, *p.AText.Text
	return nil
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
	var r struct {
		Changeset string `json:"changeset"`
		Meta      struct {
			Author    *string `json:"author"`
			Timestamp float64 `json:"timestamp"`
			AText     struct {
				Text *string `json:"text"`
			} `json:"atext"`
		} `json:"meta"`
	}
	if json.Unmarshal(value, &r) != nil || r.Changeset == "" {
		return errors.New("a revision is none")
	}
	if n > in.last || n == in.head {
		in.last, in.modified = n, milliseconds(r.Meta.Timestamp)
	}
	if n > 0 {
		return nil
	}
	// The pool and text that revision 0 carries may be refreshed by the
	// server (3.x); who wrote what when is never.
	author := ""
	if r.Meta.Author != nil {
		author = *r.Meta.Author
	}
	in.facts.First = shortHash(sha256.Sum256(fmt.Appendf(nil, "%q %q %.0f", r.Changeset, author, r.Meta.Timestamp)))
	if r.Meta.AText.Text != nil {
		in.first = *r.Meta.AText.Text
	} else if _, bank, found := strings.Cut(r.Changeset, "$"); found {
		in.first = bank + "\n"
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
	in.facts.Length = int64(utf8.RuneCountInString(in.text))
	in.facts.Blank = in.text == in.first
	in.facts.Content = shortHash([32]byte(in.content.Sum(nil)))
	return nil
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

// An author as an export tells of them: keys to their values.
type author map[string]json.RawMessage

func parseAuthor(value []byte) (author, error) {
	a := author{}
	if json.Unmarshal(value, &a) != nil {
		return nil, errors.New("an author is none")
	}
	return a, nil
}

// pads are the ids of the pads that the author is said to have written in: a
// string in exports of 1.8 and 3.x, an object whose keys they are before.
func (a author) pads() []string {
	var one string
	var list []string
	var object map[string]json.RawMessage
	switch value := a["padIDs"]; {
	case len(value) == 0 || string(value) == "null":
		return nil
	case json.Unmarshal(value, &one) == nil:
		return []string{one}
	case json.Unmarshal(value, &list) == nil:
		return list
	case json.Unmarshal(value, &object) == nil:
		for id := range object {
			list = append(list, id)
		}
		return list
	default:
		return []string{""} // whatever it is, it will be replaced
	}
}

func (a author) isOnlyIn(id string) bool {
	return !slices.ContainsFunc(a.pads(), func(pad string) bool { return pad != id })
}

// lasting is the author without what changes when they visit another pad.
func (a author) lasting() []byte {
	kept := author{}
	for key, value := range a {
		if key != "timestamp" && key != "lastSeen" {
			kept[key] = value
		}
	}
	return encode(kept)
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
