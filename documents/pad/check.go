package pad

import (
	"errors"
	"io"
	"iter"
)

// numbered yields the members of a kind, from 0 to the newest, in the order of
// their numbers: as they come in the export, else by their offsets.
func (p *Pad) numbered(kind Kind, offsets []int64) iter.Seq2[Member, error] {
	return p.numberedFrom(kind, offsets, 0)
}

// numberedFrom begins at a number: that of a key revision that is there, or 0.
func (p *Pad) numberedFrom(kind Kind, offsets []int64, from int) iter.Seq2[Member, error] {
	newest := p.Head
	if kind == MessageMember {
		newest = p.ChatHead
	}
	return func(yield func(Member, error) bool) {
		if !p.inOrder {
			p.byOffset(offsets[min(from, len(offsets)):min(newest+1, len(offsets))], yield)
			return
		}
		offset := int64(0)
		if from > 0 {
			offset = p.keys[from/keyInterval]
		}
		for m, err := range p.members(offset) {
			if err == nil && (m.Kind != kind || m.ID != p.ID || m.Number > newest) {
				continue
			}
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// byOffset yields the members at these places.
func (p *Pad) byOffset(offsets []int64, yield func(Member, error) bool) {
	for _, offset := range offsets {
		if offset == 0 {
			continue
		}
		s := &scanner{size: smallestWindow, offset: offset, r: io.NewSectionReader(p.export, offset, p.export.Size()-offset)}
		if m, err := s.next(); !yield(m, err) || err != nil {
			return
		}
	}
}

// maxIndexed bounds the revisions, and the messages, that are found by their
// offsets: 64 MB of them.
const maxIndexed = 8 << 20

// sort finds out whether revisions and messages come in the order of their
// numbers, each once, and if not, where they are.
func (p *Pad) sort() error {
	last := map[Kind]int{RevisionMember: -1, MessageMember: -1}
	for m, err := range p.members(0) {
		if err != nil {
			return err
		}
		if before, numbered := last[m.Kind]; numbered && m.ID == p.ID {
			p.inOrder = p.inOrder && m.Number > before
			last[m.Kind] = m.Number
		}
	}
	if p.inOrder {
		return nil
	}
	for m, err := range p.members(0) {
		switch {
		case err != nil:
			return err
		case m.ID != p.ID:
		case m.Kind == RevisionMember && m.Number <= p.Head:
			p.revs = p.place(p.revs, &m)
		case m.Kind == MessageMember && m.Number <= p.ChatHead:
			p.messages = p.place(p.messages, &m)
		}
	}
	return nil
}

func (p *Pad) place(offsets []int64, m *Member) []int64 {
	if m.Number >= maxIndexed || int64(m.Number) > p.export.Size()/minMember {
		p.flaw(FlawSize)
		return offsets
	}
	if more := m.Number + 1 - len(offsets); more > 0 {
		offsets = append(offsets, make([]int64, more)...)
	}
	offsets[m.Number] = m.Offset
	return offsets
}

// check looks at all of an export that is not exactly as servers write it, and
// notes what cannot be read.
func (p *Pad) check() error {
	if p.Head < 0 {
		p.flaw(FlawHead)
		p.Head = p.last
	}
	if p.ChatHead == unknown {
		p.ChatHead = p.lastMessage
	}
	if err := p.sort(); err != nil {
		return err
	}
	if p.current == nil && !p.tooLong {
		s, err := p.replay(p.Head)
		switch {
		case err == nil:
			p.current = s
		case isOfExport(err):
			p.flaw(FlawText)
		default:
			return err
		}
	}
	if err := p.checkHistory(); err != nil {
		return err
	}
	return p.checkChat()
}

// checkHistory goes through all changes, whether each is for the text before.
func (p *Pad) checkHistory() error {
	next, length := 0, 1
	for r, err := range p.records(0) {
		if err != nil {
			return err
		}
		change, err := r.changeset.json(p.export)
		if err != nil && err != ErrTooLarge {
			return err
		}
		before, after, ok := checkChange(change)
		if ok = ok && before == length; !ok && next == 0 {
			if after, ok, err = p.begins(&r); err != nil {
				return err
			}
		}
		if r.number != next || !ok || !r.isWhole() {
			p.flaw(FlawHistory)
			return nil
		}
		next, length = next+1, after
	}
	if next != p.Head+1 || p.current != nil && len(p.current.text) != length {
		p.flaw(FlawHistory)
	}
	return nil
}

// begins gives the length of the text that a history begins with, if that is
// not the empty text.
func (p *Pad) begins(r *record) (length int, ok bool, err error) {
	s, _, err := p.state(&r.atext)
	switch {
	case err == nil:
		return len(s.text), true, nil
	case isOfExport(err):
		return 0, false, nil
	}
	return 0, false, err
}

// isOfExport reports whether an error is not the reader's.
func isOfExport(err error) bool {
	return err == errKind || errors.Is(err, ErrMalformed) || errors.Is(err, ErrTooLarge)
}

// checkChat looks whether all messages up to the newest say something.
func (p *Pad) checkChat() error {
	next := 0
	for m, err := range p.numbered(MessageMember, p.messages) {
		if err != nil {
			return err
		}
		_, whole, err := p.message(&m)
		if err != nil {
			return err
		}
		if m.Number != next || !whole {
			p.flaw(FlawChat)
			return nil
		}
		next++
	}
	if next != p.ChatHead+1 {
		p.flaw(FlawChat)
	}
	return nil
}
