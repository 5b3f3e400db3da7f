package setup

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/machine"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/search"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// indexAfter brings the index up to date as a backup does, and gives what it did.
func (b *bench) indexAfter() (all []Indexed) {
	b.Helper()
	s := b.settings()
	known := s.Known(b.Context())
	defer known.Close()
	r, err := s.Open(b.Context(), nil)
	if err != nil {
		b.Fatal(err)
	}
	if err := s.IndexAfter(b.Context(), known, []backup.Repository{{Name: "here", Repository: r.Repository}}, func(i Indexed) { all = append(all, i) }); err != nil {
		b.Fatal(err)
	}
	return all
}

func (b *bench) find(typed string) (*Found, []string) {
	b.Helper()
	f, err := b.settings().Find(b.Context(), search.Ask(typed, time.UTC), 10, nil)
	if err != nil {
		b.Fatal(err)
	}
	var ids []string
	for _, h := range f.Hits {
		ids = append(ids, h.ID)
	}
	slices.Sort(ids)
	return f, ids
}

func TestBackupMakesAnIndexOnAPersonsMachine(t *testing.T) {
	b := newBench(t, true)
	b.choose(catalog.Automatic, "ag")
	b.saves("ag")
	if all := b.indexAfter(); len(all) != 1 || !all[0].New || all[0].Changed != 1 || !all[0].Sealed {
		t.Errorf("it did %+v", all)
	}
	b.choose(catalog.Manual, "other")
	if f, ids := b.find("text"); !slices.Equal(ids, []string{"ag"}) || f.Documents != 3 || len(f.ByName) != 0 {
		t.Errorf("found %q of %d; %+v", ids, f.Documents, f.ByName)
	}
	if _, ids := b.find("other"); !slices.Equal(ids, []string{"other"}) {
		t.Errorf("what was never saved is not found by name, but %q", ids)
	}
	if all := b.indexAfter(); len(all) != 1 || all[0].New || all[0].Changed != 0 {
		t.Errorf("then it did %+v", all)
	}
}

func TestBackupMakesNoIndexElsewhere(t *testing.T) {
	b := newBench(t, false)
	b.pad("ag")
	b.saves("ag", b.server+"/p/ag")
	if all := b.indexAfter(); all != nil {
		t.Errorf("without a catalogue it did %+v", all)
	}
	b.config = "[search]\nindex = false\n"
	if err := b.settings().Index(t.Context(), nil, nil, nil); !errors.Is(err, ErrNoIndex) || message.ClassOf(err) != message.Usage {
		t.Errorf("refused: %v", err)
	}
	b.config = ""
	done := 0
	if err := b.settings().Index(t.Context(), nil, nil, func(Indexed) { done++ }); err != nil || done != 1 {
		t.Fatal(done, err)
	}
	if all := b.indexAfter(); len(all) != 1 {
		t.Errorf("with an index, but no catalogue, it did %+v", all)
	}
	for name, meets := range map[string]func(){
		"a backup": func() { b.indexAfter() },
		"a search": func() { b.find("text") },
	} {
		b.config = ""
		if err := b.settings().Index(t.Context(), nil, nil, func(Indexed) {}); err != nil {
			t.Fatal(err)
		}
		b.config = "[search]\nindex = false\n"
		meets()
		if left := b.indexFiles(); len(left) != 0 {
			t.Errorf("refused, and %s left %q", name, left)
		}
	}
}

// indexFiles are those of indexes, but their locks, which hold nothing.
func (b *bench) indexFiles() (names []string) {
	b.Helper()
	folder, err := b.Setup.DataFolder()
	if err != nil {
		b.Fatal(err)
	}
	all, err := filepath.Glob(filepath.Join(folder, "index-*"))
	if err != nil {
		b.Fatal(err)
	}
	return slices.DeleteFunc(all, func(name string) bool { return filepath.Ext(name) == ".lock" })
}

// TestPageThatOnlyAQuestionMeetsIsNoEnd: names are found, and the index is made anew.
func TestPageThatOnlyAQuestionMeetsIsNoEnd(t *testing.T) {
	b := newBench(t, true)
	b.choose(catalog.Automatic, "ag")
	b.saves("ag")
	b.indexAfter()
	file := b.indexFiles()[slices.IndexFunc(b.indexFiles(), func(name string) bool { return filepath.Ext(name) == ".db" })]
	sound, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	met := 0
	for page := 4096; page < len(sound); page += 4096 {
		damaged := bytes.Clone(sound)
		damaged[page+2000] ^= 1
		if err := os.WriteFile(file, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		f, ids := b.find("ag")
		if !slices.Equal(ids, []string{"ag"}) {
			t.Errorf("page %d: found %q", page/4096, ids)
		}
		if len(f.ByName) > 0 {
			met++
			if !errors.Is(f.ByName[0].Err, search.ErrDamaged) {
				t.Errorf("page %d: %v", page/4096, f.ByName[0].Err)
			}
			if all := b.indexAfter(); len(all) != 1 || !all[0].New {
				t.Errorf("page %d: then it did %+v", page/4096, all)
			}
			if sound, err = os.ReadFile(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	if met == 0 {
		t.Error("no damage was met")
	}
}

// TestNobodyIsAskedAfterABackup for a passphrase, though a search asks.
func TestNobodyIsAskedAfterABackup(t *testing.T) {
	b := newBench(t, true)
	b.choose(catalog.Automatic, "ag")
	b.saves("ag")
	asked := 0
	b.Asker = asking{&asked}
	file := filepath.Join(t.TempDir(), "key.age")
	if err := os.WriteFile(file, protected(t, b.Getenv(identityVariable)), 0o600); err != nil {
		t.Fatal(err)
	}
	env := b.Getenv
	b.Getenv = func(name string) string {
		if name == identityVariable {
			return ""
		}
		return env(name)
	}
	b.config = "[encryption]\nidentity-file = " + "\"" + file + "\"\n"
	if all := b.indexAfter(); all != nil || asked != 0 {
		t.Errorf("it did %+v, and asked %d times", all, asked)
	}
	if err := b.settings().Index(t.Context(), nil, nil, func(Indexed) {}); err != nil || asked == 0 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}

// protected is an identity file that asks for the passphrase.
func protected(t *testing.T, identity string) []byte {
	t.Helper()
	r, err := age.NewScryptRecipient("passphrase")
	if err != nil {
		t.Fatal(err)
	}
	r.SetWorkFactor(10)
	var b bytes.Buffer
	w, err := age.Encrypt(&b, r)
	if err == nil {
		_, err = io.WriteString(w, identity)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type asking struct{ asked *int }

func (a asking) Output(context.Context, []string) ([]byte, error) {
	*a.asked++
	return nil, errors.New("asked")
}

func (a asking) Prompt(string) crypto.Prompt {
	return crypto.Prompt{Passphrase: func() (string, error) {
		*a.asked++
		return "passphrase", nil
	}}
}

// TestRepositoryThatTookThePlaceOfAnotherIsMissed while it has no index.
func TestRepositoryThatTookThePlaceOfAnotherIsMissed(t *testing.T) {
	b := newBench(t, true)
	b.choose(catalog.Automatic, "ag")
	b.saves("ag")
	b.indexAfter()
	s := b.settings()
	r, err := s.Open(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	now := machine.Repository{ID: "ffffffffffffffffffffffffffffffff", Sealed: true}
	s.Machine.KeepRepository(s.Repositories[0].place(), now)
	if f, _ := b.find("ag"); len(f.ByName) != 1 || !errors.Is(f.ByName[0].Err, search.ErrNone) {
		t.Errorf("of the new one it says %+v", f.ByName)
	}
	s.Machine.KeepRepository(s.Repositories[0].place(), machine.Repository{ID: r.ID(), Sealed: true})
	if f, _ := b.find("ag"); len(f.ByName) != 0 {
		t.Errorf("of the old one, which is there again, it says %+v", f.ByName)
	}
}

// TestPadWithoutANameIsCalledByItsFirstLine, where an index opens without asking.
func TestPadWithoutANameIsCalledByItsFirstLine(t *testing.T) {
	b := newBench(t, true)
	for id, text := range map[string]string{"ag": "# Assemblée\nLe budget\n", "bureau": "Assemblée\nLe budget\n"} {
		b.pads.Create(id, "").Append(etherpadtest.Author{}, text)
		key := catalog.Key{Kind: "etherpad", Base: b.server, ID: id}
		b.with(func(c *catalog.Catalog) error {
			return c.Change(t.Context(), []catalog.Key{key}, catalog.Change{Choice: new(catalog.Automatic)})
		})
	}
	b.saves("ag bureau")
	called := func(s *Settings) map[string]string {
		d, err := s.Documents(t.Context(), false, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		all := make(map[string]string)
		for i := range d.All {
			all[d.All[i].ID] = d.Called(&d.All[i])
		}
		return all
	}
	if all := called(b.settings()); all["ag"] != "" {
		t.Errorf("without an index: %q", all)
	}
	b.indexAfter()
	if all := called(b.settings()); all["ag"] != "Assemblée" || all["bureau"] != "Assemblée" || all["known"] != "" {
		t.Errorf("with one: %q", all)
	}

	// Nobody finds a document by it, or is offered it as a name.
	d, err := b.settings().Documents(t.Context(), false, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, typed := range []string{"assemblee", "name:*assemblee*", "assemble"} {
		selection := library.Select([]library.Name{{Text: typed}}, nil)
		if all, err := d.Select(selection); err != nil || len(all) != 0 || len(selection.Near(true)) != 0 {
			t.Errorf("%s is taken for %+v, near %q, %v", typed, all, selection.Near(true), err)
		}
	}

	// What this person said last counts, told or not.
	b.with(func(c *catalog.Catalog) error {
		return c.Change(t.Context(), []catalog.Key{{Kind: "etherpad", Base: b.server, ID: "ag"}}, catalog.Change{Name: new("AG")})
	})
	if all := called(b.settings()); all["ag"] != "AG" {
		t.Errorf("with a name: %q", all)
	}
	f, _ := b.find("budget")
	var hits []string
	for _, h := range f.Hits {
		hits = append(hits, h.Called)
	}
	if slices.Sort(hits); !slices.Equal(hits, []string{"AG", "Assemblée"}) {
		t.Errorf("a search shows %q", hits)
	}

	owner := b.Getenv
	b.Getenv = func(name string) string {
		if name == identityVariable {
			return ""
		}
		return owner(name)
	}
	s := b.settings()
	s.Encryption.IdentityCommand = []string{"a command that asks"}
	if lines := s.firstLines(t.Context()); len(lines) != 0 {
		t.Errorf("without an identity: %q", lines)
	}
}

// TestOneBadRepositoryStopsNoOther, and is named.
func TestOneBadRepositoryStopsNoOther(t *testing.T) {
	b := newBench(t, true)
	b.choose(catalog.Automatic, "ag")
	b.choose(catalog.Manual, "other")
	b.saves("ag")
	file := filepath.Join(t.TempDir(), "no-folder")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	bad := func(s *Settings) *Settings {
		location, err := ParseLocation(filepath.Join(file, "repository"))
		if err != nil {
			t.Fatal(err)
		}
		s.Repositories = append([]Place{{Location: location}}, s.Repositories...)
		return s
	}
	s, done := bad(b.settings()), 0
	err := s.Index(t.Context(), nil, nil, func(Indexed) { done++ })
	if err == nil || done != 1 || !strings.Contains(err.Error(), s.Repositories[0].Shown) {
		t.Errorf("%d were indexed, %v", done, err)
	}
	for typed, want := range map[string]string{"text": "ag", "other": "other"} {
		f, err := s.Find(t.Context(), search.Ask(typed, time.UTC), 10, nil)
		if err != nil || len(f.Hits) != 1 || f.Hits[0].ID != want {
			t.Fatalf("%s: %+v, %v", typed, f, err)
		}
		if f.Problem == nil || message.ClassOf(f.Problem) != message.Incomplete || !strings.Contains(f.Problem.Error(), s.Repositories[0].Shown) {
			t.Errorf("%s: it says %v", typed, f.Problem)
		}
	}
	s.Repositories = s.Repositories[:1]
	if f, err := s.Find(t.Context(), search.Ask("other", time.UTC), 10, nil); err != nil || len(f.Hits) != 1 || f.Problem == nil {
		t.Errorf("the bad one alone: %+v, %v", f, err)
	}
	known := s.Known(t.Context())
	defer known.Close()
	r, err := b.settings().Open(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Encryption.RecipientsFile, done = filepath.Join(file, "none"), 0
	repos := []backup.Repository{{Name: "first", Repository: r.Repository}, {Name: "second", Repository: r.Repository}}
	err = s.IndexAfter(t.Context(), known, repos, func(Indexed) { done++ })
	if err == nil || done != 0 || !strings.Contains(err.Error(), "first") || !strings.Contains(err.Error(), "second") {
		t.Errorf("after a backup: %d were indexed, %v", done, err)
	}
}

// TestSearchNeedsNoRecipients, which only who makes an index asks for, and no home
// folder.
func TestSearchNeedsNoRecipients(t *testing.T) {
	b := newBench(t, true)
	b.choose(catalog.Automatic, "ag")
	b.saves("ag")
	b.indexAfter()
	s := b.settings()
	s.Encryption.RecipientsFile = filepath.Join(t.TempDir(), "none")
	f, err := s.Find(t.Context(), search.Ask("text", time.UTC), 10, nil)
	if err != nil || len(f.Hits) != 1 || len(f.ByName) != 0 {
		t.Errorf("without the file of the recipients: %+v, %v", f, err)
	}
	env := b.Getenv
	b.Getenv = func(name string) string {
		if name == dataVariable {
			return ""
		}
		return env(name)
	}
	t.Setenv("HOME", "")
	f, err = s.Find(t.Context(), search.Ask("ag", time.UTC), 10, nil)
	if err != nil || len(f.Hits) != 1 || len(f.ByName) != 1 {
		t.Errorf("without a home: %+v, %v", f, err)
	}
}
