package pad

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"time"
)

// A Revision is one change of a pad.
type Revision struct {
	Number int
	Author string // the id, "" if nobody is known for it
	Time   time.Time
}

// keyInterval is how often Etherpad keeps a whole state in a revision.
const keyInterval = 100

// Revisions reads the history, in the order of the numbers, without what
// FlawHistory stands for. It stops after an error, which is the reader's.
func (p *Pad) Revisions() iter.Seq2[Revision, error] {
	return func(yield func(Revision, error) bool) {
		for r, err := range p.records(0) {
			if err == nil && !r.isRevision() {
				continue
			}
			rev := Revision{Number: r.number}
			if err == nil {
				rev.Author, _ = Word(r.author.Value)
				rev.Time, _ = moment(r.time.Value)
			}
			if !yield(rev, err) || err != nil {
				return
			}
		}
	}
}

// At returns the state after revision number. Except for the newest, it is made
// from the export: from the last whole state before, at most 99 changes, or
// from an earlier one where that is missing or wrong. An error for a number
// that is not from 0 to Head matches fs.ErrNotExist; for a history with gaps,
// ErrMalformed.
func (p *Pad) At(number int) (*State, error) {
	switch {
	case number < 0 || number > p.Head:
		return nil, fmt.Errorf("revision %d of a pad: %w", number, fs.ErrNotExist)
	case number == p.Head && p.current != nil:
		return p.current, nil
	case number == p.Head && p.tooLong:
		return nil, fmt.Errorf("read pad export: text: %w", ErrTooLarge)
	}
	return p.replay(number)
}

// replay makes a state from the history alone.
func (p *Pad) replay(number int) (*State, error) {
	err := fmt.Errorf("%w: revision 0 is missing", ErrMalformed)
	for key := min(number/keyInterval, len(p.keys)-1); key >= 0; key-- {
		if p.keys[key] == 0 {
			continue
		}
		var s *State
		if s, err = p.replayFrom(key, number); err == nil {
			return s, nil
		}
		if !errors.Is(err, errStart) && !errors.Is(err, errChangeset) {
			return nil, err // every earlier beginning also leads past it
		}
	}
	return nil, err
}

// errStart says that a revision has no whole state to begin with.
var errStart = fmt.Errorf("%w: a revision lacks the whole text", ErrMalformed)

func (p *Pad) replayFrom(key, number int) (s *State, err error) {
	next, work := key*keyInterval, int64(0)
	for r, err := range p.records(next) {
		if err != nil {
			return nil, err
		}
		if r.number != next {
			break
		}
		change, err := p.change(&r)
		switch {
		case s == nil:
			s, err = p.keyState(&r, change, err)
		case err == nil:
			s, err = s.apply(change)
		}
		if err == errKind {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("revision %d: %w", next, err)
		}
		if next == number {
			return s, nil
		}
		if work += int64(len(s.text) + len(s.runs)); work > maxWork {
			return nil, fmt.Errorf("read pad export: history: %w", ErrTooLarge)
		}
		next++
	}
	return nil, fmt.Errorf("%w: revision %d is missing", ErrMalformed, next)
}

// maxWork bounds the characters that are copied to make a state: 1,000 changes
// of a pad as long as four novels.
const maxWork = 4 << 30

// keyState is the state that a key revision leads to. What the key revision
// says of it is not believed if its change leads to a text of another length:
// Etherpad 3.3.1 refreshes it when it imports a pad.
func (p *Pad) keyState(r *record, change units, err error) (*State, error) {
	if err != nil && err != errKind {
		return nil, err
	}
	if r.number == 0 && err == nil {
		empty := &State{id: p.ID, text: units{'\n'}, pool: p.pool}
		if s, err := empty.apply(change); !errors.Is(err, errChangeset) {
			return s, err
		}
	}
	s, _, failed := p.state(&r.atext)
	if failed == errKind {
		return nil, errStart
	}
	if c, wrong := parseChangeset(change); failed == nil && err == nil && wrong == nil && c.after != len(s.text) {
		return nil, errStart
	}
	return s, failed
}

// A record is a revision as an export has it. Its fields are read when asked
// for, before the next record is.
type record struct {
	number                         int
	changeset, author, time, atext Member
}

// isRevision says whether it changes anything.
func (r *record) isRevision() bool { return r.changeset.first == '"' }

// isWhole says whether all that it should have is readable.
func (r *record) isWhole() bool {
	_, author := Word(r.author.Value)
	_, time := moment(r.time.Value)
	return r.isRevision() && (author || r.author.absent()) && time
}

// change is its changeset. An error is that of the export's reader, errKind
// where there is none, or ErrTooLarge.
func (p *Pad) change(r *record) (units, error) {
	if !r.isRevision() {
		return nil, errKind
	}
	return r.changeset.text(p.export)
}

func (p *Pad) records(from int) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		for m, err := range p.numberedFrom(RevisionMember, p.revs, from) {
			var r record
			if err == nil {
				r, err = p.record(&m)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func (p *Pad) record(m *Member) (r record, err error) {
	r.number = m.Number
	for f, err := range m.Fields(p.export) {
		if err != nil {
			return r, err
		}
		switch string(f.Key) {
		case "changeset":
			r.changeset = m.kept(f)
		case "meta":
			for g, err := range f.Fields(p.export) {
				if err != nil {
					return r, err
				}
				switch string(g.Key) {
				case "author":
					r.author = m.kept(g)
				case "timestamp":
					r.time = m.kept(g)
				case "atext":
					r.atext = m.kept(g)
				}
			}
		}
	}
	return r, nil
}
