package backup

import (
	"errors"
	"slices"

	"github.com/padsync/padsync/sources"
)

// A Tally sums up what the events of a run say about lasting states. The zero
// value is for a run that has just begun. It is for one goroutine at a time.
type Tally struct {
	All, New Standing  // New: those of All that this run saw first
	Barred   []*Barred // in the order of manifests
}

// Standing are documents in lasting states: each is named on the first night,
// and only counted on all others.
type Standing struct {
	Missing, Suspect, Expiring, Unaskable int
	Compacted                             int // of those suspect
}

// Barred are the documents that could not be looked at for a reason that is
// about their whole server.
type Barred struct {
	Source    *Source
	Documents int
	Err       error // of the last of them
}

// Barrier is what stands before the server, nil if it only gave no answer.
func (b *Barred) Barrier() *sources.Barrier {
	barrier, _ := errors.AsType[*sources.Barrier](b.Err)
	return barrier
}

// Bar notes a failure, and says whether it is about a whole server for which
// one was noted before.
func (t *Tally) Bar(e Event) (again bool) {
	if e.Err == nil || !errors.Is(e.Err, sources.ErrServer) {
		return false
	}
	source := e.Document.Source
	at, again := slices.BinarySearchFunc(t.Barred, source, func(b *Barred, s *Source) int { return b.Source.Compare(s.Source) })
	if !again {
		t.Barred = slices.Insert(t.Barred, at, &Barred{Source: source})
	}
	b := t.Barred[at]
	b.Documents++
	b.Err = e.Err
	return again
}

// Barriers are the errors about servers before which something stands, nil if
// there are none.
func (t *Tally) Barriers() error {
	var all []error
	for _, b := range t.Barred {
		if barrier := b.Barrier(); barrier != nil {
			all = append(all, barrier)
		}
	}
	return errors.Join(all...)
}
