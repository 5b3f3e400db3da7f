package backup_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// An instance is an Etherpad that its operator backs up whole, in a bubble.
type instance struct {
	t      *testing.T
	server *etherpadtest.Server
	client *polite.Client
	pool   *spool.Pool
	store  *memory.Sink
	closed bool // the API gives errors
}

func newInstance(t *testing.T, o etherpadtest.Options) *instance {
	o.APIKey = "key"
	o.Unasked = func(request string) { t.Errorf("unasked: %s", request) }
	in := &instance{t: t, server: etherpadtest.New(o), pool: new(spool.Pool), store: memory.New(time.Now)}
	transport, stop := sourcetest.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if in.closed && r.Method == http.MethodPost {
			fmt.Fprint(w, `{"code":2,"message":"internal error","data":null}`)
			return
		}
		in.server.ServeHTTP(w, r)
	}))
	t.Cleanup(stop)
	in.client = polite.New(polite.Options{Transport: transport})
	return in
}

func (in *instance) plan() (backup.Plan, []backup.Unlisted) {
	in.t.Helper()
	const base = "https://pads.example.org"
	source, err := etherpad.New(base, in.client, in.pool, etherpad.Options{Access: etherpad.Access{APIKey: "key"}})
	if err != nil {
		in.t.Fatal(err)
	}
	repo, err := repository.OpenOrCreate(in.t.Context(), in.store, repository.Options{Pool: in.pool})
	if err != nil {
		in.t.Fatal(err)
	}
	p := backup.Plan{
		Pool: in.pool, Program: "test", Host: "host",
		Sources:      []*backup.Source{{Source: manifest.Source{Kind: "etherpad", URL: base}, Client: source, All: true}},
		Repositories: []backup.Repository{{Name: "store", Repository: repo}},
	}
	return p, p.List(in.t.Context())
}

func (in *instance) backup(want map[backup.Outcome]int) {
	in.t.Helper()
	p, _ := in.plan()
	report, err := backup.Run(in.t.Context(), p)
	if err != nil {
		in.t.Fatal(err)
	}
	if !maps.Equal(report.Outcomes, want) || report.Repositories[0].Err != nil {
		in.t.Errorf("outcomes %v, want %v; %v", report.Outcomes, want, report.Repositories[0].Err)
	}
}

func (in *instance) estimate() backup.Estimate {
	in.t.Helper()
	p, _ := in.plan()
	e, err := backup.EstimateRun(in.t.Context(), p)
	if err != nil {
		in.t.Fatal(err)
	}
	return e[0]
}

func TestListedSourceIsBackedUpWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newInstance(t, etherpadtest.Options{})
		for _, id := range []string{"one", "two", etherpadtest.GroupPadID("group", "three")} {
			in.server.Create(id, "text of "+id)
		}
		in.backup(map[backup.Outcome]int{backup.Saved: 3})
		in.server.Create("four", "new")
		in.server.Delete("two")
		in.backup(map[backup.Outcome]int{backup.Saved: 1, backup.Unchanged: 2, backup.Missing: 1})
		in.backup(map[backup.Outcome]int{backup.Unchanged: 3}) // what is gone is gone
		in.server.Create("two", "back again")
		in.backup(map[backup.Outcome]int{backup.Saved: 1, backup.Unchanged: 3})
	})
}

// TestPadThatNobodyCanAskForIsToldOnce and counted then, until its server lists
// it no more.
func TestPadThatNobodyCanAskForIsToldOnce(t *testing.T) {
	in := newInstance(t, etherpadtest.Options{})
	in.server.Create("fine", "text")
	in.server.Create(".", "text")
	for night, isNew := range []int{1, 0, 0} {
		p, _ := in.plan()
		var told []backup.Event
		p.Observe = func(e backup.Event) {
			if e.ID == "." {
				told = append(told, e)
			}
		}
		report, err := backup.Run(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		if report.New != isNew || report.Outcomes[backup.Unaskable] != 1 || report.Outcomes[backup.Failed] != 0 {
			t.Errorf("night %d: %+v", night, report)
		}
		if len(told) != 1 || told[0].Err == nil || told[0].New != (isNew == 1) {
			t.Errorf("night %d: told %+v", night, told)
		}
	}
	in.server.Delete(".")
	in.backup(map[backup.Outcome]int{backup.Unchanged: 1})
}

func TestListThatFailsTakesNothingAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newInstance(t, etherpadtest.Options{})
		in.server.Create("one", "text")
		in.backup(map[backup.Outcome]int{backup.Saved: 1})
		in.closed = true
		p, unlisted := in.plan()
		if len(unlisted) != 1 || unlisted[0].Err == nil || unlisted[0].URL != p.Sources[0].URL || len(p.Documents) > 0 {
			t.Errorf("%v, documents %v", unlisted, p.Documents)
		}
		in.backup(map[backup.Outcome]int{})
		in.closed = false
		in.backup(map[backup.Outcome]int{backup.Unchanged: 1})
	})
}

func TestSourceThatListsNothingIsTold(t *testing.T) {
	p := backup.Plan{Sources: []*backup.Source{{All: true}}}
	if unlisted := p.List(t.Context()); len(unlisted) != 1 || errors.Is(unlisted[0].Err, etherpad.ErrNoList) {
		t.Error(unlisted)
	}
}

// TestOperatorsRunCostsWhatChanged: 100 pads changed, under the usual limit.
// (With 10,000 pads the run takes as long, but the test half a minute.)
func TestOperatorsRunCostsWhatChanged(t *testing.T) {
	const pads, changed = 2_000, 100
	synctest.Test(t, func(t *testing.T) {
		in := newInstance(t, etherpadtest.Options{Synthetic: pads, Limit: 10})
		if e := in.estimate(); e.Documents != pads || e.Known != 0 || e.Fetches() != pads {
			t.Errorf("before the first run %+v", e)
		}
		in.backup(map[backup.Outcome]int{backup.Saved: pads})
		time.Sleep(time.Hour) // so that the limiter begins anew
		for n := range changed {
			in.server.Touch(n * pads / changed)
		}
		before, began := in.client.Requests(), time.Now()
		if e := in.estimate(); e.Documents != pads || e.Known != pads || e.Fetches() != changed {
			t.Errorf("before the second run %+v", e)
		}
		if n := in.client.Requests() - before; n > 5*pads+10 || time.Since(began) > time.Minute {
			t.Errorf("the estimate took %d requests and %v", n, time.Since(began))
		}
		calls, before, began := in.server.Calls(), in.client.Requests(), time.Now()
		in.backup(map[backup.Outcome]int{backup.Saved: changed, backup.Unchanged: pads - changed})
		least := (changed - 1) / 10 * 90 * time.Second
		took, exports := time.Since(began), int(in.client.Requests()-before)-(in.server.Calls()-calls)
		if exports != changed || took > least*102/100 || in.server.Overrun() > 0 {
			t.Errorf("%d exports and %d calls in %v, at least %v; %d over the limit", exports, in.server.Calls()-calls, took, least, in.server.Overrun())
		}
		t.Logf("%d exports and %d calls in %v, at least %v", exports, in.server.Calls()-calls, took, least)
	})
}

// A meetingLister lists when another one has.
type meetingLister struct {
	odd
	until chan bool
	id    string
}

func (h meetingLister) List(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		select {
		case h.until <- true:
		case <-h.until:
		}
		yield(h.id, nil)
	}
}

// TestListsAreAskedForBesideEachOther: one that takes long holds up no other.
func TestListsAreAskedForBesideEachOther(t *testing.T) {
	meet := make(chan bool)
	p := backup.Plan{Sources: []*backup.Source{{All: true, Client: meetingLister{until: meet, id: "a"}}, {All: true, Client: meetingLister{until: meet, id: "b"}}}}
	if unlisted := p.List(t.Context()); len(unlisted) > 0 || len(p.Documents) != 2 || p.Documents[0].ID != "a" {
		t.Errorf("%v, %v", unlisted, p.Documents)
	}
}
