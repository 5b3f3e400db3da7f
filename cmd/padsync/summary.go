package main

import (
	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/jsonlines"
)

func (a *app) counts(c jsonlines.Counts) string {
	return a.words.Tally("count-saved", c.Saved, "count-unchanged", c.Unchanged, "count-missing", c.Missing, "count-failed", c.Failed)
}

// summary says what is safe now, and what is not. With --quiet, only that.
func (p *progress) summary(r *backup.Report, rest backup.Forecast) {
	p.mu.Lock()
	defer p.mu.Unlock()
	warn := func(id string, data ...any) { p.line(p.app.text(id, data...)) }
	say := warn
	if p.app.quiet {
		say = func(string, ...any) {}
	}
	if r.Run != "" && !p.app.quiet {
		p.line(p.app.counts(jsonlines.NewCounts(r)))
	}
	if n := r.Outcomes[backup.Resumed]; n > 0 {
		say("summary-resumed", "Count", n)
	}
	safe := r.Outcomes[backup.Saved] + r.Outcomes[backup.Unchanged] + r.Outcomes[backup.Resumed]
	for _, repo := range r.Repositories {
		if repo.Err == nil && safe > 0 {
			say("summary-safe", "Count", safe, "Repository", repo.Name)
		} else if repo.Err != nil {
			warn("summary-unsafe", "Repository", repo.Name)
		}
	}
	if n := r.Outcomes[backup.Failed]; n > 0 {
		warn("summary-failed", "Count", n)
	}
	for _, b := range p.tally.Barred {
		if b.Documents > 1 {
			warn("summary-barred", "Count", b.Documents, "Source", b.Source.URL, "Reason", p.app.words.Error(b.Err))
		}
	}
	if n := p.tally.All.Missing; n > 0 {
		say("summary-missing", "Count", n)
	}
	if n := p.tally.All.Unaskable; n > 0 {
		say("summary-unaskable", "Count", n)
	}
	if n := p.tally.All.Expiring; n > 0 {
		say("summary-expiring", "Count", n)
	}
	if n := p.tally.New.Suspect - p.tally.New.Compacted; n > 0 {
		warn("summary-suspect", "Count", n)
		warn("summary-suspect-next")
	}
	if n := p.tally.New.Compacted; n > 0 {
		warn("summary-compacted", "Count", n)
	}
	if n := p.tally.All.Suspect - p.tally.New.Suspect; n > 0 {
		say("summary-still-suspect", "Count", n)
	}
	for _, l := range r.Lacking {
		say("summary-lacking", "Count", l.Documents, "Source", l.Source.URL, "Format", l.Format)
	}
	sayLeft(rest, say)
	for _, repo := range r.Repositories {
		p.repository(repo, say, warn)
	}
	if p.app.verbose && p.client != nil {
		say("summary-requests", "Count", p.client.Requests(), "Received", p.app.words.Size(p.client.Received()))
	}
}

// repository says what is special about a repository, in the last lines, as
// none of it may be overlooked.
func (p *progress) repository(repo backup.RepositoryReport, say, warn func(string, ...any)) {
	if repo.Resealed > 0 {
		say("summary-resealed", "Count", repo.Resealed, "Repository", repo.Name)
	}
	if n := repo.Unreadable - repo.Unasked; n > 0 {
		warn("summary-unreadable", "Count", n, "Repository", repo.Name)
	}
	if n := repo.Unasked; n > 0 {
		warn("summary-unasked", "Count", n, "Repository", repo.Name)
		warn("summary-unasked-next")
	}
	if repo.Unreadable > 0 {
		warn("summary-unreadable-next")
	}
	switch { // --quiet does not hide that nothing from before is in it, or that everybody can read it
	case repo.New && repo.Sealed:
		warn("summary-new", "Repository", repo.Name)
	case repo.New:
		warn("summary-new-plain", "Repository", repo.Name)
		warn("summary-new-plain-next")
	}
}

// sayLeft says what is left for the next runs.
func sayLeft(f backup.Forecast, say func(id string, data ...any)) {
	late := f.Documents
	for source, n := range f.Away {
		say("summary-away", "Count", n, "Source", source)
		late -= n
	}
	if late == 0 {
		return
	}
	say("summary-left", "Count", late)
	if f.Runs > 0 {
		say("summary-runs", "Count", f.Runs)
	}
	if !f.Seen.IsZero() {
		say("summary-seen", "When", f.Seen)
	}
}
