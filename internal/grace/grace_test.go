package grace_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/padsync/padsync/internal/grace"
)

type key struct{}

func TestPeriodGoesOnForSoLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(context.WithValue(t.Context(), key{}, "kept"))
		later, cancel := grace.Period(ctx, time.Minute)
		defer cancel()
		time.Sleep(time.Hour)
		if later.Err() != nil || later.Value(key{}) != "kept" {
			t.Errorf("without an interruption: %v", later.Err())
		}
		interrupt()
		time.Sleep(time.Minute - time.Second)
		if later.Err() != nil {
			t.Errorf("within the period: %v", later.Err())
		}
		time.Sleep(2 * time.Second)
		if later.Err() == nil {
			t.Error("it goes on after the period")
		}
	})
}

// TestPeriodEndsWithTheWork and then holds nothing, though most of it is left.
func TestPeriodEndsWithTheWork(t *testing.T) {
	freed := make(chan bool)
	func() {
		value := new([1 << 10]byte)
		runtime.AddCleanup(value, func(freed chan bool) { close(freed) }, freed)
		ctx, interrupt := context.WithCancel(context.WithValue(context.Background(), key{}, value))
		interrupt()
		later, cancel := grace.Period(ctx, time.Hour)
		cancel()
		if later.Err() == nil {
			t.Error("it goes on after its cancel")
		}
	}()
	for begin := time.Now(); time.Since(begin) < 10*time.Second; {
		runtime.GC()
		select {
		case <-freed:
			return
		default:
			runtime.Gosched()
		}
	}
	t.Error("it still holds the context, as its timer does")
}
