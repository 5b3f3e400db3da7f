package web

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/setup"
)

func TestPageIsIdleOnceNobodyAskedForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, began := speaking(t, "en"), time.Now()
		go func() {
			for range 60 {
				time.Sleep(time.Minute)
				ask(t, p, http.MethodGet, "/live/jobs/none", nil) // what a page asks for is no person's
			}
		}()
		time.Sleep(20 * time.Minute)
		ask(t, p, http.MethodGet, "/nowhere", nil)
		if !p.WaitIdle(t.Context(), 30*time.Minute) || time.Since(began) != 50*time.Minute {
			t.Errorf("idle after %v", time.Since(began))
		}
		ask(t, p, http.MethodGet, "/nowhere", nil)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if p.WaitIdle(ended, 30*time.Minute) {
			t.Error("it is idle though it ends")
		}
		time.Sleep(time.Hour)
	})
}

func TestPageIsNotIdleWhileAJobIsAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, began := speaking(t, "en"), time.Now()
		p.jobs.begin(t.Context(), "web-search", func(context.Context, *job) error { time.Sleep(3 * time.Hour); return nil })
		time.AfterFunc(3*time.Hour+10*time.Minute, func() { // while its end is still new
			p.jobs.begin(t.Context(), "web-search", func(context.Context, *job) error { time.Sleep(2 * time.Hour); return nil })
		})
		if !p.WaitIdle(t.Context(), 30*time.Minute) || time.Since(began) != 5*time.Hour+40*time.Minute {
			t.Errorf("idle after %v", time.Since(began))
		}
	})
}

func TestKeyIsForgottenWithoutRequestsOfAPerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := speaking(t, "en")
		p.keys.keep("", new(setup.Owner)) // of the session without a guard
		p.keys.keep("other", new(setup.Owner))
		for range 4 {
			time.Sleep(14 * time.Minute)
			ask(t, p, http.MethodGet, "/nowhere", nil)
			ask(t, p, http.MethodGet, "/live/jobs/none", nil)
		}
		if p.keys.of("") == nil {
			t.Error("it is forgotten though somebody is there")
		}
		if p.keys.of("other") != nil {
			t.Error("a session keeps the key of another at hand")
		}
		for range 16 {
			time.Sleep(time.Minute)
			ask(t, p, http.MethodGet, "/live/jobs/none", nil)
		}
		synctest.Wait()
		p.keys.mu.Lock()
		defer p.keys.mu.Unlock()
		if len(p.keys.open) != 0 {
			t.Errorf("%d keys are kept though nobody is there", len(p.keys.open))
		}
	})
}

func TestWrongPassphrasesAreTriedOneAtATimeAndSlowedDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeyring(time.Now, func() {})
		at, most, tried := 0, 0, 0
		wrong := func() (*setup.Owner, error) {
			at++
			most, tried = max(most, at), tried+1
			time.Sleep(time.Second)
			at--
			return nil, crypto.ErrPassphrase
		}
		done := make(chan error)
		for range 8 {
			go func() { _, err := k.try(t.Context(), wrong); done <- err }()
		}
		often := 0
		for range 8 {
			if _, is := (<-done).(errTooOften); is {
				often++
			}
		}
		if most != 1 || tried != freeTries || often != 8-freeTries {
			t.Errorf("%d at once, %d tried, %d too often", most, tried, often)
		}
		time.Sleep(tryPause)
		if owner, err := k.try(t.Context(), func() (*setup.Owner, error) { return new(setup.Owner), nil }); owner == nil || err != nil {
			t.Errorf("after the pause: %v", err)
		}
	})
}
