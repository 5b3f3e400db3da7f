package backup_test

import (
	"fmt"
	"net/http"
	"slices"
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

// A fleet is some Etherpads in a bubble, found by their hosts, and a store.
type fleet struct {
	t       *testing.T
	servers map[string]*etherpadtest.Server
	plan    backup.Plan
	ended   map[*backup.Source]time.Duration // each source's last document
}

// newFleet makes n Etherpads with so many pads each, whose answers take a
// time.
func newFleet(t *testing.T, n, pads int, took time.Duration, o etherpadtest.Options) *fleet {
	f := &fleet{t: t, servers: make(map[string]*etherpadtest.Server), ended: make(map[*backup.Source]time.Duration)}
	transport, stop := sourcetest.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(took)
		f.servers[r.Host].ServeHTTP(w, r)
	}))
	t.Cleanup(stop)
	pool := spool.New(t.TempDir(), 0)
	client := polite.New(polite.Options{Transport: transport})
	o.Synthetic = pads
	f.plan = backup.Plan{Pool: pool}
	for i := range n {
		host := fmt.Sprintf("pads-%02d.example.org", i)
		f.servers[host] = etherpadtest.New(o)
		source, err := etherpad.New("https://"+host, client, pool, etherpad.Options{})
		if err != nil {
			t.Fatal(err)
		}
		from := &backup.Source{Source: manifest.Source{Kind: "etherpad", URL: "https://" + host}, Client: source}
		f.plan.Sources = append(f.plan.Sources, from)
		for k := range pads {
			f.plan.Documents = append(f.plan.Documents, backup.Document{Source: from, ID: etherpadtest.SyntheticID(k)})
		}
	}
	repo, err := repository.OpenOrCreate(t.Context(), memory.New(time.Now), repository.Options{Pool: pool})
	if err != nil {
		t.Fatal(err)
	}
	f.plan.Repositories = []backup.Repository{{Name: "store", Repository: repo}}
	return f
}

// run backs up, and gives the ids of what was looked at, in that order.
func (f *fleet) run() (*backup.Report, []string) {
	f.t.Helper()
	var ids []string
	begin, observed := time.Now(), make(chan backup.Event)
	p := f.plan
	p.Observe = func(e backup.Event) { observed <- e }
	done := make(chan *backup.Report)
	go func() {
		report, err := backup.Run(f.t.Context(), p)
		if err != nil {
			f.t.Error(err)
			report = new(backup.Report)
		}
		done <- report
	}()
	for {
		select {
		case e := <-observed:
			if e.Outcome == backup.Resumed {
				continue
			}
			ids = append(ids, e.ID)
			f.ended[e.Document.Source] = time.Since(begin)
		case report := <-done:
			for _, r := range report.Repositories {
				if r.Err != nil {
					f.t.Error(r.Err)
				}
			}
			return report, ids
		}
	}
}

func TestShortRunsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const pads, time30 = 50, 30 * time.Minute
		f := newFleet(t, 1, pads, 200*time.Millisecond, etherpadtest.Options{Limit: 10})
		seen := make(map[string]int)
		looks := []int{20, 20, 10} // the third has looked at the last ones
		for run := range 12 {
			begin := time.Now()
			f.plan.Sources[0].Until = begin.Add(3 * time.Minute)
			report, ids := f.run()
			if took := time.Since(begin); took > 3*time.Minute || report.Interrupted {
				t.Errorf("run %d took %v, interrupted: %v", run, took, report.Interrupted)
			}
			var left []backup.Rest
			if n := run % len(looks); n < 2 {
				left = []backup.Rest{{Source: f.plan.Sources[0], Documents: []int{30, 10}[n], Looked: 20}}
			}
			if len(ids) != looks[run%len(looks)] || !slices.Equal(report.Left, left) {
				t.Errorf("run %d looked at %d, left %+v", run, len(ids), report.Left)
			}
			for _, id := range ids {
				seen[id]++
			}
			least, most := pads, 0
			for i := range pads {
				n := seen[etherpadtest.SyntheticID(i)]
				least, most = min(least, n), max(most, n)
			}
			if most-least > 1 {
				t.Errorf("after run %d a pad was looked at %d times, another %d times", run, most, least)
			}
			time.Sleep(time30)
		}
	})
}

// TestLocatorsTakeTurnsToo: once an id is known, a link that tells it only by
// the server's answer comes before no other document.
func TestLocatorsTakeTurnsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const pads = 40
		f := newFleet(t, 1, pads, 200*time.Millisecond, etherpadtest.Options{Limit: 10})
		for i := range pads / 2 {
			f.plan.Documents[i].Locator = f.plan.Documents[i].ID
		}
		seen := make(map[string]int)
		for range 6 {
			f.plan.Sources[0].Until = time.Now().Add(3 * time.Minute)
			_, ids := f.run()
			for _, id := range ids {
				seen[id]++
			}
			time.Sleep(30 * time.Minute)
		}
		for i := range pads {
			if n := seen[etherpadtest.SyntheticID(i)]; n < 2 {
				t.Errorf("pad %d was looked at %d times in 6 runs", i, n)
			}
		}
	})
}

func TestSourceWhoseTimeIsOverIsNotAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, 2, 5, time.Second, etherpadtest.Options{})
		f.plan.Sources[0].Until = time.Now()
		f.plan.Sources[1].Until = time.Now().Add(time.Hour)
		report, ids := f.run()
		if want := (backup.Rest{Source: f.plan.Sources[0], Documents: 5}); len(ids) != 5 || len(report.Left) != 1 || report.Left[0] != want || want.Runs() != 0 {
			t.Errorf("looked at %d, left %+v", len(ids), report.Left)
		}
		if n := f.servers["pads-00.example.org"].Requests(); n != 0 {
			t.Errorf("%d requests", n)
		}
	})
}

// TestForecastCountsRunsThatLook, and not what was said of documents between
// them.
func TestForecastCountsRunsThatLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, 1, 100, time.Second, etherpadtest.Options{Limit: 10})
		for n := range 2 {
			begin := time.Now()
			f.plan.Sources[0].Until = begin.Add(time.Minute)
			report, _ := f.run()
			if n == 0 {
				time.Sleep(24*time.Hour - time.Since(begin))
			} else if got := report.Forecast(t.Context(), &f.plan, begin); got.Runs == 0 || got.Seen.Sub(begin) != time.Duration(got.Runs)*24*time.Hour {
				t.Errorf("%d runs are left, and all is seen in %v", got.Runs, got.Seen.Sub(begin))
			}
			name := fmt.Sprint("name ", n)
			said := repository.Saying{Source: f.plan.Sources[0].Source, ID: etherpadtest.SyntheticID(0), Said: manifest.Said{Name: &name}}
			if _, err := f.plan.Repositories[0].Say(t.Context(), repository.RunOptions{}, []repository.Saying{said}); err != nil {
				t.Fatal(err)
			}
		}
	})
}
