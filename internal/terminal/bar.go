package terminal

import (
	"io"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// A Bar shows steps on a terminal; a nil one shows nothing. It is safe for
// concurrent use.
//
// A terminal shows what is typed, such as ^C, where the cursor is: so all that
// is drawn begins with a return to the first column.
type Bar struct {
	out     io.Writer
	drawing *mpb.Progress
	steps   *mpb.Bar

	mu    sync.Mutex // guards ended
	ended bool
}

// NewBar draws a bar of so many steps, with what status says beside it. The
// caller stops it.
func NewBar(out io.Writer, steps int, status func() string) *Bar {
	drawing := mpb.New(mpb.WithOutput(out), mpb.WithWidth(40))
	return &Bar{out: out, drawing: drawing, steps: drawing.AddBar(int64(steps),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.CountersNoUnit("\r%d / %d")),
		mpb.AppendDecorators(decor.Any(func(s decor.Statistics) string { return cutTo(status(), s.AvailableWidth-2) })))}
}

// cutTo cuts a text to so many columns: a narrow terminal then has no room for
// the bar, only for what separates the text from the count.
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

// Step is one more step.
func (b *Bar) Step() {
	if b != nil {
		b.steps.Increment()
	}
}

// Above is out, or what writes above the bar while it is drawn there.
func (b *Bar) Above(out io.Writer) io.Writer {
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

// Stop ends the bar. Doing it again does nothing.
func (b *Bar) Stop() {
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
