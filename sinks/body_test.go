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

func TestBodyIsWholeOrAnError(t *testing.T) {
	const content = "0123456789"
	r := strings.NewReader(content)
	if err := iotest.TestReader(sinks.Body(t.Context(), r, 10), []byte(content)); err != nil {
		t.Error(err)
	}
	if got, err := io.ReadAll(sinks.Body(t.Context(), r, 4)); string(got) != "0123" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := io.ReadAll(sinks.Body(t.Context(), r, 11)); string(got) != content || err != io.ErrUnexpectedEOF {
		t.Errorf("%q, %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := io.ReadAll(sinks.Body(ctx, r, 10)); !errors.Is(err, context.Canceled) {
		t.Error(err)
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
