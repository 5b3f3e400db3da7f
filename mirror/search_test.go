package mirror_test

import (
	"context"
	"errors"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/padsync/padsync/internal/pages"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/mirror"
)

var searchName = regexp.MustCompile(`\b[0-9a-f]{32}\b(?:-[0-9]+)?`)

// needed are the files of the search that the index leads to, and those that these
// lead to. All are there.
func (w *world) needed() (all []string) {
	w.Helper()
	files := w.files()
	next := searchName.FindAllString(indexMark.ReplaceAllString(files[mirror.IndexName], ""), -1)
	for len(next) > 0 {
		name := mirror.SearchFolder + "/" + next[0] + ".js"
		next = next[1:]
		if slices.Contains(all, name) {
			continue
		}
		content, there := files[name]
		if !there {
			w.Errorf("%s is not there", name)
		}
		all = append(all, name)
		if strings.HasPrefix(content, `padsync({"words"`) {
			next = append(next, searchName.FindAllString(content, -1)...)
		}
	}
	slices.Sort(all)
	return all
}

// inSearch are the files in the folder of the search.
func (w *world) inSearch() (all []string) {
	w.Helper()
	for name := range w.files() {
		if path.Dir(name) == mirror.SearchFolder {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// TestIndexSearchesTheNewestTexts, and none of a document that is published no more.
func TestIndexSearchesTheNewestTexts(t *testing.T) {
	w := newSite(t, "fr")
	w.options.Shown.Versions = true
	w.forms("html")
	w.save(aPad("one", "Premier\nle cœur"), aPad("two", "Second\nsauge"))
	w.save(aPad("one", "Premier\nthym"))
	w.update()
	found := w.searched()
	for text, has := range map[string]bool{"\nthym ": true, "\nsauge ": true, "\ncoeur ": false, `["Second","./Pads/Second.html","22 novembre 2026","Second sauge"]`: true} {
		if strings.Contains(found, text) != has {
			t.Errorf("the search has %s: %t: %s", text, !has, found)
		}
	}
	if needed := w.needed(); len(needed) != 4 || !slices.Equal(needed, w.inSearch()) {
		t.Errorf("%q are needed, and %q are there", needed, w.inSearch())
	}
	w.options.Choose = choose(func(r *manifest.Record) bool { return r.ID == "one" })
	w.update()
	if found := w.searched(); strings.Contains(found, "sauge") || strings.Contains(found, "Second") || !strings.Contains(found, "thym") {
		t.Error(found)
	}
	if needed := w.needed(); !slices.Equal(needed, w.inSearch()) {
		t.Errorf("%q are needed, and %q are there", needed, w.inSearch())
	}
}

// TestIndexLeadsToEarlierVersions by their dates: a few at once, and by the time where
// a day has several; also those that were not made in this run.
func TestIndexLeadsToEarlierVersions(t *testing.T) {
	w := newSite(t, "en")
	w.options.Shown.Versions = true
	w.forms("html")
	for _, text := range []string{"one", "two", "three", "four", "five", "six", "seven"} {
		w.save(aPad("one", "Minutes\n"+text))
	}
	for range 2 {
		w.update()
		index := w.files()[mirror.IndexName]
		first, _, _ := strings.Cut(index, "<details>")
		if !strings.Contains(index, "<summary>and 3 other dates<") || strings.Count(first, "2026-11-22%20") != 3 || strings.Count(index, "2026-11-22%20") != 6 || !strings.Contains(first, ">22 November 2026 ") {
			t.Error(index)
		}
	}
}

// TestDocumentThatCannotBeReadIsFoundByItsTitle, while its page stands.
func TestDocumentThatCannotBeReadIsFoundByItsTitle(t *testing.T) {
	w := newSite(t, "en")
	w.forms("html")
	w.save(aPad("one", "Minutes\nplenty"))
	w.update()
	w.sink.damaged = w.packs()[0]
	w.update()
	if found := w.searched(); !strings.Contains(found, "minutes ") || strings.Contains(found, "plenty") || !strings.Contains(found, "./Pads/Minutes.html") {
		t.Error(found)
	}
}

// TestSearchGoesWhereItIsNotWanted.
func TestSearchGoesWhereItIsNotWanted(t *testing.T) {
	w := newSite(t, "en")
	w.forms("html")
	w.save(aPad("one", "Minutes"))
	w.update()
	said, err := words.In("en", nil)
	if err != nil {
		t.Fatal(err)
	}
	w.options.Search, w.options.Index = false, pages.Mirror(said)
	w.update()
	if all := w.inSearch(); len(all) > 0 || strings.Contains(w.files()[mirror.IndexName], "script") {
		t.Errorf("%q, %s", all, w.files()[mirror.IndexName])
	}
}

// TestFilesOfOthersInTheSearchStay also where they have the name of one of padsync's.
func TestFilesOfOthersInTheSearchStay(t *testing.T) {
	w := newSite(t, "en")
	w.forms("html")
	w.save(aPad("one", "Minutes"))
	w.update()
	needed := w.needed()
	foreign := map[string]string{"search/notes.txt": "mine", "search/0123456789abcdef0123456789abcdef.js": "mine", "search/x.js": "mine"}
	for _, name := range needed {
		foreign[name] = "edited"
	}
	for name, content := range foreign {
		w.write(name, content)
	}
	w.update()
	beside := 0 // all but the first file, which now leads to others
	for _, name := range w.needed() {
		if slices.Contains(needed, name) {
			t.Errorf("%s is needed", name)
		}
		if strings.HasSuffix(name, "-1.js") {
			beside++
		}
	}
	if beside != 3 || len(w.events) != 3 {
		t.Errorf("%q, %+v", w.needed(), w.events)
	}
	for name := range foreign {
		if slices.Contains(needed, name) {
			w.remove(name)
			delete(foreign, name)
		}
	}
	w.options.Search = false
	w.update()
	files := w.files()
	for name, content := range foreign {
		if files[name] != content {
			t.Errorf("%s: %q", name, files[name])
		}
	}
	if n := len(w.inSearch()); n != len(foreign) {
		t.Errorf("%q", w.inSearch())
	}
}

// A counting store counts files that are written.
type counting struct {
	mirror.Store
	written atomic.Int64
}

func (c *counting) Replace(ctx context.Context, name string, r io.ReaderAt, size int64) error {
	c.written.Add(1)
	return c.Store.Replace(ctx, name, r, size)
}

// TestNothingIsWrittenWhereNothingChanged, and of the search no more than what did.
func TestNothingIsWrittenWhereNothingChanged(t *testing.T) {
	w := newSite(t, "en")
	w.forms("html")
	w.save(aPad("one", "Minutes"), aPad("two", "Budget"))
	w.update()
	c := &counting{Store: w.store}
	w.options.Store = c
	w.update()
	if n := c.written.Load(); n != 0 {
		t.Errorf("%d files were written", n)
	}
	w.save(aPad("two", "Budget\nall"))
	w.update()
	if n := c.written.Load(); n != 6 { // the page, the words, the texts, what leads to them, the index and the state
		t.Errorf("%d files were written", n)
	}
}

// TestSearchIsWholeAtEachMoment: wherever a run ends, all is there that the index
// leads to, and the next one leaves nothing behind.
func TestSearchIsWholeAtEachMoment(t *testing.T) {
	for room := range 12 {
		w := newSite(t, "en")
		w.forms("html")
		w.save(aPad("one", "Minutes"), aPad("two", "Budget"))
		w.update()
		w.save(aPad("one", "Minutes\nmore"), aPad("two", "Budget\nmore"))
		full := &failing{Store: w.store}
		full.left.Store(int64(room))
		w.options.Store = full
		_, err := w.try(t.Context())
		if failed := errors.Is(err, errFull); failed != (room < 9) { // two pages, three files, the index, three that go
			t.Errorf("with room for %d: %v", room, err)
		}
		w.needed()
		w.options.Store = nil
		w.update()
		if needed := w.needed(); !slices.Equal(needed, w.inSearch()) {
			t.Errorf("with room for %d: %q are needed, and %q are there", room, needed, w.inSearch())
		}
	}
}
