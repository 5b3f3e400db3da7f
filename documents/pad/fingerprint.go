package pad

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// A Fingerprint identifies what an export says of a pad, wherever the pad is:
// not its id, the order of its members, or what servers change by themselves.
// Etherpad 3.3.1 gives unattributed text to its own author, numbers attributes
// anew, refreshes what key revisions repeat and adds names to the chat.
// Fingerprints compare by ==.
type Fingerprint struct {
	head, chatHead   string
	text, attributes Sum
	revisions        Sum // with authors and times
	chat, saved      Sum
}

// HasChat says whether anything was said in the chat.
func (f Fingerprint) HasChat() bool { return f.chat != Sum{} }

// HasSaved says whether there are saved revisions.
func (f Fingerprint) HasSaved() bool { return f.saved != Sum{} }

// Names are an export's authors as they call themselves, and whether plugins
// left something in it. An import may not bring these back.
type Names struct {
	Authors Sum
	Plugins bool
}

// A Sum is a hash of hashes that does not depend on their order.
type Sum [2]uint64

func (s *Sum) add(parts ...any) {
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

// systemAuthor is the author to whom Etherpad 3.x gives text that nobody wrote.
const systemAuthor = "a.etherpad-system"

// ReadFingerprint reads an export that Inspect has taken. What is spoilt in it is
// compared as it stands. The pad comes first, as all else refers to its
// attributes.
func ReadFingerprint(r io.ReaderAt, size int64) (Fingerprint, Names, error) {
	c := fingerprinter{export: r}
	for _, first := range []bool{true, false} {
		for m, err := range Members(io.NewSectionReader(r, 0, size)) {
			if err == nil && (m.Kind == PadMember) == first {
				err = c.member(&m)
			}
			if err != nil {
				return Fingerprint{}, Names{}, err
			}
			if first && m.Kind == PadMember {
				break
			}
		}
	}
	return c.Fingerprint, c.Names, nil
}

type fingerprinter struct {
	Fingerprint
	Names
	export io.ReaderAt
	pool   map[int]uint64 // hashes of attributes; 0 for one that does not count
}

func (c *fingerprinter) member(m *Member) error {
	if m.IsNull() {
		return nil // Etherpad does not import it
	}
	switch m.Kind {
	case PadMember:
		if m.IsObject() {
			return c.pad(m)
		}
	case RevisionMember:
		f, err := c.fields(m, "changeset", "meta.author", "meta.timestamp")
		head, rest, _ := strings.Cut(f[0], "$")
		c.revisions.add(m.Number, c.operations(head), rest, f[1], f[2])
		return err
	case MessageMember:
		f, err := c.fields(m, "text", "userId", "time")
		c.chat.add(m.Number, f[0], f[1], f[2])
		return err
	case AuthorMember:
		f, err := c.fields(m, "name")
		c.Authors.add(m.ID, f[0])
		return err
	case OtherMember:
		c.Plugins = true
	}
	return nil
}

// fields gives some of the fields as words; a field below a name follows it.
// What is neither a word nor absent is given as it stands or, if it is too long
// to be held, as a hash.
func (c *fingerprinter) fields(m *Member, names ...string) (words []string, err error) {
	words = make([]string, len(names))
	for f, err := range m.Fields(c.export) {
		if err != nil {
			return words, err
		}
		for i, name := range names {
			outer, inner, nested := strings.Cut(name, ".")
			switch {
			case string(f.Key) != outer:
			case !nested:
				words[i], err = c.word(&f)
			default:
				var below []string
				if below, err = c.fields(&f, inner); f.IsObject() {
					words[i] = below[0]
				}
			}
			if err != nil {
				return words, err
			}
		}
	}
	return words, nil
}

func (c *fingerprinter) word(m *Member) (string, error) {
	word, ok := Word(m.Value)
	number, isNumber := Number(m.Value)
	switch {
	case m.IsNull():
		return "", nil
	case isNumber: // written in one way
		return strconv.FormatFloat(number, 'f', -1, 64), nil
	case ok:
		return word, nil
	case m.Value != nil:
		return string(m.Value), nil
	}
	h := sha256.New()
	_, err := io.Copy(h, m.ValueSection(c.export))
	return string(h.Sum(nil)), err
}

func (c *fingerprinter) pad(m *Member) error {
	c.pool = make(map[int]uint64)
	if err := c.readPool(m); err != nil {
		return err
	}
	f, err := c.fields(m, "atext.text", "atext.attribs", "head", "chatHead")
	if err != nil {
		return err
	}
	c.head, c.chatHead = f[2], f[3]
	c.text.add(f[0])
	c.attributes.add(c.operations(f[1]))
	for f, err := range m.Fields(c.export) {
		if err != nil {
			return err
		}
		if string(f.Key) != "savedRevisions" {
			continue
		}
		for star, err := range f.Fields(c.export) {
			if err != nil {
				return err
			}
			f, err := c.fields(&star, "revNum", "savedById", "label", "timestamp")
			if err != nil {
				return err
			}
			c.saved.add(f[0], f[1], f[2], f[3])
		}
	}
	return nil
}

// readPool hashes the attributes of the pad.
func (c *fingerprinter) readPool(m *Member) error {
	for f, err := range m.Fields(c.export) {
		if err != nil {
			return err
		}
		if string(f.Key) != "pool" {
			continue
		}
		for f, err := range f.Fields(c.export) {
			if err != nil {
				return err
			}
			if string(f.Key) != "numToAttrib" {
				continue
			}
			for f, err := range f.Fields(c.export) {
				if err != nil {
					return err
				}
				n, ok := f.Index()
				if !ok || len(c.pool) == maxCompared {
					continue
				}
				if c.pool[n], err = c.attributeHash(&f); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// maxCompared bounds the attributes that are compared.
const maxCompared = 1 << 20

func (c *fingerprinter) attributeHash(m *Member) (uint64, error) {
	h := sha256.New()
	var words []string
	for f, err := range m.Fields(c.export) {
		word := ""
		if err == nil {
			word, err = c.word(&f)
		}
		if err != nil {
			return 0, err
		}
		fmt.Fprintf(h, "%d:%s", len(word), word)
		if len(words) < 3 {
			words = append(words, word)
		}
	}
	if slices.Equal(words, []string{"author", systemAuthor}) {
		return 0, nil
	}
	return max(binary.BigEndian.Uint64(h.Sum(nil)), 1), nil
}

// operations hashes an attribution, or the head of a changeset, with attributes
// as what they are, not as numbers, and neighbours that do the same joined.
func (c *fingerprinter) operations(s string) [sha256.Size]byte {
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
		o, rest, ok := cutOp(s)
		if !ok {
			io.WriteString(h, s)
			break
		}
		s = rest
		now := operation{c.hashes(o.attribs), o.code, o.chars, o.lines}
		if now.code == last.code && slices.Equal(now.attributes, last.attributes) {
			last.chars, last.lines = last.chars+now.chars, last.lines+now.lines
			continue
		}
		fmt.Fprint(h, last)
		last = now
	}
	fmt.Fprint(h, last)
	return [sha256.Size]byte(h.Sum(nil))
}

// An operation is an op by what its attributes are.
type operation struct {
	attributes   []uint64
	code         byte
	chars, lines int
}

// hashes are those of the attributes that count, in an order of their own.
func (c *fingerprinter) hashes(attribs string) (hashes []uint64) {
	for n := range numbers(attribs) {
		if hash := c.pool[n]; hash != 0 {
			hashes = append(hashes, hash)
		}
	}
	slices.Sort(hashes)
	return hashes
}
