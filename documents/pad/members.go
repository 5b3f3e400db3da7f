package pad

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strconv"

	"github.com/padsync/padsync/documents"
)

// ErrMalformed is matched by the error for bytes that are not an export of a
// pad: cut short, not JSON, or JSON that contradicts itself. It matches
// documents.ErrUnreadable.
var ErrMalformed = documents.Unreadable("not a whole pad export")

// ErrTooLarge is matched by the error for what cannot be made of an export
// without holding more than a reader should. The export itself is whole. It
// matches documents.ErrUnreadable.
var ErrTooLarge = documents.Unreadable("pad export has a part that is too large")

// maxMember bounds the members that are held. Images that people paste lie in
// the pad's own, which then may have any length, and in every key revision.
const maxMember = 2 << 20

// maxHeld bounds what is held of a pad in all: its text, or its authors.
const maxHeld = 32 << 20

// windowSize holds many revisions at once; the window grows for a long member.
// An export that is known to be shorter needs no more than it has.
const (
	windowSize     = 64 << 10
	smallestWindow = 512
)

// A Kind says what a member of an export is.
type Kind int

const (
	OtherMember    Kind = iota // what a plugin added, or a later Etherpad
	PadMember                  // "pad:ID": text, attribute pool, head, chatHead
	RevisionMember             // "pad:ID:revs:NUMBER"
	MessageMember              // "pad:ID:chat:NUMBER"
	AuthorMember               // "globalAuthor:ID"
)

// A Member is one top-level member of the JSON object that is an export.
type Member struct {
	Kind   Kind
	ID     string // the pad's id; the author's for an AuthorMember; else ""
	Number int    // of a RevisionMember or a MessageMember

	// Key is decoded. Value is valid JSON in valid UTF-8, and Raw the whole
	// member as it stands in the export: its key, a colon and Value. They are
	// overwritten when the next member is read. If a member is too long to be
	// held, Value and Raw are nil: Section reads it.
	Key        []byte
	Value, Raw json.RawMessage

	// Offset is where the key's opening quote is in the export, and Size how
	// many bytes the member has from there.
	Offset, Size int64

	valueAt int64 // in the export
	first   byte  // of the value
}

// Section reads the whole member from the export that r is.
func (m *Member) Section(r io.ReaderAt) *io.SectionReader {
	return io.NewSectionReader(r, m.Offset, m.Size)
}

// ValueSection reads the member's value from the export that r is.
func (m *Member) ValueSection(r io.ReaderAt) *io.SectionReader {
	return io.NewSectionReader(r, m.valueAt, m.Offset+m.Size-m.valueAt)
}

// IsObject says whether the value is one.
func (m *Member) IsObject() bool { return m.first == '{' }

// IsNull says whether there is no value.
func (m *Member) IsNull() bool { return m.first == 'n' }

// Members reads an export and yields its members in their order, each once it
// was read whole. The last thing it yields may be an error: that of r, or one
// that matches ErrMalformed. Without one, r held one JSON object in valid
// UTF-8, perhaps with a byte order mark, and nothing after it. ErrTooLarge is
// for a key that nobody would write.
//
// It holds no more than one member, and none that is longer than 2 MiB.
func Members(r io.Reader) iter.Seq2[Member, error] { return new(Scanner).Members(r) }

// A Scanner reads one export after another in the same memory. The zero value
// is ready. It is for one goroutine, and one export at a time.
type Scanner struct{ window []byte }

// Members is Members.
func (s *Scanner) Members(r io.Reader) iter.Seq2[Member, error] {
	return func(yield func(Member, error) bool) {
		size := windowSize
		if sized, ok := r.(interface{ Size() int64 }); ok {
			size = int(min(windowSize, sized.Size()+1)) // one more finds the end
		}
		one := &scanner{r: r, opener: '{', marked: true, size: max(size, smallestWindow), window: s.window[:0]}
		members(one)(yield)
		if cap(one.window) <= 4*windowSize {
			s.window = one.window
		}
	}
}

func members(s *scanner) iter.Seq2[Member, error] {
	return func(yield func(Member, error) bool) {
		for {
			m, err := s.next()
			if err == io.EOF {
				return
			}
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// newMember reads what a key says. A pad's id holds no colon: Etherpad makes
// it "_" in addresses.
func (s *scanner) newMember(key []byte) Member {
	m := Member{Key: key}
	if author, ok := bytes.CutPrefix(key, []byte("globalAuthor:")); ok && bytes.IndexByte(author, ':') < 0 {
		m.Kind, m.ID = AuthorMember, string(author)
		return m
	}
	name, ok := bytes.CutPrefix(key, []byte("pad:"))
	if !ok {
		return m
	}
	id, rest := cutColon(name)
	if len(rest) == 0 { // etherpad-go 0.6.6 writes "pad:ID:"
		m.Kind, m.ID = PadMember, s.padID(id)
		return m
	}
	word, number := cutColon(rest)
	kind := kindOf(word)
	if n, ok := parseCount(number); ok && kind != OtherMember {
		m.Kind, m.ID, m.Number = kind, s.padID(id), n
	}
	return m
}

func cutColon(b []byte) (before, after []byte) {
	i := bytes.IndexByte(b, ':')
	if i < 0 {
		return b, nil
	}
	return b[:i], b[i+1:]
}

// padID is the id as a string: nearly all members are of one pad.
func (s *scanner) padID(id []byte) string {
	if string(id) != s.id {
		s.id = string(id)
	}
	return s.id
}

// kindOf is for the word before a number.
func kindOf(word []byte) Kind {
	switch string(word) {
	case "revs":
		return RevisionMember
	case "chat":
		return MessageMember
	}
	return OtherMember
}

// parseCount takes a number only as JavaScript writes it, so that no two keys
// name one revision.
func parseCount(b []byte) (int, bool) {
	n, err := strconv.ParseUint(string(b), 10, 31)
	return int(n), err == nil && (b[0] != '0' || len(b) == 1)
}

// A scanner reads the members of one JSON object, or the elements of one
// array, through a window on r.
type scanner struct {
	r      io.Reader
	opener byte // what stands before the next member: '{', '[', ',' or 0 for nothing
	array  bool // they are elements
	marked bool // a byte order mark may stand before all
	nested bool // members are fields or elements: their names say nothing of pads
	count  int  // of the members so far

	size   int    // of the window when it is full
	window []byte // what was read and not yet used
	used   int    // of window
	offset int64  // of window in the export
	eof    bool

	id string // the last pad's
}

// next returns io.EOF after the object's end. What it returns is valid until
// it is called again.
func (s *scanner) next() (Member, error) {
	for {
		c := cursor{b: s.window[s.used:]}
		m, err := s.member(&c)
		switch {
		case err == errShort:
			err = s.more()
		case err == nil:
			return s.took(m, &c), nil
		case err == io.EOF:
			s.used += c.i
			return Member{}, s.end()
		}
		if err == ErrTooLarge {
			return s.long()
		}
		if err != nil {
			return Member{}, s.wrap(err, c.i)
		}
	}
}

func (s *scanner) took(m Member, c *cursor) Member {
	s.used += c.i
	s.opener, s.marked = ',', false
	s.count++
	return m
}

func (s *scanner) member(c *cursor) (Member, error) {
	m, start, err := s.begin(c)
	if err != nil {
		return m, err
	}
	value := c.i
	if err := c.value(0); err != nil {
		return Member{}, err
	}
	m.Value, m.Raw, m.Size = c.b[value:c.i], c.b[start:c.i], int64(c.i-start)
	return m, nil
}

// begin reads up to the value, and gives where the member starts.
func (s *scanner) begin(c *cursor) (m Member, start int, err error) {
	if s.marked {
		c.i = len(c.b) - len(bytes.TrimPrefix(c.b, byteOrderMark))
	}
	ch, err := c.peek()
	if err != nil {
		return m, 0, err
	}
	if ch == s.closer() && s.opener == ',' {
		c.i++
		return m, 0, io.EOF
	}
	if s.opener != 0 {
		if ch != s.opener {
			return m, 0, errSyntax
		}
		c.i++
		if ch, err = c.peek(); err != nil {
			return m, 0, err
		}
		if ch == s.closer() && s.opener != ',' {
			c.i++
			return m, 0, io.EOF
		}
	}
	start = c.i
	if m, err = s.key(c); err != nil {
		return m, 0, err
	}
	m.first, err = c.peek()
	m.Offset, m.valueAt = s.offset+int64(s.used+start), s.offset+int64(s.used+c.i)
	return m, start, err
}

// byteOrderMark begins files that some programs for Windows wrote.
var byteOrderMark = []byte("\xef\xbb\xbf")

func (s *scanner) closer() byte {
	if s.array {
		return ']'
	}
	return '}'
}

// key reads a member's name and the colon behind it. Elements have none.
func (s *scanner) key(c *cursor) (Member, error) {
	if s.array {
		return Member{Number: s.count}, nil
	}
	start := c.i
	if err := c.string(); err != nil {
		return Member{}, err
	}
	key, err := unquote(c.b[start:c.i])
	if err != nil {
		return Member{}, err
	}
	if err := c.byte(':'); err != nil {
		return Member{}, err
	}
	if s.nested {
		return Member{Key: key}, nil
	}
	return s.newMember(key), nil
}

// long goes past a member that is longer than the window, without its value.
func (s *scanner) long() (Member, error) {
	c := cursor{b: s.window[s.used:]}
	m, start, err := s.begin(&c)
	if err != nil {
		return Member{}, s.wrap(ErrTooLarge, c.i) // its key is
	}
	m.Key = bytes.Clone(m.Key)
	size := int64(-start) // from the end of what is used
	var w walker
	for {
		n, err := w.walk(c.b[c.i:])
		c.i += n
		size += int64(c.i)
		if err == nil {
			m.Size = size
			return s.took(m, &c), nil
		}
		s.used += c.i
		if err == errShort {
			err = s.more()
		}
		if err != nil {
			return Member{}, s.wrap(err, 0)
		}
		c = cursor{b: s.window[s.used:]}
	}
}

// end reads what follows the object, which may be white space only.
func (s *scanner) end() error {
	for {
		c := cursor{b: s.window[s.used:]}
		if _, err := c.peek(); err == nil {
			return s.wrap(errSyntax, c.i)
		}
		s.used = len(s.window)
		if s.eof {
			return io.EOF
		}
		if err := s.more(); err != nil && err != errShort {
			return s.wrap(err, 0)
		}
	}
}

// more reads on; errShort says that there is nothing more. The window is
// filled whole, as a member is scanned anew from its start: so it is scanned
// at most about twice, however it comes.
func (s *scanner) more() error {
	if s.eof {
		return errShort
	}
	rest := s.window[s.used:]
	if 2*len(rest) > s.size {
		s.size = min(2*s.size, maxMember)
	}
	if len(rest) == s.size {
		return ErrTooLarge
	}
	buf := s.window[:cap(s.window)]
	if s.size > len(buf) {
		buf = make([]byte, s.size)
	}
	buf = buf[:s.size]
	n := copy(buf, rest)
	s.offset += int64(s.used)
	s.used = 0
	got, err := io.ReadFull(s.r, buf[n:])
	s.window = buf[:n+got]
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		s.eof, err = true, nil
	}
	return err
}

func (s *scanner) wrap(err error, i int) error {
	switch err {
	case errShort:
		return fmt.Errorf("%w: it ends after %d bytes, inside the object", ErrMalformed, s.offset+int64(len(s.window)))
	case errSyntax:
		return fmt.Errorf("%w: not JSON at byte %d", ErrMalformed, s.offset+int64(s.used+i))
	default:
		return fmt.Errorf("read pad export: %w", err)
	}
}
