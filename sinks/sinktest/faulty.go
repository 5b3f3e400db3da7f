package sinktest

import (
	"context"
	"errors"
	"io"
	"iter"
	"sync"

	"github.com/padsync/padsync/sinks"
)

// ErrInjected is the error of a Faulty sink.
var ErrInjected = errors.New("injected fault")

// Faulty is a Sink one of whose writes fails, a write being a Put or a
// Delete. It is safe for concurrent use; its fields are set before.
type Faulty struct {
	sinks.Sink      // what works
	At         int  // the write that fails, from 1; 0: none
	Applied    bool // it is done nevertheless, and only the answer is lost
	Crash      bool // all calls that begin after it fail as well

	mu      sync.Mutex // guards what follows
	writes  int
	crashed bool
}

// Writes is how many writes were begun.
func (f *Faulty) Writes() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.writes
}

// Put implements sinks.Sink.
func (f *Faulty) Put(ctx context.Context, key string, r io.ReaderAt, size int64) error {
	return f.write(func() error { return f.Sink.Put(ctx, key, r, size) })
}

// Delete implements sinks.Sink.
func (f *Faulty) Delete(ctx context.Context, key string) error {
	return f.write(func() error { return f.Sink.Delete(ctx, key) })
}

// Get implements sinks.Sink.
func (f *Faulty) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if f.down() {
		return nil, ErrInjected
	}
	return f.Sink.Get(ctx, key, offset, length)
}

// List implements sinks.Sink.
func (f *Faulty) List(ctx context.Context, prefix string) iter.Seq2[sinks.Object, error] {
	return func(yield func(sinks.Object, error) bool) {
		if f.down() {
			yield(sinks.Object{}, ErrInjected)
			return
		}
		f.Sink.List(ctx, prefix)(yield)
	}
}

func (f *Faulty) write(apply func() error) error {
	fails, crashed := f.next()
	switch {
	case crashed, fails && !f.Applied:
		return ErrInjected
	case fails:
		return errors.Join(ErrInjected, apply())
	}
	return apply()
}

// next counts a write, and reports whether it is the one that fails and whether
// an earlier one crashed.
func (f *Faulty) next() (fails, crashed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	crashed = f.crashed
	f.writes++
	fails = f.writes == f.At
	f.crashed = crashed || fails && f.Crash
	return fails, crashed
}

func (f *Faulty) down() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.crashed
}
