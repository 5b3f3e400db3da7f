package setup

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/restore"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

// TestSeveralCallersBackUpAndRestore with one Setup at once, as pages and a
// schedule do: each with documents, keys and a repository of its own, and none
// with a terminal. The servers have to be asked what they are, beside each other.
func TestSeveralCallersBackUpAndRestore(t *testing.T) {
	const callers, servers = 3, 4
	pad := httptest.NewServer(padServer("Agenda\n"))
	defer pad.Close()
	named := []string{pad.URL + "/p/ag"}
	for range servers {
		polls := framadatetest.New(framadatetest.Options{})
		server := httptest.NewServer(polls)
		defer server.Close()
		id, _ := polls.Add(framadatetest.Poll{Poll: poll.Poll{Title: "When", Kind: poll.Date, Choices: []poll.Choice{{Date: "2027-01-05"}}}})
		named = append(named, server.URL+"/"+id) // which may be anything
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	s := newSetup(t, map[string]string{identityVariable: id.String()})
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			o := Options{Repositories: []string{filepath.Join(t.TempDir(), "repository")}}
			if err := saveAndRestore(t, s, o, named); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func padServer(text string) *etherpadtest.Server {
	server := etherpadtest.New(etherpadtest.Options{})
	server.Create("ag", text)
	return server
}

// saveAndRestore is what one caller does.
func saveAndRestore(t *testing.T, s *Setup, o Options, documents []string) error {
	load, err := s.Load(o)
	if err != nil {
		return err
	}
	keys, err := load.Sealing()
	if err != nil {
		return err
	}
	wanted, bad := load.Wanted(documents, nil, nil)
	servers, err := load.Servers(t.Context(), wanted, nil)
	if err != nil {
		return err
	}
	if wanted, err = servers.Settle(t.Context(), wanted, bad); err != nil || bad.Count > 0 {
		return fmt.Errorf("%v, %w", err, bad.Alone())
	}
	plan, err := servers.Plan(wanted, nil, Budget{Begin: time.Now()})
	if err != nil {
		return err
	}
	defer load.CloseSources(t.Context(), plan)
	var tally backup.Tally
	plan.Observe = func(e backup.Event) { tally.Bar(e) }
	report, err := load.BackUp(t.Context(), plan, Writing{Keys: keys}, nil)
	if err != nil {
		return err
	}
	if err := Outcome(report, &tally, nil); err != nil || report.Outcomes[backup.Saved] != len(documents) {
		return fmt.Errorf("saved %d of %d: %w", report.Outcomes[backup.Saved], len(documents), err)
	}
	return restoreAll(t, s, o, len(documents))
}

// restoreAll gives back what was saved, by other settings.
func restoreAll(t *testing.T, s *Setup, o Options, documents int) error {
	load, err := s.Load(o)
	if err != nil {
		return err
	}
	r, err := load.Open(t.Context(), nil)
	if err != nil {
		return err
	}
	selection, err := s.Select(t.Context(), nil)
	if err != nil {
		return err
	}
	chosen, err := r.Choose(t.Context(), selection, "", nil)
	if err != nil {
		return err
	}
	defer chosen.Contents.Close()
	target := t.TempDir()
	restored, err := restore.Run(t.Context(), restore.Plan{
		Repository: chosen.Repository, Query: chosen.Query(false), Target: target, Formats: []string{"txt"},
	})
	if err != nil || restored.Restored != documents || !r.Sealed() {
		return fmt.Errorf("restored %+v, sealed: %v, %w", restored, r.Sealed(), err)
	}
	texts, err := filepath.Glob(filepath.Join(target, "*", "*", "*.txt"))
	if err != nil || len(texts) != documents {
		return fmt.Errorf("files %q, %w", texts, err)
	}
	text, err := os.ReadFile(texts[0])
	if err != nil || len(text) == 0 {
		return fmt.Errorf("%q, %w", text, err)
	}
	d, err := r.Library().Open(t.Context(), selection, library.Options{})
	if err == nil {
		d.Close()
		return fmt.Errorf("one document is meant, where there are %d", documents)
	}
	return nil
}
