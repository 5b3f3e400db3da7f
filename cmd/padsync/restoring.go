package main

import (
	"fmt"
	"sync/atomic"

	"github.com/vbauerster/mpb/v8"

	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/restore"
)

// restoring tells how a restore goes: a bar on a terminal, lines elsewhere.
type restoring struct {
	app   *app
	bytes atomic.Int64 // of the files that were restored

	bars *mpb.Progress // nil without a terminal
	bar  *mpb.Bar
}

// newRestoring begins to show what becomes of the documents that are wanted.
// The caller stops it.
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
	r.bars, r.bar = newBar(a.stdout, count, func() string { return byteSize(r.bytes.Load()) })
	return r, nil
}

// pass is told of a document that is not worth a line.
func (r *restoring) pass() {
	if r.bar != nil {
		r.bar.Increment()
	}
}

// done is told of a document, which name names.
func (r *restoring) done(e restore.Event, name string) {
	r.bytes.Add(e.Bytes)
	if text := r.app.restored(e, name); text != "" {
		out := r.app.stderr
		if r.bars != nil && isTerminal(out) {
			out = r.bars // above the bar
		}
		r.app.remark(out, text)
	}
	if r.bar == nil && e.Err == nil {
		fmt.Fprintln(r.app.stdout, printable(r.app.text("document-restored", "Document", name)))
	}
	r.pass()
}

// stop ends the bar. Doing it again does nothing.
func (r *restoring) stop() {
	if r.bars != nil {
		r.bar.Abort(true)
		r.bars.Wait()
		r.bars, r.bar = nil, nil
	}
}
