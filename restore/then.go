package restore

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

func (p Point) isZero() bool { return p.Time.IsZero() && p.Revision == nil }

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

// FindRevision finds a revision of a document in the version that Choose
// gives. The error for one that is not there is a RevisionError.
func FindRevision(reader *repository.Reader, record *manifest.Record, newest bool, number int) (*Cut, error) {
	v, skipped := Choose(record, newest)
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

// taken is what is given of a document.
type taken struct {
	version *manifest.VersionRecord
	skipped string // why the newest version was not taken: its suspicion
	cut     *Cut   // nil: the version as it was saved
}

// take chooses what to give of a document.
func (p *Plan) take(reader *repository.Reader, record *manifest.Record) (t taken, err error) {
	if t.version, t.skipped = Choose(record, p.Newest); t.version == nil {
		return t, NoVersion(record)
	}
	switch {
	case p.Point.isZero():
		return t, nil
	case p.Point.Revision != nil:
		t.cut, err = FindRevision(reader, record, p.Newest, *p.Point.Revision)
		return t, err
	}
	for _, v := range slices.Compact([]*manifest.VersionRecord{t.version, p.Point.reaching(record)}) {
		if v == nil {
			continue
		}
		if !v.Saved.After(p.Point.Time) {
			break // it had been saved by then
		}
		cut, err := cutAt(reader, v, p.Point.Time)
		switch {
		case err != nil:
			return t, err
		case cut != nil:
			t.version, t.cut = v, cut
			return t, nil
		}
	}
	t.version, t.skipped = Choose(p.Point.savedBy(record), p.Newest)
	if t.version == nil {
		return t, ErrNotYet
	}
	return t, nil
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
	i := slices.IndexFunc(v.Files, func(f manifest.FileRecord) bool { return f.Format == padFormat })
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

// padFormat is that of the files that hold a pad with its history.
const padFormat = "etherpad"

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

// eligible are the versions that may be given, and those that saw what these did
// not: a record of many others is not
// kept whole.
func (p *Plan) eligible(record *manifest.Record) []manifest.VersionRecord {
	before := p.Point.savedBy(record)
	wanted := []*manifest.VersionRecord{
		record.Newest(), record.NewestSound(), p.Point.reaching(record), before.Newest(), before.NewestSound(),
	}
	for _, v := range wanted[:len(wanted):len(wanted)] {
		if v != nil {
			wanted = append(wanted, fillers(record, v)...)
		}
	}
	return slices.DeleteFunc(slices.Clone(record.Versions), func(v manifest.VersionRecord) bool {
		return !slices.ContainsFunc(wanted, func(w *manifest.VersionRecord) bool { return w != nil && w.Name == v.Name })
	})
}

// write writes the pad as it was there.
func (c *Cut) write(w io.Writer, from io.ReaderAt, size int64) error {
	saved, err := pad.Open(from, size)
	if err != nil {
		return fmt.Errorf("read the saved pad: %w", err)
	}
	return saved.WriteAt(w, c.Revision, c.Until)
}

// export is the pad as it was there; the caller closes it.
func (c *Cut) export(pool *spool.Pool, from *spool.Spool) (*spool.Spool, error) {
	w := pool.Create()
	if err := c.write(w, from, from.Size()); err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	return w.Finish()
}

// state is the pad's there, or the current one where c is nil.
func (c *Cut) state(p *pad.Pad) (*pad.State, error) {
	if c == nil {
		return p.At(p.Head)
	}
	return p.At(c.Revision)
}
