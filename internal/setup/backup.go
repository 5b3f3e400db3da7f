package setup

import (
	"context"
	"errors"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/machine"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// ErrOtherRunner says that this machine's runner identity is not the one that
// wrote what it has to read.
var ErrOtherRunner = errors.New("this machine's runner identity is not the one it had before")

// A Writing is how repositories are written into.
type Writing struct {
	Keys repository.Options // who can read what is written: Sealing
	Warn Warner             // may be nil
	Anew bool               // one may be made in place of one that this machine knows

	// Of a backup: what the catalogue says, and learns; who waits for its end;
	// whether somebody named its documents for this once; and the sources that
	// could not be asked what they hold. All may be zero.
	Known    *Known
	Turn     *machine.Turn
	Named    bool
	Unlisted []backup.Unlisted
}

// BackUp carries a plan out, into all repositories that can be opened, and
// reports on all. It calls start, if not nil, before the first document. A
// repository that cannot be reached costs only itself; one that would be
// written wrongly costs the run.
func (s *Settings) BackUp(ctx context.Context, plan *backup.Plan, w Writing, start func()) (*backup.Report, error) {
	lost, err := s.openAll(ctx, plan, w)
	if err != nil {
		return nil, err
	}
	if len(plan.Repositories) == 0 {
		report := &backup.Report{Repositories: lost, Outcomes: make(map[backup.Outcome]int)}
		w.Known.learn(ctx, plan, report, w)
		return report, nil
	}
	if start != nil {
		start()
	}
	own := s.Machine.Runs()
	defer own.Close()
	plan.Machine, plan.Observe = own, w.observing(plan)
	report, err := backup.Run(ctx, *plan)
	if err != nil {
		w.Known.learn(ctx, plan, nil, w)
	}
	if in, ok := errors.AsType[*backup.RepositoryError](err); ok {
		err = message.In(in.Err, "repository", "Repository", in.Name)
	}
	switch {
	case errors.Is(err, repository.ErrRecipients), errors.Is(err, manifest.ErrUnsupported):
		return nil, message.Classed(message.Usage, err)
	case err != nil:
		return nil, otherRunner(err)
	}
	for i, repo := range report.Repositories {
		if repo.Sequence > 0 {
			s.Machine.KeepLists(plan.Repositories[i].ID(), repo.Sequence, repo.Seen)
		}
	}
	report.Repositories = append(report.Repositories, lost...)
	w.Known.learn(ctx, plan, report, w)
	return report, nil
}

// observing also tells the catalogue and those who wait what becomes of the
// plan's documents.
func (w Writing) observing(plan *backup.Plan) func(backup.Event) {
	before := plan.Observe
	if w.Turn != nil {
		w.Turn.Begin(len(plan.Documents))
	}
	return func(e backup.Event) {
		w.Known.observe(e)
		if w.Turn != nil {
			w.Turn.Step(string(e.Outcome))
		}
		if before != nil {
			before(e)
		}
	}
}

// otherRunner marks the error that nothing written earlier can be read.
func otherRunner(err error) error {
	if errors.Is(err, repository.ErrNoIdentity) {
		return &message.Error{Class: message.Failed, Cause: err, Mark: ErrOtherRunner}
	}
	return err
}

// openAll opens the repositories and adds them to the plan. One that cannot be
// reached is given back as lost.
func (s *Settings) openAll(ctx context.Context, p *backup.Plan, w Writing) (lost []backup.RepositoryReport, err error) {
	for _, place := range s.Repositories {
		repo, err := s.OpenOrCreate(ctx, place, w.Keys, p.Pool, w.Warn, w.Anew)
		switch {
		case errors.Is(err, ErrPlain):
			return nil, err
		case errors.Is(err, repository.ErrSealed), errors.Is(err, repository.ErrPlain), errors.Is(err, manifest.ErrUnsupported):
			return nil, Unwritten(place, err)
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			lost = append(lost, backup.RepositoryReport{Name: place.Shown, Err: err})
			continue
		}
		p.Repositories = append(p.Repositories, backup.Repository{Name: place.Shown, Repository: repo, Last: s.Machine.Lists(repo.ID()).Sequence})
	}
	return lost, nil
}

// OpenKnown opens the repositories for reading and adds them to the plan, for
// backup.EstimateRun. If one is not made yet, nothing is in all of them. Warn may
// be nil.
func (s *Settings) OpenKnown(ctx context.Context, p *backup.Plan, warn Warner) error {
	for _, place := range s.Repositories {
		repo, err := s.OpenToRead(ctx, place, p.Pool, warn)
		if errors.Is(err, repository.ErrNone) && !errors.Is(err, ErrAway) {
			p.Repositories = nil
			return nil
		}
		if err != nil {
			return err
		}
		p.Repositories = append(p.Repositories, backup.Repository{Name: place.Shown, Repository: repo})
	}
	return nil
}
