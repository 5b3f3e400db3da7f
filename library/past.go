package library

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// A Point is a moment in the documents' own past. The zero value is no point:
// they are given as they were saved last.
type Point struct {
	// Time is by the servers' clocks. A document that holds its past, as a pad
	// does, is given as it was then, if its past reaches so far; any other as
	// it had been saved by then.
	Time time.Time

	// Revision is that of documents which hold their past, nil for none. Then
	// no other documents are given.
	Revision *int
}

// IsZero reports whether no point is asked for.
func (p Point) IsZero() bool { return p.Time.IsZero() && p.Revision == nil }

// A Cut is the place in a document's past up to which it is given.
type Cut struct {
	Revision int
	Until    time.Time // of a pad's chat; zero: when the revision was made
}

var (
	// ErrNotYet says that there is nothing of a document at the point that is
	// asked for: it was neither there yet nor saved.
	ErrNotYet = errors.New("it was not there yet")

	// ErrNoHistory says that a version has no revisions. It matches ErrNotYet.
	ErrNoHistory = fmt.Errorf("it has no history: %w", ErrNotYet)
)

// A RevisionError says that a version has no such revision. It matches
// ErrNotYet.
type RevisionError struct {
	Revision, Head int

	// Newest says that the newest version has it, which was passed over.
	Newest bool
}

// Error implements error.
func (e *RevisionError) Error() string {
	return fmt.Sprintf("it has no revision %d: the newest is %d", e.Revision, e.Head)
}

// Unwrap gives ErrNotYet.
func (e *RevisionError) Unwrap() error { return ErrNotYet }

// findRevision finds a revision of a document in the version that ChooseVersion
// gives. The error for one that is not there is a RevisionError.
func (q *Query) findRevision(reader *repository.Reader, record *manifest.Record, number int) (*Cut, error) {
	v, skipped := ChooseVersion(record, q.Newest)
	cut, err := q.revisionOf(reader, record, v, number)
	if missing := (*RevisionError)(nil); errors.As(err, &missing) && skipped != "" {
		_, newestErr := q.revisionOf(reader, record, record.Newest(), number)
		missing.Newest = newestErr == nil
	}
	return cut, err
}

func (q *Query) revisionOf(reader *repository.Reader, record *manifest.Record, v *manifest.VersionRecord, number int) (cut *Cut, err error) {
	return cut, q.withPast(reader, record, v, func(saved documents.Past) error {
		switch {
		case saved == nil:
			return ErrNoHistory
		case number < 0 || number > saved.Head():
			return &RevisionError{Revision: number, Head: saved.Head()}
		}
		cut = &Cut{Revision: number}
		return nil
	})
}

// cutAt gives nil where the version says nothing about the moment.
func (q *Query) cutAt(reader *repository.Reader, record *manifest.Record, v *manifest.VersionRecord, moment time.Time) (cut *Cut, err error) {
	return cut, q.withPast(reader, record, v, func(saved documents.Past) error {
		if saved == nil {
			return nil
		}
		number, found, err := saved.RevisionAt(moment)
		if err == nil && found {
			cut = &Cut{number, moment}
		}
		return err
	})
}

// withPast opens a version that holds its past. It gives nil where the version
// does not, or cannot be read: then it can be given only as it was saved.
func (q *Query) withPast(reader *repository.Reader, record *manifest.Record, v *manifest.VersionRecord, use func(documents.Past) error) error {
	kind := q.kind(record)
	if !kind.HasPast {
		return use(nil)
	}
	return open(reader, kind, record, v, func(d documents.Document) error {
		past, _ := d.(documents.Past)
		return use(past)
	})
}

// reaching is the next version that was saved after the moment and is not
// suspect: if a history was cut short later, it reaches further back than the
// newest.
func (p Point) reaching(record *manifest.Record) *manifest.VersionRecord {
	if p.Time.IsZero() {
		return nil
	}
	for i := len(p.savedBy(record).Versions); i < len(record.Versions); i++ {
		if record.Versions[i].Suspect == "" {
			return &record.Versions[i]
		}
	}
	return nil
}

// savedBy is the document with the versions that had been saved by then.
func (p Point) savedBy(record *manifest.Record) *manifest.Record {
	before := *record
	before.Versions, before.Lost = nil, false
	if p.Time.IsZero() {
		return &before
	}
	if last := (repository.At{Time: p.Time}).Newest(record); last != nil {
		i := slices.IndexFunc(record.Versions, func(v manifest.VersionRecord) bool { return v.Name == last.Name })
		before.Versions = record.Versions[: i+1 : i+1]
	}
	return &before
}
