package backup

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// A Rest is what a run left of a source, as its time was over.
type Rest struct {
	Source    *Source
	Documents int
	Looked    int // documents that were looked at
}

// Runs is after how many more runs like this one all documents have been looked
// at; 0 if that is not known.
func (r Rest) Runs() int {
	if r.Looked == 0 {
		return 0
	}
	return (r.Documents + r.Looked - 1) / r.Looked
}

// longestAgo finds out when each document was looked at, in the repository that
// knows least of it.
func (r *run) longestAgo() {
	for i := range r.jobs {
		j := &r.jobs[i]
		for n, t := range r.live() {
			at := t.priors.jobs[j.index]
			if n == 0 || at.checked < j.checked {
				j.checked = at.checked
			}
			j.resumed = at.resumed && (n == 0 || j.resumed)
			j.urgent = j.urgent || r.urgent(at)
		}
	}
}

// urgent reports whether a document's source may delete it before the next run,
// if that comes as long after this one as this one after the last look, or
// within two days. A document that its source should have deleted a week ago is
// not urgent: what is known of it is wrong.
func (r *run) urgent(at place) bool {
	const least, wrong = 48 * time.Hour, 7 * 24 * time.Hour
	if at.expires == 0 {
		return false
	}
	usual := max(r.begun.Sub(time.Unix(int64(at.checked), 0)), least)
	left := time.Unix(int64(at.expires), 0).Sub(r.begun)
	return left > -wrong && left < usual
}

// order puts guesses first, then those that need no look, then those that may be
// gone the next time, then those that were looked at longest ago: they are done
// if the time is not enough for all.
func order(a, b job) int {
	return cmp.Or(
		cmp.Compare(btoi(b.guess()), btoi(a.guess())), cmp.Compare(btoi(b.resumed), btoi(a.resumed)),
		cmp.Compare(btoi(b.urgent), btoi(a.urgent)), cmp.Compare(a.checked, b.checked),
	)
}

// limited gives the context in which a server's documents are looked at.
func (s *server) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if !s.Until.IsZero() {
		return context.WithDeadline(ctx, s.Until)
	}
	return context.WithCancel(ctx)
}

// leave counts documents that are not looked at because the time is over.
func (r *run) leave(ctx context.Context, s *server, n int) {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		r.mu.Lock()
		defer r.mu.Unlock()
		s.rest.Documents += n
	}
}

// left are the sources that have documents left.
func (r *run) left() (left []Rest) {
	for _, s := range r.servers {
		if s.rest.Documents > 0 {
			left = append(left, s.rest)
		}
	}
	return left
}
