package library

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// A Point is a moment in the documents' own past. The zero value is none: they
// are given as they were saved last.
type Point struct {
	// Time is one by the servers' clocks. A pad is given as it was then, if its
	// history reaches; a poll, and any other pad, as it had been saved by then.
	Time time.Time

	// Revision is that of pads, nil for none. Nothing else is given then.
	Revision *int
}

// IsZero reports whether no point is asked for.
func (p Point) IsZero() bool { return p.Time.IsZero() && p.Revision == nil }

// A Cut is the place in a pad's history up to which it is given.
type Cut struct {
	Revision int
	Until    time.Time // of the chat; zero: when the revision was made
}

var (
	// ErrNotYet says that there is nothing of a document at the point that is
	// asked for: it was not there yet, nor saved.
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
func findRevision(reader *repository.Reader, record *manifest.Record, newest bool, number int) (*Cut, error) {
	v, skipped := ChooseVersion(record, newest)
	cut, err := revisionOf(reader, v, number)
	if missing := (*RevisionError)(nil); errors.As(err, &missing) && skipped != "" {
		_, newestErr := revisionOf(reader, record.Newest(), number)
		missing.Newest = newestErr == nil
	}
	return cut, err
}

func revisionOf(reader *repository.Reader, v *manifest.VersionRecord, number int) (cut *Cut, err error) {
	return cut, withPad(reader, v, func(saved *pad.Pad) error {
		switch {
		case saved == nil:
			return ErrNoHistory
		case number < 0 || number > saved.Head:
			return &RevisionError{Revision: number, Head: saved.Head}
		}
		cut = &Cut{Revision: number}
		return nil
	})
}

// cutAt gives nil where the version tells nothing of the moment.
func cutAt(reader *repository.Reader, v *manifest.VersionRecord, moment time.Time) (cut *Cut, err error) {
	return cut, withPad(reader, v, func(saved *pad.Pad) error {
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

// withPad opens the version's pad, nil where it has none that can be read: it
// can be given as it was saved, and no other way.
func withPad(reader *repository.Reader, v *manifest.VersionRecord, use func(*pad.Pad) error) error {
	i := slices.IndexFunc(v.Files, IsPad)
	if i < 0 {
		return use(nil)
	}
	s, err := reader.File(v.Files[i])
	if err != nil {
		return err
	}
	defer s.Close()
	saved, err := pad.Open(s, s.Size())
	if err != nil {
		saved = nil
	}
	return use(saved)
}

// reaching is the version that was saved next after the moment, and is not
// suspect: where a history was made short later, it reaches further back than
// the newest.
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

// Write writes the pad as it was there, from the file that it was saved in.
func (c *Cut) Write(w io.Writer, from io.ReaderAt, size int64) error {
	saved, err := pad.Open(from, size)
	if err != nil {
		return fmt.Errorf("read the saved pad: %w", err)
	}
	return saved.WriteAt(w, c.Revision, c.Until)
}

// Export gives the file of the pad as it was there, from the one that it was
// saved in. The caller closes it.
func (c *Cut) Export(pool *spool.Pool, from *spool.Spool) (*spool.Spool, error) {
	w := pool.Create()
	if err := c.Write(w, from, from.Size()); err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	return w.Finish()
}

// State is the pad's there, or the current one where c is nil.
func (c *Cut) State(p *pad.Pad) (*pad.State, error) {
	if c == nil {
		return p.At(p.Head)
	}
	return p.At(c.Revision)
}
