package backup_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources"
)

// odd is a source that answers as no fake server does.
type odd func(id, validator string) (*sources.Version, error)

func (o odd) Fetch(_ context.Context, id, validator string) (*sources.Version, error) {
	return o(id, validator)
}

func oddVersion(id, text string) *sources.Version {
	b := []byte(text)
	return &sources.Version{ID: id, Validator: "v", Files: []sources.File{
		{Name: "f.txt", Format: "txt", Size: int64(len(b)), SHA256: sha256.Sum256(b), Content: bytes.NewReader(b)},
	}}
}

// oddly gives a world with one odd source.
func oddly(t *testing.T, answer odd) *world {
	w := newWorld(t)
	w.plan.Sources = []*backup.Source{{Source: manifest.Source{Kind: "odd", URL: "https://odd.example"}, Client: answer}}
	return w
}

func TestDocumentUnderAnotherIDIsOneDocument(t *testing.T) {
	w := oddly(t, func(id, validator string) (*sources.Version, error) { return oddVersion("own", "x"), nil })
	documents := []backup.Document{{ID: "OWN"}, {ID: "own"}, {ID: "Own"}}
	r := w.backup(documents...)
	for _, repo := range r.Repositories {
		if repo.Err != nil {
			t.Fatal(repo.Err)
		}
	}
	r = w.backup(documents...)
	if r.Outcomes[backup.Unchanged] == 0 || r.Outcomes[backup.Saved] != 0 || r.Repositories[0].Err != nil {
		t.Errorf("the second run: %+v", r)
	}
	if records := w.records(); len(records) != 1 || records["own"].State != manifest.Current {
		t.Errorf("records are %v", records)
	}
}

// TestDocumentThatIsNotWholeFailsUnderItsOwnID, even if the link only let guess
// at it.
func TestDocumentThatIsNotWholeFailsUnderItsOwnID(t *testing.T) {
	for _, guess := range []string{"guess", "own"} {
		w := oddly(t, func(id, validator string) (*sources.Version, error) {
			v := oddVersion("own", "x")
			v.Files[0].Size++
			return v, nil
		})
		var told backup.Event
		w.plan.Observe = func(e backup.Event) { told = e }
		w.want(w.backup(backup.Document{ID: guess, Locator: "link", Line: 7}), counts{backup.Failed: 1})
		if told.ID != "own" || told.Document.Line != 7 || !errors.Is(told.Err, repository.ErrFile) {
			t.Errorf("told %+v", told)
		}
		if records := w.records(); len(records) != 1 || records["own"] == nil || records["own"].State != manifest.Failed {
			t.Errorf("from %q: %v", guess, records)
		}
	}
}

// TestLinkThatFailsSpoilsNoOther: of two links to one document, one works.
func TestLinkThatFailsSpoilsNoOther(t *testing.T) {
	for _, failure := range []error{errors.New("down"), fs.ErrNotExist} {
		down := false
		w := oddly(t, func(id, validator string) (*sources.Version, error) {
			if down && id == "link-b" || id == "link-c" {
				return nil, failure
			}
			return oddVersion("own", "x"), nil
		})
		w.plan.Sources[0].Parallel = 1
		documents := []backup.Document{{ID: "own", Locator: "link-a"}, {ID: "own", Locator: "link-b"}, {ID: "own", Locator: "link-c"}, {ID: "own"}}
		for range 2 {
			r := w.backup(documents...)
			if r.Repositories[0].Err != nil {
				t.Fatal(r.Repositories[0].Err)
			}
			if record := w.records()["own"]; record.State != manifest.Current || len(record.Versions) != 1 {
				t.Errorf("after %v the record is %+v", failure, record)
			}
			down = true
		}
	}
}

func TestUnchangedFromNothingIsRefused(t *testing.T) {
	w := oddly(t, func(id, validator string) (*sources.Version, error) {
		return &sources.Version{ID: "own", Validator: "v", Unchanged: true}, nil
	})
	w.want(w.backup(backup.Document{ID: "own"}, backup.Document{ID: "other", Locator: "x"}), counts{backup.Failed: 2})
	if record := w.records()["own"]; record.State != manifest.Failed {
		t.Errorf("the record is %+v", record)
	}
}

// TestSourceNamedTwiceIsOne: http and https are one source, and the caller's
// plan stays as it is.
func TestSourceNamedTwiceIsOne(t *testing.T) {
	answer := odd(func(id, validator string) (*sources.Version, error) { return oddVersion(id, "x"), nil })
	w := oddly(t, answer)
	source := func(url string) *backup.Source {
		return &backup.Source{Source: manifest.Source{Kind: "odd", URL: url}, Client: answer}
	}
	given := []*backup.Source{source("https://z.example"), source("https://a.example"), source("http://z.example")}
	w.plan.Sources = given
	from := map[string]*backup.Source{}
	w.plan.Observe = func(e backup.Event) {
		w.mu.Lock()
		defer w.mu.Unlock()
		from[e.ID] = e.Document.Source
	}
	w.want(w.backup(
		backup.Document{Source: given[0], ID: "one"}, backup.Document{Source: given[2], ID: "two"},
		backup.Document{Source: given[2], ID: "one"}, backup.Document{Source: given[1], ID: "three"},
	), counts{backup.Saved: 3})
	if given[0].URL != "https://z.example" || from["one"] != given[0] || from["two"] != given[2] || from["three"] != given[1] {
		t.Errorf("sources are %v, documents were of %v", given, from)
	}
	if all := w.records(); all["one"].Source.URL != "https://z.example" || all["two"].Source.URL != "https://z.example" {
		t.Errorf("kept as of %v and %v", all["one"].Source, all["two"].Source)
	}
}

// TestFlawIsSaidOnceAndIsNoSuspicion: of a pad with a damaged member, all else is
// whole.
func TestFlawIsSaidOnceAndIsNoSuspicion(t *testing.T) {
	w := newWorld(t)
	p := w.pads.Create("ag", "Ordre du jour\n")
	var flaws []string
	w.plan.Observe = func(e backup.Event) {
		flaws = append(flaws, fmt.Sprintf("%s %q %q", e.Outcome, e.Suspect, e.Flaw))
	}
	for _, author := range []string{"null", "null", "[]", `{"name":"Zoé"}`, "null"} {
		p.Append(alice, "un mot\n")
		export := strings.Replace(string(w.pads.Export("ag")), "{", `{"globalAuthor:":`+author+`,`, 1)
		p.Exports([]byte(export))
		w.backup(w.pad("ag"))
		p.Exports(nil)
	}
	want := []string{`saved "" "authors"`, `saved "" ""`, `saved "" ""`, `saved "" ""`, `saved "" "authors"`}
	if !slices.Equal(flaws, want) {
		t.Errorf("%q", flaws)
	}
}

// TestPadWithoutATextIsSuspectOnce, until somebody says that it is right.
func TestPadWithoutATextIsSuspectOnce(t *testing.T) {
	w := newWorld(t)
	p := w.pads.Create("ag", strings.Repeat("Ordre du jour\n", 20))
	var seen []string
	w.plan.Observe = func(e backup.Event) {
		seen = append(seen, fmt.Sprintf("%s %q %t %q", e.Outcome, e.Suspect, e.New, e.Flaw))
	}
	w.backup(w.pad("ag"))
	for n := range 2 {
		p.Append(alice, "un mot\n")
		p.Exports(fmt.Appendf(nil, `{"pad:ag":{"head":%d}}`, n+1))
		w.backup(w.pad("ag"))
		w.backup(w.pad("ag"))
	}
	accepted := func(r *manifest.Record) *manifest.VersionRecord { return r.Newest() }
	if _, err := w.open(w.stores[0]).Accept(t.Context(), repository.RunOptions{}, accepted); err != nil {
		t.Fatal(err)
	}
	p.Exports([]byte(`{"pad:ag":{"head":3}}`))
	w.backup(w.pad("ag"))
	want := []string{`saved "" false ""`, `saved "unreadable" true "history+pool+text"`, `unchanged "" false ""`, `saved "unreadable" false ""`, `unchanged "" false ""`, `saved "" false ""`}
	if !slices.Equal(seen, want) {
		t.Errorf("%q", seen)
	}
}
