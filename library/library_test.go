package library_test

import (
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sources/kinds"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// night backs a server's pads up, as any program might that has neither a
// terminal nor a command line.
func night(t *testing.T, repo *repository.Repository, server string, ids ...string) {
	t.Helper()
	kind, _ := setup.AllKinds().Named("etherpad")
	pool := spool.New(t.TempDir(), 0)
	client, err := kind.Open(server, kinds.Opening{Client: polite.New(polite.Options{Tries: 1}), Pool: pool})
	if err != nil {
		t.Fatal(err)
	}
	from := &backup.Source{Source: manifest.Source{Kind: kind.Name, URL: server}, Client: client}
	plan := backup.Plan{
		Pool: pool, Program: "test", Host: "host", Sources: []*backup.Source{from},
		Repositories: []backup.Repository{{Name: "here", Repository: repo}},
	}
	for _, id := range ids {
		plan.Documents = append(plan.Documents, backup.Document{Source: from, ID: id})
	}
	if report, err := backup.Run(t.Context(), plan); err != nil || report.Outcomes[backup.Failed] > 0 {
		t.Fatalf("%+v, %v", report, err)
	}
}

func TestDocumentIsSeenAtEachPointOfItsLife(t *testing.T) {
	edited := time.Date(2024, 3, 1, 20, 0, 0, 0, time.UTC) // long before it is saved
	pads := etherpadtest.New(etherpadtest.Options{Now: func() time.Time { return edited }})
	server := httptest.NewServer(pads)
	defer server.Close()
	repo, err := repository.Create(t.Context(), memory.New(time.Now), repository.Options{Pool: spool.New(t.TempDir(), 0)})
	if err != nil {
		t.Fatal(err)
	}
	ag := pads.Create("ag", "Ordre du jour\n")
	pads.Create("bureau", "Compte rendu\n")
	night(t, repo, server.URL, "ag", "bureau")
	edited = edited.Add(time.Hour)
	ag.Append(etherpadtest.Author{ID: "a.ada", Name: "Ada"}, "Un point de plus\n")
	night(t, repo, server.URL, "ag", "bureau")

	seen := 0
	l := library.Library{Repository: repo, Kinds: setup.AllKinds().OfDocuments(), Seen: func(*repository.Contents) { seen++ }}
	var events []library.Event
	open := func(name string) (*library.Document, error) {
		return l.Open(t.Context(), library.Select([]library.Name{{Text: name}}, nil), library.Options{Observe: func(e library.Event) { events = append(events, e) }})
	}
	d, err := open("ag")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.Record.ID != "ag" || len(d.Record.Versions) != 2 || seen != 1 {
		t.Errorf("%+v, seen %d times", d.Record, seen)
	}
	for point, want := range map[string]string{
		"": "Ordre du jour\nUn point de plus", "@0": "Ordre du jour", "@1": "Ordre du jour\nUn point de plus",
		d.Record.Versions[0].Name: "Ordre du jour", d.Record.Versions[1].Name + "@0": "Ordre du jour", "2100-01-01": "Ordre du jour\nUn point de plus",
		"2024-03-01T20:30:00Z": "Ordre du jour", "2024-03-01T21:30:00Z": "Ordre du jour\nUn point de plus",
	} {
		if _, text, err := d.Comparable(t.Context(), point, documents.English); strings.TrimRight(text, "\n") != want || err != nil {
			t.Errorf("at %q: %q, %v", point, text, err)
		}
	}
	if before, err := d.Before(); before != d.Record.Versions[0].Name || err != nil {
		t.Errorf("before: %q, %v", before, err)
	}
	if lost, err := d.Loss(); lost != nil || err != nil {
		t.Errorf("nothing is lost: %q, %v", lost, err)
	}
	if len(events) == 0 || events[0].Chosen == nil || events[0].Chosen.Name != d.Record.Versions[1].Name {
		t.Errorf("it told %+v", events)
	}

	var revision *library.RevisionError
	for point, is := range map[string]func(error) bool{
		"@x":                               func(err error) bool { return err == library.ErrPoint },
		"yesterday":                        func(err error) bool { return err == library.ErrPoint },
		"@7":                               func(err error) bool { return errors.As(err, &revision) && revision.Head == 1 },
		d.Record.Versions[0].Name + "@1":   func(err error) bool { return errors.As(err, &revision) && revision.Head == 0 && !revision.Newest },
		d.Record.Versions[0].Name + "@":    func(err error) bool { return err == library.ErrPoint },
		"20010101T000000Z-0@1":             func(err error) bool { return err == library.ErrPoint },
		"2001-01-01":                       func(err error) bool { return err == library.ErrThen },
		"0123456789abcdef0123456789abcdef": func(err error) bool { return err == library.ErrNoRun && errors.Is(err, library.ErrWhen) },
	} {
		if e, err := d.At(t.Context(), point); !is(err) {
			t.Errorf("at %q: %v, %v", point, e, err)
		}
	}
	e, err := d.At(t.Context(), "@0")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var form *library.FormError
	if err := e.Write(new(strings.Builder), "pdf", documents.English); !errors.As(err, &form) || !errors.Is(err, library.ErrNoForm) || !slices.Equal(form.Forms, []string{"html", "markdown", "txt", "etherpad"}) {
		t.Errorf("as pdf: %v, %+v", err, form)
	}
	now, err := e.Revised(1)
	if err != nil {
		t.Fatal(err)
	}
	var then, newest strings.Builder
	if err := errors.Join(e.Write(&then, "txt", documents.English), now.Write(&newest, "txt", documents.English)); err != nil || strings.Contains(then.String(), "Un point") || !strings.Contains(newest.String(), "Un point") {
		t.Errorf("revised: %q, %q, %v", then.String(), newest.String(), err)
	}
	if _, err := e.Revised(2); !errors.As(err, &revision) || revision.Revision != 2 || !errors.Is(err, library.ErrNotYet) {
		t.Errorf("revised to what is not there: %v", err)
	}
	var nothing *library.NothingError
	if _, err := open("nix"); !errors.As(err, &nothing) || nothing.Lacking != 0 {
		t.Errorf("what is not there: %v", err)
	}
	if _, err := open("*"); err != library.ErrSeveral {
		t.Errorf("two of them: %v", err)
	}
}

// TestVersionBeforeReachesFurther than the newest, whose history begins anew: a
// moment is what any of them says of it, as for a restore.
func TestVersionBeforeReachesFurther(t *testing.T) {
	edited := time.Date(2024, 3, 1, 20, 0, 0, 0, time.UTC)
	pads := etherpadtest.New(etherpadtest.Options{Now: func() time.Time { return edited }})
	server := httptest.NewServer(pads)
	defer server.Close()
	repo, err := repository.Create(t.Context(), memory.New(time.Now), repository.Options{Pool: spool.New(t.TempDir(), 0)})
	if err != nil {
		t.Fatal(err)
	}
	pads.Create("ag", "Ordre du jour\n")
	night(t, repo, server.URL, "ag")
	pads.Delete("ag")
	edited = edited.Add(time.Hour)
	pads.Create("ag", "Un autre\n")
	night(t, repo, server.URL, "ag")
	l := library.Library{Repository: repo, Kinds: setup.AllKinds().OfDocuments()}
	d, err := l.Open(t.Context(), library.Select([]library.Name{{Text: "ag"}}, nil), library.Options{Newest: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if n := len(d.Record.Versions); n != 2 {
		t.Fatalf("%d versions", n)
	}
	for point, want := range map[string]string{"2024-03-01T20:30:00Z": "Ordre du jour\n\n", "2024-03-01T21:30:00Z": "Un autre\n\n"} {
		if _, text, err := d.Comparable(t.Context(), point, documents.English); text != want || err != nil {
			t.Errorf("at %s: %q, %v", point, text, err)
		}
	}
	raw, err := l.Open(t.Context(), library.Select([]library.Name{{Text: "ag"}}, nil), library.Options{Raw: true})
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.At(t.Context(), "2024-03-01T20:30:00Z"); err != library.ErrThen {
		t.Errorf("raw, before it was saved: %v", err)
	}
	if _, err := d.At(t.Context(), "2024-03-01T19:30:00Z"); err != library.ErrThen {
		t.Errorf("before it was there: %v", err)
	}
}

// TestSeveralReadAtOnce the same library, each with a document of its own.
func TestSeveralReadAtOnce(t *testing.T) {
	pads := etherpadtest.New(etherpadtest.Options{})
	server := httptest.NewServer(pads)
	defer server.Close()
	repo, err := repository.Create(t.Context(), memory.New(time.Now), repository.Options{Pool: spool.New(t.TempDir(), 0)})
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{"un", "deux", "trois", "quatre"}
	for _, id := range ids {
		pads.Create(id, "Le pad "+id+"\n")
	}
	night(t, repo, server.URL, ids...)
	l := library.Library{Repository: repo, Kinds: setup.AllKinds().OfDocuments()}
	var readers sync.WaitGroup
	for _, id := range slices.Repeat(ids, 3) {
		readers.Go(func() {
			d, err := l.Open(t.Context(), library.Select([]library.Name{{Text: id}}, nil), library.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer d.Close()
			if _, text, err := d.Comparable(t.Context(), "", documents.French); strings.TrimRight(text, "\n") != "Le pad "+id || err != nil {
				t.Errorf("%s: %q, %v", id, text, err)
			}
		})
	}
	readers.Wait()
}
