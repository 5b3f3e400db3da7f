package sinktest

import (
	"context"
	"io"
	"sync/atomic"

	"github.com/padsync/padsync/sinks"
)

// Cutting is a Sink whose bodies break off: each of the next Times bodies that
// Get gives ends with an error after so many bytes. It is safe for concurrent
// use; set After before.
type Cutting struct {
	sinks.Sink
	After int64
	Times atomic.Int64
}

// Get implements sinks.Sink.
func (c *Cutting) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	body, err := c.Sink.Get(ctx, key, offset, length)
	if err != nil || c.Times.Add(-1) < 0 {
		return body, err
	}
	return &cut{body, c.After}, nil
}

type cut struct {
	io.ReadCloser
	left int64
}

func (c *cut) Read(b []byte) (int, error) {
	if c.left == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.ReadCloser.Read(b[:min(int64(len(b)), c.left)])
	c.left -= int64(n)
	return n, err
}
