// Package pad reads what an Etherpad server exports as .etherpad, and makes
// text, HTML and Markdown from it. It asks no server for anything.
package pad

import (
	"fmt"
	"io"
	"iter"
	"regexp"
	"slices"
	"time"
)

// A Pad is an export that was found whole, perhaps with flaws. It holds the
// text and the authors; history and chat stay in the export and are read when
// asked for. It is safe for concurrent use if the io.ReaderAt is.
type Pad struct {
	ID       string
	Head     int // the newest revision's number
	ChatHead int // the newest chat message's number, -1 if there is none
	Authors  []Author
	Saved    []SavedRevision

	// Flaws are what the export lacks or has in a form that nobody can read,
	// each once, in the order of the alphabet. All else can be read.
	Flaws []Flaw

	// Mended says that the current text, or its formatting, is not in the
	// export as servers write it.
	Mended bool

	current *State
	tooLong bool // to be held: the current text
	pool    pool
	export  *io.SectionReader

	keys        []int64 // offsets of the revisions 0, 100, 200, …; 0: not there
	last        int     // the highest revision that is there
	lastMessage int     // and message, -1 if there is none
	inOrder     bool    // revisions and messages come in the order of their numbers
	revs        []int64 // if not: offsets by number; 0: not there
	messages    []int64
}

// A Flaw says what of an export cannot be read, in one word.
type Flaw string

const (
	FlawText       Flaw = "text"            // the current text, neither as it stands nor from the history
	FlawAttributes Flaw = "attributes"      // the formatting of a part of it
	FlawPool       Flaw = "pool"            // some of the formatting and of who wrote what
	FlawHead       Flaw = "head"            // how many revisions there are
	FlawHistory    Flaw = "history"         // some revisions
	FlawSaved      Flaw = "saved-revisions" // some of the revisions with a star
	FlawAuthors    Flaw = "authors"         // the names of some authors
	FlawChat       Flaw = "chat"            // some messages
	FlawSize       Flaw = "size"            // what is too much to be held
)

// An Author is one of those who wrote in a pad.
type Author struct {
	ID    string
	Name  string // "" if the author gave none
	Color string // "#rrggbb", or an index into Etherpad's palette, or ""
}

// A SavedRevision is one that somebody marked with a star.
type SavedRevision struct {
	Revision int
	Label    string
	Author   string // the id
	Time     time.Time
}

// A Message is one of the chat's.
type Message struct {
	Number int
	Author string // the id
	Text   string
	Time   time.Time
}

// Open reads an export of size bytes. Its error is that of r, or matches
// ErrMalformed: then there is not one JSON object, or none that is a pad, or
// two of them. Whatever else is odd costs what it spoils, and is a Flaw.
func Open(r io.ReaderAt, size int64) (*Pad, error) {
	p := &Pad{export: io.NewSectionReader(r, 0, size), Head: -1, lastMessage: -1, inOrder: true}
	var g Glance
	held := 0
	for m, err := range p.members(0) {
		if err == nil {
			g.Member(&m)
			err = p.add(&m, &held)
		}
		if err != nil {
			return nil, err
		}
	}
	if p.pool == nil {
		return nil, fmt.Errorf("%w: it holds no pad", ErrMalformed)
	}
	if !g.Plain() {
		if err := p.check(); err != nil {
			return nil, err
		}
	}
	slices.Sort(p.Flaws)
	return p, nil
}

func (p *Pad) flaw(f Flaw) {
	if !slices.Contains(p.Flaws, f) {
		p.Flaws = append(p.Flaws, f)
	}
}

// Current is the state at Head. It is nil where no text can be made: At says
// why.
func (p *Pad) Current() *State { return p.current }

// Last are the highest numbers that a revision and a message of the export
// have, -1 for none: Head and ChatHead are what the pad says of itself.
func (p *Pad) Last() (revision, message int) { return p.last, p.lastMessage }

// Messages reads the chat, in the order of the numbers, without the messages
// that FlawChat stands for. It stops after an error, which is the reader's.
func (p *Pad) Messages() iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for m, err := range p.numbered(MessageMember, p.messages) {
			var said Message
			if err == nil {
				said, _, err = p.message(&m)
			}
			if err == nil && said.Number < 0 {
				continue
			}
			if !yield(said, err) || err != nil {
				return
			}
		}
	}
}

// message reads one; its number is -1 if it says nothing. It is whole if all
// of it is readable.
func (p *Pad) message(m *Member) (said Message, whole bool, err error) {
	said.Number, whole = -1, true
	for f, err := range m.Fields(p.export) {
		if err != nil {
			return said, false, err
		}
		ok := true
		switch string(f.Key) {
		case "text":
			if said.Text, ok = Word(f.Value); ok {
				said.Number = m.Number
			}
		case "userId":
			said.Author, ok = Word(f.Value)
			ok = ok || f.absent()
		case "time":
			said.Time, ok = moment(f.Value)
		}
		whole = whole && ok
	}
	return said, whole && said.Number >= 0, nil
}

// moment reads a time as JavaScript writes it, in milliseconds. It is the zero
// time for one that cannot be written.
func moment(value []byte) (time.Time, bool) {
	ms, ok := Number(value)
	return millisecondsSince1970(ms), ok
}

// millisecondsSince1970 is zero for what is not a time that can be written
// down.
func millisecondsSince1970(ms float64) time.Time {
	if !(ms > 0 && ms < 253402300800000) { // the year 10000
		return time.Time{}
	}
	return time.UnixMilli(int64(ms)).UTC()
}

// members reads the export from the member at offset, 0 for all.
func (p *Pad) members(offset int64) iter.Seq2[Member, error] {
	s := &scanner{opener: '{', marked: true, size: windowSize, offset: offset}
	if offset > 0 {
		s.opener, s.marked = 0, false
	}
	s.r = io.NewSectionReader(p.export, offset, p.export.Size()-offset)
	return members(s)
}

var color = regexp.MustCompile(`^(?:#[0-9a-fA-F]{6}|[0-9]{1,3})$`)

// minMember is less than the bytes of a revision or a message in an export.
const minMember = 16

// add takes what is held of a member. So many bytes of authors are held.
func (p *Pad) add(m *Member, held *int) error {
	switch m.Kind {
	case PadMember:
		if p.pool != nil && m.ID != p.ID && m.IsObject() {
			return fmt.Errorf("%w: it holds two pads", ErrMalformed)
		}
		if m.IsObject() {
			return p.addPad(m)
		}
	case AuthorMember:
		a, err := p.author(m)
		if err != nil || a.ID == "" && a.Name == "" {
			return err
		}
		if *held += 100 + len(a.ID) + len(a.Name); *held > maxHeld {
			p.flaw(FlawSize)
			return nil
		}
		p.Authors = append(p.Authors, a)
	case MessageMember:
		p.lastMessage = max(p.lastMessage, m.Number)
	case RevisionMember:
		p.last = max(p.last, m.Number)
		key := m.Number / keyInterval
		if m.Number%keyInterval != 0 || int64(m.Number) > p.export.Size()/minMember {
			break
		}
		if more := key + 1 - len(p.keys); more > 0 {
			p.keys = append(p.keys, make([]int64, more)...)
		}
		p.keys[key] = m.Offset
	}
	return nil
}

func (p *Pad) author(m *Member) (a Author, err error) {
	if !m.IsObject() {
		p.flaw(FlawAuthors)
		return a, nil
	}
	a.ID = m.ID
	for f, err := range m.Fields(p.export) {
		if err != nil {
			return a, err
		}
		word, ok := Word(f.Value)
		switch {
		case f.is("name") && ok && word != "false":
			a.Name = word
		case f.is("name") && !ok && !f.absent():
			p.flaw(FlawAuthors)
		case f.is("colorId") && color.MatchString(word):
			a.Color = word
		}
	}
	return a, nil
}

// unknown is the number of the newest message where the pad does not say it.
const unknown = -2

func (p *Pad) addPad(m *Member) error {
	p.ID, p.Head, p.ChatHead, p.Saved, p.pool, p.current = m.ID, -1, unknown, nil, pool{}, nil
	p.Mended, p.tooLong = false, false
	p.Flaws = slices.DeleteFunc(p.Flaws, func(f Flaw) bool { return f != FlawAuthors }) // those of an earlier pad member, which this one replaces
	var atext, pool Member
	for f, err := range m.Fields(p.export) {
		if err != nil {
			return err
		}
		switch string(f.Key) {
		case "atext":
			atext = m.kept(f)
		case "pool":
			pool = m.kept(f)
		case "head":
			if n, ok := wholeNumber(f.Value); ok {
				p.Head = n
			}
		case "chatHead":
			if n, ok := Number(f.Value); ok && n == -1 {
				p.ChatHead = -1
			} else if n, ok := wholeNumber(f.Value); ok {
				p.ChatHead = n
			}
		case "savedRevisions":
			if err := p.addSaved(&f); err != nil {
				return err
			}
		}
	}
	if err := p.addPool(&pool); err != nil {
		return err
	}
	state, whole, err := p.state(&atext)
	switch {
	case err == errKind:
		p.Mended = true
		return nil // the history may have the text
	case err == ErrTooLarge:
		p.tooLong = true
		p.flaw(FlawSize)
		return nil
	case err == nil && !whole:
		p.Mended = true
		p.flaw(FlawAttributes)
	case err == nil && !slices.Contains(p.Flaws, FlawPool) && !slices.Contains(p.Flaws, FlawSize) && !state.isPooled():
		p.flaw(FlawAttributes)
	}
	p.current = state
	return err
}

// addSaved takes the revisions with a star.
func (p *Pad) addSaved(list *Member) error {
	if list.first != '[' && !list.IsObject() && !list.absent() {
		p.flaw(FlawSaved)
	}
	for f, err := range list.Fields(p.export) {
		if err != nil {
			return err
		}
		s, ok := SavedRevision{}, false
		for f, err := range f.Fields(p.export) {
			if err != nil {
				return err
			}
			switch string(f.Key) {
			case "revNum":
				s.Revision, ok = wholeNumber(f.Value)
			case "label":
				s.Label = shortWord(f.Value)
			case "savedById":
				s.Author = shortWord(f.Value)
			case "timestamp":
				s.Time, _ = moment(f.Value)
			}
		}
		if !ok || len(p.Saved) == maxSaved {
			p.flaw(FlawSaved)
			continue
		}
		p.Saved = append(p.Saved, s)
	}
	return nil
}

// maxSaved is how many revisions with a star are held: people set them by hand.
const maxSaved = 100_000

// shortWord is a word that is held, "" for one that nobody would write.
func shortWord(value []byte) string {
	if len(value) > maxAttribute {
		return ""
	}
	word, _ := Word(value)
	return word
}

// state reads an attributed text, with the pad's pool; whole says that it is an
// attributed text, and that all its attributes can be read. The error is the
// reader's, errKind for one without a text, or ErrTooLarge.
func (p *Pad) state(atext *Member) (s *State, whole bool, err error) {
	var text, attribs units
	noText, noAttribs, isText := errKind, errKind, false
	for f, err := range atext.Fields(p.export) {
		if err != nil {
			return nil, false, err
		}
		switch string(f.Key) {
		case "text":
			text, noText = f.text(p.export)
			isText = f.first == '"'
		case "attribs":
			attribs, noAttribs = f.text(p.export)
		}
	}
	if noText != nil {
		return nil, false, noText
	}
	if noAttribs != nil && noAttribs != errKind && noAttribs != ErrTooLarge {
		return nil, false, noAttribs
	}
	s, whole = newState(p.ID, text, attribs.String(), p.pool)
	return s, whole && isText && noAttribs == nil, nil
}

// AuthorNames are the names that authors gave themselves, by the authors' ids.
func (p *Pad) AuthorNames() map[string]string {
	names := make(map[string]string, len(p.Authors))
	for _, author := range p.Authors {
		names[author.ID] = author.Name
	}
	return names
}
