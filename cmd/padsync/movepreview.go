package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/padsync/padsync/internal/jsonlines"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/move"
	"github.com/padsync/padsync/sources/pollaris"
)

// preview says what a move would do.
func (m *mover) preview(ctx context.Context) error {
	table, err := move.ReadTable(m.table, m.edition, m.plan.Targets)
	if err != nil {
		return m.unopened(err)
	}
	m.plan.Observe = m.foresee
	report, err := move.Preview(ctx, m.plan, table)
	if err != nil {
		return m.In(err)
	}
	if report.Documents()+report.Unsaved == 0 {
		return m.app.setup.Nothing(m.Selection, m.Contents.Lacking())
	}
	if !m.json {
		m.tell(report)
	}
	return m.app.tellUnfound(m.Selection)
}

// foresee reports a document.
func (m *mover) foresee(e move.Event) {
	a := m.app
	if m.json {
		m.encode(e)
		return
	}
	switch name := m.name(a.stdout, e.Document); {
	case e.State == move.Left:
		a.say("move-left", "Document", name)
	case e.Err != nil:
		a.say("restore-document-failed", "Document", name, "Reason", a.words.Error(e.Err))
	case e.Earlier:
		m.made("move-earlier", "move-earlier-private", name, e.Address)
	default:
		a.say("move-would", "Document", name, "Saved", e.Version.Saved, "Target", e.Target.URL)
		m.remark(e)
	}
}

// tell says what holds for all, and how it is done.
func (m *mover) tell(r *move.Report) {
	a := m.app
	for i := range m.plan.Targets {
		if t := &m.plan.Targets[i]; r.To[t] > 0 {
			m.tellCost(t, r.To[t])
		}
	}
	m.sayLost(a.say, r)
	if r.Left > 0 {
		a.say("move-left-all", "Count", r.Left)
	}
	if r.Earlier > 0 {
		a.say("move-earlier-all", "Count", r.Earlier, "File", m.table)
	}
	if r.Moved == 0 && r.Mailless == 0 {
		return // there is nothing to do
	}
	args := a.args
	if r.Mailless > 0 {
		a.say("move-mailless", "Count", r.Mailless)
		args = terminal.WithOptions(args, "--mail", a.text("move-mail-address"))
	}
	a.say("move-do", "Command", "padsync "+terminal.CommandLine(terminal.WithOptions(args, "--yes")))
}

// tellCost says what it takes to make so many documents on a target.
func (m *mover) tellCost(t *move.Target, n int) {
	a := m.app
	pads, isPads := t.Client.(interface {
		ImportRequests(n int) int
		ImportTime(n int) time.Duration
	})
	if !isPads {
		a.say("move-polls", "Count", n, "Target", t.URL)
		if _, ok := t.Client.(*pollaris.Source); ok {
			a.say("move-votes-slow")
		} else {
			a.say("move-polls-warning")
		}
		return
	}
	text := "move-pads"
	if t.URL != t.Server {
		text = "move-group"
	}
	a.say(text, "Count", n, "Target", t.URL, "Requests", pads.ImportRequests(n))
	if took := pads.ImportTime(n); took > 0 {
		a.say("estimate-time", "Time", took)
	}
}

func (m *mover) encode(e move.Event) {
	told := jsonlines.NewMoved(m.app.setup.Kinds, e)
	if e.Err != nil {
		told.Error = m.app.words.Error(e.Err)
	}
	if err := json.NewEncoder(m.app.stdout).Encode(told); err != nil {
		m.broken = err
	}
}
