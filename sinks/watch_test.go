package sinks_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/padsync/padsync/sinks"
)

func TestListThatComesRoundAndRoundIsEnded(t *testing.T) {
	for _, c := range []struct{ before, round int }{{0, 1}, {0, 7}, {5, 1}, {1000, 1000}, {1, 2500}} {
		ctx, w := sinks.NewWatch(t.Context(), 0)
		seen := 0
		var err error
		for ; err == nil && seen < 2_000_000; seen++ {
			name := seen
			if seen > c.before {
				name = c.before + (seen-c.before)%c.round
			}
			err = w.Saw(strconv.Itoa(name))
		}
		if !errors.Is(err, sinks.ErrEndless) || !errors.Is(context.Cause(ctx), sinks.ErrEndless) {
			t.Errorf("%+v: %v", c, err)
		}
		w.Stop()
	}
}

func TestListWithNamesThatComeAgainIsTaken(t *testing.T) {
	ctx, w := sinks.NewWatch(t.Context(), 0)
	defer w.Stop()
	for name := range 100_000 {
		for range 10 { // as Google Drive may have them
			if err := w.Saw(strconv.Itoa(name)); err != nil {
				t.Fatalf("%d: %v", name, err)
			}
		}
	}
	if ctx.Err() != nil {
		t.Error(context.Cause(ctx))
	}
}

func TestListThatBringsNothingIsEnded(t *testing.T) {
	ctx, w := sinks.NewWatch(t.Context(), time.Microsecond)
	defer w.Stop()
	<-ctx.Done()
	if !errors.Is(context.Cause(ctx), sinks.ErrEndless) {
		t.Error(context.Cause(ctx))
	}
}
