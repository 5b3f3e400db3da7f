package backup_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sources"
)

// hanging answers one kind of call only when its context has ended.
type hanging struct {
	sinks.Sink
	call string // "put packs/" and the like
	hung func() // it hangs
}

func (h hanging) wait(ctx context.Context, call string) error {
	if h.call == "" || !strings.HasPrefix(call, h.call) {
		return nil
	}
	h.hung()
	<-ctx.Done()
	return ctx.Err()
}

func (h hanging) Put(ctx context.Context, key string, r io.ReaderAt, size int64) error {
	if err := h.wait(ctx, "put "+key); err != nil {
		return err
	}
	return h.Sink.Put(ctx, key, r, size)
}

func (h hanging) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if err := h.wait(ctx, "get "+key); err != nil {
		return nil, err
	}
	return h.Sink.Get(ctx, key, offset, length)
}

func (h hanging) List(ctx context.Context, prefix string) iter.Seq2[sinks.Object, error] {
	if err := h.wait(ctx, "list "+prefix); err != nil {
		return func(yield func(sinks.Object, error) bool) { yield(sinks.Object{}, err) }
	}
	return h.Sink.List(ctx, prefix)
}

// TestInterruptedRunEndsThoughTheStoreHangs, wherever it hangs: no goroutine
// (synctest sees to that) and no temporary file is left, nothing is claimed,
// and what was there before still is.
func TestInterruptedRunEndsThoughTheStoreHangs(t *testing.T) {
	for _, call := range []string{"list manifests/", "get manifests/", "list packs/", "put packs/", "put manifests/", "get checkpoints/", "put parts/", "put checkpoints/"} {
		t.Run(call, func(t *testing.T) {
			before := openFiles(t)
			synctest.Test(t, func(t *testing.T) {
				store := memory.New(time.Now)
				runs := 3
				if strings.HasSuffix(call, "parts/") || strings.HasSuffix(call, "checkpoints/") {
					runs = 30
				}
				if call == "get checkpoints/" {
					runs = 32
				}
				for n := range runs {
					if r, err := backUp(t, t.Context(), store, n); err != nil || r.Repositories[0].Err != nil {
						t.Fatal(err, r)
					}
				}
				ctx, cancel := context.WithCancel(t.Context())
				var hung atomic.Bool
				r, err := backUp(t, ctx, hanging{store, call, func() { hung.Store(true); cancel() }}, runs)
				if !hung.Load() {
					t.Error("the run made no such call")
				}
				if err == nil && r.Repositories[0].Err == nil {
					t.Errorf("the run claims success: %+v", r)
				}
				cancel()
				if r, err = backUp(t, t.Context(), store, runs+1); err != nil || r.Repositories[0].Err != nil {
					t.Errorf("the next run: %+v, %v", r, err)
				}
			})
			if after := openFiles(t); after > before {
				t.Errorf("%d files are open, %d were before", after, before)
			}
		})
	}
}

// backUp backs up a new text of some documents, with all that is kept on the
// way in files.
func backUp(t *testing.T, ctx context.Context, sink sinks.Sink, n int) (*backup.Report, error) {
	t.Helper()
	pool := spool.New(t.TempDir(), 1)
	r, err := repository.OpenOrCreate(t.Context(), sink, repository.Options{Pool: pool})
	if err != nil {
		t.Fatal(err)
	}
	answer := odd(func(id, validator string) (*sources.Version, error) {
		return oddVersion(id, fmt.Sprint("text ", n)), nil
	})
	source := &backup.Source{Source: manifest.Source{Kind: "odd", URL: "https://odd.example"}, Client: answer}
	return backup.Run(ctx, backup.Plan{
		Sources:      []*backup.Source{source},
		Documents:    []backup.Document{{Source: source, ID: "a"}, {Source: source, ID: "b"}, {Source: source, ID: "c"}},
		Repositories: []backup.Repository{{Name: "store", Repository: r}}, Pool: pool,
	})
}

func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0 // not on Linux
	}
	return len(files)
}
