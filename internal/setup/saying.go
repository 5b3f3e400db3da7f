package setup

import (
	"context"
	"sync"
	"time"
)

// sayAfter is how long after the last change a process that lasts tells it.
const sayAfter = time.Minute

// A Teller tells the repositories what somebody says in a process that lasts: once,
// a minute after the last change, so that an evening of naming is one list. It is
// safe for concurrent use.
type Teller struct {
	say func(context.Context)

	mu      sync.Mutex // guards what follows
	timer   *time.Timer
	pending bool
	closed  bool

	telling chan struct{} // holds one while say runs
}

// NewTeller gives one that tells with say, such as Settings.Say, which is never
// called twice at once. What say cannot tell is with the next backup, as the
// catalogue keeps it. The caller closes the Teller.
func NewTeller(ctx context.Context, say func(context.Context)) *Teller {
	t := &Teller{say: say, telling: make(chan struct{}, 1)}
	t.timer = time.AfterFunc(sayAfter, func() { t.tell(ctx) })
	t.timer.Stop()
	return t
}

// Changed says that the catalogue has something new to tell. After Close, it does
// nothing: the next backup tells it.
func (t *Teller) Changed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.pending = true
		t.timer.Reset(sayAfter)
	}
}

// Close tells at once what is left to tell, and returns when all is told.
func (t *Teller) Close(ctx context.Context) {
	t.mu.Lock()
	t.closed = true
	t.timer.Stop()
	t.mu.Unlock()
	t.tell(ctx)
}

func (t *Teller) tell(ctx context.Context) {
	t.telling <- struct{}{}
	defer func() { <-t.telling }()
	t.mu.Lock()
	pending := t.pending
	t.pending = false
	t.mu.Unlock()
	if pending {
		t.say(ctx)
	}
}
