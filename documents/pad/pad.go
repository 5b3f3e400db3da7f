// Package pad reads what an Etherpad server exports as .etherpad, and makes
// text, HTML and Markdown from it. It asks no server for anything.
package pad

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"regexp"
	"time"
)

// A Pad is an export that was found whole. It holds the text and the authors;
// history and chat stay in the export and are read when asked for. It is safe
// for concurrent use if the io.ReaderAt is.
type Pad struct {
	ID       string
	Head     int // the newest revision's number
	ChatHead int // the newest chat message's number, -1 if there is none
	Authors  []Author
	Saved    []SavedRevision

	current *State
	export  *io.SectionReader
	keys    []int64 // offsets of the revisions 0, 100, 200, …
}

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
// ErrMalformed or ErrTooLarge.
func Open(r io.ReaderAt, size int64) (*Pad, error) {
	p := &Pad{export: io.NewSectionReader(r, 0, size)}
	held := 0
	for m, err := range p.members(0) {
		if err == nil && m.Kind == AuthorMember {
			if held += len(m.Value); held > maxMember {
				err = fmt.Errorf("read pad export: authors: %w", ErrTooLarge)
			}
		}
		if err == nil {
			err = p.add(m)
		}
		if err != nil {
			return nil, err
		}
	}
	if p.current == nil {
		return nil, fmt.Errorf("%w: it holds no pad", ErrMalformed)
	}
	return p, nil
}

// Current is the state at Head.
func (p *Pad) Current() *State { return p.current }

// Messages reads the chat, in the export's order. It stops after an error.
func (p *Pad) Messages() iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for m, err := range p.members(0) {
			if err == nil && (m.Kind != MessageMember || m.ID != p.ID) {
				continue
			}
			var raw struct {
				Text   string `json:"text"`
				UserID string `json:"userId"`
				Time   millis `json:"time"`
			}
			if err == nil {
				err = decode(m, &raw)
			}
			if !yield(Message{m.Number, raw.UserID, raw.Text, raw.Time.Time()}, err) || err != nil {
				return
			}
		}
	}
}

// members reads the export from the member at offset, 0 for all.
func (p *Pad) members(offset int64) iter.Seq2[Member, error] {
	s := &scanner{opener: '{', size: windowSize, offset: offset}
	if offset > 0 {
		s.opener = 0
	}
	s.r = io.NewSectionReader(p.export, offset, p.export.Size()-offset)
	return members(s)
}

var color = regexp.MustCompile(`^(?:#[0-9a-fA-F]{6}|[0-9]{1,3})$`)

// add takes what is held of a member.
func (p *Pad) add(m Member) error {
	switch m.Kind {
	case PadMember:
		return p.addPad(m)
	case AuthorMember:
		var raw struct {
			Name    string `json:"name"`
			ColorID any    `json:"colorId"`
		}
		if err := decode(m, &raw); err != nil {
			return err
		}
		a := Author{ID: m.ID, Name: raw.Name}
		if c := fmt.Sprint(raw.ColorID); color.MatchString(c) {
			a.Color = c
		}
		p.Authors = append(p.Authors, a)
	case RevisionMember:
		if m.Number == keyInterval*len(p.keys) {
			p.keys = append(p.keys, m.Offset)
		}
	}
	return nil
}

func (p *Pad) addPad(m Member) error {
	if p.current != nil {
		return fmt.Errorf("%w: it holds two pads", ErrMalformed)
	}
	var raw struct {
		AText    *atext `json:"atext"`
		Pool     pool   `json:"pool"`
		Head     *int   `json:"head"`
		ChatHead *int   `json:"chatHead"`
		Saved    []struct {
			RevNum    int    `json:"revNum"`
			Label     string `json:"label"`
			SavedByID string `json:"savedById"`
			Timestamp millis `json:"timestamp"`
		} `json:"savedRevisions"`
	}
	if err := decode(m, &raw); err != nil {
		return err
	}
	if raw.AText == nil || raw.Head == nil || *raw.Head < 0 {
		return fmt.Errorf("%w: the pad has no text or no head", ErrMalformed)
	}
	p.ID, p.Head, p.ChatHead = m.ID, *raw.Head, -1
	if raw.ChatHead != nil {
		p.ChatHead = *raw.ChatHead
	}
	for _, s := range raw.Saved {
		p.Saved = append(p.Saved, SavedRevision{s.RevNum, s.Label, s.SavedByID, s.Timestamp.Time()})
	}
	var err error
	p.current, err = newState(p.ID, raw.AText.Text, raw.AText.Attribs, raw.Pool)
	return err
}

type atext struct {
	Text    units  `json:"text"`
	Attribs string `json:"attribs"`
}

// millis is a time as JavaScript writes it.
type millis float64

// Time is the zero time for none, and for what cannot be written as one.
func (m millis) Time() time.Time {
	if !(m > 0 && m < 253402300800000) { // the year 10000
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

func decode(m Member, v any) error {
	if err := json.Unmarshal(m.Value, v); err != nil {
		// The error's text may hold what is in the pad.
		return fmt.Errorf("%w: the member at byte %d is not of its form", ErrMalformed, m.Offset)
	}
	return nil
}
