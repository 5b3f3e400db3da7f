package polite

import (
	"slices"
	"time"
)

// A pace is how many requests at once a server works on: TCP Vegas' congestion
// avoidance. Of limit requests at once, limit × (1 − base/now) wait in the
// server's queue, if base is what an answer took when it was asked for alone,
// and now what it takes. With less than raiseBelow waiting, one more at once gains
// something; with more than lowerAbove, one less costs nothing.
//
// An Etherpad works in one thread, so that two requests at once keep it busy;
// only those far away answer four in the time of one. failsafe-go's limiter
// does the same for dozens of requests: below seven it never lowers.
type pace struct {
	limit, most int

	took   []time.Duration // answers since the last change
	filled bool            // the limit kept requests waiting meanwhile
	base   time.Duration
}

const (
	firstLimit = 2
	mostLimit  = 4

	raiseBelow = 0.75
	lowerAbove = 1.5

	// sample is how many answers are judged at once, by their median: pads
	// are of all sizes.
	sample = 10
)

func newPace(most int) pace { return pace{limit: min(firstLimit, most), most: most} }

// answered takes into account what an answer took; full says that the limit
// was reached.
func (p *pace) answered(took time.Duration, full bool) {
	p.took = append(p.took, max(took, 1))
	p.filled = p.filled || full
	if len(p.took) < sample {
		return
	}
	slices.Sort(p.took)
	now := p.took[sample/2]
	if p.base == 0 && p.limit > 1 {
		p.set(1) // to learn it
		return
	}
	if p.limit == 1 {
		p.base += p.base / 10 // the server may be slower for good
	}
	if p.base == 0 || p.base > now {
		p.base = now
	}
	waiting := float64(p.limit) * (1 - float64(p.base)/float64(now))
	switch {
	case waiting > lowerAbove:
		p.set(p.limit - 1)
	case waiting < raiseBelow && p.filled:
		p.set(p.limit + 1)
	default:
		p.set(p.limit)
	}
}

// lost halves the limit after a request that the server did nothing for.
func (p *pace) lost() { p.set(p.limit / 2) }

func (p *pace) set(limit int) {
	p.limit = min(max(limit, 1), p.most)
	p.took, p.filled = p.took[:0], false
}
