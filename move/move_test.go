package move_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/move"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/framadate"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

// A moving is a repository with three pads and a server for them.
type moving struct {
	move.Plan
	server *etherpadtest.Server
	front  *httptest.Server
	table  string
	events []move.Event
	report *move.Report // of the last run
}

func newMoving(t *testing.T) *moving {
	server := etherpadtest.New(etherpadtest.Options{TakesImports: true})
	m := &moving{server: server, front: httptest.NewServer(server), table: filepath.Join(t.TempDir(), "moved.csv")}
	t.Cleanup(m.front.Close)
	client, err := etherpad.New(m.front.URL, polite.New(polite.Options{}), new(spool.Pool), etherpad.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m.Plan = planOf(t, "etherpad",
		saved{id: "ag", file: "ag.etherpad", format: "etherpad", text: aPad},
		saved{id: "b", file: "b.etherpad", format: "etherpad", text: strings.ReplaceAll(aPad, "pad:ag", "pad:b")},
		saved{id: "rescued", file: "rescued.txt", format: "txt", text: "only text", suspect: "rescue-copy"}, saved{id: "never"},
	)
	m.Targets = []move.Target{{Source: manifest.Source{Kind: "etherpad", URL: m.front.URL}, Client: client, Finds: true}}
	return m
}

// run runs, as often as it is called, with the table as it is on disk.
func (m *moving) run(t *testing.T, ctx context.Context) error {
	t.Helper()
	table := openTable(t, m.table, m.Targets...)
	var err error
	m.report, err = move.Run(ctx, m.observed(), table)
	if closed := table.Close(); closed != nil {
		t.Fatal(closed)
	}
	return err
}

// observed is the plan, whose events are kept.
func (m *moving) observed() move.Plan {
	m.events = nil
	p := m.Plan
	p.Observe = func(e move.Event) {
		m.events = append(m.events, e)
		if m.Observe != nil {
			m.Observe(e)
		}
	}
	return p
}

func (m *moving) states() []move.State {
	var states []move.State
	for _, e := range m.events {
		states = append(states, e.State)
	}
	return states
}

// TestPadIsMovedAsItWas at a revision, and with nothing of later.
func TestPadIsMovedAsItWas(t *testing.T) {
	m := newMoving(t)
	targets := m.Targets
	m.Plan = planOf(t, "etherpad", saved{id: "ag", file: "ag.etherpad", format: "etherpad", text: `{"pad:ag":{"atext":{"text":"ab\n","attribs":"|1+3"},"pool":{"numToAttrib":{},"nextNum":0},"head":1,"chatHead":-1,"savedRevisions":[]},` +
		`"pad:ag:revs:0":{"changeset":"Z:1>1+1$a","meta":{"timestamp":1700000000000}},"pad:ag:revs:1":{"changeset":"Z:2>1=1+1$b","meta":{"timestamp":1700000001000}}}`})
	m.Targets, m.Point.Revision = targets, new(0)
	if err := m.run(t, t.Context()); err != nil || len(m.events) != 1 || m.events[0].State != move.Moved {
		t.Fatal(err, m.events)
	}
	if made := string(m.server.Export("ag")); !strings.Contains(made, `"text":"a\n"`) || strings.Contains(made, "revs:1\"") {
		t.Errorf("%s", made)
	}
}

func TestMoveGoesOnWhereItEnded(t *testing.T) {
	m := newMoving(t)
	ctx, interrupt := context.WithCancel(t.Context())
	m.Observe = func(e move.Event) {
		if e.State == move.Moved {
			interrupt()
		}
	}
	if err := m.run(t, ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	done := len(m.events)
	m.Observe = nil
	if err := m.run(t, t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := m.report; r.Moved != 2 || r.Earlier != 1 || r.Unsaved != 1 || r.Documents() != 3 {
		t.Errorf("%+v", r)
	}
	if done != 2 || len(m.events) != 4 || m.server.Imported() != 3 {
		t.Errorf("%d, then %d, with %d imports", done, len(m.events), m.server.Imported())
	}
	for _, e := range m.events {
		if e.Document.ID == "never" != errors.Is(e.Err, library.ErrNoVersion) || e.Document.ID == "rescued" && (len(e.Losses) < 4 || e.Version.Suspect == "") {
			t.Errorf("%s: %+v", e.Document.ID, e)
		}
	}
	if err := m.run(t, t.Context()); err != nil || m.server.Imported() != 3 || !slices.Contains(m.states(), move.Moved) || m.report.Earlier != 3 || m.report.Lost != nil {
		t.Errorf("again: %v, %d imports, %q", err, m.server.Imported(), m.states())
	}
}

func TestPreviewAsksNobody(t *testing.T) {
	m := newMoving(t)
	none, err := move.ReadTable(m.table, "", m.Targets)
	if err != nil {
		t.Fatal(err)
	}
	r, err := move.Preview(t.Context(), m.observed(), none)
	if err != nil || len(m.events) != 4 || m.server.Requests() > 0 || m.server.Imported() > 0 {
		t.Errorf("%v, %d documents, %d requests", err, len(m.events), m.server.Requests())
	}
	if r.Moved != 3 || r.Unsaved != 1 || r.To[&m.Targets[0]] != 3 || r.Lost[0].Count != 1 || !slices.Equal(m.states(), []move.State{move.Failed, move.Planned, move.Planned, move.Planned}) {
		t.Errorf("%+v of %q", r, m.states())
	}
}

// TestDocumentInHandIsFinished: an interruption in the middle of an import
// does not leave half of it.
func TestDocumentInHandIsFinished(t *testing.T) {
	m := newMoving(t)
	ctx, interrupt := context.WithCancel(t.Context())
	m.front.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			interrupt()
		}
		m.server.ServeHTTP(w, r)
	})
	if err := m.run(t, ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if last := m.events[len(m.events)-1]; last.State != move.Moved || last.Err != nil || m.server.Imported() != 1 {
		t.Errorf("%+v, %d imports", last, m.server.Imported())
	}
}

// TestInterruptionEndsAWait: a pad that waits for its server is left for the
// next run, as nothing was made, or may have been made.
func TestInterruptionEndsAWait(t *testing.T) {
	for at, want := range map[string]move.State{http.MethodGet: "", http.MethodPost: move.Started} {
		m := newMoving(t)
		ctx, interrupt := context.WithCancel(t.Context())
		m.front.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == at {
				w.Header().Set("X-RateLimit-Limit", "1")
				w.Header().Set("X-RateLimit-Remaining", "0")
				w.Header().Set("X-RateLimit-Reset", "600")
			}
			m.server.ServeHTTP(w, r)
		})
		client, err := etherpad.New(m.front.URL, polite.New(polite.Options{Waiting: func(polite.Wait) { interrupt() }}), new(spool.Pool), etherpad.Options{})
		if err != nil {
			t.Fatal(err)
		}
		m.Targets[0].Client, m.WaitsUntil = client, polite.WaitsUntil
		if err := m.run(t, ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("%s: %v", at, err)
		}
		m.events = slices.DeleteFunc(m.events, func(e move.Event) bool { return errors.Is(e.Err, library.ErrNoVersion) })
		if want == "" && len(m.events) > 0 || want != "" && (len(m.events) != 1 || m.events[0].State != want || !errors.Is(m.events[0].Err, sources.ErrUnsure)) {
			t.Errorf("%s: %+v", at, m.events)
		}
		if want != "" && (m.report.Unsure != 1 || m.report.Doubtful != 1) {
			t.Errorf("%s: %+v", at, m.report)
		}
		if table := read(t, m.table); strings.Contains(table, string(move.Failed)) || strings.Contains(table, string(move.Started)) != (want != "") {
			t.Errorf("%s: %s", at, table)
		}
	}
}

// newPollMoving is a repository with these polls and a server for them that
// makes each poll, and answers so only if found says so.
func newPollMoving(t *testing.T, found func() bool, ids ...string) (m *moving, made *atomic.Int32) {
	t.Helper()
	server := framadatetest.New(framadatetest.Options{})
	made = new(atomic.Int32)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		if last := r.Method == http.MethodPost && strings.Contains(string(body), "confirmation"); !last {
			server.ServeHTTP(w, r)
			return
		}
		made.Add(1)
		if found() {
			server.ServeHTTP(w, r)
			return
		}
		server.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler) // the answer is lost
	}))
	t.Cleanup(front.Close)
	client, err := framadate.New(front.URL, polite.New(polite.Options{}), new(spool.Pool), framadate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var polls []saved
	for _, id := range ids {
		polls = append(polls, saved{id: id, file: "poll.json", format: "json", text: aPoll})
	}
	m = &moving{Plan: planOf(t, "framadate", polls...), table: filepath.Join(t.TempDir(), "moved.csv")}
	m.Targets = []move.Target{{Source: manifest.Source{Kind: "framadate", URL: front.URL}, Client: client}}
	return m, made
}

// TestTwoUnsureCreationsInARowEndTheMove: the server would make halves of all.
func TestTwoUnsureCreationsInARowEndTheMove(t *testing.T) {
	ids := []string{"a", "b", "c", "d", "e", "f"}
	for _, c := range []struct {
		answers string // yes or no, to one creation after the other
		want    int32
	}{{"nn", 2}, {"nynyny", 6}, {"ynnyyy", 3}, {"yyyynn", 6}} {
		n := 0
		m, made := newPollMoving(t, func() bool { n++; return c.answers[n-1] == 'y' }, ids...)
		err := m.run(t, t.Context())
		if errors.Is(err, move.ErrUnsureTwice) != strings.Contains(c.answers, "nn") || made.Load() != c.want || len(m.events) != int(c.want) {
			t.Errorf("%s: %v after %d creations, %d documents", c.answers, err, made.Load(), len(m.events))
		}
		for i, e := range m.events {
			if unsure := c.answers[i] == 'n'; errors.Is(e.Err, sources.ErrUnsure) != unsure || unsure != (e.State == move.Started) {
				t.Errorf("%s: %d is %q, %v", c.answers, i, e.State, e.Err)
			}
		}
	}
}

func TestPollThatMayHaveBeenMadeIsNotMadeTwice(t *testing.T) {
	var found atomic.Bool // the answer, that is
	m, made := newPollMoving(t, found.Load, "AbCdEf1234567890")
	if err := m.run(t, t.Context()); err != nil || !errors.Is(m.events[0].Err, sources.ErrUnsure) || made.Load() != 1 {
		t.Fatalf("%v, %+v, %d made", err, m.events[0], made.Load())
	}
	found.Store(true)
	if err := m.run(t, t.Context()); err != nil || !errors.Is(m.events[0].Err, move.ErrStarted) || m.report.Unsure != 1 || m.report.Doubtful != 0 {
		t.Errorf("again: %v, %+v", err, m.events[0])
	}
}

func TestLostTableEndsTheMove(t *testing.T) {
	m := newMoving(t)
	table := openTable(t, m.table, m.Targets...)
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := move.Run(t.Context(), m.observed(), table); err == nil || len(m.events) > 2 {
		t.Errorf("%v after %d documents", err, len(m.events))
	}
}
