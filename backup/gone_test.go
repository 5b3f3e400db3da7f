package backup_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

// behind puts faults before the world's servers.
func (w *world) behind() *sourcetest.Faults {
	faults := new(sourcetest.Faults)
	w.front = func(h http.Handler) http.Handler { return &relay{faults, h} }
	return faults
}

type relay struct {
	faults *sourcetest.Faults
	h      http.Handler
}

func (r *relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.faults.Through(r.h, w, req)
}

// reasons are the errors of events, by the documents' ids.
func (w *world) reasons() map[string]error {
	found := map[string]error{}
	w.plan.Observe = func(e backup.Event) {
		w.mu.Lock()
		defer w.mu.Unlock()
		found[e.ID] = e.Err
	}
	return found
}

func barrier(err error) sources.BarrierKind {
	if b, ok := errors.AsType[*sources.Barrier](err); ok {
		return b.Kind
	}
	return ""
}

// TestServerThatAnswersForNothingMakesNothingMissing, night after night: what
// it answers is one fact about the server.
func TestServerThatAnswersForNothingMakesNothingMissing(t *testing.T) {
	for fault, want := range map[sourcetest.Fault]sources.BarrierKind{
		sourcetest.Absent: sources.NoneThere, sourcetest.Elsewhere: sources.Elsewhere, sourcetest.Challenge: sources.Challenge,
		sourcetest.Maintenance: sources.Maintenance, sourcetest.Login: sources.Login, sourcetest.Refused: sources.Proxy,
	} {
		t.Run(fault.String(), func(t *testing.T) {
			w := newWorld(t)
			faults := w.behind()
			w.pads.Create("ag", "Bonjour\n")
			w.pads.Create("bureau", "Bonjour\n")
			w.want(w.backup(w.pad("ag"), w.pad("bureau")), counts{backup.Saved: 2})
			faults.Set(fault)
			for range 2 {
				reasons := w.reasons()
				r := w.backup(w.pad("ag"), w.pad("bureau"))
				w.want(r, counts{backup.Failed: 2})
				for _, id := range []string{"ag", "bureau"} {
					if barrier(reasons[id]) != want || w.records()[id].State != manifest.Failed {
						t.Errorf("%s: %v, %+v", id, reasons[id], w.records()[id])
					}
				}
			}
			faults.Set(sourcetest.None)
			w.pads.Delete("bureau")
			w.want(w.backup(w.pad("ag"), w.pad("bureau")), counts{backup.Unchanged: 1, backup.Missing: 1})
		})
	}
}

// TestFrontPageDecidesOnTheOnlyDocument of a server.
func TestFrontPageDecidesOnTheOnlyDocument(t *testing.T) {
	w := newWorld(t)
	faults := w.behind()
	w.pads.Create("ag", "Bonjour\n")
	w.pads.Create("old", "Bonjour\n")
	w.want(w.backup(w.pad("ag"), w.pad("old")), counts{backup.Saved: 2})
	w.pads.Delete("old")
	w.want(w.backup(w.pad("ag"), w.pad("old")), counts{backup.Unchanged: 1, backup.Missing: 1})
	faults.Set(sourcetest.Absent)
	reasons := w.reasons()
	w.want(w.backup(w.pad("ag"), w.pad("old")), counts{backup.Failed: 1, backup.Missing: 1}) // what was missing stays so
	if barrier(reasons["ag"]) != sources.NotThere {
		t.Error(reasons["ag"])
	}
	w.want(w.backup(w.pad("ag")), counts{backup.Failed: 1})
	faults.Set(sourcetest.None)
	w.want(w.backup(w.pad("ag")), counts{backup.Unchanged: 1})
	w.pads.Delete("ag")
	w.asked = nil
	w.want(w.backup(w.pad("ag")), counts{backup.Missing: 1})
	if front := count(w.asked, "/"); front != 1 || len(w.asked) != 2 {
		t.Errorf("asked for %q", w.asked)
	}
}

func count(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

// TestPollServerThatIsEmptyMakesNothingMissing, though it answers as Framadate.
func TestPollServerThatIsEmptyMakesNothingMissing(t *testing.T) {
	w := newWorld(t)
	meeting := poll.Poll{Title: "AG", Kind: poll.Classic, Choices: []poll.Choice{{Label: "oui", Markdown: "oui"}}}
	var polls []backup.Document
	for range 3 {
		id, _ := w.polls.Add(framadatetest.Poll{Poll: meeting})
		polls = append(polls, backup.Document{ID: id})
	}
	w.want(w.backup(polls...), counts{backup.Saved: 3})
	w.polls.Delete(polls[0].ID)
	w.want(w.backup(polls...), counts{backup.Unchanged: 2, backup.Missing: 1})
	w.polls.Delete(polls[1].ID)
	w.polls.Delete(polls[2].ID)
	w.want(w.backup(polls...), counts{backup.Failed: 2, backup.Missing: 1})
	w.want(w.backup(polls[1]), counts{backup.Missing: 1}) // the only one that was asked for, and the server is there
}

// TestServerThatMovesDuringARunMakesNothingMissing: a good answer counts for
// what the server said before it, and at the end one is asked for again.
func TestServerThatMovesDuringARunMakesNothingMissing(t *testing.T) {
	for _, moves := range []bool{true, false} {
		w := newWorld(t)
		faults := w.behind()
		w.plan.Sources[1].Parallel = 1
		var documents []backup.Document
		for i := range 9 {
			w.pads.Create(fmt.Sprint("pad-", i), "x\n")
			documents = append(documents, w.pad(fmt.Sprint("pad-", i)))
		}
		w.want(w.backup(documents...), counts{backup.Saved: 9})
		w.pads.Delete("pad-1")
		w.pads.Delete("pad-7")
		w.pads.Delete("pad-8")
		w.block = func(r *http.Request) bool {
			if moves && strings.HasPrefix(r.URL.Path, "/p/pad-4/") {
				faults.Set(sourcetest.Absent)
			}
			return false
		}
		want := counts{backup.Unchanged: 6, backup.Missing: 3}
		if moves {
			want = counts{backup.Unchanged: 3, backup.Missing: 1, backup.Failed: 5}
		}
		w.want(w.backup(documents...), want)
		if ask := len(w.asked); ask > 10 {
			t.Errorf("%d requests for 9 pads", ask)
		}
	}
}

// TestListThatIsSuddenlyEmptyTakesNothingAway, also where it had one document
// only.
func TestListThatIsSuddenlyEmptyTakesNothingAway(t *testing.T) {
	for _, pads := range []int{1, 3} {
		synctest.Test(t, func(t *testing.T) {
			in := newInstance(t, etherpadtest.Options{})
			for i := range pads {
				in.server.Create(fmt.Sprint("pad-", i), "text")
			}
			in.backup(map[backup.Outcome]int{backup.Saved: pads})
			for i := range pads {
				in.server.Delete(fmt.Sprint("pad-", i))
			}
			for range 2 {
				in.backup(map[backup.Outcome]int{backup.Failed: pads})
			}
			in.server.Create("new", "text")
			in.backup(map[backup.Outcome]int{backup.Saved: 1, backup.Missing: pads})
		})
	}
}

// TestWhatIsGoneDoesNotComeFirstForEver: a run without the time to find out
// whether the server is to be believed says so, and the next one goes on.
func TestWhatIsGoneDoesNotComeFirstForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := false
		source := odd(func(id, _ string) (*sources.Version, error) {
			if time.Sleep(time.Minute); gone && strings.HasPrefix(id, "gone") {
				return nil, fs.ErrNotExist
			}
			return oddVersion(id, "x"), nil
		})
		store := memory.New(time.Now)
		run := func(most time.Duration) map[backup.Outcome]int {
			time.Sleep(24 * time.Hour)
			repo, err := repository.OpenOrCreate(t.Context(), store, repository.Options{Pool: new(spool.Pool)})
			if err != nil {
				t.Fatal(err)
			}
			from := &backup.Source{
				Source: manifest.Source{Kind: "odd", URL: "https://odd.example"}, Client: source, Parallel: 1, Until: time.Now().Add(most),
			}
			p := backup.Plan{
				Pool: new(spool.Pool), Program: "test", Repositories: []backup.Repository{{Repository: repo}}, Sources: []*backup.Source{from},
			}
			for _, id := range []string{"gone-1", "gone-2", "gone-3", "stays-1", "stays-2"} {
				p.Documents = append(p.Documents, backup.Document{Source: from, ID: id})
			}
			report, err := backup.Run(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			return report.Outcomes
		}
		run(time.Hour)
		gone = true
		if found := run(2*time.Minute + time.Second); found[backup.Missing] > 0 || found[backup.Failed] < 2 {
			t.Errorf("%v", found)
		}
		// What was looked at longest ago comes first now.
		if found := run(4*time.Minute + time.Second); found[backup.Unchanged] != 2 {
			t.Errorf("%v", found)
		}
		if found := run(time.Hour); found[backup.Missing] != 3 {
			t.Errorf("%v", found)
		}
	})
}

// TestInterruptedRunBelievesNothingYet, and what it saw stands up for the
// server when the next one goes on.
func TestInterruptedRunBelievesNothingYet(t *testing.T) {
	gone := false
	ctx, cancel := context.WithCancel(t.Context())
	w := oddly(t, func(id, _ string) (*sources.Version, error) {
		if id == "c" && gone {
			cancel()
		}
		if gone && id != "a" {
			return nil, fs.ErrNotExist
		}
		return oddVersion(id, "x"), nil
	})
	w.plan.Sources[0].Parallel = 1
	documents := []backup.Document{{ID: "a"}, {ID: "b"}, {ID: "c"}, {ID: "d"}}
	w.want(w.backup(documents...), counts{backup.Saved: 4})
	gone = true
	w.want(w.backupWith(ctx, documents...), counts{backup.Unchanged: 1})
	w.want(w.backup(documents...), counts{backup.Resumed: 1, backup.Missing: 3})
}

// TestAnswerThatWasAskedForBeforeCountsForNothing that the server said since.
func TestAnswerThatWasAskedForBeforeCountsForNothing(t *testing.T) {
	moved, first := false, true
	begun, answered := make(chan bool), make(chan bool, 3)
	w := oddly(t, func(id, _ string) (*sources.Version, error) {
		switch {
		case !moved:
		case id != "a":
			<-begun
			answered <- true
			return nil, fs.ErrNotExist
		case !first:
			return nil, fs.ErrNotExist
		default:
			first = false
			close(begun)
			for range cap(answered) {
				<-answered
			}
		}
		return oddVersion(id, "x"), nil
	})
	w.plan.Sources[0].Parallel = 4
	documents := []backup.Document{{ID: "a"}, {ID: "b"}, {ID: "c"}, {ID: "d"}}
	w.want(w.backup(documents...), counts{backup.Saved: 4})
	moved = true
	w.want(w.backup(documents...), counts{backup.Unchanged: 1, backup.Failed: 3})
}
