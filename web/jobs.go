package web

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A job is what takes longer than a page should: it has an address from its first
// moment on and outlives the page that began it.
type job struct {
	ID      string
	Word    string // the id of the words that say what it is
	Started time.Time
	Account account // what it shows of itself, nil for what all jobs do

	key string // of jobs that are the same, "" for one that is like no other

	cancel context.CancelFunc
	ended  chan struct{} // closed at its end

	mu       sync.Mutex // guards what follows
	progress progress
}

// A progress is how far a job is, and how it ended.
type progress struct {
	Done, All int      // All is 0 while it is not known
	Doing     string   // what it does at this moment, in words
	Lines     []string // what is worth reading of it, the newest last, mostLines at most
	Stopped   bool     // somebody stopped it
	Ended     time.Time
	Err       error
}

// An account is what a job of some kind tells of itself, in the language of whoever
// looks. It is safe for concurrent use.
type account interface {
	// tell gives the name of the page's template, its title, and its dot.
	tell(p *page, v *jobView) (template, title string, of any)
}

// mostLines is how many lines of a job are kept.
const mostLines = 200

// now is a copy of how far the job is.
func (j *job) now() progress {
	j.mu.Lock()
	defer j.mu.Unlock()
	p := j.progress
	p.Lines = slices.Clone(p.Lines)
	return p
}

// update changes how far the job is, as no page looks.
func (j *job) update(change func(*progress)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	change(&j.progress)
	j.progress.Lines = j.progress.Lines[max(len(j.progress.Lines)-mostLines, 0):]
}

// jobs are those that this process began. They are safe for concurrent use.
type jobs struct {
	clock func() time.Time

	mu     sync.Mutex
	all    []*job // the newest last
	closed bool
}

// mostJobs is how many jobs that have ended can still be looked at.
const mostJobs = 50

func newJobs(clock func() time.Time) *jobs { return &jobs{clock: clock} }

// begin begins a job that has the values of ctx, and ends it only at its own end,
// when somebody stops it or when the page closes.
func (a *jobs) begin(ctx context.Context, word string, do func(context.Context, *job) error) *job {
	j, _ := a.beginOnce(ctx, "", word, nil, do)
	return j
}

// beginOnce is begin, but that it gives the job with the same key that is at work, if
// there is one: who presses twice, in two windows too, joins it. It is told then.
func (a *jobs) beginOnce(ctx context.Context, key, word string, told account, do func(context.Context, *job) error) (j *job, joined bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if key != "" {
		for _, j := range a.all {
			if now := j.now(); j.key == key && now.Ended.IsZero() && !now.Stopped {
				return j, true
			}
		}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	j = &job{ID: rand.Text(), Word: word, Started: a.clock(), Account: told, key: key, cancel: cancel, ended: make(chan struct{})}
	if a.closed {
		cancel()
	}
	a.all = append(a.all, j)
	if at := slices.IndexFunc(a.all, func(j *job) bool { return !j.now().Ended.IsZero() }); at >= 0 && len(a.all) > mostJobs {
		a.all = slices.Delete(a.all, at, at+1)
	}
	go func() {
		defer close(j.ended)
		defer cancel()
		err := do(ctx, j)
		j.update(func(p *progress) {
			p.Ended, p.Err = a.clock(), err
			p.Stopped = p.Stopped && errors.Is(err, context.Canceled)
		})
	}()
	return j, false
}

// of is the job with an id, nil if there is none.
func (a *jobs) of(id string) *job {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, j := range a.all {
		if j.ID == id {
			return j
		}
	}
	return nil
}

// running are those at work, the newest last.
func (a *jobs) running() []*job {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(a.all), func(j *job) bool { return !j.now().Ended.IsZero() })
}

func (a *jobs) busy() bool { return len(a.running()) > 0 }

func (a *jobs) close() {
	a.mu.Lock()
	a.closed = true
	all := slices.Clone(a.all)
	a.mu.Unlock()
	for _, j := range all {
		j.cancel()
	}
	for _, j := range all {
		<-j.ended
	}
}

// A jobView is the page of a job.
type jobView struct {
	*job
	progress
	Failed string // what went wrong
	Do     []string
}

// Live is the address that the page asks for by itself.
func (v *jobView) Live() string { return live + "jobs/" + v.ID }

// Running reports whether the job is at work.
func (v *jobView) Running() bool { return v.Ended.IsZero() }

func (p *page) job(w http.ResponseWriter, r *http.Request) error {
	j := p.jobs.of(r.PathValue("id"))
	if j == nil {
		return errNotFound
	}
	v := jobView{job: j, progress: j.now()}
	if v.Err != nil && !v.Stopped {
		v.Failed, v.Do = p.Words.Error(v.Err), p.Words.Hints(v.Err)
	}
	template, title, of := "job", p.Words.Text(j.Word), any(&v)
	if j.Account != nil {
		template, title, of = j.Account.tell(p, &v)
	}
	return p.show(w, r, http.StatusOK, template, view{Title: title, Section: "job", Of: of})
}

func (p *page) stopJob(w http.ResponseWriter, r *http.Request) error {
	j := p.jobs.of(r.PathValue("id"))
	if j == nil {
		return errNotFound
	}
	j.update(func(p *progress) { p.Stopped = true })
	j.cancel()
	return p.done(w, r, "/jobs/"+j.ID, "web-said-stopped")
}
