package restore_test

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
	"github.com/padsync/padsync/restore"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/framadate"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

// A moving is a repository with three pads and a server for them.
type moving struct {
	restore.IntoPlan
	server *etherpadtest.Server
	front  *httptest.Server
	table  string
	moves  []restore.Move
}

func newMoving(t *testing.T) *moving {
	server := etherpadtest.New(etherpadtest.Options{TakesImports: true})
	m := &moving{server: server, front: httptest.NewServer(server), table: filepath.Join(t.TempDir(), "moved.csv")}
	t.Cleanup(m.front.Close)
	client, err := etherpad.New(m.front.URL, polite.New(polite.Options{}), new(spool.Pool), etherpad.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := plan(t,
		saved{"ag", "ag.etherpad", "etherpad", aPad, ""},
		saved{"b", "b.etherpad", "etherpad", strings.ReplaceAll(aPad, "pad:ag", "pad:b"), ""},
		saved{"rescued", "rescued.txt", "txt", "only text", "rescue-copy"}, saved{"never", "", "", "", ""},
	)
	m.IntoPlan = restore.IntoPlan{
		Repository: p.Repository, Query: p.Query,
		Targets: []restore.Target{{Source: manifest.Source{Kind: "etherpad", URL: m.front.URL}, Client: client, Finds: true}},
		Address: func(s manifest.Source, id string) string { return s.URL + "/p/" + id },
		Observe: func(e restore.Move) { m.moves = append(m.moves, e) },
	}
	return m
}

// into runs, as often as it is called, with the table as it is on disk.
func (m *moving) into(t *testing.T, ctx context.Context) error {
	t.Helper()
	var targets []manifest.Source
	for _, to := range m.Targets {
		targets = append(targets, to.Source)
	}
	m.Table, m.moves = openTable(t, m.table, targets...), nil
	err := restore.Into(ctx, m.IntoPlan)
	if closed := m.Table.Close(); closed != nil {
		t.Fatal(closed)
	}
	return err
}

func (m *moving) states() []restore.State {
	var states []restore.State
	for _, e := range m.moves {
		states = append(states, e.State)
	}
	return states
}

func TestMoveGoesOnWhereItEnded(t *testing.T) {
	m := newMoving(t)
	ctx, interrupt := context.WithCancel(t.Context())
	observe := m.Observe
	m.Observe = func(e restore.Move) { observe(e); interrupt() }
	if err := m.into(t, ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	done := len(m.moves)
	m.Observe = observe
	if err := m.into(t, t.Context()); err != nil {
		t.Fatal(err)
	}
	if done != 1 || len(m.moves) != 4 || m.server.Imported() != 3 {
		t.Errorf("%d, then %d, with %d imports", done, len(m.moves), m.server.Imported())
	}
	for _, e := range m.moves {
		if e.Document.ID == "never" != errors.Is(e.Err, library.ErrNoVersion) || e.Document.ID == "rescued" && (len(e.Losses) < 4 || e.Version.Suspect == "") {
			t.Errorf("%s: %+v", e.Document.ID, e)
		}
	}
	if err := m.into(t, t.Context()); err != nil || m.server.Imported() != 3 || !slices.Contains(m.states(), restore.Moved) || !m.moves[1].Earlier && !m.moves[0].Earlier {
		t.Errorf("again: %v, %d imports, %q", err, m.server.Imported(), m.states())
	}
}

func TestPlanOfAMoveAsksNobody(t *testing.T) {
	m := newMoving(t)
	if err := restore.Into(t.Context(), m.IntoPlan); err != nil || len(m.moves) != 4 || m.server.Requests() > 0 {
		t.Errorf("%v, %d documents, %d requests", err, len(m.moves), m.server.Requests())
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
	if err := m.into(t, ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if last := m.moves[len(m.moves)-1]; last.State != restore.Moved || last.Err != nil || m.server.Imported() != 1 {
		t.Errorf("%+v, %d imports", last, m.server.Imported())
	}
}

// TestInterruptionEndsAWait: a pad that waits for its server is left for the
// next run, as nothing was made, or may have been made.
func TestInterruptionEndsAWait(t *testing.T) {
	for at, want := range map[string]restore.State{http.MethodGet: "", http.MethodPost: restore.Started} {
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
		if err := m.into(t, ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("%s: %v", at, err)
		}
		m.moves = slices.DeleteFunc(m.moves, func(e restore.Move) bool { return errors.Is(e.Err, library.ErrNoVersion) })
		if want == "" && len(m.moves) > 0 || want != "" && (len(m.moves) != 1 || m.moves[0].State != want || !errors.Is(m.moves[0].Err, sources.ErrUnsure)) {
			t.Errorf("%s: %+v", at, m.moves)
		}
		if table := read(t, m.table); strings.Contains(table, string(restore.Failed)) || strings.Contains(table, string(restore.Started)) != (want != "") {
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
	m = newMoving(t)
	var polls []saved
	for _, id := range ids {
		polls = append(polls, saved{id, "poll.json", "json", aPoll, ""})
	}
	p := plan(t, polls...)
	m.Repository, m.Contents = p.Repository, p.Contents
	m.Targets = []restore.Target{{Source: manifest.Source{Kind: "etherpad", URL: front.URL}, Client: client}}
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
		err := m.into(t, t.Context())
		if errors.Is(err, restore.ErrUnsureTwice) != strings.Contains(c.answers, "nn") || made.Load() != c.want || len(m.moves) != int(c.want) {
			t.Errorf("%s: %v after %d creations, %d documents", c.answers, err, made.Load(), len(m.moves))
		}
		for i, e := range m.moves {
			if unsure := c.answers[i] == 'n'; errors.Is(e.Err, sources.ErrUnsure) != unsure || unsure != (e.State == restore.Started) {
				t.Errorf("%s: %d is %q, %v", c.answers, i, e.State, e.Err)
			}
		}
	}
}

func TestPollThatMayHaveBeenMadeIsNotMadeTwice(t *testing.T) {
	var found atomic.Bool // the answer, that is
	m, made := newPollMoving(t, found.Load, "AbCdEf1234567890")
	if err := m.into(t, t.Context()); err != nil || !errors.Is(m.moves[0].Err, sources.ErrUnsure) || made.Load() != 1 {
		t.Fatalf("%v, %+v, %d made", err, m.moves[0], made.Load())
	}
	found.Store(true)
	if err := m.into(t, t.Context()); err != nil || !errors.Is(m.moves[0].Err, restore.ErrStarted) {
		t.Errorf("again: %v, %+v", err, m.moves[0])
	}
}

func TestLostTableEndsTheMove(t *testing.T) {
	m := newMoving(t)
	m.Table = openTable(t, m.table, m.Targets[0].Source)
	if err := m.Table.Close(); err != nil {
		t.Fatal(err)
	}
	if err := restore.Into(t.Context(), m.IntoPlan); err == nil || len(m.moves) > 2 {
		t.Errorf("%v after %d documents", err, len(m.moves))
	}
}
