package main

import (
	"fmt"
	"math"
	"strings"
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
		if left := time.Until(wait.Until); left > 0 {
			return a.text("waiting-short", "Why", a.text(waitWords[wait.Why].short), "Time", roughly(left), "Server", withoutScheme(wait.Server))
		}
	}
	return ""
}

// waitWords are the messages for why a server is waited for, in a sentence and
// in a word.
var waitWords = map[polite.Why]struct{ long, short string }{
	polite.Limit:   {"wait-limit", "wait-limit-short"},
	polite.Refused: {"wait-refused", "wait-refused-short"},
	polite.Slow:    {"wait-slow", "wait-slow-short"},
	polite.Down:    {"wait-down", "wait-down-short"},
}

// waiting says who is waited for, until when, for how long, and why.
func (a *app) waiting(w polite.Wait) string {
	return a.text("waiting", "Server", w.Server, "Until", w.Until.Local().Format(time.TimeOnly),
		"Time", roughly(time.Until(w.Until)), "Why", a.text(waitWords[w.Why].long))
}

// roughly is a time to wait: seconds, or minutes where it is long.
func roughly(d time.Duration) string {
	if d = max(d, 0); d < 2*time.Minute {
		return fmt.Sprintf("%d s", int(math.Ceil(d.Seconds())))
	}
	return fmt.Sprintf("%d min", int(math.Ceil(d.Minutes())))
}

func withoutScheme(server string) string {
	_, host, found := strings.Cut(server, "://")
	if !found {
		return server
	}
	return host
}
