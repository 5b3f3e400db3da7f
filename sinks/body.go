package sinks

import (
	"context"
	"errors"
	"io"
	"sync"
)

// A Body is what Put has to store, for clients that want a stream: size bytes,
// or an error, which is io.ErrUnexpectedEOF if there are fewer.
type Body struct {
	*io.SectionReader
	checked *checked
}

// NewBody reads from r. The context ends as ctx does, or with the error of the
// body as its cause, so that a client gives up at once: it would take the
// connection for broken, and try again. The caller calls Stop.
func NewBody(ctx context.Context, r io.ReaderAt, size int64) (context.Context, *Body) {
	ctx, end := context.WithCancelCause(ctx)
	ended := func() error { return context.Cause(ctx) }
	c := &checked{r: r, size: size, ended: ended, end: end}
	return ctx, &Body{io.NewSectionReader(c, 0, size), c}
}

// Stop ends the context. Nothing is read afterwards, even by a client that
// has left something running, such as net/http after an early answer.
func (b *Body) Stop() {
	b.checked.mu.Lock()
	defer b.checked.mu.Unlock()
	b.checked.end(errStopped)
}

var errStopped = errors.New("the body is no longer needed")

type checked struct {
	mu    sync.Mutex // held while r is read, so that Stop waits for it
	r     io.ReaderAt
	size  int64
	ended func() error
	end   context.CancelCauseFunc
}

func (c *checked) ReadAt(p []byte, offset int64) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.ended(); err != nil {
		return 0, err
	}
	n, err := c.r.ReadAt(p, offset)
	if err == io.EOF && offset+int64(n) < c.size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF {
		c.end(err)
	}
	return n, err
}
