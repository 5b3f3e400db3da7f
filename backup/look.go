package backup

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/semaphore"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources"
)

// look looks at one document and records in every repository what it found. It
// is fetched when its turn comes: fetching is first come, first served.
func (r *run) look(c contexts, fetching *semaphore.Weighted, j *job) {
	targets := r.live()
	known, err := r.known(targets, func(t *target) (*prior, error) { return t.priors.of(j) })
	if r.halts(err) {
		return
	}
	if err != nil {
		r.finish(j, Event{Document: *j.given, ID: j.given.ID, Outcome: Failed, Err: err})
		return
	}
	if r.skip(j, known) {
		return
	}
	if fetching.Acquire(c.look, 1) != nil { // it has ended
		r.leave(c.look, j.server, 1)
		return
	}
	asked := validator(known)
	if asked == "" {
		if asked, err = r.otherSpelling(targets, j); r.halts(err) {
			return
		}
	}
	gone := j.server.standing.asked()
	v, err := j.server.Client.Fetch(c.look, j.locator(), asked)
	fetching.Release(1)
	switch {
	case err != nil && c.look.Err() != nil:
		r.leave(c.look, j.server, 1)
	case r.halts(err):
	case err != nil:
		r.unfetched(j, targets, known, err)
	default:
		defer v.Close()
		r.fetched(c, j, targets, known, fetch{v, asked, gone})
	}
}

// unfetched tells of a document that its server did not give.
func (r *run) unfetched(j *job, targets []*target, known []*prior, err error) {
	r.asked(targets, known)
	switch {
	case r.joined(j):
		targets = nil // another link opened it
	case newlyGone(known, err):
		j.server.standing.hold(j)
		return
	}
	r.finish(j, r.failed(j, targets, known, err))
}

// A fetch is what a server gave.
type fetch struct {
	*sources.Version
	asked string // the validator that it was asked with
	gone  int    // as standing.asked gave it, before
}

// fetched tells of what a server gave for a document.
func (r *run) fetched(c contexts, j *job, targets []*target, known []*prior, v fetch) {
	refuse := func(why string) {
		r.finish(j, r.failed(j, targets, known, fmt.Errorf("%w: %s", sources.ErrRefused, why)))
	}
	if !manifest.ValidID(v.ID) {
		refuse("it has no usable id")
		return
	}
	if v.ID != j.given.ID {
		var err error
		known, err = r.known(targets, func(t *target) (*prior, error) { return r.priorOf(t, j.server, v.ID) })
		if err != nil {
			r.finish(j, Event{Document: *j.given, ID: v.ID, Outcome: Failed, Err: err})
			return
		}
	}
	if strings.EqualFold(v.ID, j.given.ID) {
		r.respell(j, v.ID)
	}
	if v.Unchanged && (v.asked == "" || validator(known) != v.asked) {
		refuse("it is said to be unchanged, but no such state was saved")
		return
	}
	for _, j := range j.server.standing.answered(j, v.gone, v.Validator) {
		r.gone(j, nil)
	}
	if !r.first(j, v.ID) {
		return // another link to it came first
	}
	r.asked(targets, known)
	if e := r.found(j, targets, known, v.Version); e.Outcome != "" {
		r.finish(j, e)
	}
	r.commitIfDue(c)
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

// respell records that a document has nothing under the id that it was known
// by: its server now spells the id differently, and the document goes on under
// that.
func (r *run) respell(j *job, id string) {
	if id == j.given.ID {
		return
	}
	for _, t := range r.live() {
		if known, err := t.priors.of(j); err == nil && known.Newest != nil {
			t.run.Tell(manifest.Document{Source: j.server.place, ID: j.given.ID, State: manifest.Missing})
		}
	}
}

// joined reports whether another link has opened the document.
func (r *run) joined(j *job) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.done[key{j.server, j.given.ID}]
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
		j.server.standing.recall(j, validator(known))
	}
	r.finish(j, Event{Document: *j.given, ID: j.given.ID, Outcome: Resumed})
	return true
}

// resumed says whether every repository has a run that was interrupted and has
// looked at the document.
func resumed(known []*prior) bool {
	return len(known) > 0 && !slices.ContainsFunc(known, func(p *prior) bool { return !p.Resumed })
}

// first reports whether no other link to the document came before. It remembers
// only documents whose ids can turn out to be different.
func (r *run) first(j *job, id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !j.server.unsure && id == j.given.ID {
		return true
	}
	k := key{j.server, id}
	if r.done[k] {
		return false
	}
	r.done[k] = true
	return true
}

// validator gives the one that all repositories hold, or "": an answer that
// nothing changed would leave a hole in a repository that does not hold the
// version, or holds it so that no recipient can read it.
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

// failed records in every repository that the document could not be looked at,
// or is gone. It does not record a guess at an id that no repository knows.
func (r *run) failed(j *job, targets []*target, known []*prior, err error) Event {
	return r.failedAs(j, j.given.ID, j.certain(), targets, known, err)
}

// failedAs is failed for an id that may differ from the one that the document
// was named with.
func (r *run) failedAs(j *job, id string, certain bool, targets []*target, known []*prior, err error) Event {
	e := Event{Document: *j.given, ID: id, Outcome: Failed, Err: err}
	if errors.Is(err, sources.ErrUnaskable) {
		e.Outcome = Unaskable
	}
	for i, t := range targets {
		doc := manifest.Document{Source: j.server.place, ID: id, State: manifest.Failed, Error: err.Error()}
		if errors.Is(err, fs.ErrNotExist) && known[i].Newest != nil {
			doc.State, doc.Error = manifest.Missing, ""
			e.Outcome, e.Err, e.New = Missing, nil, e.New || known[i].State != manifest.Missing
		} else {
			doc.Withheld = withheld(known[i], err)
			e.New = e.New || e.Outcome == Unaskable && known[i].State != manifest.Failed
		}
		if certain || known[i].State != "" {
			t.run.Tell(doc)
		}
	}
	return e
}

// withheld is what the look says of a password that is not to be sent again. It
// stands until a look finds the document, since a look that fails before the
// password's turn says nothing of it.
func withheld(known *prior, err error) *manifest.Withheld {
	if w, ok := errors.AsType[*sources.WithheldError](err); ok {
		return &manifest.Withheld{Since: manifest.At(w.Since), Key: w.Key}
	}
	return known.Withheld
}

// found saves the version where it is new, and records elsewhere that it is
// not. If no repository took it, the event has no outcome.
func (r *run) found(j *job, targets []*target, known []*prior, v *sources.Version) Event {
	e := Event{Document: *j.given, ID: v.ID, Expires: v.Facts.Expires, Lacking: v.Lacking, Before: j.server.last(v.ID, known)}
	for i, t := range targets {
		doc := manifest.Document{Source: j.server.place, ID: v.ID, State: manifest.Current}
		if newest := known[i].Newest; newest != nil && (v.Unchanged || e.Expires == "" && len(v.Facts.Fields) > 0) {
			e.Expires = j.server.expires(v.ID, newest.Modified, known[i].Expires)
		}
		if v.Unchanged || known[i].same(v) {
			doc.Versions = retold(known[i].Newest, v)
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
			return r.failedAs(j, v.ID, true, targets[i:], known[i:], err)
		} else if err != nil {
			r.lose(t, err)
			continue
		}
		if t.saved(known[i], suspect); e.Outcome != Saved && r.plan.Keep != nil {
			r.plan.Keep(j.server.Source.Source, v)
		}
		e.Outcome, e.Suspect, e.Bytes = Saved, suspect, size(v)
		e.Flaw = cmp.Or(e.Flaw, known[i].newFlaw(v))
		e.New = e.New || suspect != "" && (known[i].Newest == nil || known[i].Newest.Suspect != suspect)
	}
	return e
}

// last is the last look at a document, in whichever repository.
func (s *server) last(id string, known []*prior) (b Before) {
	for _, p := range known {
		if p.Checked.Before(b.Checked) || p.Newest == nil {
			continue
		}
		b = Before{p.Checked, s.expires(id, p.Newest.Modified, p.Newest.Facts.Expires)}
	}
	return b
}

// retold is what a look tells anew of a version that is the same: a new
// validator, and that it is not public if the look needed more. A look that
// needed less says nothing of what the version shows.
func retold(newest *version, v *sources.Version) []manifest.DocumentVersion {
	if newest == nil {
		return nil
	}
	told := manifest.DocumentVersion{Name: newest.Name}
	if v.Validator != "" && v.Validator != newest.Validator {
		told.Validator = &v.Validator
	}
	if newest.Public && !v.Public {
		told.Public = &v.Public
	}
	if told.Validator == nil && told.Public == nil {
		return nil
	}
	return []manifest.DocumentVersion{told}
}

func size(v *sources.Version) (n int64) {
	for _, f := range v.Files {
		n += f.Size
	}
	return n
}

// lacking are the forms that sources did not give.
func (r *run) lacking() (all []Lack) {
	for _, s := range r.servers {
		for _, format := range slices.Sorted(maps.Keys(s.lacking)) {
			all = append(all, Lack{s.Source, format, s.lacking[format]})
		}
	}
	return all
}

// finish counts a document and calls Observe.
func (r *run) finish(j *job, e Event) {
	r.mu.Lock()
	r.report.Outcomes[e.Outcome]++
	if e.Outcome != Resumed {
		j.server.rest.Looked++
	}
	if e.Suspect != "" {
		r.report.Suspect++
	}
	if e.New {
		r.report.New++
	}
	for _, format := range e.Lacking {
		if j.server.lacking == nil {
			j.server.lacking = make(map[string]int)
		}
		j.server.lacking[format]++
	}
	r.mu.Unlock()
	if r.plan.Observe != nil {
		r.plan.Observe(e)
	}
}
