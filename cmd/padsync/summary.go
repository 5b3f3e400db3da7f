package main

import (
	"errors"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/sources"
)

// counts are documents by what a run found.
type counts struct {
	Saved     int `json:"saved"`
	Unchanged int `json:"unchanged"`
	Missing   int `json:"missing"`
	Failed    int `json:"failed"`
	Suspect   int `json:"suspect"` // of those saved
}

func countsOf(r *backup.Report) counts {
	return counts{
		Saved: r.Outcomes[backup.Saved], Unchanged: r.Outcomes[backup.Unchanged], Missing: r.Outcomes[backup.Missing],
		Failed: r.Outcomes[backup.Failed] + r.Outcomes[backup.Unaskable], Suspect: r.Suspect,
	}
}

func (c counts) text(a *app) string {
	return a.words.Tally("count-saved", c.Saved, "count-unchanged", c.Unchanged, "count-missing", c.Missing, "count-failed", c.Failed)
}

// summarized is what backup --json tells.
type summarized struct {
	Run       string `json:"run"`
	Documents counts `json:"documents"`
	Expiring  int    `json:"expiring"` // documents that may soon be deleted
	Standing  struct {
		Missing   int `json:"missing"`
		Suspect   int `json:"suspect"`
		Expiring  int `json:"expiring"`
		Unaskable int `json:"unaskable"`
	} `json:"standing"` // documents that were so at the last look already
	Bytes struct {
		Fetched int64 `json:"fetched"`
		Stored  int64 `json:"stored"`
	} `json:"bytes"`
	Requests     int64              `json:"requests"`
	Left         left               `json:"left"`
	Lacking      []lack             `json:"lacking"`
	Barred       []barredServer     `json:"barred"`
	Repositories []summarizedTarget `json:"repositories"`
}

// A lack is a form that was asked for, and that a server does not give.
type lack struct {
	Source    string `json:"source"`
	Format    string `json:"format"`
	Documents int    `json:"documents"` // that it was asked for
}

// A barredServer is one of which documents could not be looked at for a reason
// that is about the whole server.
type barredServer struct {
	Source    string `json:"source"`
	Documents int    `json:"documents"`
	Reason    string `json:"reason"` // a word of package sources, or "no-answer"
	Host      string `json:"host"`   // where it leads, "" if nowhere else
}

type summarizedTarget struct {
	Repository string `json:"repository"`
	Manifest   string `json:"manifest"`
	Packs      int    `json:"packs"`
	Error      string `json:"error"`
	New        bool   `json:"new"`        // made by this run
	Resealed   int    `json:"resealed"`   // documents, with a former identity
	Unreadable int    `json:"unreadable"` // documents that only former recipients can read
}

func (p *progress) summarize(r *backup.Report, client *polite.Client, rest left) summarized {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := summarized{
		Run: r.Run, Expiring: p.all.expiring, Requests: client.Requests(), Left: rest, Lacking: []lack{}, Barred: []barredServer{}, Repositories: []summarizedTarget{},
		Documents: countsOf(r),
	}
	s.Standing.Missing = p.all.missing - p.told.missing
	s.Standing.Suspect = p.all.suspect - p.told.suspect
	s.Standing.Expiring = p.all.expiring - p.told.expiring
	s.Standing.Unaskable = p.all.unaskable - p.told.unaskable
	s.Bytes.Fetched = client.Received()
	for _, l := range r.Lacking {
		s.Lacking = append(s.Lacking, lack{l.Source.URL, l.Format, l.Documents})
	}
	for _, b := range p.barred {
		barred := barredServer{Source: b.source.URL, Documents: b.documents, Reason: "no-answer"}
		if barrier, ok := errors.AsType[*sources.Barrier](b.err); ok {
			barred.Reason, barred.Host = string(barrier.Kind), barrier.Host
		}
		s.Barred = append(s.Barred, barred)
	}
	for _, repo := range r.Repositories {
		s.Bytes.Stored += repo.Stored
		t := summarizedTarget{Repository: repo.Name, Manifest: repo.Manifest, Packs: repo.Packs, New: repo.New, Resealed: repo.Resealed, Unreadable: repo.Unreadable}
		if repo.Err != nil {
			t.Error = repo.Err.Error()
		}
		s.Repositories = append(s.Repositories, t)
	}
	return s
}

// barriers are the errors about servers before which something stands.
func (p *progress) barriers() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []error
	for _, b := range p.barred {
		if barrier, ok := errors.AsType[*sources.Barrier](b.err); ok {
			all = append(all, barrier)
		}
	}
	return errors.Join(all...)
}

// summary says what is safe now, and what is not. With --quiet, only that.
func (p *progress) summary(r *backup.Report, rest left) {
	p.mu.Lock()
	defer p.mu.Unlock()
	warn := func(id string, data ...any) { p.line(p.app.text(id, data...)) }
	say := warn
	if p.app.quiet {
		say = func(string, ...any) {}
	}
	if r.Run != "" && !p.app.quiet {
		p.line(countsOf(r).text(p.app))
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
	for _, b := range p.barred {
		if b.documents > 1 {
			warn("summary-barred", "Count", b.documents, "Source", b.source.URL, "Reason", p.app.words.Error(b.err))
		}
	}
	if n := p.all.missing; n > 0 {
		say("summary-missing", "Count", n)
	}
	if n := p.all.unaskable; n > 0 {
		say("summary-unaskable", "Count", n)
	}
	if n := p.all.expiring; n > 0 {
		say("summary-expiring", "Count", n)
	}
	if n := p.told.suspect - p.told.compacted; n > 0 {
		warn("summary-suspect", "Count", n)
		warn("summary-suspect-next")
	}
	if n := p.told.compacted; n > 0 {
		warn("summary-compacted", "Count", n)
	}
	if n := p.all.suspect - p.told.suspect; n > 0 {
		say("summary-still-suspect", "Count", n)
	}
	for _, l := range r.Lacking {
		say("summary-lacking", "Count", l.Documents, "Source", l.Source.URL, "Format", l.Format)
	}
	rest.say(say)
	for _, repo := range r.Repositories {
		p.repository(repo, say, warn)
	}
	if p.app.verbose && p.client != nil {
		say("summary-requests", "Count", p.client.Requests(), "Received", p.app.words.Size(p.client.Received()))
	}
}

// repository says what is particular about a repository: it stands in the last
// lines, as none of it may be overlooked.
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
	switch { // --quiet does not hide that nothing from before is in it, or that all can read it
	case repo.New && repo.Sealed:
		warn("summary-new", "Repository", repo.Name)
	case repo.New:
		warn("summary-new-plain", "Repository", repo.Name)
		warn("summary-new-plain-next")
	}
}
