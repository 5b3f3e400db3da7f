package main

import (
	"errors"
	"maps"
	"slices"

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
	return counts{r.Outcomes[backup.Saved], r.Outcomes[backup.Unchanged], r.Outcomes[backup.Missing], r.Outcomes[backup.Failed], r.Suspect}
}

func (c counts) text(a *app) string {
	return a.tally("count-saved", c.Saved, "count-unchanged", c.Unchanged, "count-missing", c.Missing, "count-failed", c.Failed)
}

// summarized is what backup --json tells.
type summarized struct {
	Run       string `json:"run"`
	Documents counts `json:"documents"`
	Expiring  int    `json:"expiring"` // documents that may soon be deleted
	Bytes     struct {
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
}

func (p *progress) summarize(r *backup.Report, client *polite.Client, rest left) summarized {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := summarized{
		Run: r.Run, Expiring: p.expiring, Requests: client.Requests(), Left: rest, Lacking: []lack{}, Barred: []barredServer{}, Repositories: []summarizedTarget{},
		Documents: countsOf(r),
	}
	s.Bytes.Fetched = client.Received()
	for _, l := range r.Lacking {
		s.Lacking = append(s.Lacking, lack{p.sources[l.Source].URL, l.Format, l.Documents})
	}
	for _, at := range slices.Sorted(maps.Keys(p.barred)) {
		b := barredServer{Source: p.sources[at].URL, Documents: p.barred[at].documents, Reason: "no-answer"}
		if barrier, ok := errors.AsType[*sources.Barrier](p.barred[at].err); ok {
			b.Reason, b.Host = string(barrier.Kind), barrier.Host
		}
		s.Barred = append(s.Barred, b)
	}
	for _, repo := range r.Repositories {
		s.Bytes.Stored += repo.Stored
		t := summarizedTarget{Repository: repo.Name, Manifest: repo.Manifest, Packs: repo.Packs}
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

// summary says what is safe now, and what is not.
func (p *progress) summary(r *backup.Report, rest left) {
	p.mu.Lock()
	defer p.mu.Unlock()
	say := func(id string, data ...any) { p.line(p.app.text(id, data...)) }
	if r.Run != "" {
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
			say("summary-unsafe", "Repository", repo.Name)
		}
	}
	if n := r.Outcomes[backup.Failed]; n > 0 {
		say("summary-failed", "Count", n)
	}
	for _, at := range slices.Sorted(maps.Keys(p.barred)) {
		if b := p.barred[at]; b.documents > 1 {
			say("summary-barred", "Count", b.documents, "Source", p.sources[at].URL, "Reason", p.app.reason(b.err))
		}
	}
	if n := r.Outcomes[backup.Missing]; n > 0 {
		say("summary-missing", "Count", n)
	}
	if p.expiring > 0 {
		say("summary-expiring", "Count", p.expiring)
	}
	if r.Suspect > 0 {
		say("summary-suspect", "Count", r.Suspect)
		say("summary-suspect-next")
	}
	for _, l := range r.Lacking {
		say("summary-lacking", "Count", l.Documents, "Source", p.sources[l.Source].URL, "Format", l.Format)
	}
	rest.say(say)
}
