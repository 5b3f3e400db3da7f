package polite

import (
	"fmt"
	"time"
)

const (
	// A server that did nothing for downTries tries is left alone: for
	// firstPause, then for twice as long each time, up to downPause. After
	// each pause one request looks whether it is back. Requests wait for it
	// as long as patience says, then they fail.
	downTries  = 6
	firstPause = 30 * time.Second
	downPause  = 5 * time.Minute

	// patience is more than an operator takes to update a server and start
	// its machine again.
	patience = 15 * time.Minute

	// downTime is how long a server that has never answered must have done
	// nothing before nobody waits for it. It is more than an Etherpad with a
	// large database takes to start again (40 s for 767 MB).
	downTime = 2 * time.Minute

	// Where connections are refused, the machine is there and its program is
	// not, so that the two are shorter: a service starts again within a minute
	// or two, and an update of its program takes a few.
	refusedPatience = 5 * time.Minute
	refusedTime     = time.Minute
)

// A breaker leaves alone a server that does nothing for its requests. The zero
// value is for a server that works.
type breaker struct {
	lost   int       // tries in vain since the last good answer
	since  time.Time // the first of them
	last   error     // of the last of them
	why    Why       // the same for people
	open   time.Time // no request before
	pauses int
	gaveUp bool // requests fail until open
}

// lose counts a try in vain. Enough of them, over at least the time least, open
// the breaker; so does a try that looked whether the server is back. The error
// says that patience is over.
func (b *breaker) lose(now time.Time, err error, why Why, least, patience time.Duration) error {
	if b.lost == 0 {
		b.since = now
	}
	b.lost++
	b.last, b.why = err, why
	took := now.Sub(b.since)
	switch {
	case b.pauses == 0 && (b.lost < downTries || took < least):
		return nil
	case now.Before(b.open): // the try began before that
		return nil
	case took < patience:
		b.open = now.Add(min(firstPause<<b.pauses, downPause, patience-took)) // the last look is when patience ends
		b.pauses++
		return nil
	}
	b.gaveUp, b.open, b.pauses = true, now.Add(downPause), b.pauses+1
	return b.err()
}

// waited: requests wait for the server, whatever number their try has.
func (b *breaker) waited(now time.Time) bool { return !b.gaveUp && now.Before(b.open) }

func (b *breaker) err() error {
	return unanswered{fmt.Errorf("%w, %d tries failed: %w", ErrDown, b.lost, b.last)}
}
