package library

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// A Query says which documents of a repository to read, and which edition of
// each: the newest that is not suspect, where it asks for no other.
type Query struct {
	Contents *repository.Contents
	Wanted   func(*manifest.Record) bool // nil: all documents

	// Kinds are those of the documents, by the kinds of their sources.
	// Documents of any other kind are given as they were saved.
	Kinds documents.Kinds

	Newest bool  // the newest version, even if it is suspect
	Point  Point // of the past
}

// A Choice is the edition of a document that a Query asks for.
type Choice struct {
	Version *manifest.VersionRecord // nil if there is none
	Cut     *Cut                    // up to where, nil: whole
	Skipped string                  // why the newest version was not taken: its suspicion
}

var (
	// ErrNoVersion says that nothing was ever saved of a document.
	ErrNoVersion = errors.New("no version was ever saved")

	// ErrLost says that a document was saved, and its packs are gone.
	ErrLost = errors.New("its packs are gone")
)

// ChooseVersion gives the newest version that is not suspect, or, if all are or
// newest is true, the newest. If it is not the newest, skipped says why not. It
// is nil if there is no version.
func ChooseVersion(record *manifest.Record, newest bool) (v *manifest.VersionRecord, skipped string) {
	last, sound := record.Newest(), record.NewestSound()
	if newest || sound == nil || sound == last {
		return last, ""
	}
	return sound, last.Suspect
}

// noVersion says why there is no version of a document: ErrNoVersion or
// ErrLost.
func noVersion(record *manifest.Record) error {
	if record.Lost {
		return ErrLost
	}
	return ErrNoVersion
}

// Wants reports whether a document is one to read.
func (q *Query) Wants(record *manifest.Record) bool {
	return record.State != manifest.Erased && (q.Wanted == nil || q.Wanted(record))
}

// Count is how many documents are wanted.
func (q *Query) Count() (n int, err error) {
	for record, err := range q.Contents.Documents() {
		if err != nil {
			return 0, err
		}
		if q.Wants(record) {
			n++
		}
	}
	return n, nil
}

// Choose finds what to read of a document. If there is nothing, the error
// matches ErrNoVersion, ErrLost or ErrNotYet.
func (q *Query) Choose(reader *repository.Reader, record *manifest.Record) (c Choice, err error) {
	if c.Version, c.Skipped = ChooseVersion(record, q.Newest); c.Version == nil {
		return c, noVersion(record)
	}
	switch {
	case q.Point.IsZero():
		return c, nil
	case q.Point.Revision != nil:
		c.Cut, err = q.findRevision(reader, record, *q.Point.Revision)
		return c, err
	}
	return q.atTime(reader, record, c)
}

// atTime is what the newest choice becomes at the query's moment.
func (q *Query) atTime(reader *repository.Reader, record *manifest.Record, c Choice) (Choice, error) {
	for _, v := range slices.Compact([]*manifest.VersionRecord{c.Version, q.Point.reaching(record)}) {
		if v == nil {
			continue
		}
		if !v.Saved.After(q.Point.Time) {
			break // it had been saved by then
		}
		cut, err := q.cutAt(reader, record, v, q.Point.Time)
		switch {
		case err != nil:
			return c, err
		case cut != nil:
			c.Version, c.Cut = v, cut
			return c, nil
		}
	}
	c.Version, c.Skipped = ChooseVersion(q.Point.savedBy(record), q.Newest)
	if c.Version == nil {
		return c, ErrNotYet
	}
	return c, nil
}

// Batches yields the wanted documents, some at once, in the order in which
// they lie in packs, each with no more versions than Choose and Read look
// at. It stops after an error.
func (q *Query) Batches() iter.Seq2[[]*manifest.Record, error] {
	return func(yield func([]*manifest.Record, error) bool) {
		var some []*manifest.Record
		for record, err := range q.Contents.Documents() {
			if err != nil {
				yield(nil, err)
				return
			}
			if !q.Wants(record) {
				continue
			}
			record.Versions = q.eligible(record)
			if some = append(some, record); len(some) < together {
				continue
			}
			q.ByPack(some)
			if !yield(some, nil) {
				return
			}
			some = some[:0]
		}
		q.ByPack(some)
		yield(some, nil)
	}
}

// together is how many documents are read in the order in which they lie in
// packs: an old repository has the versions of neighbours far apart.
const together = 10_000

// eligible are the versions that Choose may give, and those that saw what these
// did not: a record with many others is not kept whole.
func (q *Query) eligible(record *manifest.Record) []manifest.VersionRecord {
	before := q.Point.savedBy(record)
	wanted := []*manifest.VersionRecord{
		record.Newest(), record.NewestSound(), q.Point.reaching(record), before.Newest(), before.NewestSound(),
	}
	for _, v := range wanted[:len(wanted):len(wanted)] {
		if v != nil {
			wanted = append(wanted, fillers(q.kind(record), record, v)...)
		}
	}
	return slices.DeleteFunc(slices.Clone(record.Versions), func(v manifest.VersionRecord) bool {
		return !slices.ContainsFunc(wanted, func(w *manifest.VersionRecord) bool { return w != nil && w.Name == v.Name })
	})
}

// ByPack sorts documents by the place of what will be read, the packs in the
// order in which the documents need them first.
func (q *Query) ByPack(records []*manifest.Record) {
	rank := make(map[manifest.Pack]int)
	place := func(record *manifest.Record) (pack int, offset int64) {
		v, _ := ChooseVersion(record, q.Newest)
		if v == nil {
			return -1, 0
		}
		file := &v.Files[0]
		if _, known := rank[file.In]; !known {
			rank[file.In] = len(rank)
		}
		return rank[file.In], file.Frame[0]
	}
	for _, record := range records {
		place(record)
	}
	slices.SortStableFunc(records, func(a, b *manifest.Record) int {
		packA, offsetA := place(a)
		packB, offsetB := place(b)
		return cmp.Or(cmp.Compare(packA, packB), cmp.Compare(offsetA, offsetB))
	})
}

// Opens gives repository.ErrNoIdentity if no identity opens any of what is
// wanted, as with a wrong key: that is then said once, not for each document.
// It reads the beginning of each pack, until one opens.
func (q *Query) Opens(ctx context.Context, reader *repository.Reader) error {
	seen := make(map[manifest.Pack]bool)
	var sealed error
	for record, err := range q.Contents.Documents() {
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return err
		}
		v, _ := ChooseVersion(record, q.Newest)
		if v == nil || !q.Wants(record) {
			continue
		}
		for _, file := range v.Files {
			if seen[file.In] {
				continue
			}
			seen[file.In] = true
			err := reader.Opens(file)
			corrupt := (*repository.CorruptError)(nil)
			switch {
			case errors.Is(err, repository.ErrNoIdentity):
				sealed = err
			case !errors.As(err, &corrupt):
				return nil // it opens, or the store gives no answer that would show it
			}
		}
	}
	return sealed
}
