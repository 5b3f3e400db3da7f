package setup

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatIsSaidIsToldAMinuteAfterTheLastChangeOrAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var mu sync.Mutex // guards told
		var told []time.Duration
		teller := NewTeller(t.Context(), func(context.Context) {
			mu.Lock()
			told = append(told, time.Since(began))
			mu.Unlock()
			time.Sleep(time.Second)
		})
		expect := func(want ...time.Duration) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if len(told) != len(want) || len(want) > 0 && told[len(told)-1] != want[len(want)-1] {
				t.Errorf("told at %v, want %v", told, want)
			}
		}
		time.Sleep(time.Hour)
		expect() // nothing was said
		for range 3 {
			teller.Changed()
			time.Sleep(30 * time.Second)
		}
		expect()
		time.Sleep(30 * time.Second)
		first := time.Hour + 2*time.Minute
		expect(first)
		teller.Changed() // while it tells
		time.Sleep(time.Minute)
		expect(first, first+time.Minute)
		teller.Changed()
		teller.Close(t.Context()) // while it still tells
		expect(first, first+time.Minute, first+time.Minute+time.Second)
		teller.Changed()
		teller.Close(t.Context())
		time.Sleep(time.Hour)
		expect(first, first+time.Minute, first+time.Minute+time.Second)
	})
}
