package sinks

import (
	"context"
	"errors"
	"time"
)

// ErrEndless is matched where the list of what a store has does not come to
// an end.
var ErrEndless = errors.New("the store's list of objects does not come to an end")

const (
	// patience is how long a listing may bring nothing new. A folder with a
	// million objects takes some minutes where it is listed as a whole.
	patience = 15 * time.Minute

	// recurrences is how often one name may come in a listing: there are
	// stores that have several objects of one name.
	recurrences = 16
)

// A Watch ends a listing that a store never ends: one that begins again and
// again, and one that goes on without an object. It is for one goroutine.
type Watch struct {
	end   context.CancelCauseFunc
	timer *time.Timer
	wait  time.Duration

	seen, next int    // how many names there were, and how many there will be when one is noted anew
	noted      string // a name that would come again
	again      int    // how often it did
}

// NewWatch begins a listing. Its context ends as ctx does, or with ErrEndless
// as its cause if nothing comes for as long as wait; 0 is a quarter of an hour.
// The caller calls Stop.
func NewWatch(ctx context.Context, wait time.Duration) (context.Context, *Watch) {
	if wait == 0 {
		wait = patience
	}
	ctx, end := context.WithCancelCause(ctx)
	return ctx, &Watch{end: end, timer: time.AfterFunc(wait, func() { end(ErrEndless) }), wait: wait, next: 1}
}

// Saw notes a name that was listed. Its error is ErrEndless if the same names
// come round and round, which it finds after some rounds, however many names
// there are.
func (w *Watch) Saw(name string) error {
	w.timer.Reset(w.wait)
	if w.seen > 0 && name == w.noted {
		if w.again++; w.again >= recurrences {
			w.Stuck()
			return ErrEndless
		}
	}
	if w.seen++; w.seen >= w.next {
		w.noted, w.again, w.next = name, 0, 2*w.next*recurrences
	}
	return nil
}

// Stuck ends the context with ErrEndless, for a caller that sees another sign
// of it.
func (w *Watch) Stuck() { w.end(ErrEndless) }

// Stop ends the context.
func (w *Watch) Stop() {
	w.timer.Stop()
	w.end(nil)
}
