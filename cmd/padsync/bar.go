package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/padsync/padsync/internal/polite"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// A bar shows steps on a terminal; a nil one shows nothing. It is safe for
// concurrent use.
//
// A terminal shows what is typed, such as ^C, where the cursor is: so all that
// is drawn begins with a return to the first column.
type bar struct {
	out     io.Writer
	drawing *mpb.Progress
	steps   *mpb.Bar

	mu    sync.Mutex // guards ended
	ended bool
}

// newBar draws a bar of so many steps, with what status says beside it. The
// caller stops it.
func newBar(out io.Writer, steps int, status func() string) *bar {
	drawing := mpb.New(mpb.WithOutput(out), mpb.WithWidth(40))
	return &bar{out: out, drawing: drawing, steps: drawing.AddBar(int64(steps),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.CountersNoUnit("\r%d / %d")),
		mpb.AppendDecorators(decor.Any(func(s decor.Statistics) string { return cutTo(status(), s.AvailableWidth-2) })))}
}

// cutTo cuts a text to so many columns: a narrow terminal has no room for the
// bar then, but for what separates the text from the count.
func cutTo(text string, columns int) string {
	letters := []rune(text)
	switch {
	case len(letters) <= columns:
		return text
	case columns < 1:
		return ""
	}
	return string(letters[:columns-1]) + "…"
}

func (b *bar) step() {
	if b != nil {
		b.steps.Increment()
	}
}

// above is out, or what writes above the bar while it is drawn there.
func (b *bar) above(out io.Writer) io.Writer {
	if b == nil {
		return out
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return out
	}
	return returning{b.drawing}
}

// returning writes lines from the first column on.
type returning struct{ io.Writer }

func (r returning) Write(b []byte) (int, error) {
	n, err := r.Writer.Write(append([]byte("\r"), b...))
	return max(n-1, 0), err
}

// stop ends the bar. Doing it again does nothing.
func (b *bar) stop() {
	if b == nil {
		return
	}
	b.mu.Lock()
	ended := b.ended
	b.ended = true
	b.mu.Unlock()
	if !ended {
		b.steps.Abort(true)
		b.drawing.Wait()
		io.WriteString(b.out, "\r")
	}
}

// waits are what servers are waited for, by their names. They are safe for
// concurrent use.
type waits struct {
	mu   sync.Mutex // guards last
	last map[string]polite.Wait
}

// note is told that a server is waited for, and says whether that is another
// wait than before, and not one more request in the same.
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
