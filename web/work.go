package web

import (
	"net/http"
	"os"
	"time"
)

// A work is what is at work while a page shows something else: a job of this page,
// or a run that another program began.
type work struct {
	Text      string
	Link      string // of the job, "" for another program's run
	Done, All int
}

// work is what is at work, nil if nothing is. Where several jobs are, it is the one
// that works: the others wait for it.
func (p *page) work() *work {
	settings, err := p.settings()
	if err != nil {
		return nil // the page itself says so
	}
	at, is := settings.AtWork(p.Now())
	running := p.jobs.running()
	for _, j := range running {
		if b, ok := j.Account.(*backingUp); ok && is && at.Process == os.Getpid() {
			if s := b.watch.Now(); s.All > 0 {
				return &work{Text: p.Words.Text("web-work-here", "Done", p.number(s.Done), "All", p.number(s.All)), Link: "/jobs/" + j.ID, Done: s.Done, All: s.All}
			}
		}
	}
	if is && at.Process != os.Getpid() {
		return &work{Text: p.otherRun(at.Done, at.Documents, at.Started), Done: at.Done, All: at.Documents}
	}
	if len(running) > 0 {
		return &work{Text: p.Words.Text("web-work-job", "Job", p.Words.Text(running[0].Word)), Link: "/jobs/" + running[0].ID}
	}
	return nil
}

// otherRun says how a run goes that another program began.
func (p *page) otherRun(done, all int, started time.Time) string {
	if all == 0 {
		return p.Words.Text("web-work-other-begins", "Time", p.moment(started))
	}
	return p.Words.Text("web-work-other", "Time", p.moment(started), "Done", p.number(done), "All", p.number(all))
}

// working is the part of a page that says what is at work, for pages that ask.
func (p *page) working(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, http.StatusOK, "work", view{Title: p.Words.Text("web-runs"), Section: "runs"})
}
