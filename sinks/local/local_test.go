package local_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/padsync/padsync/internal/durable"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/local"
	"github.com/padsync/padsync/sinks/sinktest"
)

func open(t *testing.T, dir string) *local.Sink {
	s, err := local.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestKeepsThePromisesOfASink(t *testing.T) {
	if err := sinktest.Check(t.Context(), open(t, t.TempDir())); err != nil {
		t.Error(err)
	}
}

func TestMissingFolderIsEmptyUntilTheFirstPut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there")
	s := open(t, dir)
	for o, err := range s.List(t.Context(), "packs/") {
		t.Error(o, err)
	}
	if _, err := s.Get(t.Context(), "a", 0, -1); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := s.Delete(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a reader made the folder")
	}
	if err := s.Put(t.Context(), "a/b", strings.NewReader("x"), 1); err != nil {
		t.Fatal(err)
	}
	if i, err := os.Stat(dir); err != nil || i.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v, %v", i.Mode(), err)
	}
}

// A crash leaves the temporary file of the package durable.
func TestLeftoversAreNoObjects(t *testing.T) {
	if durable.TemporarySuffix != sinks.TemporarySuffix {
		t.Fatal("temporary names differ")
	}
	dir := t.TempDir()
	s := open(t, dir)
	if err := s.Put(t.Context(), "a/b", strings.NewReader("x"), 1); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a", "X"+durable.TemporarySuffix), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	for o, err := range s.List(t.Context(), "") {
		if o.Key != "a/b" || err != nil {
			t.Error(o, err)
		}
	}
}

func TestFailedPutsLeaveNoFile(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if err := s.Put(t.Context(), "a", strings.NewReader("half"), 8); err == nil {
		t.Error("no error")
	}
	if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
		t.Error(left, err)
	}
}

func TestAFileIsNoFolder(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := local.Open(name); err == nil {
		t.Error("no error")
	}
}
