package repository_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/memory"
)

// TestFirstRunsAtOnceMakeOneRepository: else what all but one of them save
// would be a stranger's to everybody.
func TestFirstRunsAtOnceMakeOneRepository(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := memory.New(time.Now)
		o := repository.Options{Pool: spool.New(t.TempDir(), 0), Settle: 5 * time.Second}
		ids, isNew := make([]string, 3), 0
		var runs sync.WaitGroup
		var mu sync.Mutex
		for i := range ids {
			runs.Go(func() {
				if r, err := repository.OpenToWrite(t.Context(), sink, o); !errors.Is(err, repository.ErrNone) {
					t.Errorf("before any was made: %v, %v", r, err)
				}
				time.Sleep(time.Duration(1+2*i) * time.Second) // all have looked
				r, err := repository.Create(t.Context(), sink, o)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				ids[i] = r.ID()
				if r.New() {
					isNew++
				}
			})
		}
		runs.Wait()
		if ids[0] != ids[1] || ids[1] != ids[2] || isNew != 1 {
			t.Errorf("they write into %q; %d call it new", ids, isNew)
		}
	})
}

func TestPadsyncJSONThatIsBeingWrittenIsReadOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		whole, sink := memory.New(time.Now), memory.New(time.Now)
		o := repository.Options{Pool: spool.New(t.TempDir(), 0)}
		made, err := repository.Create(t.Context(), whole, o)
		if err != nil {
			t.Fatal(err)
		}
		text := get(t, whole, "padsync.json")
		put(t, sink, "padsync.json", text[:len(text)/2])
		if _, err := repository.OpenToWrite(t.Context(), sink, o); !errors.Is(err, repository.ErrHead) {
			t.Errorf("half of it, and nobody else writes: %v", err)
		}
		o.Settle = 5 * time.Second
		time.AfterFunc(time.Second, func() { put(t, sink, "padsync.json", text) })
		if r, err := repository.OpenToWrite(t.Context(), sink, o); err != nil || r.ID() != made.ID() {
			t.Errorf("after it was written: %v", err)
		}
		put(t, sink, "padsync.json", text[:len(text)/2])
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := repository.OpenToWrite(ctx, sink, o); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("interrupted: %v", err)
		}
	})
}

func get(t *testing.T, sink sinks.Sink, key string) string {
	t.Helper()
	r, err := sinks.Read(t.Context(), sink, key, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func put(t *testing.T, sink sinks.Sink, key, text string) {
	t.Helper()
	if err := sink.Put(t.Context(), key, strings.NewReader(text), int64(len(text))); err != nil {
		t.Error(err)
	}
}
