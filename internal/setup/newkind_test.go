package setup_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/restore"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/kinds"
)

// notes is a kind of server that nothing else in padsync has heard of, with all
// that a kind has to bring: this is what CONTRIBUTING.md asks for.
func notes() kinds.Kind {
	address := func(base, id string) string { return base + "/note/" + id }
	return kinds.Kind{
		Name: "notes",
		Parse: func(raw string) (kinds.Address, error) {
			base, id, found := strings.Cut(raw, "/note/")
			if !found || id == "" {
				return kinds.Address{}, sources.ErrAddress
			}
			base, err := sources.Normalize(base)
			return kinds.Address{Base: base, ID: id, Locator: id, Certain: true}, err
		},
		Within: address,
		URL:    address,
		Probe: func(ctx context.Context, base, _ string, o kinds.Opening) (bool, error) {
			_, err := (&noteServer{base, o}).Fetch(ctx, "none", "")
			return errors.Is(err, fs.ErrNotExist), nil
		},
		Open: func(base string, o kinds.Opening) (sources.Source, error) { return &noteServer{base, o}, nil },
		Documents: documents.Kind{
			Format: "note",
			Forms:  []documents.Form{{Name: "txt", Ending: ".txt"}, {Name: "opml", Ending: ".opml"}},
			Open: func(r io.ReaderAt, size int64, _ documents.Look) (documents.Document, error) {
				n := new(note)
				if json.NewDecoder(io.NewSectionReader(r, 0, size)).Decode(n) != nil {
					return nil, documents.Unreadable("not a note")
				}
				return n, nil
			},
		},
	}
}

// A noteServer is a server of notes: a source.
type noteServer struct {
	base string
	kinds.Opening
}

func (s *noteServer) Fetch(ctx context.Context, id, _ string) (v *sources.Version, err error) {
	request := func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, s.base+"/note/"+id, nil)
	}
	err = s.Client.Do(ctx, request, func(resp *http.Response) error {
		if resp.StatusCode == http.StatusNotFound {
			return fs.ErrNotExist
		}
		body, err := s.Pool.Receive(resp.Body, 1<<20)
		if err != nil {
			return err
		}
		v = &sources.Version{ID: id, Release: body.Close, Files: []sources.File{
			{Name: id + ".note", Format: "note", Size: body.Size(), SHA256: body.SHA256(), Content: body},
		}}
		return nil
	})
	return v, err
}

// A note is a document of such a server.
type note struct{ Lines []string }

func (n *note) Write(w io.Writer, form string, l documents.Language) error {
	var err error
	switch {
	case form == "txt":
		_, err = fmt.Fprintln(w, strings.Join(n.Lines, "\n"))
	case form == "opml" && len(n.Lines) == 0:
		err = documents.ErrNothing
	case form == "opml":
		_, err = fmt.Fprintf(w, "<opml lang=%q/>\n", l)
	}
	return err
}

func (n *note) Flaws() []string { return nil }

// TestNewKindGoesAllTheWay: what only a kind's own package, its document's and a
// row in the list of kinds tell of it is configured, backed up, listed, shown,
// compared and restored.
func TestNewKindGoesAllTheWay(t *testing.T) {
	const first, second, empty = `{"Lines":["Agenda","Budget"]}`, `{"Lines":["Agenda","Budget","Tools"]}`, `{"Lines":[]}`
	served := map[string]string{"/note/ag": first, "/note/odd": "nothing of a note", "/note/empty": empty}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text, ok := served[r.URL.Path]; ok {
			io.WriteString(w, text)
			return
		}
		http.NotFound(w, r)
	}))
	defer server.Close()
	all := append(setup.AllKinds(), notes())
	pool := spool.New(t.TempDir(), 0)
	repo, err := repository.Create(t.Context(), memory.New(time.Now), repository.Options{Pool: pool})
	if err != nil {
		t.Fatal(err)
	}

	night := func() {
		plan := backup.Plan{Pool: pool, Program: "test", Host: "host", Repositories: []backup.Repository{{Name: "here", Repository: repo}}}
		for _, c := range configured(t, all, server.URL, "ag", server.URL+"/note/odd", "empty") {
			if !c.Certain || c.Kind.Name != "notes" || c.Base != server.URL {
				t.Fatalf("an entry is taken for %+v", c.Address)
			}
			opening := kinds.Opening{Client: polite.New(polite.Options{Tries: 1}), Pool: pool}
			if is, err := c.Kind.Probe(t.Context(), c.Base, c.Locator, opening); !is || err != nil {
				t.Fatalf("the server is not of its kind: %v", err)
			}
			client, err := c.Kind.Open(c.Base, opening)
			if err != nil {
				t.Fatal(err)
			}
			from := &backup.Source{Source: manifest.Source{Kind: c.Kind.Name, URL: c.Base}, Client: client}
			plan.Sources = append(plan.Sources, from)
			plan.Documents = append(plan.Documents, backup.Document{Source: from, ID: c.Locator})
		}
		if report, err := backup.Run(t.Context(), plan); err != nil || report.Outcomes[backup.Failed] > 0 {
			t.Fatalf("%+v, %v", report, err)
		}
	}
	night()
	served["/note/ag"] = second
	night()

	l := library.Library{Repository: repo, Kinds: all.OfDocuments()}
	contents, err := l.Contents(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer contents.Close()
	var listed []string
	for record, err := range contents.Documents() {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, strings.TrimPrefix(all.URL(record.Source, record.ID), server.URL))
	}
	if want := []string{"/note/ag", "/note/empty", "/note/odd"}; !slices.Equal(listed, want) {
		t.Errorf("listed are %q, want %q", listed, want)
	}

	d := opened(t, l, all, server.URL+"/note/ag")
	for form, want := range map[string]string{"txt": "Agenda\nBudget\nTools\n", "opml": "<opml lang=\"fr\"/>\n", "note": second} {
		if got, err := shown(t, d, "", form); got != want || err != nil {
			t.Errorf("shown as %s: %q, %v", form, got, err)
		}
	}
	before, err := d.Before()
	if label, text, compared := d.Comparable(t.Context(), before, documents.English); err != nil || label != before || text != "Agenda\nBudget\n" || compared != nil {
		t.Errorf("before, it was %q, %v, %v", text, err, compared)
	}
	if _, err := d.At(t.Context(), "@0"); !errors.Is(err, library.ErrNoHistory) {
		t.Errorf("a revision of what has none: %v", err)
	}
	noForm := (*library.FormError)(nil)
	if _, err := shown(t, opened(t, l, all, server.URL+"/note/empty"), "", "opml"); !errors.As(err, &noForm) || !slices.Equal(noForm.Forms, []string{"txt", "note"}) {
		t.Errorf("an empty note as opml: %v, %+v", err, noForm)
	}

	made, saved := all.OfDocuments().Forms()
	if !slices.Contains(made, "opml") || !slices.Contains(saved, "note") {
		t.Errorf("restore takes %q, %q", made, saved)
	}
	restored := func(known documents.Kinds, formats ...string) map[string]string {
		return files(t, restore.Plan{
			Repository: repo, Query: library.Query{Contents: contents, Kinds: known}, Target: filepath.Join(t.TempDir(), "out"), Formats: formats,
		})
	}
	if got := restored(l.Kinds, "txt", "opml"); len(got) != 3 || got["ag/ag.txt"] != "Agenda\nBudget\nTools\n" || got["ag/ag.opml"] == "" || got["empty/empty.txt"] != "\n" {
		t.Errorf("restored are %q", got)
	}

	// A program that does not know the kind gives what was saved.
	asSaved := map[string]string{"ag/ag.note": second, "empty/empty.note": empty, "odd/odd.note": "nothing of a note"}
	for name, known := range map[string]documents.Kinds{"a program that knows it": l.Kinds, "one that does not": setup.AllKinds().OfDocuments()} {
		for _, formats := range [][]string{nil, {"note"}} {
			if got := restored(known, formats...); fmt.Sprint(got) != fmt.Sprint(asSaved) {
				t.Errorf("%s restores %q as %q", name, got, formats)
			}
		}
	}
	l.Kinds = setup.AllKinds().OfDocuments()
	if got, err := shown(t, opened(t, l, all, "ag"), "", "note"); got != second || err != nil {
		t.Errorf("shown without its kind: %q, %v", got, err)
	}
}

// configured is what the entries of a source in a configuration may be.
func configured(t *testing.T, all setup.Kinds, base string, entries ...string) (found []setup.Candidate) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "padsync.toml")
	text := fmt.Sprintf("[[source]]\nname = \"town\"\nkind = \"notes\"\nurl = %q\ndocuments = [\"%s\"]\n", base, strings.Join(entries, `", "`))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(file, all.InConfig())
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range c.Sources[0].Documents {
		candidates, err := all.ParseWithin(c.Sources[0].Kind, c.Sources[0].URL.Reveal(), entry.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, candidates...)
	}
	return found
}

// opened is the document that somebody means by a name, or by its address.
func opened(t *testing.T, l library.Library, all setup.Kinds, text string) *library.Document {
	t.Helper()
	name := library.Name{Text: text}
	for _, c := range all.Documents(text) {
		name.Addresses = append(name.Addresses, library.Address{Kind: c.Kind.Name, Server: manifest.Source{URL: c.Base}.Address(), ID: c.ID})
	}
	d, err := l.Open(t.Context(), library.Select([]library.Name{name}), library.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func shown(t *testing.T, d *library.Document, point, form string) (string, error) {
	t.Helper()
	e, err := d.At(t.Context(), point)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var b strings.Builder
	err = e.Write(&b, form, documents.French)
	return b.String(), err
}

// files are what a plan restores, by their names below the folder of the source.
func files(t *testing.T, p restore.Plan) map[string]string {
	t.Helper()
	p.Observe = func(e restore.Event) {
		if e.Err != nil && e.Document.ID != "odd" {
			t.Errorf("%s: %v", e.Document.ID, e.Err)
		}
	}
	if _, err := restore.Run(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	err := fs.WalkDir(os.DirFS(p.Target), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(p.Target, name))
		_, below, _ := strings.Cut(name, "/")
		all[below] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
