package setup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/machine"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

// A bench is a machine with a configuration, a server and a catalogue.
type bench struct {
	*testing.T
	*Setup
	pads   *etherpadtest.Server
	server string
	config string // the configuration besides its repository

	mu sync.Mutex // guards the ids that a run observes
}

// newBench is a machine whose catalogue is there if it is to have one.
func newBench(t *testing.T, catalogued bool) *bench {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, Setup: newSetup(t, map[string]string{identityVariable: id.String()}), pads: etherpadtest.New(etherpadtest.Options{APIKey: "key"})}
	server := httptest.NewServer(b.pads)
	t.Cleanup(server.Close)
	b.server = server.URL
	if catalogued {
		b.with(func(c *catalog.Catalog) error { return c.Keep(t.Context(), []catalog.Found{{Key: b.pad("known")}}) })
	}
	return b
}

// pad makes a pad, and gives its key.
func (b *bench) pad(id string) catalog.Key {
	b.pads.Create(id, "The text of "+id+"\n")
	return catalog.Key{Kind: "etherpad", Base: b.server, ID: id}
}

func (b *bench) with(do func(*catalog.Catalog) error) {
	b.Helper()
	c, err := b.OpenCatalog(b.Context())
	if err == nil {
		err = errors.Join(do(c), c.Close())
	}
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) choose(choice catalog.Choice, ids ...string) {
	b.Helper()
	for _, id := range ids {
		key := b.pad(id)
		b.with(func(c *catalog.Catalog) error {
			return c.Change(b.Context(), []catalog.Key{key}, catalog.Change{Choice: &choice})
		})
	}
}

// document is what the catalogue has of a pad.
func (b *bench) document(id string) (d *catalog.Document) {
	b.Helper()
	b.with(func(c *catalog.Catalog) (err error) {
		d, err = c.Document(b.Context(), catalog.Key{Kind: "etherpad", Base: b.server, ID: id})
		return err
	})
	if d == nil {
		b.Fatalf("the catalogue has no %s", id)
	}
	return d
}

func (b *bench) settings() *Settings {
	b.Helper()
	file := b.ConfigFile("")
	text := fmt.Sprintf("[[repository]]\naddress = %q\n%s", filepath.Join(filepath.Dir(file), "repository"), b.config)
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
		b.Fatal(err)
	}
	s, err := b.Load(Options{})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// backUp saves what is named, or what is to be saved without a name, and gives
// the ids of what was looked at, sorted; the error is that of the catalogue.
func (b *bench) backUp(args ...string) (ids []string, problem error) {
	b.Helper()
	s := b.settings()
	known := s.Known(b.Context())
	defer known.Close()
	all, bad := s.Wanted(args, nil, known)
	servers, err := s.Servers(b.Context(), all, nil)
	if err != nil {
		b.Fatal(err)
	}
	if all, err = servers.Settle(b.Context(), all, bad); err != nil || bad.Count > 0 {
		b.Fatal(err, bad.Alone())
	}
	plan, err := servers.Plan(known.Without(all), nil, Budget{Begin: time.Now()})
	if err != nil {
		b.Fatal(err)
	}
	defer s.CloseSources(b.Context(), plan)
	plan.Ignored = known.Ignores
	unlisted := plan.List(b.Context())
	plan.Observe = func(e backup.Event) {
		b.mu.Lock()
		defer b.mu.Unlock()
		ids = append(ids, e.ID)
	}
	keys, err := s.Sealing()
	if err != nil {
		b.Fatal(err)
	}
	report, err := s.BackUp(b.Context(), plan, Writing{Keys: keys, Known: known, Named: len(args) > 0, Unlisted: unlisted}, nil)
	if err != nil || report.Repositories[0].Err != nil {
		b.Fatal(err, report)
	}
	slices.Sort(ids)
	return ids, known.Problem()
}

func (b *bench) saves(want string, args ...string) {
	b.Helper()
	ids, problem := b.backUp(args...)
	if got := strings.Join(ids, " "); got != want || problem != nil {
		b.Errorf("it saved %q, not %q; %v", got, want, problem)
	}
}

func TestBackupTakesConfigurationAndAutomaticOnes(t *testing.T) {
	b := newBench(t, true)
	b.pad("configured")
	b.config = fmt.Sprintf("[[source]]\nurl = %q\ndocuments = [%q, %q]\n", b.server, b.server+"/p/configured", b.server+"/p/both")
	b.choose(catalog.Automatic, "both", "automatic")
	b.choose(catalog.Manual, "manual")
	b.choose(catalog.Ignored, "ignored")
	b.saves("automatic both configured")
	if d := b.document("configured"); d.Choice != catalog.None || len(d.States) != 1 || d.States[0].Versions != 1 {
		t.Errorf("the catalogue did not learn what is saved: %+v", d)
	}
	b.saves("manual", b.server+"/p/manual")
	b.pad("typed")
	b.saves("typed", b.server+"/p/typed")
	if d := b.document("typed"); d.Choice != catalog.Manual {
		t.Errorf("of a document that was named once: %+v", d)
	}
	b.saves("automatic both configured")
}

func TestStateIsThatOfTheRepositoryAlone(t *testing.T) {
	one := &catalog.Document{States: []catalog.State{{Repository: "a", Versions: 1}, {Repository: "b", Versions: 2}}}
	for want, d := range map[int]Documents{
		2: {Repository: "b", lastKnown: "a"}, 0: {Repository: "c", lastKnown: "a"}, 1: {},
	} {
		if got := d.State(one).Versions; got != want {
			t.Errorf("of %q, %q: %d versions, want %d", d.Repository, d.lastKnown, got, want)
		}
	}
	if d := (Documents{lastKnown: "b"}); d.State(one).Versions != 2 {
		t.Error("the repository that was there last does not count")
	}
}

func TestRemovedIsChosenAgainWhereItIsNamed(t *testing.T) {
	b := newBench(t, true)
	key := b.pad("typed")
	b.with(func(c *catalog.Catalog) error {
		return c.Change(t.Context(), []catalog.Key{key}, catalog.Change{Removed: true})
	})
	b.saves("typed", b.server+"/p/typed")
	if d := b.document("typed"); d.Choice != catalog.Manual || d.Removed {
		t.Errorf("a document that had been removed and was named: %+v", d)
	}
}

func TestIgnoredIsSavedByNoListAndByItsAddress(t *testing.T) {
	b := newBench(t, true)
	b.choose(catalog.Ignored, "configured", "listed", "all")
	list := filepath.Join(t.TempDir(), "list.txt")
	if err := os.WriteFile(list, []byte(b.server+"/p/listed\n"+b.server+"/p/other\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.pad("other")
	b.config = fmt.Sprintf("[[source]]\nurl = %q\ndocuments = [%q, %q]\n", b.server, b.server+"/p/configured", b.server+"/p/other")
	b.saves("other")
	b.saves("other", list)
	b.saves("listed", b.server+"/p/listed")
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("key\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.config = fmt.Sprintf("[[source]]\nkind = \"etherpad\"\nurl = %q\nall = true\napi-key-file = %q\n", b.server, key)
	b.saves("known other")
	b.choose(catalog.Automatic, "listed")
	b.saves("known listed other")
}

func TestBackupMakesNoCatalogue(t *testing.T) {
	b := newBench(t, false)
	b.pad("ag")
	b.saves("ag", b.server+"/p/ag")
	file, err := b.CatalogFile()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Error("there is a catalogue", err)
	}
}

func TestDamagedCatalogueStopsNoBackup(t *testing.T) {
	for name, is := range map[string]error{"": catalog.ErrDamaged, "rubbish": catalog.ErrDamaged} {
		b := newBench(t, true)
		b.pad("configured")
		b.config = fmt.Sprintf("[[source]]\nurl = %q\ndocuments = [%q]\n", b.server, b.server+"/p/configured")
		b.choose(catalog.Automatic, "automatic")
		file, err := b.CatalogFile()
		if err == nil {
			err = os.WriteFile(file, []byte(name), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		ids, problem := b.backUp()
		if !errors.Is(problem, is) || message.ClassOf(problem) != message.Incomplete || strings.Join(ids, " ") != "configured" {
			t.Errorf("%q: saved %q, %v", name, ids, problem)
		}
		if left, err := os.ReadFile(file); err != nil || string(left) != name {
			t.Error("the damaged file was changed")
		}
	}
}

func TestRunsAreRecordedWithWhatFailed(t *testing.T) {
	b := newBench(t, true)
	b.pad("ag")
	closed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) }))
	defer closed.Close()
	b.config = fmt.Sprintf("[[source]]\nurl = %q\ndocuments = [%q, %q]\n", b.server, b.server+"/p/ag", closed.URL+"/p/away")
	for range 2 {
		b.backUp()
	}
	var runs []catalog.Run
	b.with(func(c *catalog.Catalog) (err error) {
		runs, err = c.Runs(t.Context(), 0)
		return err
	})
	if len(runs) != 2 || runs[1].Saved != 1 || runs[0].Unchanged != 1 || runs[0].Failed != 1 || runs[0].Ending != "" {
		t.Fatalf("%+v", runs)
	}
	if f := runs[0].Failures; len(f) != 1 || !strings.HasPrefix(f[0].Subject, closed.URL) || f[0].Since != runs[1].Failures[0].Since {
		t.Errorf("%+v", f)
	}
}

// TestPollIsOneDocumentAfterItsFirstBackup, by whichever link it was found.
func TestPollIsOneDocumentAfterItsFirstBackup(t *testing.T) {
	b := newBench(t, true)
	polls := framadatetest.New(framadatetest.Options{})
	server := httptest.NewServer(polls)
	defer server.Close()
	id, admin := polls.Add(framadatetest.Poll{
		ID: "reunion", Poll: poll.Poll{Title: "When", Kind: poll.Date, Choices: []poll.Choice{{Date: "2027-01-05"}}},
	})
	address := server.URL + "/" + admin + "/admin"
	found, err := b.Kinds.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	key := catalog.Key{Kind: "framadate", Base: found[0].Base, ID: found[0].ID}
	b.with(func(c *catalog.Catalog) error {
		return errors.Join(c.Keep(t.Context(), []catalog.Found{{Key: key, Address: address}}),
			c.Change(t.Context(), []catalog.Key{key}, catalog.Change{Choice: new(catalog.Automatic)}))
	})
	b.saves(id)
	var all []catalog.Document
	b.with(func(c *catalog.Catalog) (err error) {
		all, err = c.Documents(t.Context())
		return err
	})
	polled := slices.DeleteFunc(all, func(d catalog.Document) bool { return d.Kind != "framadate" })
	if len(polled) != 1 || polled[0].ID != id || polled[0].Address != address || len(polled[0].States) != 1 {
		t.Errorf("%+v", polled)
	}
	b.saves(id)
}

// TestOthersChangeNothingOfWhatIsFetched: whoever writes into the repository.
func TestOthersChangeNothingOfWhatIsFetched(t *testing.T) {
	b := newBench(t, true)
	b.choose(catalog.Automatic, "automatic")
	b.choose(catalog.Ignored, "ignored")
	b.saves("automatic")
	other := newBench(t, false)
	elsewhere, apart := *b.Setup, t.TempDir()
	other.Setup, other.pads, other.server = &elsewhere, b.pads, b.server
	b.pad("planted")
	elsewhere.Getenv = func(name string) string {
		if name == dataVariable || name == stateVariable {
			return filepath.Join(apart, name)
		}
		return b.Getenv(name)
	}
	other.saves("ignored planted", b.server+"/p/planted", b.server+"/p/ignored")
	b.saves("automatic")
	b.saves("automatic")
	if d := b.document("planted"); d.Choice != catalog.None || len(d.States) != 1 {
		t.Errorf("what another machine saves: %+v", d)
	}
}

// TestForgedChoicesCountNowhere, not even under this machine's own id.
func TestForgedChoicesCountNowhere(t *testing.T) {
	b := newBench(t, true)
	b.choose(catalog.Automatic, "automatic")
	b.choose(catalog.Ignored, "ignored")
	b.saves("automatic")
	planted := b.pad("planted")
	var own string
	b.with(func(c *catalog.Catalog) (err error) {
		own, err = c.Machine(t.Context())
		return err
	})
	forged := func(id string, choice manifest.Choice) repository.Saying {
		said := repository.Saying{Source: SourceOf(planted), ID: id}
		said.Name, said.Tags, said.Removed = new("automatic"), []string{"automatic"}, new(true)
		said.Choices = []manifest.MachineChoice{{Machine: own, Choice: choice}}
		return said
	}
	s := b.settings()
	keys, err := s.Sealing()
	if err != nil {
		t.Fatal(err)
	}
	repo, err := s.OpenToWrite(t.Context(), s.Repositories[0], keys, new(spool.Pool), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := repo.Say(t.Context(), s.runOptions(repo, false), []repository.Saying{
		forged("automatic", manifest.Ignored), forged("ignored", manifest.Automatic), forged("planted", manifest.Automatic),
	}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		b.saves("automatic")
	}
	for id, want := range map[string]catalog.Choice{"automatic": catalog.Automatic, "ignored": catalog.Ignored, "planted": catalog.None} {
		if d := b.document(id); d.Choice != want || d.Name != "automatic" {
			t.Errorf("%+v", d)
		}
	}
}

// TestRebuiltIsWhatTheRepositoryHolds: all of it that people said.
func TestRebuiltIsWhatTheRepositoryHolds(t *testing.T) {
	b := newBench(t, true)
	b.choose(catalog.Automatic, "automatic")
	b.choose(catalog.Ignored, "ignored")
	b.choose(catalog.Manual, "manual")
	wrong := b.pad("wrong")
	b.with(func(c *catalog.Catalog) error {
		keys := []catalog.Key{{Kind: "etherpad", Base: b.server, ID: "automatic"}, {Kind: "etherpad", Base: b.server, ID: "never saved"}}
		return errors.Join(c.Change(t.Context(), keys, catalog.Change{Name: new("Bureau d’été"), Description: new("Où ?"), Tag: []string{"œuvre", "budget"}}),
			c.Change(t.Context(), []catalog.Key{wrong}, catalog.Change{Removed: true}))
	})
	b.saves("automatic")
	b.saves("manual", b.server+"/p/manual")
	all := func() (kept []catalog.Document, machine string) {
		b.with(func(c *catalog.Catalog) (err error) {
			if machine, err = c.Machine(t.Context()); err != nil {
				return err
			}
			kept, err = c.Documents(t.Context())
			kept = slices.DeleteFunc(kept, func(d catalog.Document) bool { return d.ID == "known" }) // nobody said anything of it
			for i := range kept {
				kept[i].Added, kept[i].Origins = time.Time{}, nil
			}
			return err
		})
		return kept, machine
	}
	before, machine := all()
	rebuilt, err := b.settings().Rebuild(t.Context(), machine, false, nil)
	if err != nil || len(rebuilt.Taken) != 3 || rebuilt.Machines[machine] != 3 {
		t.Fatalf("%+v, %v", rebuilt, err)
	}
	if _, same := all(); same != machine {
		t.Error("it was made anew though nobody agreed")
	}
	if rebuilt, err = b.settings().Rebuild(t.Context(), machine, true, nil); err != nil {
		t.Fatal(err)
	}
	after, other := all()
	if diff := cmp.Diff(before, after); diff != "" || other == machine {
		t.Errorf("%s, machine %s", diff, other)
	}
	if old, err := catalog.Open(t.Context(), rebuilt.Aside); err != nil || old.Close() != nil {
		t.Errorf("the catalogue from before: %v", err)
	}
	if _, err := b.settings().Rebuild(t.Context(), "nobody", true, nil); !errors.Is(err, ErrNoMachine) {
		t.Errorf("of no machine: %v", err)
	}
}

// TestRebuildThatFailsLeavesTheCatalogue, and one that follows at once loses none.
func TestRebuildThatFailsLeavesTheCatalogue(t *testing.T) {
	b := newBench(t, true)
	b.choose(catalog.Automatic, "ag")
	b.saves("ag")
	file, err := b.CatalogFile()
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.settings().rebuild(ended, "r", nil, new(Rebuilt)); err == nil {
		t.Error("it goes on after the end")
	}
	if d := b.document("ag"); d.Choice != catalog.Automatic {
		t.Errorf("the catalogue from before: %+v", d)
	}
	kept := map[string]bool{file: true}
	for range 3 {
		rebuilt, err := b.settings().Rebuild(t.Context(), "", true, nil)
		if err != nil {
			t.Fatal(err)
		}
		kept[rebuilt.Aside] = true
	}
	all, err := filepath.Glob(file + "*")
	if err != nil {
		t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(name string) bool { return strings.HasSuffix(name, "-wal") || strings.HasSuffix(name, "-shm") })
	if len(kept) != 4 || len(all) != 4 || !kept[all[0]] {
		t.Errorf("there are %q", all)
	}
}

// TestWhatIsSaidWhileAwayIsToldByTheNextBackup, and a description stays sealed
// to whoever has no identity.
func TestWhatIsSaidWhileAwayIsToldByTheNextBackup(t *testing.T) {
	b := newBench(t, true)
	b.choose(catalog.Automatic, "ag")
	b.saves("ag")
	s := b.settings()
	place := s.Repositories[0].Value
	if err := os.Rename(place, place+".away"); err != nil {
		t.Fatal(err)
	}
	keys, err := s.Sealing()
	if err != nil {
		t.Fatal(err)
	}
	b.with(func(c *catalog.Catalog) error {
		err := c.Change(t.Context(), []catalog.Key{b.pad("ag")}, catalog.Change{Name: new("Bureau"), Description: new("secret")})
		if later := s.Say(t.Context(), c, Writing{Keys: keys}); len(later) != 1 || !errors.Is(later[0].Err, ErrAway) {
			t.Errorf("%+v", later)
		}
		return err
	})
	if err := os.Rename(place+".away", place); err != nil {
		t.Fatal(err)
	}
	b.config = fmt.Sprintf("[encryption]\nrecipients = [%q]\n", keys.Recipients[0])
	owner, runner := b.Setup, *b.Setup
	b.Setup = &runner
	runner.Getenv = func(name string) string {
		if name == identityVariable {
			return ""
		}
		return owner.Getenv(name)
	}
	b.saves("ag")
	b.saves("ag")
	if d := b.document("ag"); d.Description != "secret" {
		t.Errorf("what nobody could open was taken for what was taken back: %+v", d)
	}
	b.Setup = owner
	r, err := b.settings().Open(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.Contents(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for record, err := range c.Documents() {
		text, opened := r.Description(&record.Said)
		if err != nil || record.Said.Name != "Bureau" || text != "secret" || opened != nil || record.Said.Description == "secret" {
			t.Errorf("%+v, %q, %v, %v", record.Said, text, opened, err)
		}
	}
}

func TestSecondBackupWaitsForTheFirst(t *testing.T) {
	b := newBench(t, false)
	s := b.settings()
	first, err := s.Turn(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Turn(t.Context(), func(p machine.Progress) {
		if p.Process != os.Getpid() || p.Configuration != s.File {
			t.Errorf("%+v", p)
		}
		first.End()
	})
	if err != nil {
		t.Fatal(err)
	}
	second.End()
}
