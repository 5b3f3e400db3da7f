package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/restore"
	"github.com/padsync/padsync/sources"
)

// A mover moves saved documents to servers and tells how it goes.
type mover struct {
	*chosen
	json   bool
	broken error // of the result's output

	table   string // its file
	edition string // which of each document

	bar   *bar
	waits waits

	moved, found, earlier, notMade, differs, unsure, left int

	mailless int       // polls that lack an organiser's address, as was said before
	doubtful int       // of those that are unsure: the next run finds out
	sealed   int       // of those that were not made
	lost     lossCount // of those that were made now
}

func (a *app) tableFailed(cause error, name string) error {
	return &message.Error{Message: message.New("table", "File", name), Cause: cause, Mark: errTable}
}

// move moves all documents of the plan, and writes the table. The mail is where
// the links of new polls go, "": to their organisers.
func (m *mover) move(ctx context.Context, plan restore.IntoPlan, mail string) error {
	a, name := m.app, m.table
	table, err := restore.OpenTable(name, m.edition, sourcesOf(plan.Targets))
	if err != nil {
		return m.unopened(err)
	}
	if mail == "" {
		if err := m.sayMailless(ctx, plan, table); err != nil {
			return errors.Join(m.In(err), table.Close())
		}
	}
	plan.Table, plan.Observe = table, m.observe
	m.startBar(plan)
	stop := context.AfterFunc(ctx, func() { a.note("into-finishing") })
	err = restore.Into(ctx, plan)
	stop()
	m.bar.stop()
	closed := errors.Join(m.writePage(name, table), table.Close())
	m.summary(name)
	switch {
	case errors.Is(err, restore.ErrTableWrite):
		return a.tableFailed(err, name)
	case closed != nil:
		return a.tableFailed(closed, name)
	case errors.Is(err, restore.ErrUnsureTwice):
		return message.Of(message.Incomplete, err, "into-stopped", "Command", "padsync "+commandLine(a.args))
	case ctx.Err() != nil && err != nil:
		return message.Of(message.Interrupted, context.Canceled, "into-interrupted", "File", name)
	case err != nil:
		return m.In(err)
	case m.broken != nil:
		return m.broken
	case m.moved+m.found+m.earlier+m.notMade+m.differs+m.unsure+m.left == 0:
		return a.nothing(m.selection, m.contents.Lacking())
	}
	err = cmp.Or(a.tellUnfound(m.selection), a.lacking(m.selection, m.contents))
	if m.notMade+m.differs+m.unsure+m.left > 0 {
		cause := errIncomplete
		if m.sealed > 0 {
			cause = repository.ErrNoIdentity
		}
		err = message.Quiet(message.Incomplete, cause)
	}
	return err
}

// sayMailless says before anything is made how many of the polls that are left
// to move will not be, for want of an organiser's address.
func (m *mover) sayMailless(ctx context.Context, plan restore.IntoPlan, table *restore.Table) error {
	if !slices.ContainsFunc(plan.Targets, func(t restore.Target) bool {
		kind, ok := m.app.setup.Kinds.Named(t.Kind)
		return ok && kind.WantsMail
	}) {
		return nil
	}
	wanted := plan.Wanted
	plan.Wanted = func(r *manifest.Record) bool {
		if kind, ok := m.app.setup.Kinds.Named(r.Source.Kind); !ok || !kind.WantsMail || !wanted(r) {
			return false
		}
		row, found := table.Row(r.Source.Kind, plan.Address(r.Source, r.ID))
		return !found || !row.State.Made()
	}
	plan.Observe = func(e restore.Move) {
		if errors.Is(e.Err, sources.ErrMail) {
			m.mailless++
		}
	}
	if err := restore.Into(ctx, plan); err != nil && ctx.Err() == nil {
		return err // who interrupts it is told by the move
	}
	if m.mailless > 0 {
		args := append(slices.Clone(m.app.args), "--mail", m.app.text("into-mail-address"))
		m.line("into-mailless-now", "Count", m.mailless, "Command", "padsync "+commandLine(args))
	}
	return nil
}

// unopened says why there is no table.
func (m *mover) unopened(err error) error {
	switch {
	case errors.Is(err, restore.ErrOtherTarget):
		return message.Of(message.Usage, errTable, "table-other-target", "File", m.table)
	case errors.Is(err, restore.ErrOtherEdition):
		return message.Of(message.Usage, errTable, "table-other-edition", "File", m.table)
	case errors.Is(err, restore.ErrTable):
		return message.Of(message.Usage, errTable, "table-none", "File", m.table)
	case errors.Is(err, restore.ErrTableInUse):
		return message.Of(message.Failed, err, "table-in-use", "File", m.table)
	}
	return m.app.tableFailed(err, m.table)
}

func (m *mover) startBar(plan restore.IntoPlan) {
	if m.json || m.app.quiet || !isTerminal(m.app.stdout) {
		return
	}
	steps := 0
	for record, err := range plan.Contents.Documents() {
		if err == nil && plan.Wanted(record) {
			steps++
		}
	}
	m.bar = newBar(m.app.stdout, steps, func() string { return m.waits.text(m.app) })
}

// waiting is told that a server is waited for.
func (m *mover) waiting(w polite.Wait) {
	if m.waits.note(w) && m.bar == nil && !m.app.quiet {
		m.app.remark(m.app.stderr, m.app.waiting(w))
	}
}

// line says something while documents are moved.
func (m *mover) line(id string, data ...any) { m.print(m.app.text(id, data...)) }

// done says that all is well, which --quiet leaves out.
func (m *mover) done(id string, data ...any) {
	if !m.app.quiet {
		m.line(id, data...)
	}
}

func (m *mover) print(text string) { fmt.Fprintln(m.bar.above(m.out()), words.Printable(text)) }

// out is where messages go.
func (m *mover) out() io.Writer {
	if m.json {
		return m.app.stderr
	}
	return m.app.stdout
}

// observe counts a document and tells of it. Its new address is a key to it,
// and is shown to nobody but a person: the table has it.
func (m *mover) observe(e restore.Move) {
	if m.json {
		m.encode(e, string(e.State))
	}
	name := m.name(m.out(), e.Document)
	if !e.Earlier {
		m.lost.add(e.Losses)
	}
	switch {
	case errors.Is(e.Err, restore.ErrNoTarget):
		m.left++
		if m.selection.Names(e.Document.Source, e.Document.ID) {
			m.line("into-left", "Document", name)
		}
	case errors.Is(e.Err, sources.ErrDiffers), e.State == restore.Differs && !e.Earlier:
		m.differs++
		m.line("into-differs", "Document", name)
	case errors.Is(e.Err, restore.ErrStarted), errors.Is(e.Err, sources.ErrUnsure):
		m.unsure++
		if e.Target.Finds {
			m.doubtful++
		}
		m.line("into-unsure", "Document", name)
	case errors.Is(e.Err, restore.ErrNoVersion) && !m.selection.Names(e.Document.Source, e.Document.ID):
		m.line("restore-unsaved", "Document", name)
	case e.Err != nil:
		m.notMade++
		if errors.Is(e.Err, repository.ErrNoIdentity) {
			m.sealed++
		}
		if m.mailless == 0 || !errors.Is(e.Err, sources.ErrMail) { // all of these were counted before
			m.line("restore-document-failed", "Document", name, "Reason", m.app.words.Error(e.Err))
		}
	case e.Earlier:
		m.earlier++
		m.made("into-earlier", "into-earlier-private", name, e.Address)
	case e.State == restore.Found:
		m.found++
		m.made("into-found", "into-found-private", name, e.Address)
	default:
		m.moved++
		m.made("into-moved", "into-moved-private", name, e.Address)
	}
	if !m.json && e.Err == nil && !e.Earlier {
		m.remark(e)
	}
	m.bar.step()
}

// made says that a document is at a new address; to a person, with the address.
func (m *mover) made(id, private, name, address string) {
	if isTerminal(m.out()) {
		m.done(id, "Document", name, "New", address)
	} else {
		m.done(private, "Document", name)
	}
}

// remark says that the version is not what one might think.
func (m *mover) remark(e restore.Move) {
	switch saved := e.Version.Saved.Local().Format("2006-01-02 15:04"); {
	case e.Document.Lost:
		m.line("restore-lost", "Document", m.name(m.out(), e.Document), "Saved", saved)
	case e.Skipped != "":
		m.line("restore-not-newest", "Document", m.name(m.out(), e.Document), "Reason", m.app.words.Suspicion(e.Skipped), "Saved", saved)
	case e.Version.Suspect != "":
		m.line(suspectTaken(e.Document), "Document", m.name(m.out(), e.Document), "Reason", m.app.words.Suspicion(e.Version.Suspect))
	}
	for _, text := range m.app.taken(e.Taken, m.name(m.out(), e.Document)) {
		m.print(text)
	}
}

// summary says what became of all.
func (m *mover) summary(table string) {
	if !m.app.quiet {
		m.print(m.app.words.Tally("count-moved", m.moved, "count-found", m.found, "count-earlier", m.earlier, "count-failed", m.notMade))
	}
	m.lost.say(m.line, m.app)
	if m.differs > 0 {
		m.line("into-summary-differs", "Count", m.differs)
	}
	if n := m.unsure - m.doubtful; n > 0 {
		m.line("into-summary-unsure", "Count", n, "File", table)
	}
	if m.doubtful > 0 {
		m.line("into-summary-doubtful", "Count", m.doubtful)
	}
	if m.left > 0 {
		m.line("into-left-all", "Count", m.left)
	}
	m.done("into-summary-table", "File", table, "Page", pageName(table))
}
