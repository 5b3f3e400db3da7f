// Package move makes the documents of a repository anew on servers, and writes
// down in a table where each of them went. An import is the server's side of it:
// what a sources.Importer does with one document.
package move

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/grace"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources"
)

// A Plan says what to move, and where to.
type Plan struct {
	Repository *repository.Repository
	library.Query

	Targets []Target
	Address func(manifest.Source, string) string // of a document, for the table

	// Table tells what was done before, and is written. If it is nil, nothing
	// is made: Observe is told what would be, and what would not for an error.
	Table *Table

	// Before is what was done before, where Table is nil; it may be nil too.
	Before *Table

	// Observe is told of each document when it is done.
	Observe func(Event)

	// WaitsUntil gives, if not nil, a context for the clients of targets whose
	// waits for a server the other one ends: polite.WaitsUntil.
	WaitsUntil func(ctx, end context.Context) context.Context
}

// A Target is a server that takes documents of its kind.
type Target struct {
	manifest.Source
	Client sources.Importer

	// Finds says that its Import may be done again where it was broken off: it
	// finds what it made before.
	Finds bool
}

// An Event tells what became of one document, or would.
type Event struct {
	Document *manifest.Record
	library.Choice
	Target *Target // nil if none takes its kind

	// State is "" of a document that would be moved, or was not made. Earlier
	// says that an earlier run did it.
	State   State
	Earlier bool
	Address string            // the new one
	Losses  []sources.Loss    // what did not come back, or would not
	Taken   []documents.Taken // what was taken from versions before
	Err     error
}

var (
	// ErrNoTarget says that no target takes documents of this kind.
	ErrNoTarget = errors.New("no target takes documents of this kind")

	// ErrStarted says that an earlier move was broken off in the middle of
	// this document: it may have been made, and would be made twice.
	ErrStarted = errors.New("an earlier move was broken off in the middle of it")

	// ErrUnsureTwice ends a move: a server did not say of two documents in a
	// row whether it made them, and would make halves of all that are left.
	ErrUnsureTwice = errors.New("a server did not say twice in a row whether it made a document")
)

// Run moves the wanted documents to the targets, one after the other. A
// document that cannot be moved costs only itself; Run's error is for what
// costs all of them, as ErrUnsureTwice does. When ctx ends, the document in
// hand is finished, if that takes no longer than two minutes; but one that waits
// for its server is left, unless it could not be begun anew. The error is ctx's.
func Run(ctx context.Context, p Plan) error {
	m := &mover{Plan: p, interrupted: ctx, unsure: make(map[*Target]int)}
	finishing, cancel := grace.Period(ctx, 2*time.Minute)
	defer cancel()
	m.reader = p.Repository.NewReader(finishing)
	defer m.reader.Close()
	for records, err := range p.Batches() {
		if err != nil {
			return err
		}
		for _, record := range records {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			done := m.move(finishing, record)
			if ctx.Err() != nil && done.Err != nil && done.State == "" && errors.Is(done.Err, context.Cause(ctx)) {
				return context.Cause(ctx) // it waited, and nothing was made
			}
			if errors.Is(done.Err, repository.ErrNoIdentity) && !m.opened {
				if err := p.Opens(ctx, m.reader); err != nil {
					return err
				}
				m.opened = true
			}
			p.Observe(done)
			if errors.Is(done.Err, ErrTableWrite) {
				return done.Err
			}
			if m.unsureTwice(done) {
				return ErrUnsureTwice
			}
		}
	}
	return nil
}

// unsureTwice counts the documents in a row, for each target, that it may have
// made. One that was not begun is none of them.
func (m *mover) unsureTwice(done Event) bool {
	switch {
	case errors.Is(done.Err, sources.ErrUnsure):
		m.unsure[done.Target]++
	case done.State.Made() && !done.Earlier:
		m.unsure[done.Target] = 0
	}
	return m.unsure[done.Target] == 2
}

type mover struct {
	Plan
	interrupted context.Context
	unsure      map[*Target]int // documents in a row

	mu     sync.Mutex // guards reader, which is for one at a time, and lazy files
	reader *repository.Reader

	opened bool // the identities opened something, now or in an earlier run
}

// opens asks no server for what no identity opens.
func (m *mover) opens(v *manifest.VersionRecord) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range v.Files {
		if err := m.reader.Opens(f); err != nil {
			return err
		}
	}
	m.opened = true
	return nil
}

func (m *mover) move(ctx context.Context, record *manifest.Record) Event {
	done := Event{Document: record}
	if i := slices.IndexFunc(m.Targets, func(t Target) bool { return t.Kind == record.Source.Kind }); i >= 0 {
		done.Target = &m.Targets[i]
	}
	if done.Target == nil {
		done.Version, done.Skipped = library.ChooseVersion(record, m.Newest)
		done.Err = ErrNoTarget
		return done
	}
	if m.WaitsUntil != nil && (done.Target.Finds || m.Table == nil) {
		ctx = m.WaitsUntil(ctx, m.interrupted)
	}
	m.mu.Lock()
	done.Choice, done.Err = m.Choose(m.reader, record)
	m.mu.Unlock()
	switch {
	case done.Err != nil:
	case m.doneBefore(&done):
	case m.Table == nil:
		if done.Err = m.opens(done.Version); done.Err != nil {
			break
		}
		done.Err = m.with(&done, func(v *sources.Version) (err error) {
			done.Losses, err = done.Target.Client.Losses(ctx, v)
			return err
		})
	default:
		m.moveNow(ctx, &done)
	}
	return done
}

// doneBefore reports whether an earlier run made the document, or may have.
func (m *mover) doneBefore(done *Event) bool {
	table := cmp.Or(m.Table, m.Before)
	if table == nil {
		return false
	}
	known, found := table.Row(done.Document.Source.Kind, m.Address(done.Document.Source, done.Document.ID))
	switch {
	case found && known.State.Made():
		done.State, done.Address, done.Earlier = known.State, known.New, true
		done.Losses = known.Losses()
		m.opened = true
		return true
	case found && known.State == Started && !done.Target.Finds:
		done.Err = ErrStarted
		return true
	}
	return false
}

// moveNow moves a document, and writes its row.
func (m *mover) moveNow(ctx context.Context, done *Event) {
	row := Row{Kind: done.Document.Source.Kind, Old: m.Address(done.Document.Source, done.Document.ID)}
	if done.Err = m.opens(done.Version); done.Err != nil {
		return
	}
	write := func() {
		if err := m.Table.Write(row); err != nil {
			done.Err = errors.Join(done.Err, err)
		}
	}
	if !done.Target.Finds {
		row.State = Started
		if write(); done.Err != nil {
			return
		}
	}
	var made *sources.Imported
	done.Err = m.with(done, func(v *sources.Version) (err error) {
		made, err = done.Target.Client.Import(ctx, v)
		return err
	})
	switch {
	case made != nil && errors.Is(done.Err, sources.ErrDiffers):
		row.State = Differs
	case done.Err != nil && (errors.Is(done.Err, sources.ErrUnsure) || ctx.Err() != nil):
		row.State = Started
	case done.Err != nil && m.interrupted.Err() != nil && errors.Is(done.Err, context.Cause(m.interrupted)):
		return // it waited, and nothing was made
	case done.Err != nil:
		row.State = Failed
	case made.Found:
		row.State = Found
	default:
		row.State = Moved
	}
	if made != nil {
		row.New, row.Admin, row.Lost = made.Address, made.Private["admin"], lossesAsText(made.Losses)
		done.Losses, done.Address = made.Losses, made.Address
	}
	if done.State = row.State; done.State == Failed {
		done.State = ""
	}
	write()
}

// with gives the version as sources know it. Its files are read from the
// repository when they are.
func (m *mover) with(done *Event, use func(*sources.Version) error) error {
	v := &sources.Version{ID: done.Document.ID, Title: done.Version.Title}
	for _, f := range m.Files(done.Document, done.Choice) {
		if f.Made {
			made, err := m.make(done, f.FileRecord)
			if err != nil {
				return err
			}
			defer made.Close()
			v.Files = append(v.Files, sources.File{Name: f.Name, Format: f.Format, Size: made.Size(), SHA256: made.SHA256(), Content: made})
			continue
		}
		content := &lazy{mover: m, record: f.FileRecord}
		defer content.close()
		file := sources.File{Name: f.Name, Format: f.Format, Size: f.Size, Content: content}
		hex.Decode(file.SHA256[:], []byte(f.SHA256)) // the reader checks it
		v.Files = append(v.Files, file)
	}
	err := use(v)
	for i := range v.Files {
		if content, ok := v.Files[i].Content.(*lazy); ok && content.failed() != nil {
			return content.failed() // what use says of it is not the cause
		}
	}
	return err
}

// make makes a document's own file: as it was at a point of its past, and with
// what was taken from earlier versions. The caller closes it.
func (m *mover) make(done *Event, own manifest.FileRecord) (*spool.Spool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	saved, err := m.reader.File(own)
	if err != nil {
		return nil, err
	}
	defer saved.Close()
	d, err := m.Read(m.reader, done.Document, done.Choice, saved, saved.Size())
	if err != nil {
		return nil, fmt.Errorf("read the saved document: %w", err)
	}
	done.Taken = library.Taken(d)
	made := m.Repository.Pool().Create()
	if err := d.Write(made, own.Format, documents.English); err != nil {
		return nil, errors.Join(err, made.Discard())
	}
	return made.Finish()
}

// A lazy file is read when its first byte is. An HTTP client may still read it
// when it is closed.
type lazy struct {
	mover  *mover
	record manifest.FileRecord
	file   *spool.Spool // guarded by mover.mu, as is err
	err    error
}

func (l *lazy) ReadAt(b []byte, offset int64) (int, error) {
	l.mover.mu.Lock()
	defer l.mover.mu.Unlock()
	if l.file == nil && l.err == nil {
		l.file, l.err = l.mover.reader.File(l.record)
	}
	if l.err != nil {
		return 0, l.err
	}
	return l.file.ReadAt(b, offset)
}

func (l *lazy) failed() error {
	l.mover.mu.Lock()
	defer l.mover.mu.Unlock()
	return l.err
}

func (l *lazy) close() {
	l.mover.mu.Lock()
	defer l.mover.mu.Unlock()
	if l.file != nil {
		l.file.Close()
	}
	l.file, l.err = nil, os.ErrClosed
}

func lossesAsText(losses []sources.Loss) string {
	words := make([]string, len(losses))
	for i, loss := range losses {
		words[i] = string(loss)
	}
	return strings.Join(words, " ")
}
