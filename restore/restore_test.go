package restore_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/restore"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sources"
)

const aPad = `{"pad:ag":{"atext":{"text":"Bonjour\n\n","attribs":"|2+9"},"pool":{"numToAttrib":{},"nextNum":0},"head":0,"chatHead":-1,"publicStatus":false,"savedRevisions":[]},` +
	`"pad:ag:revs:0":{"changeset":"Z:1>8|1+8$Bonjour\n","meta":{"author":"","timestamp":1700000000000,"pool":{"numToAttrib":{},"nextNum":0},"atext":{"text":"Bonjour\n\n","attribs":"|2+9"}}}}`

const aPoll = `{"title":"AG","kind":"date","choices":[{"date":"2027-01-11","moment":"9h"}],"votes":[{"name":"Zoé","answers":["yes"]}]}`

type saved struct {
	id, file, format, text string
	suspect                string
}

// known are the kinds of documents that are restored.
func known() documents.Kinds {
	return documents.Kinds{"etherpad": pad.Documents(), "framadate": poll.Documents()}
}

// plan saves versions, a run for each, and gives a plan to restore them all.
func plan(t *testing.T, versions ...saved) restore.Plan {
	t.Helper()
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	r, err := repository.OpenOrCreate(t.Context(), memory.New(time.Now), repository.Options{
		Pool: spool.New(t.TempDir(), 0), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range versions {
		now = now.Add(time.Hour)
		save(t, r, v)
	}
	c, err := r.Read(t.Context(), repository.At{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return restore.Plan{Repository: r, Query: library.Query{Contents: c, Kinds: known()}, Target: filepath.Join(t.TempDir(), "new", "folder")}
}

func save(t *testing.T, r *repository.Repository, versions ...saved) {
	t.Helper()
	c, err := r.Read(t.Context(), repository.At{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	run, err := r.Begin(t.Context(), c, repository.RunOptions{
		Sources:          []manifest.Source{{Kind: "etherpad", URL: "https://pads.example/sub"}, {Kind: "framadate", URL: "https://polls.example"}},
		ChangeRecipients: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Discard()
	for _, v := range versions {
		doc := manifest.Document{ID: v.id, State: manifest.Current}
		if v.file == "poll.json" {
			doc.Source = 1
		}
		if v.file == "" {
			run.Tell(doc)
			continue
		}
		b := []byte(v.text)
		if err := run.Save(doc, &sources.Version{ID: v.id, Files: []sources.File{
			{Name: v.file, Format: v.format, Size: int64(len(b)), SHA256: sha256.Sum256(b), Content: bytes.NewReader(b)},
		}}, v.suspect, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := run.Commit(t.Context(), manifest.AtEnd); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, p restore.Plan) (*restore.Report, []restore.Event) {
	t.Helper()
	var events []restore.Event
	p.Observe = func(e restore.Event) { events = append(events, e) }
	r, err := restore.Run(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return r, events
}

// files gives all files below dir, with slashes.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		all[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestNewestThatIsNotSuspectIsRestored(t *testing.T) {
	p := plan(t,
		saved{"ag", "ag.txt", "txt", "first", ""}, saved{"ag", "ag.txt", "txt", "second", ""},
		saved{"ag", "ag.txt", "txt", "", "default-text"}, saved{"bad", "bad.txt", "txt", "all there is", "rescue-copy"})
	r, events := run(t, p)
	got := files(t, p.Target)
	if r.Restored != 2 || r.NotNewest != 1 || events[0].Skipped != "default-text" ||
		got["pads.example%2Fsub/ag/ag.txt"] != "second" || got["pads.example%2Fsub/bad/bad.txt"] != "all there is" {
		t.Errorf("%+v: %q", r, got)
	}
	p.Newest, p.Overwrite = true, true
	if r, _ = run(t, p); r.NotNewest != 0 || files(t, p.Target)["pads.example%2Fsub/ag/ag.txt"] != "" {
		t.Error("the newest was asked for, and another was given")
	}
}

func TestNothingIsOverwrittenUnasked(t *testing.T) {
	p := plan(t, saved{"ag", "ag.txt", "txt", "saved", ""}, saved{"b", "b.txt", "txt", "b", ""})
	run(t, p)
	name := filepath.Join(p.Target, "pads.example%2Fsub", "ag", "ag.txt")
	if err := os.WriteFile(name, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, events := run(t, p)
	if r.Failed != 1 || r.Restored != 1 || !errors.Is(events[0].Err, fs.ErrExist) {
		t.Errorf("%+v, %v", r, events[0].Err)
	}
	if b, _ := os.ReadFile(name); string(b) != "mine" {
		t.Errorf("the file holds %q", b)
	}
	p.Overwrite = true
	if r, _ := run(t, p); r.Restored != 2 {
		t.Errorf("%+v", r)
	}
	if b, _ := os.ReadFile(name); string(b) != "saved" {
		t.Errorf("the file holds %q", b)
	}
}

func TestErrorsNameNoDocument(t *testing.T) {
	outside := t.TempDir()
	for what, block := range map[string]func(source string) error{
		"a link that leads out": func(source string) error { return os.Symlink(outside, filepath.Join(source, "secret")) },
		"a file for a folder":   func(source string) error { return os.WriteFile(filepath.Join(source, "secret"), nil, 0o600) },
		"a folder for a file": func(source string) error {
			return os.MkdirAll(filepath.Join(source, "secret", "secret.txt", "x"), 0o700)
		},
	} {
		p := plan(t, saved{"secret", "secret.txt", "txt", "x", ""})
		p.Overwrite = true
		source := filepath.Join(p.Target, "pads.example%2Fsub")
		if err := errors.Join(os.MkdirAll(source, 0o700), block(source)); err != nil {
			t.Fatal(err)
		}
		if _, events := run(t, p); events[0].Err == nil || strings.Contains(events[0].Err.Error(), "secret") {
			t.Errorf("%s: %v", what, events[0].Err)
		}
	}
	if got := files(t, outside); len(got) > 0 {
		t.Errorf("written outside of the target: %q", got)
	}
}

func TestHostileNamesStayInsideAndApart(t *testing.T) {
	ids := []string{"../../x", "..", "CON", "con", "Ag", "ag", strings.Repeat("😀", 50), "é", "e\u0301", "/etc/passwd", "a\nb", "."}
	var versions []saved
	for _, id := range ids {
		versions = append(versions, saved{id, "x.txt", "txt", "text of " + id, ""})
	}
	p := plan(t, versions...)
	if r, _ := run(t, p); r.Restored != len(ids) {
		t.Errorf("%+v", r)
	}
	got := files(t, filepath.Dir(filepath.Dir(p.Target)))
	lower := map[string]bool{}
	for name := range got {
		if !strings.HasPrefix(name, "new/folder/pads.example%2Fsub/") {
			t.Errorf("%s was written", name)
		}
		lower[strings.ToLower(name)] = true
	}
	if len(got) != len(ids) || len(lower) != len(ids) {
		t.Errorf("%d files, %d where case is ignored, of %d documents", len(got), len(lower), len(ids))
	}
}

func TestFormsAreMade(t *testing.T) {
	p := plan(t, saved{"ag", "ag.etherpad", "etherpad", aPad, ""}, saved{"vote", "poll.json", "json", aPoll, ""},
		saved{"rescued", "rescued.txt", "txt", "only text", "rescue-copy"}, saved{"never", "", "", "", ""})
	p.Formats = []string{"txt", "markdown", "html", "csv", "ics", "txt"}
	r, _ := run(t, p)
	var names []string
	got := files(t, p.Target)
	for name := range got {
		names = append(names, strings.TrimPrefix(name, "pads.example%2Fsub/"))
	}
	slices.Sort(names)
	want := []string{"ag/ag.html", "ag/ag.md", "ag/ag.txt", "polls.example/vote/poll.csv", "polls.example/vote/poll.html", "polls.example/vote/poll.ics", "polls.example/vote/poll.txt", "rescued/rescued.txt"}
	if !slices.Equal(names, want) || r.Restored != 3 || r.Unsaved != 1 || r.Failed > 0 {
		t.Errorf("%q, %+v", names, r)
	}
	if text := got["pads.example%2Fsub/ag/ag.txt"]; !strings.HasPrefix(text, "Bonjour\n") {
		t.Errorf("the pad's text is %q", text)
	}
	p.Formats, p.Target = []string{"ics"}, filepath.Join(t.TempDir(), "x")
	if r, _ = run(t, p); r.Restored != 1 || r.Unsaved != 1 || r.Without != 2 {
		t.Errorf("as calendars: %+v", r)
	}
}
