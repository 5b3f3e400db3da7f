package main

import (
	"sync/atomic"

	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/restore"
)

// restoring tells how a restore goes: a bar on a terminal, lines elsewhere.
type restoring struct {
	app   *app
	bytes atomic.Int64  // of the files that were restored
	bar   *terminal.Bar // nil without a terminal
}

// newRestoring begins to show what becomes of the documents that are wanted.
// The caller stops its bar.
func (a *app) newRestoring(plan *restore.Plan) (*restoring, error) {
	r := &restoring{app: a}
	if a.quiet || !terminal.Is(a.stdout) {
		return r, nil
	}
	count, err := plan.Count()
	if err != nil {
		return nil, err
	}
	r.bar = terminal.NewBar(a.stdout, count, func() string { return a.words.Size(r.bytes.Load()) })
	return r, nil
}

// done is told of one of the chosen documents.
func (r *restoring) done(e restore.Event, c *chosen) {
	r.bytes.Add(e.Bytes)
	name := c.name(r.app.stderr, e.Document)
	for _, text := range r.app.taken(e.Taken, name) {
		r.remark(text)
	}
	if text := r.app.restored(e, name); text != "" {
		r.remark(text)
	}
	if r.bar == nil && e.Err == nil {
		r.app.done("document-restored", "Document", c.name(r.app.stdout, e.Document))
	}
	r.bar.Step()
}

// remark says something above the bar.
func (r *restoring) remark(text string) {
	out := r.app.stderr
	if terminal.Is(out) {
		out = r.bar.Above(out)
	}
	r.app.remark(out, text)
}
