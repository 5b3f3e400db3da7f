package main

import (
	"sync"
	"time"

	"github.com/padsync/padsync/internal/polite"
)

// waits are the waits for servers, by the servers' names. They are safe for
// concurrent use.
type waits struct {
	mu   sync.Mutex // guards last
	last map[string]polite.Wait
}

// note takes a wait for a server, and says whether it is a new wait, and not
// one more request in the same.
func (w *waits) note(wait polite.Wait) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.last[wait.Server].Until
	if w.last == nil {
		w.last = make(map[string]polite.Wait)
	}
	w.last[wait.Server] = wait
	return wait.Until.Sub(before) > 5*time.Second
}

// text names one of those that are not over, "" if there is none: what matters
// first, as a narrow terminal cuts the rest.
func (w *waits) text(a *app) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, wait := range w.last {
		if time.Until(wait.Until) > 0 {
			return a.words.WaitingShort(wait)
		}
	}
	return ""
}
