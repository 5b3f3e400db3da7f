// Package move makes the documents of a repository anew on servers, and writes
// down in a table where each of them went. An import is the server's side of it:
// what a sources.Importer does with one document.
package move

import (
	"context"
	"errors"
	"slices"

	"github.com/padsync/padsync/documents"
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
	As      string                               // the new id of the only document, "" for that which it had: as in sources.Version
	Address func(manifest.Source, string) string // of a document, for the table

	// Observe is called, if not nil, with each document when it is done.
	Observe func(Event)

	// WaitsUntil, if not nil, gives a context for the clients of targets in
	// which the other context ends waits for a server: polite.WaitsUntil.
	WaitsUntil func(ctx, end context.Context) context.Context
}

// A Target is a server, or a group on it, that takes documents of its kind.
type Target struct {
	manifest.Source
	Takes  []string // other kinds whose documents it takes where no target is of these
	Server string   // its address, also where the source's URL is that of a group on it
	Client sources.Importer

	// Finds says that its Import may be done again where it was broken off: it
	// finds what it made before.
	Finds bool

	// WantsMail says that it may refuse, with sources.ErrMail, what has no
	// organiser's address.
	WantsMail bool
}

// An Event says what became of one document, or would.
type Event struct {
	Document *manifest.Record
	library.Choice
	Target *Target // nil if none takes its kind

	State   State
	Earlier bool              // an earlier run did it
	Address string            // the new one
	Losses  []sources.Loss    // what did not come back, or would not
	Taken   []documents.Taken // what was taken from earlier versions
	Err     error
}

// Unsure reports whether the document may have been made, now or by an earlier
// run.
func (e *Event) Unsure() bool {
	return errors.Is(e.Err, sources.ErrUnsure) || errors.Is(e.Err, ErrStarted)
}

// Differs reports whether the document was made now and reads back differently
// from what was sent.
func (e *Event) Differs() bool {
	return errors.Is(e.Err, sources.ErrDiffers) || e.State == Differs && !e.Earlier
}

var (
	// ErrNoTarget says that no target takes documents of this kind.
	ErrNoTarget = errors.New("no target takes documents of this kind")

	// ErrStarted says that an earlier move was broken off in the middle of
	// this document: it may have been made, and would be made twice.
	ErrStarted = errors.New("an earlier move was broken off in the middle of it")

	// ErrUnsureTwice ends a move: a server did not say of two documents in a
	// row whether it made them, and might leave all others half made too.
	ErrUnsureTwice = errors.New("twice in a row a server did not say whether it made a document")
)

// Run moves the wanted documents to the targets, one after the other, except
// those that the table has as made. It writes what becomes of one into the
// table before it calls Observe. A document that cannot be moved costs only
// itself; Run's error is for what costs all of them, such as ErrUnsureTwice,
// and the report counts those before it. When ctx ends, the document in hand is
// finished, if that takes no longer than two minutes; but one that waits for
// its server is left, unless it could not be begun anew. The error is then
// ctx's.
func Run(ctx context.Context, p Plan, table *Table) (*Report, error) {
	m := &mover{Plan: p, table: table}
	m.one = m.make
	return m.all(ctx)
}

// Preview calls Observe with what Run would do, and makes nothing. It asks a
// target only what its form wants, and at most once.
func Preview(ctx context.Context, p Plan, table *Table) (*Report, error) {
	m := &mover{Plan: p, table: table}
	m.one = m.foresee
	return m.all(ctx)
}

// Mailless counts the documents that Run would not make for want of an
// organiser's address. Only targets that may want one are asked what Preview
// asks.
func Mailless(ctx context.Context, p Plan, table *Table) (int, error) {
	p.Targets = slices.DeleteFunc(slices.Clone(p.Targets), func(t Target) bool { return !t.WantsMail })
	if len(p.Targets) == 0 {
		return 0, nil
	}
	p.Observe = nil
	report, err := Preview(ctx, p, table)
	return report.Mailless, err
}
