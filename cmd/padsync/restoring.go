package main

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/pages"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/restore"
)

// restoring shows how a restore goes: a bar on a terminal, lines elsewhere.
type restoring struct {
	*chosen
	flags restoreFlags
	plan  restore.Plan
	bytes atomic.Int64  // of the files that were restored
	bar   *terminal.Bar // nil without a terminal

	then     pages.Past // documents that are given as they were then
	missed   int        // documents that were named, and of which there is nothing to restore
	notYet   int        // of those named: at that moment
	never    error      // of the first of them: why
	mendable error      // the first that somebody can do something about, such as a full disk
}

// start begins to show what becomes of the documents that are wanted. The caller
// stops the bar.
func (r *restoring) start() error {
	a := r.app
	if a.quiet || !terminal.Is(a.stdout) {
		return nil
	}
	count, err := r.plan.Count()
	if err == nil {
		r.bar = terminal.NewBar(a.stdout, count, func() string { return a.words.Size(r.bytes.Load()) })
	}
	return err
}

// observe counts one of the chosen documents, and shows what became of it.
func (r *restoring) observe(e restore.Event) {
	named := r.Selection.Names(e.Document.Source, e.Document.ID)
	switch {
	case !named && (errors.Is(e.Err, library.ErrNoForm) || errors.Is(e.Err, library.ErrNotYet)):
		r.bar.Step() // a poll among pads, say
		return
	case errors.Is(e.Err, library.ErrNotYet):
		r.notYet, r.never = r.notYet+1, cmp.Or(r.never, e.Err)
	case errors.Is(e.Err, library.ErrNoForm), errors.Is(e.Err, library.ErrNoVersion) && named:
		r.missed++
	}
	if r.mendable == nil && len(r.app.words.Hints(e.Err)) > 0 {
		r.mendable = e.Err
	}
	if e.Err == nil && r.plan.Point != (library.Point{}) && r.makesPages() {
		r.then.Note(e)
	}
	r.done(e)
	if len(r.flags.formats) > 0 && e.Err == nil && e.Version.Facts.Flaw != "" {
		r.remark(r.app.text("show-flaw", "Document", r.name(r.app.stderr, e.Document), "Flaw", r.app.words.Flaws(e.Version.Facts.Flaw)))
	}
}

func (r *restoring) makesPages() bool { return slices.Contains(r.flags.formats, "html") }

// done says what became of a document.
func (r *restoring) done(e restore.Event) {
	r.bytes.Add(e.Bytes)
	name := r.name(r.app.stderr, e.Document)
	for _, text := range r.app.taken(e.Taken, name) {
		r.remark(text)
	}
	if text := r.app.restored(e, name); text != "" {
		r.remark(text)
	}
	if r.bar == nil && e.Err == nil {
		r.app.done("document-restored", "Document", r.name(r.app.stdout, e.Document))
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

// result is what the command ends with, after a restore that ended with err.
func (r *restoring) result(report *restore.Report, err error) error {
	a := r.app
	switch {
	case errors.Is(err, restore.ErrTarget):
		return err
	case errors.Is(err, restore.ErrFull):
		return message.Of(message.Failed, err, "restore-full", "Target", r.flags.target, "Count", report.Restored)
	case errors.Is(err, restore.ErrTemporaryFull):
		return message.Of(message.Failed, err, "temporary-full", "Folder", os.TempDir())
	case err != nil:
		return r.In(err)
	}
	failed := report.Failed + r.missed
	if report.Restored+failed == 0 {
		return r.nothing(report)
	}
	failed += r.notYet
	if r.makesPages() && report.Restored > 0 {
		if err := r.writeIndex(); err != nil {
			return err
		}
	}
	a.done("restored", "Count", report.Restored, "Target", r.flags.target)
	err = cmp.Or(a.tellUnfound(r.Selection), setup.Lacking(r.Selection, r.Contents))
	if failed > 0 {
		cause := errors.Join(setup.ErrIncomplete, r.mendable)
		if report.Sealed > 0 {
			cause = repository.ErrNoIdentity
		}
		err = message.Of(message.Incomplete, cause, "restore-failed", "Count", failed)
	}
	return err
}

// nothing is the problem that nothing was restored, nor could be.
func (r *restoring) nothing(report *restore.Report) error {
	switch {
	case report.Without > 0:
		return message.Of(message.Failed, library.ErrNoForm, "no-forms", "Forms", strings.Join(r.flags.formats, ", "))
	case r.flags.atRev && r.notYet > 0:
		return message.Of(message.Failed, r.never, "restore-failed", "Count", r.notYet)
	case r.flags.when != "":
		return message.Of(message.Failed, setup.ErrNothing, "nothing-by-then")
	}
	return r.app.setup.Nothing(r.Selection, r.Contents.Lacking())
}

// writeIndex writes the page that leads to all others, but over none of somebody
// else.
func (r *restoring) writeIndex() error {
	err := pages.WriteIndex(r.app.words, r.plan, r.then)
	if errors.Is(err, fs.ErrExist) {
		r.app.note("index-exists", "File", pages.IndexName)
		return nil
	}
	if err != nil {
		return message.In(err, "index", "File", pages.IndexName)
	}
	return nil
}
