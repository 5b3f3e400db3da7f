package search_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/gofrs/flock"
	"pgregory.net/rapid"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/search"
	"github.com/padsync/padsync/sinks/local"
)

// TestMain is also another process, that asks an index or updates it.
func TestMain(m *testing.M) {
	if encoded := os.Getenv(updatesVariable); encoded != "" {
		if err := updateUntil(encoded); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	if place := os.Getenv(asksVariable); place != "" {
		if err := ask(place); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

const asksVariable, updatesVariable = "PADSYNC_TEST_ASKS", "PADSYNC_TEST_UPDATES"

// An updating is what another process is to do.
type updating struct {
	Folder, Repository, Identity string
	Stop                         int // it waits after so many documents, until it is killed
}

// updateUntil updates an index up to a document, says so, and waits.
func updateUntil(encoded string) error {
	var u updating
	if err := json.Unmarshal([]byte(encoded), &u); err != nil {
		return err
	}
	ids, err := crypto.ParseIdentities(strings.NewReader(u.Identity), crypto.Prompt{})
	if err != nil {
		return err
	}
	to, err := crypto.RecipientOf(ids[0])
	if err != nil {
		return err
	}
	ctx := context.Background()
	sink, err := local.Open(u.Repository)
	if err != nil {
		return err
	}
	repo, err := repository.Open(ctx, sink, repository.Options{Pool: new(spool.Pool), Identities: ids})
	if err != nil {
		return err
	}
	contents, err := repo.Read(ctx, repository.At{})
	if err != nil {
		return err
	}
	defer contents.Close()
	l := search.Location{Folder: u.Folder, Repository: repo.ID(), Sealed: true, Identities: ids, Recipients: []crypto.Recipient{to}}
	_, err = search.Update(ctx, l, search.Source{
		Repository: repo, Contents: contents, Kinds: setup.AllKinds().OfDocuments(),
		Observe: func(done, of int) {
			if done == u.Stop {
				fmt.Println("ready")
				select {}
			}
		},
	})
	return errors.Join(errors.New("it was not killed"), err)
}

// ask asks an index anew until the input ends, and wants what was found to be
// what it was each time, or more.
func ask(encoded string) error {
	var p struct{ Folder, Repository, Identity string }
	if err := json.Unmarshal([]byte(encoded), &p); err != nil {
		return err
	}
	ids, err := crypto.ParseIdentities(strings.NewReader(p.Identity), crypto.Prompt{})
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	location := search.Location{Folder: p.Folder, Repository: p.Repository, Sealed: true, Identities: ids}
	ctx := context.Background()
	for n, last := 0, 0; ; n++ {
		x, err := search.Open(ctx, location)
		if err != nil {
			return err
		}
		found, err := search.Find(ctx, []*search.Index{x}, nil, search.Ask("mot", time.UTC), 10)
		if err = errors.Join(err, x.Close()); err != nil {
			return err
		}
		if found.Total < last {
			return fmt.Errorf("%d documents, after %d", found.Total, last)
		}
		last = found.Total
		if n == 0 {
			fmt.Println("ready")
		}
		select {
		case <-ended:
			fmt.Println("asked", n, "times, at last of", last)
			return nil
		default:
		}
	}
}

// planted is a word that no file of a sealed index may show.
const planted = "Schnurrbartträger"

func (w *world) plant(t *testing.T, pads int) (ids []string) {
	t.Helper()
	for n := range pads {
		id := fmt.Sprintf("pad-%03d", n)
		if n >= w.planted {
			w.planted++
			w.pads.Create(id, strings.Repeat(fmt.Sprintf("Un mot %s et %d autres\n", planted, n), 40))
		}
		ids = append(ids, id)
	}
	return ids
}

// files are all that the index has on the disk, also of files that have no name
// any more.
func files(t *testing.T, w *world) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	entries, err := os.ReadDir(w.location.Folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if b, err := os.ReadFile(filepath.Join(w.location.Folder, e.Name())); err == nil {
			all[e.Name()] = b
		}
	}
	open, _ := os.ReadDir("/proc/self/fd")
	for _, e := range open {
		name := "/proc/self/fd/" + e.Name()
		if target, _ := os.Readlink(name); strings.Contains(target, "(deleted)") && !strings.Contains(target, "padsync-spool") {
			if b, err := os.ReadFile(name); err == nil {
				all[target] = b
			}
		}
	}
	return all
}

func shows(t *testing.T, w *world, word string) (names []string) {
	t.Helper()
	for name, b := range files(t, w) {
		for _, form := range []string{word, strings.ToLower(word), "schnurrbarttrager", "SQLite format"} {
			if bytes.Contains(b, []byte(form)) {
				names = append(names, name+" "+form)
			}
		}
	}
	return names
}

func TestNoFileOfASealedIndexShowsAWord(t *testing.T) {
	for _, sealed := range []bool{true, false} {
		w := newWorld(t, sealed)
		w.night(t, w.plant(t, 1)...)
		w.index(t)
		asks, err := search.Open(t.Context(), w.location) // so that no log is emptied because its last user goes
		if err != nil {
			t.Fatal(err)
		}
		w.night(t, w.plant(t, 30)...)
		from := w.source(t)
		var seen []string
		from.Observe = func(done, of int) {
			if done%7 == 0 {
				seen = append(seen, shows(t, w, planted)...)
			}
		}
		if _, err := search.Update(t.Context(), w.location, from); err != nil {
			t.Fatal(err)
		}
		x, err := search.Open(t.Context(), w.location)
		if err != nil {
			t.Fatal(err)
		}
		found, err := search.Find(t.Context(), []*search.Index{x}, nil, search.Ask(planted+" autres", time.UTC), 10)
		if err != nil || found.Total != 30 {
			t.Fatalf("%+v, %v", found, err)
		}
		seen = append(seen, shows(t, w, planted)...)
		if info, err := os.Stat(filepath.Join(w.location.Folder, "index-"+w.repo.ID()+".db-wal")); err != nil || info.Size() > 0 {
			t.Errorf("the log after an update: %v, %v", info, err)
		}
		if err := errors.Join(x.Close(), asks.Close()); err != nil {
			t.Fatal(err)
		}
		if seen = append(seen, shows(t, w, planted)...); (len(seen) == 0) != sealed {
			t.Errorf("sealed %v: the word is in %q", sealed, seen)
		}
		for name := range files(t, w) {
			info, err := os.Stat(filepath.Join(w.location.Folder, name))
			if err == nil && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
				t.Errorf("%s has mode %v", name, info.Mode())
			}
		}
	}
}

func TestWhatTheRepositoryHasNoMoreLeavesTheFiles(t *testing.T) {
	w := newWorld(t, false)
	w.pads.Create("ag", "Ordre du jour\n")
	w.night(t, "ag")
	before := w.source(t).Contents
	list := before.Seen()
	w.pads.Create("secret", strings.Repeat(planted+" a parlé\n", 100))
	for n := range 20 { // so that there are several segments
		w.pads.Create(fmt.Sprint("autre-", n), "Rien\n")
		w.night(t, fmt.Sprint("autre-", n), "secret")
		w.index(t)
	}
	if found := w.find(t, planted); len(found.Hits) != 1 || len(shows(t, w, planted)) == 0 {
		t.Fatalf("%+v", found)
	}
	then, err := w.repo.Read(t.Context(), repository.At{Manifest: list[len(list)-1]})
	if err != nil {
		t.Fatal(err)
	}
	defer then.Close()
	from := w.source(t)
	from.Contents = then
	r, err := search.Update(t.Context(), w.location, from)
	if err != nil || r.Removed != 21 || r.Documents != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if found := w.find(t, planted); len(found.Hits) != 0 {
		t.Errorf("%+v", found)
	}
	for name, b := range files(t, w) {
		if bytes.Contains(bytes.ToLower(b), []byte("schnurrbart")) {
			t.Errorf("%s still has the word", name)
		}
	}
}

// TestVersionThatIsForgottenLeavesTheFiles, though its document stays.
func TestVersionThatIsForgottenLeavesTheFiles(t *testing.T) {
	w := newWorld(t, false)
	pad := w.pads.Create("ag", "Ordre du jour\n")
	w.night(t, "ag")
	then := w.source(t)
	w.now = w.now.Add(time.Hour)
	pad.Append(ada, planted+" a parlé\n")
	w.night(t, "ag")
	w.index(t)
	if found := w.find(t, planted); found.Total != 1 {
		t.Fatalf("%+v", found)
	}
	if _, err := search.Update(t.Context(), w.location, then); err != nil {
		t.Fatal(err)
	}
	if found := w.find(t, planted); found.Total != 0 {
		t.Errorf("%+v", found)
	}
	if found := w.find(t, "ordre du jour"); found.Total != 1 {
		t.Errorf("the document: %+v", found)
	}
	for name, b := range files(t, w) {
		if bytes.Contains(bytes.ToLower(b), []byte("schnurrbart")) {
			t.Errorf("%s still has the word", name)
		}
	}
}

// TestDescriptionThatWasTakenBackLeavesTheFiles, and what else a document is called.
func TestDescriptionThatWasTakenBackLeavesTheFiles(t *testing.T) {
	w := newWorld(t, false)
	w.pads.Create("ag", "Ordre du jour\n")
	w.night(t, "ag")
	w.say(t, "ag", manifest.Said{Description: new(planted + " en parle"), Name: new("AG")})
	w.index(t)
	if found := w.find(t, planted); found.Total != 1 {
		t.Fatalf("%+v", found)
	}
	w.say(t, "ag", manifest.Said{Description: new("")})
	w.index(t)
	for name, b := range files(t, w) {
		if bytes.Contains(bytes.ToLower(b), []byte("schnurrbart")) {
			t.Errorf("%s still has the word", name)
		}
	}
}

// TestWhatIsGoneLeavesTheLogOnceNobodyReadsInIt, at the latest by the next update.
func TestWhatIsGoneLeavesTheLogOnceNobodyReadsInIt(t *testing.T) {
	w := newWorld(t, false)
	w.pads.Create("ag", "Ordre du jour\n")
	w.night(t, "ag")
	w.say(t, "ag", manifest.Said{Description: new(planted + " en parle")})
	w.index(t)
	x, err := search.Open(t.Context(), w.location)
	if err != nil {
		t.Fatal(err)
	}
	has := func() (names []string) {
		for name, b := range files(t, w) {
			if bytes.Contains(bytes.ToLower(b), []byte("schnurrbart")) {
				names = append(names, name)
			}
		}
		return names
	}
	err = x.Newest(t.Context(), func(manifest.Source, string, string) error {
		w.say(t, "ag", manifest.Said{Description: new("")})
		w.index(t)
		if len(has()) == 0 {
			t.Error("nothing is left while somebody reads: this test tests nothing")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close() // not before: the last to close it would empty the log
	if r := w.index(t); r.New || r.Changed != 0 {
		t.Errorf("then it did %+v", r)
	}
	if left := has(); len(left) != 0 {
		t.Errorf("the word is still in %q", left)
	}
}

func TestIndexOpensForItsOwnerAlone(t *testing.T) {
	w := newWorld(t, true)
	w.night(t, w.plant(t, 2)...)
	if _, err := search.Open(t.Context(), w.location); !errors.Is(err, search.ErrNone) {
		t.Errorf("before there is one: %v", err)
	}
	w.index(t)
	stranger, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for name, ids := range map[string][]age.Identity{"without an identity": nil, "with another": {stranger}} {
		other := w.location
		other.Identities = ids
		if _, err := search.Open(t.Context(), other); !errors.Is(err, search.ErrNoIdentity) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Somebody else is to read packs from now on: the key that the former can open
	// is not used any more.
	key, err := os.ReadFile(filepath.Join(w.location.Folder, "index-"+w.repo.ID()+".key.age"))
	if err != nil {
		t.Fatal(err)
	}
	next, err := crypto.Generate(false)
	if err != nil {
		t.Fatal(err)
	}
	to, err := crypto.RecipientOf(next)
	if err != nil {
		t.Fatal(err)
	}
	former := w.location.Recipients
	w.location.Recipients = append([]crypto.Recipient{to}, former...)
	if r := w.index(t); r.New {
		t.Errorf("one recipient more: %+v", r)
	}
	w.location.Recipients = []crypto.Recipient{to}
	if r := w.index(t); !r.New {
		t.Errorf("other recipients: %+v", r)
	}
	now, err := os.ReadFile(filepath.Join(w.location.Folder, "index-"+w.repo.ID()+".key.age"))
	if err != nil || bytes.Equal(key, now) {
		t.Errorf("the key is the same, %v", err)
	}
	w.location.Identities = []age.Identity{next}
	if found := w.find(t, planted); found.Total != 2 {
		t.Errorf("%+v", found)
	}
}

// TestDamagedIndexIsMadeAnew, whatever happened to its files; and nothing that
// they hold is taken for a result.
func TestDamagedIndexIsMadeAnew(t *testing.T) {
	w := newWorld(t, true)
	w.night(t, w.plant(t, 60)...)
	w.index(t)
	name := filepath.Join(w.location.Folder, "index-"+w.repo.ID())
	change := func(file string, to func([]byte) []byte) func() error {
		return func() error {
			b, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			return os.WriteFile(file, to(b), 0o600)
		}
	}
	for what, damage := range map[string]func() error{
		"emptied":       change(name+".db", func(b []byte) []byte { return nil }),
		"cut short":     change(name+".db", func(b []byte) []byte { return b[:len(b)/2/4096*4096] }),
		"its beginning": change(name+".db", func(b []byte) []byte { return append(bytes.Repeat([]byte{7}, 4096), b[4096:]...) }),
		"all after it": change(name+".db", func(b []byte) []byte {
			return append(b[:4096:4096], bytes.Repeat([]byte{7}, len(b)-4096)...)
		}),
		"no key":         func() error { return os.Remove(name + ".key.age") },
		"another key":    change(name+".key.age", func(b []byte) []byte { return b[:len(b)-1] }),
		"no index":       func() error { return os.Remove(name + ".db") },
		"a log of noise": func() error { return os.WriteFile(name+".db-wal", bytes.Repeat([]byte{7}, 9000), 0o600) },
		"another layout": func() error { return os.WriteFile(name+".db", []byte("SQLite format 3\x00 and so on"), 0o600) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		x, err := search.Open(t.Context(), w.location)
		if err == nil {
			var found *search.Results
			found, err = search.Find(t.Context(), []*search.Index{x}, nil, search.Ask(planted, time.UTC), 10)
			if err == nil && found.Total != 60 {
				t.Errorf("%s: it found %d", what, found.Total)
			}
			x.Close()
		}
		if err != nil && !errors.Is(err, search.ErrDamaged) && !errors.Is(err, search.ErrNone) {
			t.Errorf("%s: %v", what, err)
		}
		if err != nil { // who finds that out says so
			if err := search.Discard(w.location); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		w.index(t)
		if found := w.find(t, planted); found.Total != 60 {
			t.Errorf("%s: made anew, it found %d", what, found.Total)
		}
	}
}

// TestNoDamagedPageIsBelieved of a plain index, where noise looks like data.
func TestNoDamagedPageIsBelieved(t *testing.T) {
	w := newWorld(t, false)
	w.night(t, w.plant(t, 60)...)
	w.index(t)
	name := filepath.Join(w.location.Folder, "index-"+w.repo.ID()+".db")
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	noticed := 0
	for at := 0; at < len(whole); at += 4096 {
		b := bytes.Clone(whole)
		for i := at + 2000; i < at+2100; i++ {
			b[i] ^= 1
		}
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		x, err := search.Open(t.Context(), w.location)
		if err == nil {
			var found *search.Results
			found, err = search.Find(t.Context(), []*search.Index{x}, nil, search.Ask("in:text "+planted, time.UTC), 60)
			if err == nil && (found.Total != 60 || len(found.Hits) != 60 || slices.ContainsFunc(found.Hits, func(h search.Hit) bool {
				return !strings.Contains(shown(h), "Un mot ["+planted+"] et ")
			})) {
				t.Errorf("byte %d: %+v", at, found)
			}
			x.Close()
		}
		if err != nil {
			noticed++
		}
		if err != nil && !errors.Is(err, search.ErrDamaged) {
			t.Errorf("byte %d: %v", at, err)
		}
	}
	if noticed < len(whole)/4096/3 {
		t.Errorf("of %d pages, %d were missed", len(whole)/4096, noticed)
	}
}

// TestKilledUpdateIsGoneOnWith: the files as a process leaves them that is killed
// at any document.
// hasNone checks that an index of which only a part is made counts as none: who
// asked it would be told that there is nothing.
func (w *world) hasNone(t *testing.T) {
	t.Helper()
	x, err := search.Open(t.Context(), w.location)
	if err == nil {
		x.Close()
	}
	if !errors.Is(err, search.ErrNone) {
		t.Errorf("an index that is not made to its end: %v", err)
	}
}

func TestKilledUpdateIsGoneOnWith(t *testing.T) {
	w := newWorld(t, true)
	w.night(t, w.plant(t, 250)...) // more than are written at once
	from := w.source(t)
	var left []string
	from.Observe = func(done, of int) {
		if done%50 != 1 && done != of {
			return
		}
		dir := t.TempDir()
		for name, b := range files(t, w) {
			if !strings.Contains(name, "/") {
				if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
					t.Error(err)
				}
			}
		}
		left = append(left, dir)
	}
	if _, err := search.Update(t.Context(), w.location, from); err != nil {
		t.Fatal(err)
	}
	if len(left) < 5 {
		t.Fatalf("only %d times", len(left))
	}
	for n, dir := range left {
		w.location.Folder = dir
		w.hasNone(t)
		r := w.index(t)
		if again := w.find(t, "mot"); r.New || again.Total != 250 || r.Changed != 250 && r.Changed != 50 { // whole commits
			t.Errorf("%d: %+v, and it found %d", n, r, again.Total)
		}
	}
}

// TestKilledProcessLeavesWholeCommits: one that has the index to itself while it
// lives, but for those who ask, and is killed at a document.
func TestKilledProcessLeavesWholeCommits(t *testing.T) {
	folder := t.TempDir()
	sink, err := local.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorldIn(t, true, sink)
	w.night(t, w.plant(t, 250)...) // more than are written at once
	for _, c := range []struct{ stop, whole int }{{1, 0}, {201, 200}} {
		w.location.Folder = filepath.Join(t.TempDir(), "padsync")
		encoded, err := json.Marshal(updating{w.location.Folder, folder, fmt.Sprint(w.location.Identities[0]), c.stop})
		if err != nil {
			t.Fatal(err)
		}
		other := exec.CommandContext(t.Context(), os.Args[0])
		other.Env = append(os.Environ(), updatesVariable+"="+string(encoded))
		output, err := other.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		said := make([]byte, len("ready"))
		if _, err := io.ReadFull(output, said); err != nil || string(said) != "ready" {
			rest, _ := io.ReadAll(output)
			t.Fatalf("the other process: %v, %s%s", err, said, rest)
		}
		if _, err := search.Update(t.Context(), w.location, w.source(t)); !errors.Is(err, search.ErrBusy) {
			t.Errorf("at %d, while another updates it: %v", c.stop, err)
		}
		w.hasNone(t)
		if err := other.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		other.Wait() // that it was killed
		w.hasNone(t)
		if r := w.index(t); r.New || r.Changed != 250-c.whole {
			t.Errorf("killed at %d, then it did %+v", c.stop, r)
		}
		if found := w.find(t, "mot"); found.Total != 250 {
			t.Errorf("killed at %d, in the end %d are found", c.stop, found.Total)
		}
	}
}

func TestSeveralUseOneIndex(t *testing.T) {
	w := newWorld(t, true)
	ids := w.plant(t, 40)
	w.night(t, ids[:10]...)
	w.index(t)
	identity, err := json.Marshal(map[string]string{
		"Folder": w.location.Folder, "Repository": w.repo.ID(), "Identity": fmt.Sprint(w.location.Identities[0]),
	})
	if err != nil {
		t.Fatal(err)
	}
	asks := exec.CommandContext(t.Context(), os.Args[0])
	asks.Env = append(os.Environ(), asksVariable+"="+string(identity))
	input, err := asks.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := asks.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := asks.Start(); err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 6)
	if _, err := io.ReadFull(output, first); err != nil {
		t.Fatal(err)
	}
	for n := 11; n <= len(ids); n += 3 {
		w.night(t, ids[:n]...)
		w.index(t)
	}
	input.Close()
	said, _ := io.ReadAll(output)
	if err := asks.Wait(); err != nil {
		t.Errorf("the other process: %v, %s%s", err, first, said)
	}

	lock := flock.New(filepath.Join(w.location.Folder, "index-"+w.repo.ID()+".lock"))
	if locked, err := lock.TryLock(); !locked || err != nil {
		t.Fatal(locked, err)
	}
	defer lock.Close()
	if _, err := search.Update(t.Context(), w.location, w.source(t)); !errors.Is(err, search.ErrBusy) {
		t.Errorf("while another updates it: %v", err)
	}
}

func TestNoQuestionIsWrong(t *testing.T) {
	w := newWorld(t, false)
	w.night(t, w.plant(t, 2)...)
	w.index(t)
	x, err := search.Open(t.Context(), w.location)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	typed := rapid.OneOf(rapid.String(), rapid.StringMatching(`((in|tag|before|author|service|x):)?["*'^(){}:+ -]?(mot|et|NEAR|AND|text|é|会)["*'^(){}:+, -]{0,3}`),
		rapid.StringMatching(`(["«»“” a*:-]|in:|text|OR ){0,12}`))
	rapid.Check(t, func(t *rapid.T) {
		s := typed.Draw(t, "typed")
		if _, err := search.Find(t.Context(), []*search.Index{x}, nil, search.Ask(s, time.UTC), 10); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
	})
}
