package main

import (
	"fmt"
	"sync/atomic"

	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/restore"
)

// restoring tells how a restore goes: a bar on a terminal, lines elsewhere.
type restoring struct {
	app   *app
	bytes atomic.Int64 // of the files that were restored
	bar   *bar         // nil without a terminal
}

// newRestoring begins to show what becomes of the documents that are wanted.
// The caller stops its bar.
func (a *app) newRestoring(c *repository.Contents, plan *restore.Plan) (*restoring, error) {
	r := &restoring{app: a}
	if !isTerminal(a.stdout) {
		return r, nil
	}
	count := 0
	for record, err := range c.Documents() {
		if err != nil {
			return nil, err
		}
		if plan.Wants(record) {
			count++
		}
	}
	r.bar = newBar(a.stdout, count, func() string { return a.byteSize(r.bytes.Load()) })
	return r, nil
}

// done is told of a document, which name names.
func (r *restoring) done(e restore.Event, name string) {
	r.bytes.Add(e.Bytes)
	if text := r.app.restored(e, name); text != "" {
		out := r.app.stderr
		if isTerminal(out) {
			out = r.bar.above(out)
		}
		r.app.remark(out, text)
	}
	if r.bar == nil && e.Err == nil {
		fmt.Fprintln(r.app.stdout, printable(r.app.text("document-restored", "Document", name)))
	}
	r.bar.step()
}
