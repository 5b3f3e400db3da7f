package mirror_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/mirror"
	"github.com/padsync/padsync/sinks"
)

// TestOverWebDAV: what a person sees in a folder of a server.
func TestOverWebDAV(t *testing.T) {
	w := newWorld(t, "fr")
	w.store, w.dir = webDAV(t)
	w.forms("html", "markdown")
	w.save(aPad("one", "Réunion à l’école\n"+pads+"/p/two"), aPad("two", "Budget 100 %"), aPad("three", "Un autre"))
	w.update()
	w.has("Pads/Budget 100 %.html", "Pads/Budget 100 %.md", "Pads/Réunion à l’école.html", "Pads/Réunion à l’école.md", "Pads/Un autre.html", "Pads/Un autre.md", "index.html")
	w.write("Pads/Un autre.md", "mes notes")
	w.save(aPad("two", "Budget 100 %\nplus"), aPad("three", "Un autre\nplus"), aPad("one", "Autre nom"))
	w.update()
	w.has("Pads/Autre nom.html", "Pads/Autre nom.md", "Pads/Budget 100 %.html", "Pads/Budget 100 %.md", "Pads/Un autre (padsync).md", "Pads/Un autre.html", "Pads/Un autre.md", "index.html")
	if files := w.files(); files["Pads/Un autre.md"] != "mes notes" || !strings.Contains(files["Pads/Budget 100 %.md"], "plus") {
		t.Error(files)
	}
	if r := w.update(); r.Written != 0 || r.Removed != 0 {
		t.Errorf("%+v", r)
	}
}

// A failing store takes so many pages.
type failing struct {
	mirror.Store
	left atomic.Int64
}

var errFull = errors.New("no room left")

func (f *failing) Replace(ctx context.Context, name string, r io.ReaderAt, size int64) error {
	if name != mirror.StateName && f.left.Add(-1) < 0 {
		return &sinks.Error{Op: "put", Key: name, Err: errFull}
	}
	return f.Store.Replace(ctx, name, r, size)
}

func (f *failing) Delete(ctx context.Context, name string) error {
	if f.left.Add(-1) < 0 {
		return errFull
	}
	return f.Store.Delete(ctx, name)
}

// TestNextRunGoesOn where a store failed, at whatever page: nothing is taken for
// somebody else's file, and nothing is forgotten.
func TestNextRunGoesOn(t *testing.T) {
	for room := range 6 {
		w := newWorld(t, "en")
		w.forms("html")
		w.save(aPad("one", "First"), aPad("two", "Second"), aPad("three", "Third"))
		w.update()
		w.save(aPad("one", "First\nmore"), aPad("two", "Renamed"), aPad("three", "Third\nmore"))
		full := &failing{Store: w.store}
		full.left.Store(int64(room))
		w.options.Store = full
		if _, err := w.try(t.Context()); (room < 5) != errors.Is(err, errFull) || err != nil && strings.Contains(err.Error(), ".html") {
			t.Errorf("with room for %d: %v", room, err)
		}
		w.options.Store = nil
		w.update()
		w.has("Pads/First.html", "Pads/Renamed.html", "Pads/Third.html", "index.html")
		if len(w.events) > 0 {
			t.Errorf("with room for %d: %+v", room, w.events)
		}
		if r := w.update(); r.Written != 0 || r.Removed != 0 || r.Unchanged != 3 {
			t.Errorf("with room for %d: %+v", room, r)
		}
	}
}

// TestInterruptedRunIsNoted.
func TestInterruptedRunIsNoted(t *testing.T) {
	w := newWorld(t, "en")
	w.forms("html")
	w.save(aPad("one", "First"), aPad("two", "Second"), aPad("three", "Third"))
	ctx, stop := context.WithCancel(t.Context())
	w.options.Store = stopping{w.store, stop}
	if _, err := w.try(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	w.options.Store = nil
	w.save(aPad("one", "First\nmore"), aPad("two", "Second\nmore"), aPad("three", "Third\nmore"))
	w.update()
	w.has("Pads/First.html", "Pads/Second.html", "Pads/Third.html", "index.html")
}

// A stopping store ends the run after a page.
type stopping struct {
	mirror.Store
	stop func()
}

func (s stopping) Replace(ctx context.Context, name string, r io.ReaderAt, size int64) error {
	defer s.stop()
	return s.Store.Replace(ctx, name, r, size)
}

// TestWhatCannotBeOpenedStays, and what this run fetched is written.
func TestWhatCannotBeOpenedStays(t *testing.T) {
	w := newWorld(t, "en")
	w.forms("html")
	w.save(aPad("one", "First"), aPad("two", "Second"))
	w.update()
	one := aPad("one", "First\nfetched")
	gone := saved{kind: "etherpad", base: pads, id: "two", name: "Pads", state: manifest.Missing}
	w.save(one, gone, aPad("new", "Not fetched"), aPad("newer", "Fetched for the first time"))
	w.options.Sealed, w.options.Fetched = true, mirror.NewFetched(w.pool)
	defer w.options.Fetched.Close()
	for _, content := range [][]byte{one.content, export("newer", "Fetched for the first time")} {
		w.options.Fetched.Add(sha256.Sum256(content), bytes.NewReader(content), int64(len(content)))
	}
	if err := w.options.Fetched.Finish(); err != nil {
		t.Fatal(err)
	}
	second := w.files()["Pads/Second.html"]
	r := w.update()
	w.has("Pads/Fetched for the first time.html", "Pads/First.html", "Pads/Second.html", "index.html")
	files := w.files()
	if !strings.Contains(files["Pads/First.html"], "fetched") || files["Pads/Second.html"] != second || r.Sealed != 1 {
		t.Errorf("%+v %v", r, files)
	}
	if !strings.Contains(files["index.html"], "no longer on its server") {
		t.Error("the index does not say what is known")
	}
	w.options.Sealed, w.options.Fetched = false, nil
	w.update()
	w.has("Pads/Fetched for the first time.html", "Pads/First.html", "Pads/Not fetched.html", "Pads/Second.html", "index.html")
}

func TestDocumentThatCannotBeReadKeepsItsPage(t *testing.T) {
	w := newWorld(t, "en")
	w.forms("html")
	w.save(aPad("one", "First"))
	w.update()
	broken := aPad("one", "")
	broken.content = []byte("{")
	w.save(broken)
	if r := w.update(); r.Unreadable != 1 || r.Removed != 0 {
		t.Errorf("%+v", r)
	}
	w.has("Pads/First.html", "index.html")
}

func TestFoldersOfTagsAndServices(t *testing.T) {
	w := newWorld(t, "fr")
	w.forms("html")
	w.options.By = mirror.ByTag
	w.save(aPad("one", "First"))
	w.update()
	w.has("autres/First.html", "index.html")
	w.options.By = mirror.ByService
	w.options.Service = func(manifest.Source) string { return "Bureau / AG" }
	w.update()
	w.has("Bureau - AG/First.html", "index.html")
	if _, err := os.Stat(filepath.Join(w.dir, "autres", "First.html")); err == nil {
		t.Error("it is in two folders")
	}
}

// seenByTwoLooks are a poll as its admin's page shows it, and later as all see it.
func seenByTwoLooks(w *world) (admin, open saved) {
	admin = aPoll(w, plantedPoll, &poll.Poll{Title: "Which", Votes: []poll.Vote{{Name: "Zoé", Answers: []poll.Answer{poll.Yes, poll.No}}}})
	admin.parts = map[string]string{"choices": "a", "votes": "a"}
	open = aPoll(w, plantedPoll, &poll.Poll{Title: "Which", Description: "of these", Unseen: []poll.Part{poll.PartVotes}})
	open.parts = map[string]string{"choices": "a"}
	return admin, open
}

// TestPageThatHasMoreThanThisRunSawStays where what an earlier run saw cannot be
// opened: the one with the key makes the page anew.
func TestPageThatHasMoreThanThisRunSawStays(t *testing.T) {
	w := newWorld(t, "en")
	w.forms("html")
	w.options.Shown.Voters = true
	admin, open := seenByTwoLooks(w)
	w.save(admin)
	w.update()
	w.sink.damaged, w.sink.broken = w.packs()[0], true // as good as one that no key opens
	w.save(open)
	w.options.Sealed, w.options.Fetched = true, mirror.NewFetched(w.pool)
	defer w.options.Fetched.Close()
	w.options.Fetched.Add(sha256.Sum256(open.content), bytes.NewReader(open.content), int64(len(open.content)))
	if err := w.options.Fetched.Finish(); err != nil {
		t.Fatal(err)
	}
	r := w.update()
	if page := w.files()["Sondages/Which.html"]; !strings.Contains(page, "Zoé") || strings.Contains(page, "of these") || r.Sealed != 1 {
		t.Errorf("%+v %s", r, page)
	}
	w.options.Sealed, w.options.Fetched, w.sink.damaged = false, nil, ""
	w.update()
	if page := w.files()["Sondages/Which.html"]; !strings.Contains(page, "Zoé") || !strings.Contains(page, "of these") {
		t.Error(page)
	}
}

// TestPageStaysWhereWhatItHasCannotBeReadAnyMore: what the newest look did not see
// lies in a pack that is damaged. Without a page, what can be read is written; an
// error of the store is no damage.
func TestPageStaysWhereWhatItHasCannotBeReadAnyMore(t *testing.T) {
	for _, stands := range []bool{true, false} {
		w := newWorld(t, "en")
		w.forms("html")
		w.options.Shown.Voters = true
		admin, open := seenByTwoLooks(w)
		w.save(admin)
		if stands {
			w.update()
		}
		w.sink.damaged = w.packs()[0]
		w.save(open)
		r := w.update()
		if page := w.files()["Sondages/Which.html"]; strings.Contains(page, "Zoé") != stands || strings.Contains(page, "of these") == stands || r.Unreadable != btoi(stands) {
			t.Errorf("%t: %+v %s", stands, r, page)
		}
		w.sink.broken = true
		w.options.Program = "padsync of tomorrow"
		if _, err := w.try(t.Context()); stands && !errors.Is(err, errFull) {
			t.Error(err)
		}
		w.sink.damaged = ""
		w.update()
		if page := w.files()["Sondages/Which.html"]; !strings.Contains(page, "Zoé") || !strings.Contains(page, "of these") {
			t.Errorf("%t: %s", stands, page)
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
