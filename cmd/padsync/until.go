package main

import (
	"cmp"
	"context"
	"time"

	"github.com/padsync/padsync/backup"
)

// left is what a backup left for the next ones, as its time was over.
type left struct {
	Documents int    `json:"documents"`
	Runs      int    `json:"runs"` // more of them like this one, until all were looked at; 0: not known
	Seen      string `json:"seen"` // when that will be, "" if that is not known

	away map[string]int // documents of servers outside of their hours
}

// leftOf sums up, and tells how it will go on if runs come as the last two did.
func leftOf(ctx context.Context, begin time.Time, plan *backup.Plan, r *backup.Report) left {
	l := left{away: make(map[string]int)}
	known := true
	for _, rest := range r.Left {
		l.Documents += rest.Documents
		if !rest.Source.Until.After(begin) {
			l.away[cmp.Or(rest.Source.Name, rest.Source.URL)] += rest.Documents
			continue
		}
		known = known && rest.Runs() > 0
		l.Runs = max(l.Runs, rest.Runs())
	}
	if !known {
		l.Runs = 0
	}
	if l.Runs > 0 {
		l.Seen = seen(ctx, plan, begin, l.Runs)
	}
	return l
}

// seen is when so many more runs have been made, if they come as the last two
// did; "" without two of them.
func seen(ctx context.Context, plan *backup.Plan, begin time.Time, more int) string {
	runs, err := plan.Repositories[0].Runs(ctx)
	n := len(runs)
	if err != nil || n < 2 {
		return ""
	}
	every := runs[n-1].Started.Sub(runs[n-2].Started.Time)
	return stamp(begin.Add(time.Duration(more) * every))
}

// say tells what is left.
func (l left) say(say func(id string, data ...any)) {
	late := l.Documents
	for source, n := range l.away {
		say("summary-away", "Count", n, "Source", source)
		late -= n
	}
	if late == 0 {
		return
	}
	say("summary-left", "Count", late)
	if l.Runs > 0 {
		say("summary-runs", "Count", l.Runs)
	}
	if seen, err := time.Parse(time.RFC3339, l.Seen); err == nil {
		say("summary-seen", "When", seen.Local().Format("2006-01-02 15:04"))
	}
}
