package sinks_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/padsync/padsync/sinks"
)

const content = "0123456789"

func body(ctx context.Context, size int64) (context.Context, *sinks.Body) {
	return sinks.NewBody(ctx, strings.NewReader(content), size)
}

func TestBodyIsAllThatHasToBeStored(t *testing.T) {
	_, b := body(t.Context(), 10)
	defer b.Stop()
	if err := iotest.TestReader(b, []byte(content)); err != nil {
		t.Error(err)
	}
	_, b = body(t.Context(), 4)
	defer b.Stop()
	if got, err := io.ReadAll(b); string(got) != "0123" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestBodyThatFailsEndsTheContext(t *testing.T) {
	ctx, b := body(t.Context(), 11)
	defer b.Stop()
	if got, err := io.ReadAll(b); string(got) != content || err != io.ErrUnexpectedEOF {
		t.Errorf("%q, %v", got, err)
	}
	if err := context.Cause(ctx); err != io.ErrUnexpectedEOF {
		t.Error(err)
	}
}

func TestBodyEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, b := body(ctx, 10)
	defer b.Stop()
	cancel()
	if _, err := io.ReadAll(b); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestNothingIsReadAfterStop(t *testing.T) {
	ctx, b := body(t.Context(), 10)
	b.Stop()
	if n, err := b.Read(make([]byte, 5)); n > 0 || err == nil || ctx.Err() == nil {
		t.Errorf("%d bytes, %v, %v", n, err, ctx.Err())
	}
}

func TestRangeStaysInside(t *testing.T) {
	for _, c := range []struct{ size, offset, length, begin, n int64 }{
		{10, 0, -1, 0, 10}, {10, 3, -1, 3, 7}, {10, 3, 2, 3, 2}, {10, 3, 0, 3, 0}, {10, 3, 8, 3, 7},
		{10, 10, -1, 10, 0}, {10, 99, -1, 10, 0}, {10, 99, 5, 10, 0}, {0, 0, 5, 0, 0},
		{10, 3, 1<<63 - 1, 3, 7}, {10, 1<<63 - 1, 1<<63 - 1, 10, 0}, {10, -5, 3, 0, 3},
	} {
		if begin, n := sinks.Range(c.size, c.offset, c.length); begin != c.begin || n != c.n {
			t.Errorf("%+v: from %d, %d bytes", c, begin, n)
		}
	}
}
