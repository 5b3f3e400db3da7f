package web

import (
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/manifest"
)

// A verdict is how a document stands, in one word: the same on every page.
type verdict string

// The verdicts, worst first.
const (
	failing   verdict = "failing"
	never     verdict = "never"
	suspect   verdict = "suspect"
	gone      verdict = "gone"
	expiring  verdict = "expiring"
	safe      verdict = "safe"
	unchosen  verdict = "new"
	elsewhere verdict = "elsewhere"
	aside     verdict = "ignored"
)

var verdicts = []verdict{failing, never, suspect, gone, expiring, safe, unchosen, elsewhere, aside}

// soon is from when on a page says that a document expires.
const soon = 15 * 24 * time.Hour

// A row is a document in a list.
type row struct {
	Hash, Name, URL, Service string
	Tags                     []string
	Choice                   string
	Verdict                  verdict
	Days                     int       // until it expires, or since it fails
	Since                    time.Time // when it began to fail
	Suspicion                string
	State                    catalog.State
}

// asks says that somebody should look at it.
func (r *row) asks() bool { return slices.Index(verdicts, r.Verdict) < slices.Index(verdicts, safe) }

// failures are since when what failed in a run fails, by its address.
func failures(run *catalog.Run) map[string]time.Time {
	since := make(map[string]time.Time)
	if run != nil {
		for _, f := range run.Failures {
			if f.Kind != "repository" {
				since[f.Subject] = f.Since
			}
		}
	}
	return since
}

// rows are all documents that are there for a person.
func (p *page) rows(d *setup.Documents, last *catalog.Run) []row {
	since := failures(last)
	var all []row
	for i := range d.All {
		if one := &d.All[i]; !d.Gone(one) {
			all = append(all, p.row(d, one, since))
		}
	}
	return all
}

func (p *page) row(d *setup.Documents, one *catalog.Document, since map[string]time.Time) row {
	from := setup.SourceOf(one.Key)
	r := row{
		Hash: d.Names.Short(from, one.ID), Name: d.Called(one), URL: p.Setup.Kinds.URL(from, one.ID), Service: service(one.Base),
		Tags: one.Tags, Choice: d.Choice(one), State: d.State(one),
	}
	if r.Name == "" {
		r.Name = one.ID
	}
	now := p.Now()
	failed, fails := since[r.URL]
	if !fails {
		failed, fails = since[one.Base]
	}
	expires, dated := time.ParseInLocation(time.DateOnly, r.State.Expires, time.Local)
	switch {
	case r.Choice == string(catalog.Ignored):
		r.Verdict = aside
	case r.Choice == setup.Elsewhere:
		r.Verdict = elsewhere
	case r.Choice == setup.New:
		r.Verdict = unchosen
	case r.State.State == string(manifest.Missing):
		r.Verdict = gone
	case fails:
		r.Verdict, r.Since, r.Days = failing, failed, days(now.Sub(failed))
	case r.State.Versions == 0:
		r.Verdict = never
	case r.State.Suspect != "":
		r.Verdict, r.Suspicion = suspect, p.Words.Suspicion(r.State.Suspect)
	case dated == nil && expires.Sub(now) < soon:
		r.Verdict, r.Days = expiring, max(days(expires.Sub(now)), 0)
	default:
		r.Verdict = safe
	}
	return r
}

func days(d time.Duration) int { return int((d + 12*time.Hour) / (24 * time.Hour)) }

// service is what people call a server: its host, and where it is below that.
func service(base string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(base, "https://"), "http://"), "/")
}
