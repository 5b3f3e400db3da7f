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
}

func (a *attempt) body(ctx context.Context, cancel context.CancelCauseFunc, r io.ReadCloser) *body {
	idle := time.AfterFunc(a.client.options.IdleTimeout, func() { cancel(errIdle) })
	idle.Stop()
	return &body{r, a, func() error { return context.Cause(ctx) }, idle}
}

// Read gives up when no byte comes in time; time between reads is the
// reader's own.
func (b *body) Read(p []byte) (int, error) {
	b.idle.Reset(b.attempt.client.options.IdleTimeout)
	n, err := b.ReadCloser.Read(p)
	b.idle.Stop()
	b.attempt.client.received.Add(int64(n))
	if err == nil || err == io.EOF {
		return n, err
	}
	switch cause := b.cause(); cause {
	case nil:
	case errIdle, errEndless, errHung:
		err = cause
	default:
		return n, cause
	}
	return n, b.attempt.server.bodyError(err)
}
