package main

import (
	"io"
	"sync"
	"time"

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
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return status() })))}
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
	mu    sync.Mutex // guards until
	until map[string]time.Time
}

// note is told that a server is not asked before until, and says whether that
// is another wait than before, and not one more request in the same.
func (w *waits) note(server string, until time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := w.until[server]
	if w.until == nil {
		w.until = make(map[string]time.Time)
	}
	w.until[server] = until
	return until.Sub(last) > 5*time.Second
}

// text names one of those that are not over, "" if there is none.
func (w *waits) text(a *app) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for server, until := range w.until {
		if time.Until(until) > 0 {
			return a.waiting(server, until)
		}
	}
	return ""
}

func (a *app) waiting(server string, until time.Time) string {
	return a.text("waiting", "Server", server, "Until", until.Local().Format(time.TimeOnly))
}
