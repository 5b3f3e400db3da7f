// Package backup is the pipeline from sources to repositories: each document
// is looked at once, and what is new is saved to every repository.
package backup

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/padsync/padsync/internal/grace"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources"
)

// A Plan says what to back up, and where to.
type Plan struct {
	Sources      []*Source  // in any order; two of one server count as the first
	Documents    []Document // likewise; the same one may be named twice
	Repositories []Repository
	Pool         *spool.Pool

	Program, Host    string // written into manifests
	Machine          Machine
	ChangeRecipients bool

	// FormerLost says that the identities of former recipients are gone, so
	// that runs no longer report what only they open.
	FormerLost bool

	// Ignored, if not nil, says of a document that a source lists, or that a
	// repository knows of it, that it is not to be looked at.
	Ignored func(s manifest.Source, id string) bool

	// Keep is called, if not nil, with each version that a repository took, while
	// its files can be read. It may be called concurrently.
	Keep func(manifest.Source, *sources.Version)

	// Observe is called, if not nil, with each document when it is done. It may
	// be called concurrently.
	Observe func(Event)
}

// A Machine knows which of its own runs go on. Nil knows of none.
type Machine interface {
	// Begun takes the name of this run, before its first look.
	Begun(run string)

	// Gone reports whether the run of that name, which may be another
	// machine's, has certainly ended.
	Gone(run string) bool
}

// A Source is a server and its client.
type Source struct {
	manifest.Source
	Client   sources.Source
	Parallel int // documents fetched at once; 0: 4, as many as a server gets requests

	// All says that all documents that the source lists are meant: see
	// Plan.List. The Client is a sources.Lister then.
	All bool

	// Until ends the looks at its documents: those that are left are the ones
	// that were looked at most recently. Zero: as long as it takes.
	Until time.Time

	emptied bool // it listed nothing
}

// expires is the day from which the source may delete a document that was last
// modified then, as it said when it was fetched, or as is known by now.
func (s *Source) expires(id string, modified time.Time, told string) string {
	if e, ok := s.Client.(sources.Expirer); ok {
		return e.Expires(id, modified)
	}
	return told
}

func (s *Source) parallel() int { return cmp.Or(s.Parallel, 4) }

// working is how many documents are in work at once: as many are being saved as
// are being fetched, so that the server need not wait. With one at a time, each
// is saved before the next is fetched.
func (s *Source) working() int {
	if s.parallel() == 1 {
		return 1
	}
	return 2 * s.parallel()
}

// A Document is one to look at.
type Document struct {
	Source *Source // one of the plan's
	ID     string  // its own id, as far as that is known

	// Locator is what Fetch takes, if that is not the id: then the id is a
	// guess until the source has answered.
	Locator string

	// Line says where the user named it, for messages; 0 for nowhere.
	Line int
}

// A Repository is where to save, and how messages name it.
type Repository struct {
	Name string
	*repository.Repository
	Last int64 // the highest sequence that this machine remembers
}

// An Outcome is what became of one document.
type Outcome string

const (
	Saved     Outcome = "saved"     // a new version was saved
	Unchanged Outcome = "unchanged" // the last version is still what it holds
	Missing   Outcome = "missing"   // its source no longer has it; its versions stay
	Failed    Outcome = "failed"    // it could not be looked at
	Unaskable Outcome = "unaskable" // its source lists it, but no request can ask for it
	Resumed   Outcome = "resumed"   // an interrupted run has looked at it
)

// An Event says that a document is done.
type Event struct {
	Document Document // as the plan names it
	ID       string   // its own id
	Outcome  Outcome
	Suspect  string   // why what was saved may be a loss
	Standing string   // why its newest version, which was there before, may be a loss
	Flaw     string   // what of it cannot be shown, and could be before: words with a + between them
	New      bool     // missing, suspect or unaskable, and was not so at the last look
	Expires  string   // the day from which its source may delete it, if that is known
	Before   Before   // the last look
	Lacking  []string // forms that its source does not give
	Bytes    int64    // of the files that were saved
	Err      error    // why it failed
}

// Before is what the last look at a document found, zero without one.
type Before struct {
	Checked time.Time
	Expires string
}

// A Report says what a run did.
type Report struct {
	Run          string
	Outcomes     map[Outcome]int
	Suspect      int // of those saved
	New          int // newly missing, suspect or unaskable
	Interrupted  bool
	Broken       error  // what ended the run and is not the fault of a document or a repository
	Left         []Rest // of sources whose time was over, in the order of manifests
	Lacking      []Lack // likewise
	Repositories []RepositoryReport
}

// A Lack is a form that was asked for, and that a server does not give.
type Lack struct {
	Source    *Source
	Format    string
	Documents int // that it was asked for
}

// A RepositoryReport says what a run stored in one repository.
type RepositoryReport struct {
	Name     string
	New      bool // it was made for this run
	Sealed   bool
	Sequence int64
	Seen     []string // ids of manifests that the machine is to remember
	repository.RunStats

	// Of documents that none of the recipients could read: how many were sealed
	// anew with a former identity, and how many are left, among all that the
	// repository holds. What restore gives of those is sealed to others.
	Resealed, Unreadable int

	Unasked int // of Unreadable, those that the run did not ask a server for

	Err error // why the run failed there
}

// Run backs up. Its error is for what keeps it from beginning; what happens
// to documents and to single repositories is in the Report. If ctx ends, what
// is done is committed as an incomplete run, which the next one takes up.
func Run(ctx context.Context, p Plan) (*Report, error) {
	store, cancel := grace.Period(ctx, time.Minute) // what is done can still be stored
	defer cancel()
	r := &run{plan: p, begun: time.Now(), report: Report{Outcomes: map[Outcome]int{}}, done: map[key]bool{}}
	defer r.close()
	c := contexts{ctx, store}
	if err := r.begin(c); err != nil {
		return nil, err
	}
	r.work(c)
	r.end(c)
	return &r.report, nil
}

// A RepositoryError is what keeps a run from beginning in one repository, and so
// in all of them.
type RepositoryError struct {
	Name string // the repository's
	Err  error
}

// Error implements error.
func (e *RepositoryError) Error() string { return e.Name + ": " + e.Err.Error() }

// Unwrap gives what is wrong.
func (e *RepositoryError) Unwrap() error { return e.Err }

// contexts are those of a run: looks end with look, and what they found is still
// stored for a while, until store ends.
type contexts struct{ look, store context.Context }

// A run is one execution of a Plan.
type run struct {
	plan    Plan
	targets []*target
	servers []*server
	jobs    []job
	begun   time.Time
	allGone context.CancelFunc

	mu     sync.Mutex   // guards what follows
	report Report       // Broken is set when the run is to end
	done   map[key]bool // documents that were found under another id or by a locator, and may be named again
}

// A key is a document's identity in a run.
type key struct {
	server *server
	id     string
}

// A target is a repository in a run.
type target struct {
	Repository
	contents *repository.Contents
	run      *repository.Run
	priors   *priors

	resealed int

	mu    sync.Mutex // guards what follows
	err   error
	left  int // documents that none of the recipients can read
	asked int // of those, that a server was asked for
}

func (t *target) failed() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

func (t *target) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = err
	}
}

// begin reads the repositories and begins a run in each. A repository that
// cannot be read costs only itself; one that would be written wrongly costs the
// whole run.
func (r *run) begin(c contexts) error {
	if err := r.read(c.look); err != nil {
		return err
	}
	for _, t := range r.live() {
		err := r.reseal(c.look, t)
		if err == nil {
			err = r.open(c, t)
		}
		if err := t.try(err); err != nil {
			return err
		}
	}
	return c.look.Err()
}

// read reads the repositories and arranges what is to be done.
func (r *run) read(ctx context.Context) error {
	r.servers = arrange(r.plan.Sources)
	for _, repo := range r.plan.Repositories {
		t := &target{Repository: repo}
		r.targets = append(r.targets, t)
		var err error
		if t.contents, err = t.Read(ctx, repository.At{}); err == nil && r.all() {
			err = r.addKnown(t.contents)
		}
		if err := t.try(err); err != nil {
			return err
		}
	}
	r.arrangeDocuments()
	return ctx.Err()
}

// try gives an error back if it concerns the whole run.
func (t *target) try(err error) error {
	if refused(err) {
		return &RepositoryError{t.Name, err}
	}
	if err != nil {
		t.fail(err)
	}
	return nil
}

func refused(err error) bool {
	return errors.Is(err, repository.ErrRecipients) || errors.Is(err, repository.ErrNoIdentity) ||
		errors.Is(err, manifest.ErrUnsupported) || errors.Is(err, spool.ErrFolder)
}

func (r *run) open(c contexts, t *target) (err error) {
	t.run, err = t.Begin(c.store, t.contents, repository.RunOptions{
		Run: r.report.Run, Program: r.plan.Program, Host: r.plan.Host, Sources: r.asManifest(),
		Last: t.Last, Resumes: r.interrupted(t.contents), ChangeRecipients: r.plan.ChangeRecipients, FormerLost: r.plan.FormerLost,
	})
	if err != nil {
		return err
	}
	if r.report.Run == "" && r.plan.Machine != nil {
		r.plan.Machine.Begun(t.run.Name())
	}
	r.report.Run = t.run.Name()
	t.priors, err = readPriors(t, r)
	return err
}

// interrupted are the runs that this one takes up.
func (r *run) interrupted(c *repository.Contents) []string {
	gone := func(run string) bool { return r.plan.Machine != nil && r.plan.Machine.Gone(run) }
	return c.Interrupted(r.asManifest(), gone)
}

// asManifest are the sources as manifests name them.
func (r *run) asManifest() []manifest.Source {
	all := make([]manifest.Source, len(r.servers))
	for i, s := range r.servers {
		all[i] = s.Source.Source
	}
	return all
}

// live are the repositories that have not failed.
func (r *run) live() []*target {
	return slices.DeleteFunc(slices.Clone(r.targets), func(t *target) bool { return t.failed() != nil })
}

// work looks at all documents: at several of a server at once, and at all
// servers side by side.
func (r *run) work(c contexts) {
	c.look, r.allGone = context.WithCancel(c.look)
	defer r.allGone()
	if len(r.live()) == 0 {
		return
	}
	stop := r.commitNowAndThen(c)
	defer stop()
	r.longestAgo()
	var all errgroup.Group
	for s, jobs := range byServer(r.jobs) {
		all.Go(func() error {
			r.workServer(c, s, jobs)
			return nil
		})
	}
	all.Wait()
}

// workServer looks at the jobs of one server: first at those whose id is a
// guess, since their answers show which of the others are the same document.
func (r *run) workServer(c contexts, s *server, jobs []job) {
	ctx, cancel := s.limited(c.look)
	defer cancel()
	c.look = ctx
	guesses := slices.IndexFunc(jobs, func(j job) bool { return !j.guess() })
	if guesses < 0 {
		guesses = len(jobs)
	}
	fetching := semaphore.NewWeighted(int64(s.parallel()))
	for _, some := range [][]job{jobs[:guesses], jobs[guesses:]} {
		var g errgroup.Group
		next := make(chan *job)
		for range min(len(some), s.working()) {
			g.Go(func() error {
				for j := range next {
					r.look(c, fetching, j)
				}
				return nil
			})
		}
		for i := range some {
			if ctx.Err() != nil {
				r.leave(ctx, s, len(some)-i)
				break
			}
			next <- &some[i]
		}
		close(next)
		g.Wait()
	}
	r.conclude(ctx, s)
}

// commitNowAndThen commits on the way even while nothing comes in, such as
// during a long wait for a server.
func (r *run) commitNowAndThen(c contexts) (stop func()) {
	const often = 5 * time.Second
	done := make(chan struct{})
	var g errgroup.Group
	g.Go(func() error {
		ticker := time.NewTicker(often)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				r.commitIfDue(c)
			case <-done:
				return nil
			}
		}
	})
	return func() { close(done); g.Wait() }
}

func (r *run) commitIfDue(c contexts) {
	for _, t := range r.live() {
		if err := t.run.CommitIfDue(c.store); err != nil {
			r.lose(t, err)
		}
	}
}

// lose notes that a repository failed; without any left, there is nothing to
// do.
func (r *run) lose(t *target, err error) {
	t.fail(err)
	if !r.halts(err) && len(r.live()) == 0 {
		r.allGone()
	}
}

// halts ends the run for trouble of this machine that every document would
// meet: with the folder for temporary files.
func (r *run) halts(err error) bool {
	if !errors.Is(err, spool.ErrFolder) {
		return false
	}
	r.mu.Lock()
	r.report.Broken = cmp.Or(r.report.Broken, err)
	r.mu.Unlock()
	r.allGone()
	return true
}

// end commits in every repository and reports.
func (r *run) end(c contexts) {
	r.report.Interrupted = c.look.Err() != nil || r.report.Broken != nil
	r.report.Left, r.report.Lacking = r.left(), r.lacking()
	for _, t := range r.targets {
		report := RepositoryReport{Name: t.Name, New: t.New(), Sealed: t.Sealed(), Err: t.failed()}
		if report.Err == nil {
			report.Err = t.run.Commit(c.store, r.ending())
		}
		if report.Err == nil && !r.report.Interrupted {
			report.Err = t.run.Checkpoint(c.store)
		}
		if t.run != nil {
			report.Sequence, report.RunStats = t.run.Sequence(), t.run.Stats()
			report.Seen = t.run.Seen()
			report.Resealed, report.Unreadable, report.Unasked = t.resealed, t.left, max(0, t.left-t.asked)
		}
		r.report.Repositories = append(r.report.Repositories, report)
	}
}

// ending says how the run ended.
func (r *run) ending() manifest.Ending {
	switch {
	case r.report.Broken != nil:
		return manifest.ByError
	case r.report.Interrupted:
		return manifest.BySignal
	case len(r.report.Left) > 0:
		return manifest.ByLimit
	}
	return manifest.AtEnd
}

func (r *run) close() {
	for _, t := range r.targets {
		if t.run != nil {
			t.run.Discard()
		}
		t.priors.close()
		if t.contents != nil {
			t.contents.Close()
		}
	}
}
