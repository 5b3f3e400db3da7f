package sinks_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sinks/sinktest"
)

func cutting(t *testing.T, after, times int64) *sinktest.Cutting {
	t.Helper()
	c := &sinktest.Cutting{Sink: memory.New(time.Now), After: after}
	c.Times.Store(times)
	if err := c.Put(t.Context(), "key", strings.NewReader(content), int64(len(content))); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestBodyThatBreaksOffIsTakenUp(t *testing.T) {
	for _, r := range []struct {
		offset, length int64
		want           string
	}{{0, -1, content}, {2, -1, content[2:]}, {2, 6, content[2:8]}, {0, 2, content[:2]}, {9, 5, content[9:]}, {99, -1, ""}, {0, 0, ""}} {
		body, err := sinks.Read(t.Context(), cutting(t, 2, 4), "key", r.offset, r.length)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(body)
		if err := errors.Join(err, body.Close()); string(got) != r.want || err != nil {
			t.Errorf("from %d, length %d: %q, %v; want %q", r.offset, r.length, got, err, r.want)
		}
	}
}

func TestBodyThatKeepsBreakingOffIsAnError(t *testing.T) {
	for _, after := range []int64{0, 1} {
		body, err := sinks.Read(t.Context(), cutting(t, after, 1000), "key", 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(body)
		if !errors.Is(err, io.ErrUnexpectedEOF) || err == io.ErrUnexpectedEOF || !strings.HasPrefix(content, string(got)) {
			t.Errorf("after %d bytes each time: %q, %v", after, got, err)
		}
		if _, again := body.Read(make([]byte, 1)); again == nil || again == io.EOF {
			t.Errorf("after the error: %v", again)
		}
		body.Close()
	}
}

func TestWhatCannotBeTakenUpIsAnError(t *testing.T) {
	s := cutting(t, 2, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	body, err := sinks.Read(ctx, s, "key", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(body, make([]byte, 2)); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), "key"); err != nil {
		t.Fatal(err)
	}
	if _, err := body.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("deleted meanwhile: %v", err)
	}
	cancel()
	if _, err := body.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("again, and cancelled: %v", err)
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}
}
