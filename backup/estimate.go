package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/padsync/padsync/sources"
)

// An Estimate says what a run would do with one source.
type Estimate struct {
	*Source
	Documents int // that would be looked at
	Known     int // of them: a version is in every repository
	Unchanged int // of them: the source says so without a Fetch
}

// Fetches is how many documents the source would be asked for.
func (e Estimate) Fetches() int { return e.Documents - e.Unchanged }

// EstimateRun says what Run would do, and writes nothing. The plan's
// repositories need only be open for reading; without any, nothing is known.
func EstimateRun(ctx context.Context, p Plan) ([]Estimate, error) {
	r := &run{plan: p, report: Report{Outcomes: map[Outcome]int{}}, done: map[key]bool{}}
	defer r.close()
	if err := r.read(ctx); err != nil {
		return nil, err
	}
	for _, t := range r.live() {
		var err error
		if t.priors, err = readPriors(t, r); err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
	}
	estimates := make([]Estimate, len(r.servers))
	for i, s := range r.servers {
		estimates[i].Source = s.Source
	}
	for s, jobs := range byServer(r.jobs) {
		if err := r.estimate(ctx, jobs, &estimates[s.place]); err != nil {
			return nil, err
		}
	}
	return estimates, nil
}

// estimate asks a source that can compare whether each known document changed.
func (r *run) estimate(ctx context.Context, jobs []job, e *Estimate) error {
	comparer, canTell := e.Client.(sources.Comparer)
	targets := r.live()
	var unchanged atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(e.parallel())
	for i := range jobs {
		known, err := r.known(targets, func(t *target) (*prior, error) { return t.priors.of(&jobs[i]) })
		if err != nil {
			return errors.Join(err, g.Wait())
		}
		if resumed(known) {
			continue
		}
		e.Documents++
		if !everywhere(known) {
			continue
		}
		e.Known++
		if v := validator(known); canTell && v != "" {
			g.Go(func() error {
				// What cannot be compared now counts as changed.
				if same, err := comparer.Unchanged(ctx, jobs[i].locator(), v); err == nil && same {
					unchanged.Add(1)
				}
				return ctx.Err()
			})
		}
	}
	err := g.Wait()
	e.Unchanged = int(unchanged.Load())
	return err
}

// everywhere says whether every repository has a version.
func everywhere(known []*prior) bool {
	return len(known) > 0 && !slices.ContainsFunc(known, func(p *prior) bool { return p.Newest == nil })
}

// LeastTime is how long the source takes by the limit that such servers have on
// requests, 0 if there is none.
func (e Estimate) LeastTime() time.Duration {
	if limited, ok := e.Client.(interface {
		LimitTime(fetches int) time.Duration
	}); ok {
		return limited.LimitTime(e.Fetches())
	}
	return 0
}
