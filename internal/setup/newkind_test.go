package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
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
			return kinds.Address{Base: base, ID: id, Locator: id}, err
		},
		Likeness: func(u *url.URL, _ string) kinds.Likeness {
			if strings.Contains(u.Path, "/note/") {
				return kinds.Alike
			}
			return kinds.Unlike
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

// What the server of notes has, before and after the first night.
const (
	noteBefore = `{"Lines":["Agenda","Budget"]}`
	noteAfter  = `{"Lines":["Agenda","Budget","Tools"]}`
	emptyNote  = `{"Lines":[]}`
	noNote     = "nothing of a note"
)

// A town has notes that were backed up in two nights.
type town struct {
	server     string
	repository *repository.Repository
	settings   *Settings // of the program that did it
}

func newTown(t *testing.T) *town {
	t.Helper()
	served := map[string]string{"/note/ag": noteBefore, "/note/empty": emptyNote, "/note/odd": noNote}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text, ok := served[r.URL.Path]; ok {
			io.WriteString(w, text)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(server.Close)
	repo, err := repository.Create(t.Context(), memory.New(time.Now), repository.Options{Pool: spool.New(t.TempDir(), 0)})
	if err != nil {
		t.Fatal(err)
	}
	by := settings(t, configuration(t, server.URL), append(AllKinds(), notes()))
	night(t, by, repo, 3)
	served["/note/ag"] = noteAfter
	night(t, by, repo, 1, server.URL+"/note/ag") // whose server is asked what it is
	return &town{server.URL, repo, by}
}

// night backs up what is named, or else configured: so many documents.
func night(t *testing.T, s *Settings, repo *repository.Repository, documents int, named ...string) {
	t.Helper()
	wanted, bad := s.Wanted(named, nil, nil)
	servers, err := s.Servers(t.Context(), wanted, nil)
	if err != nil {
		t.Fatal(err)
	}
	if wanted, err = servers.Settle(t.Context(), wanted, bad); err != nil || bad.Count > 0 || len(wanted) != documents {
		t.Fatalf("%d are wanted, %d are not understood, %v", len(wanted), bad.Count, err)
	}
	plan, err := servers.Plan(wanted, nil, Budget{Begin: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	plan.Repositories = []backup.Repository{{Name: "here", Repository: repo}}
	if report, err := backup.Run(t.Context(), *plan); err != nil || report.Outcomes[backup.Failed] > 0 {
		t.Fatalf("%+v, %v", report, err)
	}
}

func TestNewKindIsBackedUpAndListed(t *testing.T) {
	w := newTown(t)
	contents, err := w.read(w.settings).Contents(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer contents.Close()
	var listed []string
	for record, err := range contents.Documents() {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, w.settings.setup.Kinds.URL(record.Source, record.ID)+" "+string(record.State))
	}
	want := []string{w.server + "/note/ag current", w.server + "/note/empty current", w.server + "/note/odd current"}
	if !slices.Equal(listed, want) {
		t.Errorf("listed are %q, want %q", listed, want)
	}
}

func TestNewKindIsShownAndCompared(t *testing.T) {
	w := newTown(t)
	d := open(t, w.read(w.settings), w.server+"/note/ag")
	for form, want := range map[string]string{"txt": "Agenda\nBudget\nTools\n", "opml": "<opml lang=\"fr\"/>\n", "note": noteAfter} {
		if got, err := shown(t, d, form); got != want || err != nil {
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
	if _, err := shown(t, open(t, w.read(w.settings), "empty"), "opml"); !errors.As(err, &noForm) || !slices.Equal(noForm.Forms, []string{"txt", "note"}) {
		t.Errorf("an empty note as opml: %v, %+v", err, noForm)
	}
}

func TestNewKindIsRestored(t *testing.T) {
	w := newTown(t)
	if made, saved := w.settings.setup.Kinds.OfDocuments().Forms(); !slices.Contains(made, "opml") || !slices.Contains(saved, "note") {
		t.Errorf("restore takes %q, %q", made, saved)
	}
	got := restored(t, w.read(w.settings), "txt", "opml")
	if len(got) != 3 || got["ag/ag.txt"] != "Agenda\nBudget\nTools\n" || got["ag/ag.opml"] == "" || got["empty/empty.txt"] != "\n" {
		t.Errorf("restored are %q", got)
	}
}

func TestNewKindIsFoundWherePeopleHaveBeen(t *testing.T) {
	w := newTown(t)
	file := filepath.Join(t.TempDir(), "mail")
	if err := os.WriteFile(file, []byte("See "+w.server+"/note/minutes and "+w.server+"/other/minutes."), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := w.settings.Discover(t.Context(), []string{file}, func(s discovery.Skip) { t.Errorf("skipped %+v", s) })
	if err != nil {
		t.Fatal(err)
	}
	if len(found.All) != 1 || found.All[0].Kind.Name != "notes" || found.All[0].ID != "minutes" || found.All[0].Certain {
		t.Errorf("found %+v", found.All)
	}
	if silent, err := found.Ask(t.Context(), []string{found.All[0].Host()}); len(silent) > 0 || err != nil {
		t.Errorf("silent %v, %v", silent, err)
	}
	if len(found.All) != 1 || !found.All[0].Certain {
		t.Errorf("after asking: %+v", found.All)
	}
}

// TestUnknownKindIsGivenAsItWasSaved: what a newer program saved is all there.
func TestUnknownKindIsGivenAsItWasSaved(t *testing.T) {
	w := newTown(t)
	saved := map[string]string{"ag/ag.note": noteAfter, "empty/empty.note": emptyNote, "odd/odd.note": noNote}
	older := settings(t, "", AllKinds())
	for name, by := range map[string]*Settings{"a program that knows it": w.settings, "one that does not": older} {
		for _, formats := range [][]string{nil, {"note"}} {
			if got := restored(t, w.read(by), formats...); !maps.Equal(got, saved) {
				t.Errorf("%s restores %q, as %q", name, got, formats)
			}
		}
	}
	if got, err := shown(t, open(t, w.read(older), "ag"), "note"); got != noteAfter || err != nil {
		t.Errorf("shown are %q, %v", got, err)
	}
}

// settings are those of a program that knows these kinds, by a file if it has a name.
func settings(t *testing.T, file string, known Kinds) *Settings {
	t.Helper()
	s := newSetup(t, nil)
	s.Kinds = known
	all, err := s.Load(Options{Config: file})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// configuration is a file that names three notes of a server.
func configuration(t *testing.T, server string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "padsync.toml")
	text := fmt.Sprintf("[[source]]\nname = \"town\"\nkind = \"notes\"\nurl = %q\ndocuments = [\"ag\", \"%s/note/odd\", \"empty\"]\n", server, server)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// read is the town's repository as a program reads it.
func (w *town) read(by *Settings) *Reading { return by.Reading(w.repository, by.Repositories[0]) }

// open opens the document that somebody means by an id or an address.
func open(t *testing.T, r *Reading, text string) *library.Document {
	t.Helper()
	selection, err := r.Settings.setup.Select(t.Context(), []string{text})
	if err != nil {
		t.Fatal(err)
	}
	d, err := r.Library().Open(t.Context(), selection, library.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func shown(t *testing.T, d *library.Document, form string) (string, error) {
	t.Helper()
	e, err := d.At(t.Context(), "")
	if err != nil {
		return "", err
	}
	defer e.Close()
	var b strings.Builder
	err = e.Write(&b, form, documents.French)
	return b.String(), err
}

// restored are the files that are written of all documents, by their names below
// the folder of the source.
func restored(t *testing.T, r *Reading, formats ...string) map[string]string {
	t.Helper()
	everything, err := r.Settings.setup.Select(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	chosen, err := r.Choose(t.Context(), everything, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer chosen.Contents.Close()
	plan := restore.Plan{
		Repository: r.Repository, Query: chosen.Query(false), Target: filepath.Join(t.TempDir(), "out"), Formats: formats,
		Observe: func(e restore.Event) {
			if e.Err != nil && !errors.Is(e.Err, documents.ErrUnreadable) {
				t.Errorf("%s: %v", e.Document.ID, e.Err)
			}
		},
	}
	if _, err := restore.Run(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	err = fs.WalkDir(os.DirFS(plan.Target), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(plan.Target, name))
		_, below, _ := strings.Cut(name, "/")
		all[below] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
