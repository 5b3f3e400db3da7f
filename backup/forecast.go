package backup

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/padsync/padsync/repository"
)

// A Forecast is what a run left for the next ones, as its time was over.
type Forecast struct {
	Documents int
	Runs      int            // more of them like this one, until all were looked at; 0: not known
	Seen      time.Time      // when that will be, if runs come as the last two did; zero: not known
	Away      map[string]int // documents of servers outside of their hours, by the servers' names
}

// Forecast sums up what the run left that began at this time.
func (r *Report) Forecast(ctx context.Context, p *Plan, begin time.Time) Forecast {
	f := Forecast{Away: make(map[string]int)}
	known := true
	for _, rest := range r.Left {
		f.Documents += rest.Documents
		if !rest.Source.Until.After(begin) {
			f.Away[cmp.Or(rest.Source.Name, rest.Source.URL)] += rest.Documents
			continue
		}
		known = known && rest.Runs() > 0
		f.Runs = max(f.Runs, rest.Runs())
	}
	if !known {
		f.Runs = 0
	}
	if f.Runs > 0 {
		f.Seen = p.seen(ctx, begin, f.Runs)
	}
	return f
}

// seen is when so many more runs have been made; zero without two of them. One
// without a look, such as to say something of documents, is none.
func (p *Plan) seen(ctx context.Context, begin time.Time, more int) time.Time {
	runs, err := p.Repositories[0].Runs(ctx)
	runs = slices.DeleteFunc(runs, func(r repository.RunRecord) bool { return len(r.Documents) == 0 })
	n := len(runs)
	if err != nil || n < 2 {
		return time.Time{}
	}
	every := runs[n-1].Started.Sub(runs[n-2].Started.Time)
	return begin.Add(time.Duration(more) * every)
}
