package etherpad

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/padsync/padsync/documents/pad"
)

// A content is what an export says of a pad wherever that is: not its id, the
// order of its members, or what servers change by themselves. Etherpad 3.3.1
// gives unattributed text to its own author, numbers attributes anew, refreshes
// what key revisions repeat and adds names to the chat. Contents compare by ==.
type content struct {
	head, chatHead   int64
	text, attributes sum
	revisions        sum // with authors and times
	chat, saved      sum
}

// names are an export's authors as they call themselves, and whether plugins
// left something in it: what an import may not bring back.
type names struct {
	authors sum
	plugins bool
}

// A sum is a hash of hashes that does not depend on their order.
type sum [2]uint64

func (s *sum) add(parts ...any) {
	h := sha256.New()
	for _, part := range parts {
		if text, ok := part.(string); ok {
			fmt.Fprintf(h, "%d:", len(text))
			io.WriteString(h, text)
		} else {
			fmt.Fprint(h, part, ";")
		}
	}
	b := h.Sum(nil)
	var carry uint64
	s[0], carry = bits.Add64(s[0], binary.BigEndian.Uint64(b), 0)
	s[1], _ = bits.Add64(s[1], binary.BigEndian.Uint64(b[8:]), carry)
}

// systemAuthor is whom Etherpad 3.x gives the text that nobody wrote.
const systemAuthor = "a.etherpad-system"

var errContent = errors.New("a member of the pad is not of its form")

// readContent reads an export that inspect found whole. The pad comes first,
// as all else refers to its attributes.
func readContent(r io.ReaderAt, size int64) (content, names, error) {
	var c contentReader
	for _, first := range []bool{true, false} {
		for m, err := range pad.Members(io.NewSectionReader(r, 0, size)) {
			if err == nil && (m.Kind == pad.PadMember) == first {
				err = c.member(m)
			}
			if err != nil {
				return content{}, names{}, err
			}
			if first && m.Kind == pad.PadMember {
				break
			}
		}
	}
	return c.content, c.names, nil
}

type contentReader struct {
	content
	names
	pool map[int]uint64 // hashes of attributes; 0 for one that does not count
}

func (c *contentReader) member(m pad.Member) error {
	switch m.Kind {
	case pad.PadMember:
		return c.pad(m.Value)
	case pad.RevisionMember:
		var r struct {
			Changeset string
			Meta      struct {
				Author    *string
				Timestamp float64
			}
		}
		if json.Unmarshal(m.Value, &r) != nil {
			return errContent
		}
		head, rest, _ := strings.Cut(r.Changeset, "$")
		author := ""
		if r.Meta.Author != nil {
			author = *r.Meta.Author
		}
		c.revisions.add(m.Number, c.operations(head), rest, author, r.Meta.Timestamp)
	case pad.MessageMember:
		var said struct {
			Text, UserID string
			Time         float64
		}
		if json.Unmarshal(m.Value, &said) != nil {
			return errContent
		}
		c.chat.add(m.Number, said.Text, said.UserID, said.Time)
	case pad.AuthorMember:
		var a struct{ Name string }
		if json.Unmarshal(m.Value, &a) != nil {
			return errContent
		}
		c.authors.add(m.ID, a.Name)
	case pad.OtherMember:
		c.plugins = true
	}
	return nil
}

func (c *contentReader) pad(value []byte) error {
	var p struct {
		AText          struct{ Text, Attribs string }
		Pool           struct{ NumToAttrib map[string]json.RawMessage }
		Head, ChatHead int64
		SavedRevisions []struct {
			RevNum           int64
			SavedByID, Label string
			Timestamp        float64
		}
	}
	p.ChatHead = -1
	if json.Unmarshal(value, &p) != nil {
		return errContent
	}
	c.pool = make(map[int]uint64, len(p.Pool.NumToAttrib))
	for key, attribute := range p.Pool.NumToAttrib {
		number, err := strconv.Atoi(key)
		if err != nil {
			return errContent
		}
		c.pool[number] = attributeHash(attribute)
	}
	c.head, c.chatHead = p.Head, p.ChatHead
	c.text.add(p.AText.Text)
	c.attributes.add(c.operations(p.AText.Attribs))
	for _, s := range p.SavedRevisions {
		c.saved.add(s.RevNum, s.SavedByID, s.Label, s.Timestamp)
	}
	return nil
}

func attributeHash(pair json.RawMessage) uint64 {
	var a []any
	if json.Unmarshal(pair, &a) != nil {
		a = []any{string(pair)}
	}
	if len(a) == 2 && a[0] == "author" && a[1] == systemAuthor {
		return 0
	}
	h := sha256.Sum256(fmt.Appendf(nil, "%#v", a))
	return max(binary.BigEndian.Uint64(h[:]), 1)
}

// operations hashes an attribution, or the head of a changeset, with
// attributes told by what they are, and neighbours that do the same joined.
func (c *contentReader) operations(s string) [sha256.Size]byte {
	h := sha256.New()
	if strings.HasPrefix(s, "Z:") { // the lengths of the texts
		begin := strings.IndexAny(s, "*|+-=")
		if begin < 0 {
			begin = len(s)
		}
		io.WriteString(h, s[:begin])
		s = s[begin:]
	}
	var last operation
	for s != "" {
		end := strings.IndexAny(s, "+-=")
		if end < 0 {
			io.WriteString(h, s)
			break
		}
		var o operation
		o, s = c.operation(s, end)
		if o.code == last.code && slices.Equal(o.attributes, last.attributes) {
			last.chars, last.lines = last.chars+o.chars, last.lines+o.lines
			continue
		}
		fmt.Fprint(h, last)
		last = o
	}
	fmt.Fprint(h, last)
	return [sha256.Size]byte(h.Sum(nil))
}

type operation struct {
	attributes   []uint64
	code         byte
	chars, lines int64
}

// maxAttributes is more than Etherpad with its plugins knows for one text.
const maxAttributes = 100

// operation reads the one whose code is at end; what is odd in it counts as 0.
func (c *contentReader) operation(s string, end int) (o operation, rest string) {
	attributes, lines, _ := strings.Cut(s[:end], "|")
	for number := range strings.SplitSeq(strings.TrimPrefix(attributes, "*"), "*") {
		n, err := strconv.ParseInt(number, 36, 32)
		if hash := c.pool[int(n)]; err == nil && hash != 0 && len(o.attributes) < maxAttributes {
			o.attributes = append(o.attributes, hash)
		}
	}
	slices.Sort(o.attributes)
	o.lines, _ = strconv.ParseInt(lines, 36, 64)
	rest = s[end+1:]
	digits := strings.IndexAny(rest, "*|+-=")
	if digits < 0 {
		digits = len(rest)
	}
	o.chars, _ = strconv.ParseInt(rest[:digits], 36, 64)
	o.code = s[end]
	return o, rest[digits:]
}
