package pad

import (
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

// Revisions reads the history, in the export's order, which is that of the
// numbers. It stops after an error.
func (p *Pad) Revisions() iter.Seq2[Revision, error] {
	return func(yield func(Revision, error) bool) {
		for r, err := range p.records(0) {
			rev := Revision{r.number, r.Meta.Author, r.Meta.Timestamp.Time()}
			if !yield(rev, err) || err != nil {
				return
			}
		}
	}
}

// At returns the state after revision number, which is read from the export:
// from the last whole state before, at most 99 changes. An error for a number
// that is not from 0 to Head matches fs.ErrNotExist; for a history with gaps,
// ErrMalformed.
func (p *Pad) At(number int) (*State, error) {
	if number < 0 || number > p.Head {
		return nil, fmt.Errorf("revision %d of a pad: %w", number, fs.ErrNotExist)
	}
	key := min(number/keyInterval, len(p.keys)-1)
	if key < 0 {
		return nil, fmt.Errorf("%w: revision 0 is missing", ErrMalformed)
	}
	next := key * keyInterval
	var s *State
	for r, err := range p.records(p.keys[key]) {
		if err == nil && r.number != next {
			break
		}
		switch {
		case err != nil:
		case s == nil:
			s, err = p.keyState(r)
		default:
			s, err = s.apply(r.Changeset)
		}
		if err != nil {
			return nil, err
		}
		if next == number {
			return s, nil
		}
		next++
	}
	return nil, fmt.Errorf("%w: revision %d is missing", ErrMalformed, next)
}

// keyState is the state that a key revision holds. Revision 0 may hold none:
// it changes an empty pad.
func (p *Pad) keyState(r record) (*State, error) {
	if a := r.Meta.AText; a != nil {
		return newState(p.ID, a.Text, a.Attribs, p.current.pool)
	}
	if r.number > 0 {
		return nil, fmt.Errorf("%w: revision %d lacks the whole text", ErrMalformed, r.number)
	}
	empty := &State{id: p.ID, text: units{'\n'}, pool: p.current.pool}
	return empty.apply(r.Changeset)
}

// A record is a revision as an export has it.
type record struct {
	number    int
	Changeset units `json:"changeset"`
	Meta      struct {
		Author    string `json:"author"`
		Timestamp millis `json:"timestamp"`
		AText     *atext `json:"atext"`
	} `json:"meta"`
}

func (p *Pad) records(offset int64) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		for m, err := range p.members(offset) {
			if err == nil && (m.Kind != RevisionMember || m.ID != p.ID) {
				continue
			}
			r := record{number: m.Number}
			if err == nil {
				err = decode(m, &r)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}
