package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/restore"
	"github.com/padsync/padsync/sources"
)

// A forecast is what a move would do, counted.
type forecast struct {
	count    map[*restore.Target]int
	lost     lossCount
	earlier  int // made by an earlier run
	left     int // no target takes them
	unusable int
	mailless int // of these: only for want of an organiser's address
}

// preview says what a move would do. It imports nothing; a target is asked at
// most what its form wants.
func (m *mover) preview(ctx context.Context, plan restore.IntoPlan) error {
	f := forecast{count: make(map[*restore.Target]int)}
	plan.Observe = func(e restore.Move) { m.foresee(&f, e) }
	var err error
	if plan.Before, err = restore.ReadTable(m.table, m.edition, sourcesOf(plan.Targets)); err != nil {
		return m.unopened(err)
	}
	if err := restore.Into(ctx, plan); err != nil {
		return m.In(err)
	}
	if len(f.count) == 0 && f.earlier+f.left+f.unusable == 0 {
		return m.app.nothing(m.selection, m.contents.Lacking())
	}
	if !m.json {
		m.tell(f, plan.Targets)
	}
	return m.app.tellUnfound(m.selection)
}

func (m *mover) foresee(f *forecast, e restore.Move) {
	a := m.app
	switch {
	case errors.Is(e.Err, restore.ErrNoTarget):
		f.left++
	case e.Err != nil:
		f.unusable++
		if errors.Is(e.Err, sources.ErrMail) {
			f.mailless++
		}
	case e.Earlier:
		f.earlier++
	default:
		f.count[e.Target]++
		f.lost.add(e.Losses)
	}
	if m.json {
		m.encode(e, cmp.Or(string(e.State), "planned"))
		return
	}
	switch name := m.name(a.stdout, e.Document); {
	case errors.Is(e.Err, restore.ErrNoTarget):
		a.say("into-left", "Document", name)
	case e.Err != nil:
		a.say("restore-document-failed", "Document", name, "Reason", a.words.Error(e.Err))
	case e.Earlier:
		m.made("into-earlier", "into-earlier-private", name, e.Address)
	default:
		a.say("into-would", "Document", name, "Saved", e.Version.Saved.Local().Format("2006-01-02 15:04"), "Target", e.Target.URL)
		m.remark(e)
	}
}

// tell says what holds for all, and how it is done.
func (m *mover) tell(f forecast, targets []restore.Target) {
	a := m.app
	for i := range targets {
		t := &targets[i]
		n := f.count[t]
		if n == 0 {
			continue
		}
		pads, isPads := t.Client.(interface {
			ImportRequests(n int) int
			ImportTime(n int) time.Duration
		})
		switch {
		case isPads:
			text := "into-pads"
			if _, _, err := a.setup.Kinds.ParseGroup(t.URL); err == nil {
				text = "into-group"
			}
			a.say(text, "Count", n, "Target", t.URL, "Requests", pads.ImportRequests(n))
			if took := pads.ImportTime(n); took > 0 {
				a.say("estimate-time", "Time", took)
			}
		default:
			a.say("into-polls", "Count", n, "Target", t.URL)
			a.say("into-polls-warning")
		}
	}
	f.lost.say(a.say, a)
	if f.left > 0 {
		a.say("into-left-all", "Count", f.left)
	}
	if f.earlier > 0 {
		a.say("into-earlier-all", "Count", f.earlier, "File", m.table)
	}
	if len(f.count) == 0 && f.mailless == 0 {
		return // there is nothing to do
	}
	args := slices.Clone(a.args)
	if f.mailless > 0 {
		a.say("into-mailless", "Count", f.mailless)
		args = append(args, "--mail", a.text("into-mail-address"))
	}
	a.say("into-do", "Command", "padsync "+commandLine(append(args, "--yes")))
}

// commandLine is how a shell takes these arguments.
func commandLine(args []string) string {
	quoted := make([]string, len(args))
	for i, arg := range args {
		quoted[i] = arg
		if arg == "" || strings.ContainsFunc(arg, func(r rune) bool {
			return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+:,./@%", r)
		}) {
			quoted[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// moved is what restore --into --json tells of a document.
type moved struct {
	Kind    string         `json:"kind"`
	Old     string         `json:"old"`
	Into    string         `json:"into"`
	New     string         `json:"new"`
	State   string         `json:"state"`
	Earlier bool           `json:"earlier"` // by an earlier run
	Saved   string         `json:"saved"`
	Lost    []sources.Loss `json:"lost"`
	Error   string         `json:"error"`
}

func (m *mover) encode(e restore.Move, state string) {
	told := moved{
		Kind: e.Document.Source.Kind, Old: m.app.setup.Kinds.URL(e.Document.Source, e.Document.ID), New: e.Address, State: state, Earlier: e.Earlier, Lost: e.Losses,
	}
	if told.Lost == nil {
		told.Lost = []sources.Loss{}
	}
	if e.Target != nil {
		told.Into = e.Target.URL
	}
	if e.Version != nil {
		told.Saved = e.Version.Saved.UTC().Format(time.RFC3339)
	}
	if e.Err != nil {
		told.Error = m.app.words.Error(e.Err)
		if e.State == "" {
			told.State = string(restore.Failed)
		}
	}
	if errors.Is(e.Err, restore.ErrNoTarget) {
		told.State = "left"
	}
	if err := json.NewEncoder(m.app.stdout).Encode(told); err != nil {
		m.broken = err
	}
}
