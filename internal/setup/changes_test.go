package setup

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/machine"
	"github.com/padsync/padsync/search"
)

func TestMarkIsAnotherWhenSomethingChangedAndOnlyThen(t *testing.T) {
	s := newSetup(t, nil)
	list := filepath.Join(t.TempDir(), "list")
	file := s.ConfigFile("")
	write := func(name, text string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	write(list, "")
	write(file, "[[source]]\nurl = 'https://pad.example.org'\ndocuments-file = '"+list+"'\n")
	settings, err := s.Load(Options{})
	if err != nil {
		t.Fatal(err)
	}
	var w Changes
	defer w.Close()
	mark := func() Mark {
		t.Helper()
		if settings, err = settings.Current(); err != nil {
			t.Fatal(err)
		}
		m, err := w.Mark(t.Context(), settings)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	name := func(text string) {
		t.Helper()
		c, err := s.OpenCatalog(t.Context())
		if err == nil {
			err = errors.Join(c.Change(t.Context(), []catalog.Key{{Kind: "etherpad", Base: "https://pad.example.org", ID: "ag"}}, catalog.Change{Name: &text}), c.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	data, _ := s.DataFolder()
	id := strings.Repeat("a", 32)
	for _, step := range []struct {
		what   string
		change func()
	}{
		{"the catalogue is made", func() { name("a") }},
		{"a name", func() { name("b") }},
		{"another name", func() { name("c") }},
		{"another catalogue", func() {
			if err := os.Rename(filepath.Join(data, "catalog.db"), filepath.Join(data, "old.db")); err != nil {
				t.Fatal(err)
			}
			_ = os.Remove(filepath.Join(data, "catalog.db-wal"))
			_ = os.Remove(filepath.Join(data, "catalog.db-shm"))
			name("c")
		}},
		{"a list", func() { write(list, "ag\n") }},
		{"the configuration", func() { write(file, "language = 'fr'\n") }},
		{"a repository", func() {
			settings.Machine.KeepRepository(settings.Repositories[0].place(), machine.Repository{ID: id})
		}},
		{"an index", func() { write(filepath.Join(data, search.FileName(id)), "x") }},
	} {
		before := mark()
		if mark() != before {
			t.Errorf("before %s, nothing changed, and the mark is another", step.what)
		}
		if step.change(); mark() == before {
			t.Errorf("%s, and the mark is as before", step.what)
		}
	}
}
