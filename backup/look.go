package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/sync/semaphore"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources"
)

// look looks at one document and tells every repository what it found. It is
// fetched when its turn comes: fetching is first come, first served.
func (r *run) look(ctx context.Context, fetching *semaphore.Weighted, j *job) {
	targets := r.live()
	known, err := r.known(targets, func(t *target) (*prior, error) { return t.priors.of(j) })
	if r.halts(err) {
		return
	}
	if err != nil {
		r.finish(Event{Document: r.document(j), ID: j.given.ID, Outcome: Failed, Err: err})
		return
	}
	if r.skip(j, known) {
		return
	}
	if fetching.Acquire(ctx, 1) != nil { // ctx has ended
		r.leave(ctx, int(j.source), 1)
		return
	}
	asked := validator(known)
	if asked == "" {
		if asked, err = r.otherSpelling(targets, j); r.halts(err) {
			return
		}
	}
	standing := &r.standings[j.source]
	gone := standing.asked()
	v, err := r.plan.Sources[int(j.source)].Client.Fetch(ctx, j.locator(), asked)
	fetching.Release(1)
	if ctx.Err() != nil && err != nil {
		r.leave(ctx, int(j.source), 1)
		return
	}
	if r.halts(err) {
		return
	}
	if err != nil {
		r.asked(targets, known)
		switch {
		case r.joined(j):
			targets = nil // another link opened it
		case newlyGone(known, err):
			standing.hold(j)
			return
		}
		r.finish(r.failed(j, targets, known, err))
		return
	}
	defer v.Close()
	if !manifest.ValidID(v.ID) {
		r.finish(r.failed(j, targets, known, fmt.Errorf("%w: it has no usable id", sources.ErrRefused)))
		return
	}
	if v.ID != j.given.ID {
		known, err = r.known(targets, func(t *target) (*prior, error) { return r.priorOf(t, int(j.source), v.ID) })
		if err != nil {
			r.finish(Event{Document: r.document(j), ID: v.ID, Outcome: Failed, Err: err})
			return
		}
	}
	if strings.EqualFold(v.ID, j.given.ID) {
		r.respell(j, v.ID)
	}
	if v.Unchanged && (asked == "" || validator(known) != asked) {
		r.finish(r.failed(j, targets, known, fmt.Errorf("%w: it is said to be as it never was", sources.ErrRefused)))
		return
	}
	for _, j := range standing.answered(j, gone, v.Validator) {
		r.gone(j, nil)
	}
	if !r.first(j, v.ID) {
		return // another link to it came first
	}
	r.asked(targets, known)
	if e := r.found(j, targets, known, v); e.Outcome != "" {
		r.finish(e)
	}
	r.commitIfDue()
}

func (r *run) known(targets []*target, get func(*target) (*prior, error)) ([]*prior, error) {
	known := make([]*prior, len(targets))
	for i, t := range targets {
		var err error
		if known[i], err = get(t); err != nil {
			return nil, fmt.Errorf("read what is known: %w", err)
		}
	}
	return known, nil
}

// respell tells that a document has nothing under the id that it was known by:
// its server spells it otherwise by now, and it goes on under that.
func (r *run) respell(j *job, id string) {
	if id == j.given.ID {
		return
	}
	for _, t := range r.live() {
		if known, err := t.priors.of(j); err == nil && known.Newest != nil {
			t.run.Tell(manifest.Document{Source: int(j.source), ID: j.given.ID, State: manifest.Missing})
		}
	}
}

// joined reports whether another link has opened the document.
func (r *run) joined(j *job) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.done[key{int(j.source), j.given.ID}]
}

// skip reports whether the document need not be looked at.
func (r *run) skip(j *job, known []*prior) bool {
	if j.certain() && r.joined(j) {
		return true
	}
	if !resumed(known) {
		return false
	}
	if known[0].State == manifest.Current {
		r.standings[j.source].recall(j, validator(known))
	}
	r.finish(Event{Document: r.document(j), ID: j.given.ID, Outcome: Resumed})
	return true
}

// resumed says whether every repository has a run that was interrupted and has
// looked at the document.
func resumed(known []*prior) bool {
	return len(known) > 0 && !slices.ContainsFunc(known, func(p *prior) bool { return !p.Resumed })
}

// first reports whether no other link to the document came before. Only where
// ids can turn out to be others is anything remembered.
func (r *run) first(j *job, id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.unsure[int(j.source)] && id == j.given.ID {
		return true
	}
	k := key{int(j.source), id}
	if r.done[k] {
		return false
	}
	r.done[k] = true
	return true
}

// validator gives what all repositories hold, or "": an answer that nothing
// changed would leave a hole in one that does not hold the version, or not so
// that a recipient can read it.
func validator(known []*prior) string {
	var value string
	for i, p := range known {
		if p.Newest == nil || p.Sealed || i > 0 && p.Newest.Validator != value {
			return ""
		}
		value = p.Newest.Validator
	}
	return value
}

// failed tells every repository that the document could not be looked at, or
// is gone. A guess at an id that no repository knows is not written down.
func (r *run) failed(j *job, targets []*target, known []*prior, err error) Event {
	e := Event{Document: r.document(j), ID: j.given.ID, Outcome: Failed, Err: err}
	if errors.Is(err, sources.ErrUnaskable) {
		e.Outcome = Unaskable
	}
	for i, t := range targets {
		doc := manifest.Document{Source: int(j.source), ID: j.given.ID, State: manifest.Failed, Error: err.Error()}
		if errors.Is(err, fs.ErrNotExist) && known[i].Newest != nil {
			doc.State, doc.Error = manifest.Missing, ""
			e.Outcome, e.Err, e.New = Missing, nil, e.New || known[i].State != manifest.Missing
		} else {
			doc.Withheld = withheld(known[i], err)
			e.New = e.New || e.Outcome == Unaskable && known[i].State != manifest.Failed
		}
		if j.certain() || known[i].State != "" {
			t.run.Tell(doc)
		}
	}
	return e
}

// withheld is what the look says of a password that is not to be sent again: it
// stands until a look finds the document, since one that fails before the
// password's turn says nothing of it.
func withheld(known *prior, err error) *manifest.Withheld {
	if w, ok := errors.AsType[*sources.WithheldError](err); ok {
		return &manifest.Withheld{Since: manifest.At(w.Since), Key: w.Key}
	}
	return known.Withheld
}

// found saves the version where it is new, and tells where it is not. If no
// repository took it, the event has no outcome.
func (r *run) found(j *job, targets []*target, known []*prior, v *sources.Version) Event {
	e := Event{Document: r.document(j), ID: v.ID, Expires: v.Facts.Expires, Lacking: v.Lacking, Before: r.last(int(j.source), v.ID, known)}
	for i, t := range targets {
		doc := manifest.Document{Source: int(j.source), ID: v.ID, State: manifest.Current}
		if newest := known[i].Newest; newest != nil && (v.Unchanged || e.Expires == "" && len(v.Facts.Fields) > 0) {
			e.Expires = r.plan.Sources[j.source].expires(v.ID, newest.Modified, known[i].Expires)
		}
		if v.Unchanged || known[i].same(v) {
			doc.Versions = revalidated(known[i].Newest, v.Validator)
			t.run.Tell(doc)
			e.Outcome = cmp.Or(e.Outcome, Unchanged)
			if known[i].Newest != nil {
				e.Standing = cmp.Or(e.Standing, known[i].Newest.Suspect)
			}
			continue
		}
		suspect := known[i].suspicion(v)
		if err := t.run.Save(doc, v, suspect, known[i].Before); errors.Is(err, repository.ErrFile) {
			if r.halts(err) {
				return Event{}
			}
			return r.failed(&job{given: &Document{Source: j.given.Source, ID: v.ID, Line: j.given.Line}, source: j.source, index: j.index}, targets[i:], known[i:], err)
		} else if err != nil {
			r.lose(t, err)
			continue
		}
		t.saved(known[i], suspect)
		e.Outcome, e.Suspect, e.Bytes = Saved, suspect, size(v)
		e.Flaw = cmp.Or(e.Flaw, known[i].newFlaw(v))
		e.New = e.New || suspect != "" && (known[i].Newest == nil || known[i].Newest.Suspect != suspect)
	}
	return e
}

// last is the last look at a document, in whichever repository.
func (r *run) last(source int, id string, known []*prior) (b Before) {
	for _, p := range known {
		if p.Checked.Before(b.Checked) || p.Newest == nil {
			continue
		}
		b = Before{p.Checked, r.plan.Sources[source].expires(id, p.Newest.Modified, p.Newest.Facts.Expires)}
	}
	return b
}

// revalidated tells a new validator for a version that is the same.
func revalidated(newest *version, validator string) []manifest.DocumentVersion {
	if newest == nil || validator == "" || validator == newest.Validator {
		return nil
	}
	return []manifest.DocumentVersion{{Name: newest.Name, Validator: &validator}}
}

func size(v *sources.Version) (n int64) {
	for _, f := range v.Files {
		n += f.Size
	}
	return n
}

// lacks counts a form that a source does not give.
func (r *Report) lacks(source int, format string) {
	i, known := slices.BinarySearchFunc(r.Lacking, Lack{Source: source, Format: format}, func(a, b Lack) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Format, b.Format))
	})
	if !known {
		r.Lacking = slices.Insert(r.Lacking, i, Lack{Source: source, Format: format})
	}
	r.Lacking[i].Documents++
}

// finish counts a document and tells who observes.
func (r *run) finish(e Event) {
	r.mu.Lock()
	r.report.Outcomes[e.Outcome]++
	if e.Outcome != Resumed {
		r.rests[e.Document.Source].Looked++
	}
	if e.Suspect != "" {
		r.report.Suspect++
	}
	if e.New {
		r.report.New++
	}
	for _, format := range e.Lacking {
		r.report.lacks(e.Document.Source, format)
	}
	r.mu.Unlock()
	if r.plan.Observe != nil {
		r.plan.Observe(e)
	}
}
