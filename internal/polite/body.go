package polite

import (
	"context"
	"io"
	"time"
)

// A body turns all ways in which an answer can break off into errors that
// say so, and counts its bytes.
type body struct {
	io.ReadCloser
	attempt *attempt
	cause   func() error // why reading was ended, if it was
	idle    *time.Timer

	waited  time.Duration // for bytes, in the current minute of it
	came    int64         // in that minute
	stalled error         // it broke off as the server did not go on with it
}

func (a *attempt) body(ctx context.Context, cancel context.CancelCauseFunc, r io.ReadCloser) *body {
	idle := time.AfterFunc(a.client.options.IdleTimeout, func() { cancel(ErrIdle) })
	idle.Stop()
	return &body{ReadCloser: r, attempt: a, cause: func() error { return context.Cause(ctx) }, idle: idle}
}

// Read gives up when no byte comes in time, or too few do; time between reads
// is the reader's own.
func (b *body) Read(p []byte) (int, error) {
	began := time.Now()
	b.idle.Reset(b.attempt.client.options.IdleTimeout)
	n, err := b.ReadCloser.Read(p)
	b.idle.Stop()
	b.attempt.client.received.Add(int64(n))
	if err == nil && b.slow(time.Since(began), int64(n)) {
		err = ErrSlow
	}
	if err == nil || err == io.EOF {
		return n, err
	}
	switch cause := b.cause(); cause {
	case nil:
	case ErrIdle, ErrEndless, ErrHung:
		err = cause
	default:
		return n, cause
	}
	broken := b.attempt.server.bodyError(err)
	if err == ErrIdle || err == ErrEndless || err == ErrSlow {
		b.stalled = broken
	}
	return n, broken
}

// slow says that a minute of waiting for bytes has passed in which too few of
// them came.
func (b *body) slow(waited time.Duration, came int64) bool {
	b.waited, b.came = b.waited+waited, b.came+came
	if b.waited < time.Minute {
		return false
	}
	slow := b.came < b.attempt.client.options.LeastRate*int64(b.waited/time.Second)
	b.waited, b.came = 0, 0
	return slow
}
