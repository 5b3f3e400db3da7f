package sinktest_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sinks/sinktest"
)

// broken is a sink that does some of its calls its own way.
type broken struct {
	sinks.Sink
	put  func(ctx context.Context, key string, r io.ReaderAt, size int64) error
	get  func(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)
	list func(ctx context.Context, prefix string) iter.Seq2[sinks.Object, error]
	del  func(ctx context.Context, key string) error
}

func (b broken) Put(ctx context.Context, key string, r io.ReaderAt, size int64) error {
	if b.put != nil {
		return b.put(ctx, key, r, size)
	}
	return b.Sink.Put(ctx, key, r, size)
}

func (b broken) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if b.get != nil {
		return b.get(ctx, key, offset, length)
	}
	return b.Sink.Get(ctx, key, offset, length)
}

func (b broken) List(ctx context.Context, prefix string) iter.Seq2[sinks.Object, error] {
	if b.list != nil {
		return b.list(ctx, prefix)
	}
	return b.Sink.List(ctx, prefix)
}

func (b broken) Delete(ctx context.Context, key string) error {
	if b.del != nil {
		return b.del(ctx, key)
	}
	return b.Sink.Delete(ctx, key)
}

func TestEveryBrokenPromiseIsFound(t *testing.T) {
	m := memory.New(time.Now)
	stored := func(prefix string) iter.Seq2[sinks.Object, error] { return m.List(context.Background(), prefix) }
	keepStump := func(ctx context.Context, key string, r io.ReaderAt, size int64) error {
		b, err := io.ReadAll(io.NewSectionReader(r, 0, size))
		return errors.Join(err, m.Put(ctx, key, strings.NewReader(string(b)), int64(len(b))))
	}
	for promise, b := range map[string]broken{
		"bodies come back as they were": {get: func(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
			r, err := m.Get(ctx, key, offset, length)
			if err != nil {
				return nil, err
			}
			return io.NopCloser(io.LimitReader(r, 8<<20)), nil
		}},
		"keys are taken as they are": {put: func(ctx context.Context, key string, r io.ReaderAt, size int64) error {
			if err := sinks.CheckKey(key); err != nil {
				return err
			}
			return m.Put(ctx, strings.ReplaceAll(key, "+", " "), r, size)
		}},
		"invalid keys are refused": {del: func(ctx context.Context, key string) error {
			if sinks.CheckKey(key) != nil {
				return nil
			}
			return m.Delete(ctx, key)
		}},
		"a body that ends early or breaks stores nothing": {put: keepStump},
		"a cancelled context stores nothing": {put: func(ctx context.Context, key string, r io.ReaderAt, size int64) error {
			return errors.Join(m.Put(context.WithoutCancel(ctx), key, r, size), ctx.Err())
		}},
		"a cancelled context is an error": {list: func(ctx context.Context, prefix string) iter.Seq2[sinks.Object, error] {
			return func(yield func(sinks.Object, error) bool) {
				for o := range stored(prefix) {
					if ctx.Err() != nil || !yield(o, nil) {
						return
					}
				}
			}
		}},
		"nothing is seen until all is stored": {put: func(ctx context.Context, key string, r io.ReaderAt, size int64) error {
			if err := m.Put(ctx, key, strings.NewReader(""), 0); err != nil {
				return err
			}
			if err := m.Put(ctx, key, r, size); err != nil {
				return errors.Join(err, m.Delete(context.WithoutCancel(ctx), key))
			}
			return nil
		}},
		"what is missing is fs.ErrNotExist": {get: func(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
			r, err := m.Get(ctx, key, offset, length)
			if errors.Is(err, fs.ErrNotExist) && length == 0 {
				return io.NopCloser(strings.NewReader("")), nil
			}
			return r, err
		}},
		"ranges": {get: func(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
			return m.Get(ctx, key, 0, -1)
		}},
		"a reader may be closed early": {get: func(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
			r, err := m.Get(ctx, key, offset, length)
			if err != nil {
				return nil, err
			}
			return needsEOF{r}, nil
		}},
		"lists are by prefix": {list: func(_ context.Context, prefix string) iter.Seq2[sinks.Object, error] {
			return m.List(t.Context(), strings.TrimSuffix(prefix, "/"))
		}},
		"times are the store's": {list: func(ctx context.Context, prefix string) iter.Seq2[sinks.Object, error] {
			return func(yield func(sinks.Object, error) bool) {
				for o, err := range m.List(ctx, prefix) {
					o.Modified = time.Time{}
					if !yield(o, err) {
						return
					}
				}
			}
		}},
		"deleting twice is fine": {del: func(ctx context.Context, key string) error {
			if r, err := m.Get(ctx, key, 0, 0); err != nil {
				return err
			} else if err := r.Close(); err != nil {
				return err
			}
			return m.Delete(ctx, key)
		}},
		"putting again is harmless": {put: func(ctx context.Context, key string, r io.ReaderAt, size int64) error {
			if _, err := m.Get(ctx, key, 0, 0); err == nil {
				return fs.ErrExist
			}
			return m.Put(ctx, key, r, size)
		}},
	} {
		t.Run(promise, func(t *testing.T) {
			b.Sink = m
			err := sinktest.Check(t.Context(), b)
			if err == nil || !strings.Contains(err.Error(), promise+": ") {
				t.Errorf("not found; only this was: %v", err)
			}
		})
	}
}

type needsEOF struct{ io.ReadCloser }

func (r needsEOF) Close() error {
	if n, _ := io.Copy(io.Discard, r.ReadCloser); n > 0 {
		return errors.New("closed too early")
	}
	return nil
}

func TestCheckRemovesWhatItStored(t *testing.T) {
	m := memory.New(time.Now)
	if err := m.Put(t.Context(), "the/user's", strings.NewReader("x"), 1); err != nil {
		t.Fatal(err)
	}
	if err := sinktest.Check(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	for o := range m.List(t.Context(), "") {
		if o.Key != "the/user's" {
			t.Errorf("%q is left", o.Key)
		}
	}
}
