package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/padsync/padsync/internal/pages"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/move"
	"github.com/padsync/padsync/sources"
)

func (m *mover) startBar() {
	if m.json || m.app.quiet || !terminal.Is(m.app.stdout) {
		return
	}
	steps, _ := m.plan.Count() // the move reports what cannot be read
	m.bar = terminal.NewBar(m.app.stdout, steps, func() string { return m.waits.text(m.app) })
}

// waiting notes a wait for a server.
func (m *mover) waiting(w polite.Wait) {
	if m.waits.note(w) && m.bar == nil && !m.app.quiet {
		m.app.remark(m.app.stderr, m.app.words.Waiting(w))
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

func (m *mover) print(text string) { fmt.Fprintln(m.bar.Above(m.out()), words.Printable(text)) }

// out is where messages go.
func (m *mover) out() io.Writer {
	if m.json {
		return m.app.stderr
	}
	return m.app.stdout
}

// observe reports a document. Its new address is a key to it, and is shown only
// to a person: the table has it.
func (m *mover) observe(e move.Event) {
	if m.json {
		m.encode(e)
	}
	name, named := m.name(m.out(), e.Document), m.Selection.Names(e.Document.Source, e.Document.ID)
	switch {
	case e.State == move.Left:
		if named {
			m.line("move-left", "Document", name)
		}
	case e.Differs():
		m.line("move-differs", "Document", name)
	case e.Unsure():
		m.line("move-unsure", "Document", name)
	case errors.Is(e.Err, library.ErrNoVersion) && !named:
		m.line("restore-unsaved", "Document", name)
	case e.Err != nil:
		if errors.Is(e.Err, library.ErrNoVersion) {
			m.missed++
		}
		if m.mailless == 0 || !errors.Is(e.Err, sources.ErrMail) { // all of these were counted before
			m.line("restore-document-failed", "Document", name, "Reason", m.app.words.Error(e.Err))
		}
	case e.Earlier:
		m.made("move-earlier", "move-earlier-private", name, e.Address)
	case e.State == move.Found:
		m.made("move-found", "move-found-private", name, e.Address)
	default:
		m.made("move-moved", "move-moved-private", name, e.Address)
	}
	if !m.json && e.Err == nil && !e.Earlier {
		m.remark(e)
	}
	m.bar.Step()
}

// made says that a document is at a new address; to a person, with the address.
func (m *mover) made(id, private, name, address string) {
	if terminal.Is(m.out()) {
		m.done(id, "Document", name, "New", address)
	} else {
		m.done(private, "Document", name)
	}
}

// remark says that the version is not what one might think.
func (m *mover) remark(e move.Event) {
	switch saved := words.Time(e.Version.Saved); {
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
func (m *mover) summary(r *move.Report) {
	if !m.app.quiet {
		m.print(m.app.words.Tally("count-moved", r.Moved, "count-found", r.Found, "count-earlier", r.Earlier, "count-failed", r.Failed+m.missed))
	}
	m.sayLost(m.line, r)
	if r.Differs > 0 {
		m.line("move-summary-differs", "Count", r.Differs)
	}
	if n := r.Unsure - r.Doubtful; n > 0 {
		m.line("move-summary-unsure", "Count", n, "File", m.table)
	}
	if r.Doubtful > 0 {
		m.line("move-summary-doubtful", "Count", r.Doubtful)
	}
	if r.Left > 0 {
		m.line("move-left-all", "Count", r.Left)
	}
	m.done("move-summary-table", "File", m.table, "Page", pages.MoveName(m.table))
}

// sayLost says each loss in a line.
func (m *mover) sayLost(say func(string, ...any), r *move.Report) {
	for _, lost := range r.Lost {
		say("move-loss", "Count", lost.Count, "Loss", m.app.words.Loss(string(lost.Loss)))
	}
}
