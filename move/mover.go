package move

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/padsync/padsync/internal/grace"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources"
)

// A mover goes through the documents of a plan.
type mover struct {
	Plan
	table *Table
	one   func(*Event, contexts) // makes or foresees a document that no earlier run made

	report Report
	unsure map[*Target]int // documents in a row

	mu     sync.Mutex // guards reader, which is for one at a time, and lazy files
	reader *repository.Reader

	opened bool // the identities opened something, now or in an earlier run
}

// contexts are those of a document: move ends with the move, and finishing, which
// lasts a while longer, with the document in hand.
type contexts struct{ move, finishing context.Context }

// waits is a context in which the end of the move ends waits for a server.
func (m *mover) waits(c contexts) context.Context {
	if m.WaitsUntil == nil {
		return c.finishing
	}
	return m.WaitsUntil(c.finishing, c.move)
}

// all does all documents, one after the other.
func (m *mover) all(ctx context.Context) (*Report, error) {
	m.unsure = make(map[*Target]int)
	if err := m.withhold(); err != nil {
		return &m.report, err
	}
	finishing, cancel := grace.Period(ctx, 2*time.Minute)
	defer cancel()
	m.reader = m.Repository.NewReader(finishing)
	defer m.reader.Close()
	for records, err := range m.Batches() {
		if err != nil {
			return &m.report, err
		}
		for _, record := range records {
			if ctx.Err() != nil {
				return &m.report, context.Cause(ctx)
			}
			if err := m.next(contexts{ctx, finishing}, record); err != nil {
				return &m.report, err
			}
		}
	}
	return &m.report, nil
}

// withhold gives the targets the passwords that the looks of backups noted: a
// server that may have died of one is not sent it by a move either.
func (m *mover) withhold() error {
	for record, err := range m.Contents.Documents() {
		if err != nil {
			return err
		}
		if record.Withheld == nil {
			continue
		}
		for _, t := range m.Targets {
			client, ok := t.Client.(sources.Withholder)
			if ok && t.Kind == record.Source.Kind && manifest.Address(t.Server) == record.Source.Address() {
				client.Withhold(record.ID, sources.Withheld{Since: record.Withheld.Since.Time, Key: record.Withheld.Key})
			}
		}
	}
	return nil
}

// next does one document, and reports it. The error is for what costs all.
func (m *mover) next(c contexts, record *manifest.Record) error {
	e := Event{Document: record}
	m.do(&e, c)
	switch {
	case waited(&e, c):
		return context.Cause(c.move)
	case e.State != "":
	case errors.Is(e.Err, ErrNoTarget):
		e.State = Left
	case e.Err != nil:
		e.State = Failed
	default:
		e.State = Planned
	}
	if errors.Is(e.Err, repository.ErrNoIdentity) && !m.opened {
		if err := m.Opens(c.move, m.reader); err != nil {
			return err
		}
		m.opened = true
	}
	m.report.count(&e)
	if m.Observe != nil {
		m.Observe(e)
	}
	if errors.Is(e.Err, ErrTableWrite) {
		return e.Err
	}
	if m.unsureTwice(&e) {
		return ErrUnsureTwice
	}
	return nil
}

// waited reports whether the document was left because it waited for its server
// when the move was interrupted: nothing of it was made.
func waited(e *Event, c contexts) bool {
	return c.move.Err() != nil && e.State == "" && e.Err != nil && errors.Is(e.Err, context.Cause(c.move))
}

// unsureTwice counts the documents in a row, for each target, that it may have
// made. One that was not begun does not count.
func (m *mover) unsureTwice(e *Event) bool {
	switch {
	case errors.Is(e.Err, sources.ErrUnsure):
		m.unsure[e.Target]++
	case e.State.Made() && !e.Earlier:
		m.unsure[e.Target] = 0
	}
	return m.unsure[e.Target] == 2
}

func (m *mover) do(e *Event, c contexts) {
	e.Target = m.targetOf(e.Document.Source.Kind)
	if e.Target == nil {
		e.Version, e.Skipped = library.ChooseVersion(e.Document, m.Newest)
		e.Err = ErrNoTarget
		return
	}
	m.mu.Lock()
	e.Choice, e.Err = m.Choose(m.reader, e.Document)
	m.mu.Unlock()
	if e.Err != nil || m.doneBefore(e) {
		return
	}
	if e.Err = m.opens(e.Version); e.Err == nil {
		m.one(e, c)
	}
}

// targetOf is the target for documents of a kind, nil if none takes them.
func (m *mover) targetOf(kind string) *Target {
	i := slices.IndexFunc(m.Targets, func(t Target) bool { return t.Kind == kind })
	if i < 0 {
		i = slices.IndexFunc(m.Targets, func(t Target) bool { return slices.Contains(t.Takes, kind) })
	}
	if i < 0 {
		return nil
	}
	return &m.Targets[i]
}

// doneBefore reports whether an earlier run made the document, or may have.
func (m *mover) doneBefore(e *Event) bool {
	known, found := m.table.Row(e.Document.Source.Kind, m.Address(e.Document.Source, e.Document.ID))
	switch {
	case found && known.State.Made():
		e.State, e.Address, e.Earlier = known.State, known.New, true
		e.Losses = known.Losses()
		m.opened = true
		return true
	case found && known.State == Started && !e.Target.Finds:
		e.Err = ErrStarted
		return true
	}
	return false
}

// opens keeps a server from being asked for what no identity opens.
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

// foresee says what making the document would lose.
func (m *mover) foresee(e *Event, c contexts) {
	ctx := m.waits(c)
	e.Err = m.with(e, func(v *sources.Version) (err error) {
		e.Losses, err = e.Target.Client.Losses(ctx, v)
		return err
	})
}

// make makes the document on its target, and writes its row. A document that
// could not be found again also gets a row before.
func (m *mover) make(e *Event, c contexts) {
	ctx := c.finishing
	row := Row{Kind: e.Document.Source.Kind, Old: m.Address(e.Document.Source, e.Document.ID), State: Started}
	if e.Target.Finds {
		ctx = m.waits(c)
	} else if e.Err = m.table.Write(row); e.Err != nil {
		return
	}
	var made *sources.Imported
	e.Err = m.with(e, func(v *sources.Version) (err error) {
		made, err = e.Target.Client.Import(ctx, v)
		return err
	})
	if row.State = became(c, made, e.Err); row.State == "" {
		return // it waited, and nothing was made
	}
	if made != nil {
		row.New, row.Admin, row.Lost = made.Address, made.Private["admin"], lossesAsText(made.Losses)
		e.Losses, e.Address = made.Losses, made.Address
	}
	e.State = row.State
	if err := m.table.Write(row); err != nil {
		e.Err = errors.Join(e.Err, err)
	}
}

// became is the state of a document after its import, "" if the import left it
// because it waited for its server.
func became(c contexts, made *sources.Imported, err error) State {
	switch {
	case made != nil && errors.Is(err, sources.ErrDiffers):
		return Differs
	case err != nil && (errors.Is(err, sources.ErrUnsure) || c.finishing.Err() != nil):
		return Started
	case err != nil && c.move.Err() != nil && errors.Is(err, context.Cause(c.move)):
		return ""
	case err != nil:
		return Failed
	case made.Found:
		return Found
	}
	return Moved
}
