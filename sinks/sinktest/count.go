package sinktest

import (
	"context"
	"io"
	"iter"
	"strings"
	"sync"

	"github.com/padsync/padsync/sinks"
)

// Count is a Sink that counts the calls and the bytes that were read. It is
// safe for concurrent use.
type Count struct {
	sinks.Sink

	mu    sync.Mutex // guards calls and read
	calls map[string]int
	read  map[string]int64
}

// Calls is how many calls were made for keys with the prefix; "" for all.
func (c *Count) Calls(prefix string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return sum(c.calls, prefix)
}

// Read is how many bytes were read from objects whose keys have the prefix.
func (c *Count) Read(prefix string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return sum(c.read, prefix)
}

// Reset forgets what was counted.
func (c *Count) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls, c.read = nil, nil
}

func sum[N int | int64](m map[string]N, prefix string) (n N) {
	for key, value := range m {
		if strings.HasPrefix(key, prefix) {
			n += value
		}
	}
	return n
}

// Put implements sinks.Sink.
func (c *Count) Put(ctx context.Context, key string, r io.ReaderAt, size int64) error {
	c.count(key, 1, 0)
	return c.Sink.Put(ctx, key, r, size)
}

// Get implements sinks.Sink.
func (c *Count) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	c.count(key, 1, 0)
	r, err := c.Sink.Get(ctx, key, offset, length)
	if err != nil {
		return nil, err
	}
	return countedReader{r, c, key}, nil
}

// List implements sinks.Sink.
func (c *Count) List(ctx context.Context, prefix string) iter.Seq2[sinks.Object, error] {
	return func(yield func(sinks.Object, error) bool) {
		c.count(prefix, 1, 0)
		c.Sink.List(ctx, prefix)(yield)
	}
}

// Delete implements sinks.Sink.
func (c *Count) Delete(ctx context.Context, key string) error {
	c.count(key, 1, 0)
	return c.Sink.Delete(ctx, key)
}

func (c *Count) count(key string, calls int, read int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls == nil {
		c.calls, c.read = make(map[string]int), make(map[string]int64)
	}
	c.calls[key] += calls
	c.read[key] += read
}

type countedReader struct {
	io.ReadCloser
	count *Count
	key   string
}

func (r countedReader) Read(b []byte) (int, error) {
	n, err := r.ReadCloser.Read(b)
	r.count.count(r.key, 0, int64(n))
	return n, err
}
