package web

import (
	"context"
	"sync"
	"time"
)

// An idle knows when a person was last there. It is safe for concurrent use.
type idle struct {
	mu   sync.Mutex
	last time.Time
}

func newIdle() *idle { return &idle{last: time.Now()} }

// person notes a request of a person.
func (i *idle) person() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last = time.Now()
}

// since is how long nobody was there. While the computer sleeps, no time passes.
func (i *idle) since() time.Duration {
	i.mu.Lock()
	defer i.mu.Unlock()
	return time.Since(i.last)
}

// WaitIdle returns true once no person has asked for anything for so long and no job
// is at work: the end of one counts as a request, so that somebody may still see what
// came of it. What a page asks for by itself does not count, nor the time for which
// the computer sleeps. It returns false when ctx ends.
func (p *Page) WaitIdle(ctx context.Context, long time.Duration) bool {
	for {
		for _, j := range p.jobs.running() {
			select {
			case <-j.ended:
				p.idle.person()
			case <-ctx.Done():
				return false
			}
		}
		left := long - p.idle.since()
		if left <= 0 && !p.Busy() {
			return true
		}
		timer := time.NewTimer(max(left, time.Millisecond))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
	}
}
