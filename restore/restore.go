// Package restore gives back what a repository holds, as files in a folder.
package restore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/durable"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// A Plan says what to restore, and where to.
type Plan struct {
	Repository *repository.Repository
	library.Query

	Target    string   // a folder, made where it is missing
	Formats   []string // forms to write; none: the files as they were saved
	Language  documents.Language
	Overwrite bool
	Raw       bool // files exactly as they were saved: pages act, and documents lack what their look did not see

	// Observe is called, if not nil, with each document when it is done.
	Observe func(Event)
}

// An Event says what became of one document.
type Event struct {
	Document *manifest.Record // with its newest version, and the newest that is not suspect, of all
	library.Choice
	Files []string          // what was written, below the target, with slashes
	Bytes int64             // of the saved files from which this was made
	Taken []documents.Taken // what was taken from earlier versions
	Err   error             // names neither document nor file
}

// A Report counts documents.
type Report struct {
	Restored, Failed int
	Sealed           int // of those that failed: no identity opens their packs
	Unsaved          int // documents of which no version was ever saved
	NotNewest        int // of those restored
	Without          int // documents with none of the forms asked for
	NotYet           int // documents that were not there yet
}

var (
	// ErrTarget says that the folder to restore into cannot be used.
	ErrTarget = errors.New("open the target folder")

	// ErrFull says that the disk of the folder to restore into is full.
	ErrFull = errors.New("the disk of the target folder is full")

	// ErrTemporaryFull says that the disk for temporary files is full.
	ErrTemporaryFull = errors.New("the disk for temporary files is full")
)

// Run writes the wanted documents as <source>/<document>/<file> below the
// target, never outside of it. A document that cannot be restored, such as one
// that was sealed to others, costs only itself; Run's error is for what costs
// all of them, such as identities that open none.
func Run(ctx context.Context, p Plan) (*Report, error) {
	names, err := newNames(p.Contents)
	if err != nil {
		return new(Report), err
	}
	r := &run{Plan: p, reader: p.Repository.NewReader(ctx), names: names, began: time.Now()}
	defer r.close()
	for records, err := range p.Batches() {
		if err == nil {
			err = r.restoreAll(ctx, records)
		}
		if err != nil {
			return &r.report, err
		}
	}
	return &r.report, nil
}

// restoreAll restores documents one after the other.
func (r *run) restoreAll(ctx context.Context, records []*manifest.Record) error {
	for _, record := range records {
		if err := ctx.Err(); err != nil {
			return err
		}
		e := r.restore(record)
		if ofAll(e.Err) {
			return e.Err
		}
		if errors.Is(e.Err, repository.ErrNoIdentity) && !r.opened {
			if err := r.Opens(ctx, r.reader); err != nil {
				return err
			}
			r.opened = true
		}
		r.tell(e)
		if r.fatal != nil {
			return r.fatal
		}
	}
	return nil
}

type run struct {
	Plan
	root   *os.Root // of the target; nil before there is something to write
	reader *repository.Reader
	names  *names
	began  time.Time
	report Report
	fatal  error // what the next document would also meet
	opened bool  // the identities opened something: they are not the wrong ones
}

func (r *run) close() {
	r.reader.Close()
	if r.root != nil {
		r.root.Close()
	}
}

// target opens the folder to restore into, for the first file that is written:
// a run that gives nothing leaves none behind.
func (r *run) target() (*os.Root, error) {
	if r.root == nil {
		root, err := durable.OpenRoot(r.Target)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrTarget, err)
		}
		r.root = root
	}
	return r.root, nil
}

func (r *run) tell(e Event) {
	switch {
	case errors.Is(e.Err, library.ErrNoForm):
		r.report.Without++
	case errors.Is(e.Err, library.ErrNotYet):
		r.report.NotYet++
	case errors.Is(e.Err, library.ErrNoVersion):
		r.report.Unsaved++
	case e.Err != nil:
		r.report.Failed++
	default:
		r.report.Restored++
	}
	if e.Err == nil && e.Skipped != "" {
		r.report.NotNewest++
	}
	if errors.Is(e.Err, repository.ErrNoIdentity) {
		r.report.Sealed++
	}
	if errors.Is(e.Err, context.Canceled) {
		r.fatal = e.Err
	}
	if r.Observe != nil {
		r.Observe(e)
	}
}

func (r *run) restore(record *manifest.Record) Event {
	e := Event{Document: record}
	if e.Choice, e.Err = r.Choose(r.reader, record); e.Err != nil {
		return e
	}
	outputs := r.outputs(&e)
	r.sweep(r.folder(record))
	for i, name := range r.namesOf(record, outputs) {
		o := outputs[i]
		err := r.write(name, o)
		if o.saved != nil && errors.Is(err, documents.ErrUnreadable) {
			o = *o.saved
			err = r.write(name, o)
		}
		switch {
		case ofAll(err):
			return Event{Err: err}
		case err == nil:
			e.Files, e.Bytes = append(e.Files, name), e.Bytes+o.from.Size
		case !errors.Is(err, documents.ErrNothing):
			e.Err = errors.Join(e.Err, err)
		}
	}
	if len(e.Files) == 0 && e.Err == nil {
		e.Err = library.ErrNoForm
	}
	return e
}

// folder is a document's, below the target, with slashes.
func (r *run) folder(record *manifest.Record) string {
	address := record.Source.Address()
	return path.Join(r.names.in("", address), r.names.in(address, record.ID))
}

// namesOf is where its outputs go, below the target, with slashes.
func (r *run) namesOf(record *manifest.Record, outputs []output) []string {
	all := fileNames(outputs)
	for i := range all {
		all[i] = path.Join(r.folder(record), all[i])
	}
	return all
}

// ofAll reports whether an error would meet all other documents, too.
func ofAll(err error) bool {
	return errors.Is(err, ErrTarget) || errors.Is(err, ErrFull) || errors.Is(err, ErrTemporaryFull)
}

// write writes one output. A file that is there with exactly the same bytes
// counts as written: an earlier run did it.
func (r *run) write(name string, o output) error {
	s, err := r.reader.File(o.from)
	if durable.Full(err) {
		return fmt.Errorf("%w: %w", ErrTemporaryFull, err)
	}
	if err != nil {
		return err
	}
	defer s.Close()
	r.opened = true
	root, err := r.target()
	if err != nil {
		return err
	}
	put := durable.Create
	if r.Overwrite {
		put = durable.Replace
	}
	write := func(w io.Writer) error { return o.write(w, s, s.Size()) }
	switch err = put(root, name, write); {
	case durable.Full(err):
		return fmt.Errorf("%w: %w", ErrFull, durable.Nameless(err))
	case !errors.Is(err, fs.ErrExist):
		return durable.Nameless(err) // it is a document's
	}
	if same, err := durable.Holds(root, name, write); same || err != nil {
		return durable.Nameless(err)
	}
	return fmt.Errorf("%s: %w", strings.TrimPrefix(path.Ext(name), "."), fs.ErrExist)
}

// sweep removes what an earlier run was writing into a folder when it was cut
// off. What is younger than this run may be another run's.
func (r *run) sweep(dir string) {
	if r.root == nil {
		if _, err := os.Lstat(r.Target); err != nil {
			return // a run that gives nothing makes no folder
		}
	}
	if root, err := r.target(); err == nil {
		durable.Sweep(root, dir, r.began)
	}
}
