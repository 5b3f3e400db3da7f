package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/padsync/padsync/manifest"
)

// writesVariable makes the test program write into the catalogue that it names
// until somebody ends it.
const writesVariable = "CATALOG_TEST_WRITES"

func TestMain(m *testing.M) {
	if file := os.Getenv(writesVariable); file != "" {
		err := write(file)
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func pad(id string) Key { return Key{"etherpad", "https://pad.example.org", id} }

// write names documents, two at a time, and says so after each.
func write(file string) error {
	c, err := Open(context.Background(), file)
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		name := fmt.Sprint(n, strings.Repeat("x", 150))
		if err := c.Change(context.Background(), []Key{pad("one"), pad("two")}, Change{Name: &name}); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

func newCatalog(t *testing.T) *Catalog {
	t.Helper()
	c, err := Open(t.Context(), filepath.Join(t.TempDir(), "padsync", "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (c *Catalog) one(t *testing.T, k Key) Document {
	t.Helper()
	d, err := c.Document(t.Context(), k)
	must(t, err)
	if d == nil {
		t.Fatalf("there is no %v", k)
	}
	d.Added = time.Time{}
	return *d
}

func TestReaderOfNoCatalogueMakesNone(t *testing.T) {
	c := newCatalog(t)
	all, err := c.Documents(t.Context())
	must(t, err)
	if len(all) > 0 {
		t.Error(all)
	}
	if files, _ := filepath.Glob(filepath.Dir(c.File()) + "*"); len(files) > 0 {
		t.Error(files)
	}
}

func TestWhatIsSaidIsKept(t *testing.T) {
	c := newCatalog(t)
	first, last := time.Unix(1000, 0).UTC(), time.Unix(9000, 0).UTC()
	found := Found{Key: pad("ag"), Address: "https://pad.example.org/p/ag?secret", Origins: []Origin{{
		Browser: "firefox", Profile: "default", Kind: "history", First: first, Last: first, Visits: 2, Titles: []string{"AG\u202e\n2026", "AG 2026"},
	}}}
	must(t, c.Keep(t.Context(), []Found{found}))
	again := found
	again.Address, again.Origins = "", []Origin{found.Origins[0]}
	again.Origins[0].Last, again.Origins[0].Visits, again.Origins[0].Titles = last, 1, nil
	must(t, c.Keep(t.Context(), []Found{again}))
	must(t, c.Change(t.Context(), []Key{pad("ag"), pad("other")}, Change{
		Name: new("Assemblée\ngénérale"), Description: new("ce qui fut dit"), Tag: []string{"œuvre", "2026"}, Choice: new(Automatic),
	}))
	must(t, c.Change(t.Context(), []Key{pad("ag")}, Change{Tag: []string{"budget"}, Untag: []string{"2026"}}))
	want := Document{
		Key: pad("ag"), Address: found.Address, Name: "Assemblée générale", Description: "ce qui fut dit", Tags: []string{"budget", "œuvre"}, Choice: Automatic,
		Origins: []Origin{{Browser: "firefox", Profile: "default", Kind: "history", First: first, Last: last, Visits: 2, Titles: []string{"AG 2026"}}},
	}
	if diff := cmp.Diff(want, c.one(t, Key{"etherpad", "http://pad.example.org", "ag"})); diff != "" {
		t.Error(diff)
	}
	chosen, err := c.Chosen(t.Context())
	must(t, err)
	if len(chosen) != 2 || chosen[0].Address != found.Address || chosen[0].Choice != Automatic {
		t.Errorf("%+v", chosen)
	}
}

func TestFilesAreForTheirOwnerAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // has no modes
	}
	defer syscall.Umask(syscall.Umask(0))
	c := newCatalog(t)
	must(t, c.Change(t.Context(), []Key{pad("ag")}, Change{Name: new("x")}))
	other, err := Open(t.Context(), c.File())
	must(t, err)
	defer other.Close()
	must(t, c.Close())
	must(t, other.Change(t.Context(), []Key{pad("ag")}, Change{Name: new("y")}))
	files, err := os.ReadDir(filepath.Dir(c.File()))
	must(t, err)
	for _, f := range files {
		info, err := f.Info()
		must(t, err)
		if info.Mode() != 0o600 {
			t.Errorf("%s has the mode %o", f.Name(), info.Mode())
		}
	}
	if len(files) != 3 {
		t.Errorf("%d files", len(files))
	}
}

func TestWhatIsBeyondBoundsIsRefusedAndOfOthersMended(t *testing.T) {
	c := newCatalog(t)
	long := strings.Repeat("é", manifest.MaxName+1)
	for name, change := range map[string]Change{
		"long name": {Name: &long}, "long tag": {Tag: []string{strings.Repeat("x", manifest.MaxTag+1)}}, "long description": {Description: new(strings.Repeat("x", manifest.MaxDescription+1))},
		"direction": {Name: new("a\u202eb")}, "control": {Description: new("a\x1b[31m")}, "tag with a space": {Tag: []string{"a b"}}, "empty tag": {Tag: []string{""}},
		"many tags": {Tag: strings.Split(strings.Repeat("abcdefgh", manifest.MaxTags), "")[:8:8], Name: new("\x00")},
	} {
		if err := c.Change(t.Context(), []Key{pad("ag")}, change); !errors.Is(err, ErrTooLong) && !errors.Is(err, ErrCharacter) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var many []string
	for n := range manifest.MaxTags + 1 {
		many = append(many, fmt.Sprint("t", n))
	}
	if err := c.Change(t.Context(), []Key{pad("ag")}, Change{Tag: many}); !errors.Is(err, ErrTooLong) {
		t.Errorf("%d tags: %v", len(many), err)
	}
	if d, err := c.Document(t.Context(), pad("ag")); d != nil || err != nil {
		t.Error("something is kept of what was refused", d, err)
	}
	must(t, c.learn(t, "r", Heard{Key: pad("ag"), Name: "\x1b[2J\u2067" + long, Tags: append([]string{"\u202eb c", ""}, many...), Description: strings.Repeat("é\x1b", 1e6)}))
	d := c.one(t, pad("ag"))
	if want := " [2J" + strings.Repeat("é", manifest.MaxName-4); d.Name != want || len(d.Tags) != manifest.MaxTags || d.Tags[0] != "bc" || len([]rune(d.Description)) != manifest.MaxDescription || strings.ContainsRune(d.Description, 0x1b) {
		t.Errorf("%.300q, %q, %d", d.Name, d.Tags, len(d.Description))
	}
}

// learn lets the catalogue read a repository that has these.
func (c *Catalog) learn(t *testing.T, repository string, all ...Heard) error {
	t.Helper()
	return c.Learn(t.Context(), repository, func(yield func(Heard, error) bool) {
		for _, h := range all {
			if !yield(h, nil) {
				return
			}
		}
	})
}

func TestRepositoryTellsAndIsTold(t *testing.T) {
	c := newCatalog(t)
	at := time.Unix(5000, 0).UTC()
	state := State{State: "current", Versions: 2, Newest: at, Checked: at, Title: "When?", Expires: "2027-01-01"}
	must(t, c.learn(t, "r", Heard{Key: pad("ag"), State: state, Name: "theirs", Tags: []string{"b", "a"}}))
	d := c.one(t, pad("ag"))
	state.Repository = "r"
	if diff := cmp.Diff(Document{Key: pad("ag"), Name: "theirs", Tags: []string{"a", "b"}, States: []State{state}}, d); diff != "" {
		t.Error(diff)
	}
	if pending := c.pending(t, "r"); len(pending) > 0 {
		t.Errorf("what it said is told to it: %+v", pending)
	}

	must(t, c.Change(t.Context(), []Key{pad("ag")}, Change{Name: new("mine"), Choice: new(Automatic)}))
	must(t, c.learn(t, "r", Heard{Key: pad("ag"), State: state, Name: "theirs again", Tags: []string{"a", "c"}}))
	if d := c.one(t, pad("ag")); d.Name != "mine" || d.Tags[1] != "c" {
		t.Errorf("what was not told yet: %+v", d)
	}
	pending := c.pending(t, "r")
	if len(pending) != 1 || *pending[0].Name != "mine" || *pending[0].Choice != Automatic || pending[0].Tags != nil {
		t.Fatalf("%+v", pending)
	}
	must(t, c.Change(t.Context(), []Key{pad("ag")}, Change{Name: new("mine, later")}))
	must(t, c.Told(t.Context(), "r", pending))
	if now := c.pending(t, "r"); len(now) != 1 || *now[0].Name != "mine, later" || now[0].Choice != nil {
		t.Errorf("of what was said while it was told: %+v", now)
	}
	if all := c.pending(t, "another"); len(all) != 1 || all[0].Choice == nil {
		t.Errorf("another repository is told %+v", all)
	}
	must(t, c.Told(t.Context(), "r", c.pending(t, "r")))
	must(t, c.learn(t, "r", Heard{Key: pad("ag"), State: state, Name: "theirs at last"}))
	if d := c.one(t, pad("ag")); d.Name != "theirs at last" || d.Tags != nil {
		t.Errorf("what they said after it was told: %+v", d)
	}
	must(t, c.learn(t, "r"))
	if d := c.one(t, pad("ag")); len(d.States) > 0 || d.Choice != Automatic {
		t.Errorf("of a repository that has nothing any more: %+v", d)
	}
}

func (c *Catalog) pending(t *testing.T, repository string) []Pending {
	t.Helper()
	all, err := c.Pending(t.Context(), repository)
	must(t, err)
	return all
}

// TestRepositoryChangesNoListOfWhatIsSaved, whatever another machine writes
// into it.
func TestRepositoryChangesNoListOfWhatIsSaved(t *testing.T) {
	c := newCatalog(t)
	must(t, c.Keep(t.Context(), []Found{{Key: pad("kept"), Address: "https://pad.example.org/p/kept"}}))
	must(t, c.Change(t.Context(), []Key{pad("kept")}, Change{Choice: new(Automatic)}))
	must(t, c.Change(t.Context(), []Key{pad("ignored")}, Change{Choice: new(Ignored)}))
	before, err := c.Chosen(t.Context())
	must(t, err)
	hostile := func(id string) Heard {
		return Heard{Key: Key{"etherpad", "http://pad.example.org", id}, State: State{State: "removed"}, Name: "automatic", Tags: []string{"automatic"}}
	}
	must(t, c.learn(t, "r", hostile("kept"), hostile("ignored"), hostile("planted")))
	after, err := c.Chosen(t.Context())
	must(t, err)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
}

func TestRemovedIsRememberedUntilItIsSaved(t *testing.T) {
	c := newCatalog(t)
	must(t, c.Change(t.Context(), []Key{pad("typo")}, Change{Choice: new(Automatic)}))
	must(t, c.Change(t.Context(), []Key{pad("typo")}, Change{Removed: true}))
	must(t, c.Keep(t.Context(), []Found{{Key: pad("typo")}}))
	must(t, c.learn(t, "r", Heard{Key: pad("typo"), State: State{State: "failed"}}))
	if d := c.one(t, pad("typo")); !d.Removed || d.Choice != None {
		t.Errorf("%+v", d)
	}
	must(t, c.learn(t, "r", Heard{Key: pad("typo"), State: State{State: "current", Versions: 1}}))
	if d := c.one(t, pad("typo")); d.Removed {
		t.Errorf("after it was saved: %+v", d)
	}
}

func TestTwoKeysOfADocumentBecomeOne(t *testing.T) {
	c := newCatalog(t)
	admin, public := Key{"framadate", "https://poll.example.org", "secret/admin"}, Key{"framadate", "https://poll.example.org", "public"}
	must(t, c.Keep(t.Context(), []Found{{Key: admin, Address: "https://poll.example.org/secret/admin", Origins: []Origin{{Browser: "firefox", Kind: "history"}}}}))
	must(t, c.Change(t.Context(), []Key{admin}, Change{Choice: new(Ignored), Name: new("by its admin link")}))
	must(t, c.Change(t.Context(), []Key{public}, Change{Name: new("by its public link")}))
	must(t, c.Join(t.Context(), admin, public))
	must(t, c.Join(t.Context(), admin, public))
	d := c.one(t, admin)
	if d.Key != public || d.Address == "" || d.Choice != Ignored || d.Name != "by its public link" || len(d.Origins) != 1 {
		t.Errorf("%+v", d)
	}
	chosen, err := c.Chosen(t.Context())
	must(t, err)
	if len(chosen) != 1 || len(chosen[0].Also) != 1 || chosen[0].Also[0] != admin {
		t.Errorf("%+v", chosen)
	}
	must(t, c.Join(t.Context(), public, Key{"framadate", "https://poll.example.org", "renamed"}))
	if all, err := c.Documents(t.Context()); err != nil || len(all) != 1 || all[0].ID != "renamed" || c.one(t, admin).ID != "renamed" {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestRunsAreKeptForAYearWithWhatFailedSinceWhen(t *testing.T) {
	c := newCatalog(t)
	day := func(n int) time.Time { return time.Unix(int64(n)*86400, 0).UTC() }
	server, gone := Failure{Kind: "server", Subject: "https://pad.example.org"}, Failure{Kind: "document", Subject: "x"}
	for n, failures := range [][]Failure{{server}, {server, gone}, {gone, gone}, {server}} {
		must(t, c.Record(t.Context(), Run{Configuration: "a", Started: day(n + 1), Ended: day(n + 2), Saved: n, Failures: failures}))
		must(t, c.Record(t.Context(), Run{Configuration: "b", Started: day(n + 1), Ended: day(n + 2)}))
	}
	all, err := c.Runs(t.Context(), 0)
	must(t, err)
	var got []string
	for _, r := range all {
		for _, f := range r.Failures {
			got = append(got, fmt.Sprint(r.Configuration, r.Saved, f.Kind, f.Since.Unix()/86400))
		}
	}
	if want := "a3server4 a2document2 a1document2 a1server1 a0server1"; strings.Join(got, " ") != want {
		t.Errorf("%s", got)
	}
	must(t, c.Record(t.Context(), Run{Configuration: "a", Started: day(371)}))
	if all, err := c.Runs(t.Context(), 0); err != nil || len(all) != 1 {
		t.Errorf("after a year: %+v, %v", all, err)
	}
}

func TestProcessesWriteAtOnce(t *testing.T) {
	c := newCatalog(t)
	for range 3 {
		child := startWriting(t, c.File())
		defer child.end()
		child.wrote(t, 5)
	}
	for n := range 20 {
		must(t, c.Change(t.Context(), []Key{pad(fmt.Sprint("mine", n))}, Change{Choice: new(Manual)}))
	}
	if all, err := c.Documents(t.Context()); err != nil || len(all) != 22 {
		t.Errorf("%d documents, %v", len(all), err)
	}
}

// TestKillLeavesWholeChanges, at whatever write it comes.
func TestKillLeavesWholeChanges(t *testing.T) {
	c := newCatalog(t)
	for n := range 8 {
		child := startWriting(t, c.File())
		child.wrote(t, 1+n)
		child.end()
		after, err := Open(t.Context(), c.File())
		must(t, err) // which checks all pages
		one, two := after.one(t, pad("one")), after.one(t, pad("two"))
		must(t, after.Close())
		if one.Name != two.Name || !strings.HasSuffix(one.Name, "x") {
			t.Errorf("half a change is left: %q, %q", one.Name, two.Name)
		}
	}
}

type writing struct {
	*exec.Cmd
	err  *bytes.Buffer
	pipe *os.File
}

func startWriting(t *testing.T, file string) *writing {
	t.Helper()
	read, write, err := os.Pipe()
	must(t, err)
	defer write.Close()
	w := &writing{Cmd: exec.Command(os.Args[0]), err: new(bytes.Buffer), pipe: read}
	w.Env, w.Stdout, w.Stderr = append(os.Environ(), writesVariable+"="+file), write, w.err
	must(t, w.Start())
	return w
}

// wrote waits until the process wrote so many times.
func (w *writing) wrote(t *testing.T, times int) {
	t.Helper()
	one := make([]byte, 1)
	for times > 0 {
		if _, err := w.pipe.Read(one); err != nil {
			t.Fatal(err, w.err)
		}
		if one[0] == '\n' {
			times--
		}
	}
}

func (w *writing) end() {
	w.Process.Kill()
	w.Wait()
	w.pipe.Close()
}

func TestDamageIsToldAndNeverPanics(t *testing.T) {
	c := newCatalog(t)
	for n := range 300 {
		must(t, c.Keep(t.Context(), []Found{{Key: pad(fmt.Sprint(n)), Address: strings.Repeat("x", 500)}}))
	}
	must(t, c.Close())
	whole, err := os.ReadFile(c.File())
	must(t, err)
	damaged := map[string][]byte{"empty": nil, "text": []byte("nothing that SQLite wrote\n"), "cut": whole[:len(whole)/2], "short": whole[:50]}
	for at := 0; at < len(whole); at += len(whole) / 20 {
		b := bytes.Clone(whole)
		copy(b[at:], bytes.Repeat([]byte{0xa5}, 4096))
		damaged[fmt.Sprint("at ", at)] = b
	}
	found := 0
	for name, b := range damaged {
		file := filepath.Join(t.TempDir(), "catalog.db")
		must(t, os.WriteFile(file, b, 0o600))
		c, err := Open(t.Context(), file)
		if err == nil {
			_, err = c.Documents(t.Context())
			err = errors.Join(err, c.Close())
		}
		switch {
		case errors.Is(err, ErrDamaged):
			found++
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case !strings.HasPrefix(name, "at "): // that may have hit a free page
			t.Errorf("%s: it is opened", name)
		}
	}
	if found < len(damaged)/2 {
		t.Errorf("only %d of %d were found", found, len(damaged))
	}
}

func TestWhatIsNoCatalogueIsRefused(t *testing.T) {
	folder := t.TempDir()
	if _, err := Open(t.Context(), folder); !errors.Is(err, ErrDamaged) {
		t.Errorf("a folder: %v", err)
	}
	if runtime.GOOS != "windows" {
		pipe := filepath.Join(folder, "pipe")
		must(t, exec.Command("mkfifo", pipe).Run())
		if _, err := Open(t.Context(), pipe); !errors.Is(err, ErrDamaged) {
			t.Errorf("a pipe: %v", err)
		}
	}
	for name, set := range map[string]struct {
		pragma string
		want   error
	}{
		"newer":          {"user_version = 99", ErrNewer},
		"no version":     {"user_version = 0", ErrDamaged},
		"another's file": {"application_id = 7", ErrDamaged},
	} {
		c := newCatalog(t)
		must(t, c.Change(t.Context(), []Key{pad("ag")}, Change{Name: new("x")}))
		must(t, c.change(t.Context(), func(tx *tx) error { return tx.exec("pragma " + set.pragma) }))
		must(t, c.Close())
		if _, err := Open(t.Context(), c.File()); !errors.Is(err, set.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := newCatalog(t)
	must(t, c.Change(t.Context(), []Key{pad("ag")}, Change{Name: new("x")}))
	must(t, c.change(t.Context(), func(tx *tx) error { return tx.exec("drop table origin") }))
	if _, err := c.Documents(t.Context()); !errors.Is(err, ErrDamaged) {
		t.Errorf("without a table: %v", err)
	}
}

// TestEveryVersionIsRead: testdata has what each made, as SQL.
func TestEveryVersionIsRead(t *testing.T) {
	for version := 1; version <= len(steps()); version++ {
		script, err := os.ReadFile(fmt.Sprintf("testdata/v%d.sql", version))
		must(t, err)
		file := filepath.Join(t.TempDir(), "catalog.db")
		db, err := connect(file, "rwc")
		must(t, err)
		_, err = db.ExecContext(t.Context(), string(script))
		must(t, err)
		must(t, db.Close())
		c, err := Open(t.Context(), file)
		if err != nil {
			t.Errorf("version %d: %v", version, err)
			continue
		}
		d := c.one(t, pad("ag"))
		runs, err := c.Runs(t.Context(), 0)
		if d.Name != "Assemblée générale" || d.Choice != Automatic || len(d.Origins) != 1 || len(d.States) != 1 || len(runs) != 1 || len(runs[0].Failures) != 1 || err != nil {
			t.Errorf("version %d: %+v, %+v, %v", version, d, runs, err)
		}
		must(t, c.Change(t.Context(), []Key{pad("ag")}, Change{Name: new("x")}))
		c.Close()
	}
}

// TestMigrationIsWhole: each step is taken once, all of it or nothing, by
// whichever process comes first.
func TestMigrationIsWhole(t *testing.T) {
	c := newCatalog(t)
	must(t, c.Change(t.Context(), []Key{pad("ag")}, Change{Name: new("x")}))
	version := func() (n int) {
		must(t, c.view(t.Context(), func(tx *tx) error { return tx.row("pragma user_version").Scan(&n) }))
		return n
	}
	next := append(steps(), "create table later (id integer)", "create table later (id integer)")
	if err := migrate(t.Context(), c.db, next); err == nil || version() != len(steps())+1 {
		t.Errorf("with a step that fails: %v, version %d", err, version())
	}
	next[len(next)-1] = "alter table later add name text"
	for range 2 {
		must(t, migrate(t.Context(), c.db, next))
	}
	if version() != len(next) {
		t.Errorf("version %d", version())
	}
}

func TestVersionIsAnotherAfterAnyChangeOfOthers(t *testing.T) {
	c := newCatalog(t)
	version := func() Version {
		t.Helper()
		v, err := c.Version(t.Context())
		must(t, err)
		return v
	}
	other := func(do func(*Catalog) error) {
		t.Helper()
		o, err := Open(t.Context(), c.File())
		must(t, err)
		must(t, errors.Join(do(o), o.Close()))
	}
	none := version()
	for n := range 5 {
		before := version()
		other(func(o *Catalog) error {
			return o.Change(t.Context(), []Key{pad("ag")}, Change{Name: new(fmt.Sprint(n))})
		})
		if version() == before || version() == none {
			t.Errorf("a change, and the version is as before")
		}
		before = version()
		other(func(o *Catalog) error {
			_, err := o.Documents(t.Context())
			return err
		})
		if version() != before {
			t.Errorf("somebody read, and the version is another")
		}
	}
}

func TestRunOfNamedDocumentsEndsNoFailureOfOthers(t *testing.T) {
	c := newCatalog(t)
	at := func(hours int) time.Time { return time.Unix(1_790_000_000+int64(3600*hours), 0).UTC() }
	failure := Failure{Kind: "server", Subject: "https://pad.example.org"}
	must(t, c.Record(t.Context(), Run{Configuration: "c", Started: at(0), Failures: []Failure{failure}}))
	must(t, c.Record(t.Context(), Run{Configuration: "c", Started: at(1), Named: true}))
	must(t, c.Record(t.Context(), Run{Configuration: "c", Started: at(2), Failures: []Failure{failure}}))
	runs, err := c.Runs(t.Context(), 2)
	must(t, err)
	if len(runs) != 2 || !runs[1].Named || runs[0].Named || len(runs[0].Failures) != 1 || !runs[0].Failures[0].Since.Equal(at(0)) {
		t.Errorf("%+v", runs)
	}
}
