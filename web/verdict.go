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
	failing  verdict = "failing"
	never    verdict = "never"
	suspect  verdict = "suspect"
	gone     verdict = "gone"
	expiring verdict = "expiring"
	lapsed   verdict = "lapsed" // another computer saves it, and did not look for long
	safe     verdict = "safe"
	unchosen verdict = "new"
	aside    verdict = "ignored"
)

var verdicts = []verdict{failing, never, suspect, gone, expiring, lapsed, safe, unchosen, aside}

func (v verdict) rank() int { return slices.Index(verdicts, v) }

// states are the verdicts as one can choose among them.
var states = []option{
	{string(failing), "web-state-failing"},
	{string(never), "web-never"},
	{string(suspect), "web-suspect"},
	{string(gone), "web-gone"},
	{string(expiring), "web-state-expiring"},
	{string(lapsed), "web-state-lapsed"},
	{string(safe), "web-is-safe"},
	{string(unchosen), "web-new"},
	{string(aside), "web-ignored"},
}

// lost says that what is written now is in no copy.
func (v verdict) lost() bool { return v == failing || v == never }

const (
	soon = 15 * 24 * time.Hour // from when on a page says that a document expires
	long = 7 * 24 * time.Hour  // after which what nobody looked at is said
)

// A row is a document in a list.
type row struct {
	Hash, Name, URL, Service string
	Kind                     string // "pad" or "poll", "" for one that only a newer program knows
	Tags                     []string
	Choice                   string
	Configured               bool // the configuration names it: each backup looks at it, unless it is left aside
	Verdict                  verdict
	Days                     int       // until it expires, or since it fails or was not looked at
	Since                    time.Time // when it began to fail
	Suspicion                string    // in words; only where one language is meant
	State                    catalog.State

	key            catalog.Key
	dead           bool   // its server failed, and not it alone
	folded, sorted string // what is looked for in it, and what it is sorted by
}

// followed says that somebody counts on it: that this computer or another one saves it
// without being asked.
func (r *row) followed() bool {
	return r.Choice == string(catalog.Automatic) || r.Choice == setup.Elsewhere
}

// asks says that somebody should look at it.
func (r *row) asks() bool { return r.followed() && r.Verdict.rank() < safe.rank() }

// A fault is of a server or a document that a run could not have.
type fault struct {
	since, at time.Time // when it began, and the last run that had it
	server    bool
}

// failures are those of the newest runs, back to the last one that looked at
// everything, by address.
func failures(runs []catalog.Run) map[string]fault {
	all := make(map[string]fault)
	for i := range runs {
		run := &runs[i]
		for _, f := range run.Failures {
			if _, known := all[f.Subject]; !known && f.Kind != "repository" {
				all[f.Subject] = fault{f.Since, run.Started, f.Kind == "server"}
			}
		}
		if run.Ending == "" && !run.Named {
			break
		}
	}
	return all
}

// of is the failure of a document, if it fails. Whoever looked at it since, and could,
// ended that.
func (r *row) failure(all map[string]fault) (f fault, fails bool) {
	last := r.State.State == string(manifest.Failed)
	for _, subject := range []string{r.URL, r.key.Base} {
		if f, known := all[subject]; known && (last || !r.State.Checked.After(f.at)) {
			return f, true
		}
	}
	return fault{since: r.State.Checked}, last
}

// row is a document as a list has it, but for its words.
func (s *shared) row(d *setup.Documents, one *catalog.Document, all map[string]fault) row {
	from := setup.SourceOf(one.Key)
	r := row{
		Hash: d.Names.Short(from, one.ID), Name: d.Called(one), URL: s.Setup.Kinds.URL(from, one.ID), Service: service(one.Base),
		Tags: one.Tags, Choice: d.Choice(one), State: d.State(one), Configured: d.Configured(one), key: one.Key,
	}
	if r.Name == "" {
		r.Name = one.ID
	}
	if kind, ok := s.Setup.Kinds.Named(one.Kind); ok && kind.Documents.HasPast {
		r.Kind = "pad"
	} else if ok {
		r.Kind = "poll"
	}
	r.judge(s.Now(), all)
	return r
}

// judge gives the verdict.
func (r *row) judge(now time.Time, all map[string]fault) {
	f, fails := r.failure(all)
	expires, dated := time.ParseInLocation(time.DateOnly, r.State.Expires, time.Local)
	switch {
	case r.Choice == string(catalog.Ignored):
		r.Verdict = aside
	case r.Choice == setup.New:
		r.Verdict = unchosen
	case r.State.State == string(manifest.Missing):
		r.Verdict = gone
	case fails:
		r.Verdict, r.Since, r.Days, r.dead = failing, f.since, days(now.Sub(f.since)), f.server
	case r.State.Versions == 0:
		r.Verdict = never
	case r.State.Suspect != "":
		r.Verdict = suspect
	case dated == nil && expires.Sub(now) < soon:
		r.Verdict, r.Days = expiring, max(days(expires.Sub(now)), 0)
	case r.Choice == setup.Elsewhere && now.Sub(r.State.Checked) > long:
		r.Verdict, r.Days = lapsed, days(now.Sub(r.State.Checked))
	default:
		r.Verdict = safe
	}
}

// worded are rows with the words of this language.
func (p *page) worded(rows []row) []row {
	for i := range rows {
		rows[i].Suspicion = p.suspicion(rows[i].State.Suspect)
	}
	return rows
}

func days(d time.Duration) int { return int((d + 12*time.Hour) / (24 * time.Hour)) }

// service is what people call a server: its host, and where it is below that.
func service(base string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(base, "https://"), "http://"), "/")
}
