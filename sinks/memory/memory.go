// Package memory is a sink in memory: the shortest correct one, and the
// model for others. It is not durable beyond the process.
package memory

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"io/fs"
	"iter"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/padsync/padsync/sinks"
)

// A Sink keeps objects in memory. It is safe for concurrent use.
type Sink struct {
	now func() time.Time

	mu      sync.Mutex // guards objects; what is in them never changes
	objects map[string]object
}

type object struct {
	content  []byte
	modified time.Time
}

// New makes an empty Sink whose clock is now.
func New(now func() time.Time) *Sink {
	return &Sink{now: now, objects: make(map[string]object)}
}

// Put implements sinks.Sink.
func (s *Sink) Put(ctx context.Context, key string, r io.ReaderAt, size int64) error {
	if err := cmp.Or(ctx.Err(), sinks.CheckKey(key)); err != nil {
		return &sinks.Error{Op: "put", Key: key, Err: err}
	}
	// No lock is held while r is read: it may be slow, or use this sink.
	content := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), content); err != nil {
		return &sinks.Error{Op: "put", Key: key, Err: err}
	}
	if err := ctx.Err(); err != nil {
		return &sinks.Error{Op: "put", Key: key, Err: err}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[key] = object{content, s.now()}
	return nil
}

// Get implements sinks.Sink.
func (s *Sink) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if err := cmp.Or(ctx.Err(), sinks.CheckKey(key)); err != nil {
		return nil, &sinks.Error{Op: "get", Key: key, Err: err}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.objects[key]
	if !ok {
		return nil, &sinks.Error{Op: "get", Key: key, Err: fs.ErrNotExist}
	}
	begin, n := sinks.Range(int64(len(o.content)), offset, length)
	return io.NopCloser(bytes.NewReader(o.content[begin:][:n])), nil
}

// List implements sinks.Sink.
func (s *Sink) List(ctx context.Context, prefix string) iter.Seq2[sinks.Object, error] {
	return func(yield func(sinks.Object, error) bool) {
		s.mu.Lock()
		objects := maps.Clone(s.objects)
		s.mu.Unlock()
		for key, o := range objects {
			if err := ctx.Err(); err != nil {
				yield(sinks.Object{}, &sinks.Error{Op: "list", Key: prefix, Err: err})
				return
			}
			if !strings.HasPrefix(key, prefix) {
				continue
			}
			if !yield(sinks.Object{Key: key, Size: int64(len(o.content)), Modified: o.modified}, nil) {
				return
			}
		}
	}
}

// Delete implements sinks.Sink.
func (s *Sink) Delete(ctx context.Context, key string) error {
	if err := cmp.Or(ctx.Err(), sinks.CheckKey(key)); err != nil {
		return &sinks.Error{Op: "delete", Key: key, Err: err}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, key)
	return nil
}
