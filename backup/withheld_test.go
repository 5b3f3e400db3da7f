package backup_test

import (
	"errors"
	"testing"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/framadate"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

// TestDeadlyPasswordIsRememberedFromRunToRun: the memory is the documents' last
// looks, and outlives one that fails before the password's turn.
func TestDeadlyPasswordIsRememberedFromRunToRun(t *testing.T) {
	w := newWorld(t)
	w.pads = etherpadtest.New(etherpadtest.Options{MyPads: true, Supervised: true})
	w.plan.Sources[1].URL = w.serve(w.pads)
	w.pads.AddGroup(etherpadtest.Group{ID: "g", Visibility: etherpadtest.Public})
	w.pads.Create("deadly", "x").Adopt(etherpadtest.Member{Group: "g", Visibility: etherpadtest.Private})
	w.pads.Create("private", "x").Adopt(etherpadtest.Member{Group: "g", Visibility: etherpadtest.Private, Password: "hunter2"})
	id, _ := w.polls.Add(framadatetest.Poll{Poll: saturday(), Password: "hunter3", Fault: framadatetest.Deadly})
	documents := []backup.Document{w.pad("deadly"), w.pad("private"), {ID: id}}

	night := func(passwords ...string) (failed map[string]error) {
		t.Helper()
		client := polite.New(polite.Options{Tries: 1})
		pads, err := etherpad.New(w.plan.Sources[1].URL, client, w.pool, etherpad.Options{Passwords: map[string]string{"": passwords[0]}})
		if err != nil {
			t.Fatal(err)
		}
		polls, err := framadate.New(w.plan.Sources[0].URL, client, w.pool, framadate.Options{Passwords: map[string]string{"": passwords[1]}})
		if err != nil {
			t.Fatal(err)
		}
		w.plan.Sources[0].Client, w.plan.Sources[1].Client = polls, pads
		failed = make(map[string]error)
		w.plan.Observe = func(e backup.Event) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if e.Err != nil {
				failed[e.ID] = e.Err
			}
		}
		w.backup(documents...)
		return failed
	}
	deaths := func() [2]int { return [2]int{w.pads.Deaths(), w.polls.Deaths()} }
	check := func(failed map[string]error, want [2]int) {
		t.Helper()
		for _, id := range []string{"deadly", id} {
			var withheld *sources.WithheldError
			r := w.records()[id]
			if r == nil || r.State != manifest.Failed || r.Withheld == nil || !errors.As(failed[id], &withheld) || r.Withheld.Key != withheld.Key {
				t.Errorf("%s: %+v, %v", id, r, failed[id])
			}
		}
		if got := deaths(); got != want || failed["private"] != nil {
			t.Errorf("%v deaths, want %v; the other pad: %v", got, want, failed["private"])
		}
	}
	check(night("hunter2", "hunter3"), [2]int{1, 1})
	first := w.records()["deadly"].Withheld
	check(night("hunter2", "hunter3"), [2]int{1, 1})
	if again := w.records()["deadly"].Withheld; *again != *first {
		t.Errorf("noted %+v, then %+v", first, again)
	}
	w.polls.Change(id, func(p *framadatetest.Poll) { p.Choices = nil }) // status 500
	night("hunter2", "hunter3")
	w.polls.Change(id, func(p *framadatetest.Poll) { p.Choices = saturday().Choices })
	check(night("hunter2", "hunter3"), [2]int{1, 1})

	w.pads.Create("deadly", "x").Adopt(etherpadtest.Member{Group: "g"}) // it was opened to all
	night("hunter2", "hunter4")
	if r := w.records()["deadly"]; r.State != manifest.Current || r.Withheld != nil {
		t.Errorf("%+v", r)
	}
	if got := deaths(); got != [2]int{1, 2} {
		t.Errorf("with another password %v deaths", got)
	}
}

func saturday() poll.Poll {
	return poll.Poll{Kind: poll.Date, Title: "AG", Choices: []poll.Choice{{Date: "2026-12-05"}}}
}
