package local_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

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

func TestOldLeftoversAreRemovedAndNothingElse(t *testing.T) {
	const temporary = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + sinks.TemporarySuffix
	dir, old := t.TempDir(), time.Now().Add(-25*time.Hour)
	if err := os.MkdirAll(filepath.Join(dir, "a", "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	make := func(name string, modified time.Time) string {
		t.Helper()
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.WriteFile(name, []byte("half"), 0o600), os.Chtimes(name, modified, modified)); err != nil {
			t.Fatal(err)
		}
		return name
	}
	gone := make("a/"+temporary, old)
	kept := []string{
		make("a/BBCDEFGHIJKLMNOPQRSTUVWXYZ"+sinks.TemporarySuffix, time.Now().Add(-23*time.Hour)),
		make("a/mine"+sinks.TemporarySuffix, old),
		make("a/x"+temporary, old),
		make("a/"+temporary+"~", old),
		make("a/object", old),
		make("a/folder/"+temporary, old),
		make(temporary, old),
	}
	s := open(t, dir)
	for _, key := range []string{"a/b", "a/c"} {
		if err := s.Put(t.Context(), key, strings.NewReader("x"), 1); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(gone); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a leftover of yesterday is there: %v", err)
	}
	for _, name := range kept {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
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
	if _, err := local.Open(name); !errors.Is(err, local.ErrNoFolder) || strings.Contains(err.Error(), name) {
		t.Error(err)
	}
	_, err := open(t, filepath.Join(name, "below")).Get(t.Context(), "a", 0, -1)
	if !errors.Is(err, local.ErrNoFolder) || strings.Contains(err.Error(), name) {
		t.Error(err)
	}
}

// TestAFileBlocksItsFolder: who named the repository named it well.
func TestAFileBlocksItsFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "packs"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := open(t, dir).Put(t.Context(), "packs/a", strings.NewReader("x"), 1)
	if !errors.Is(err, local.ErrBlocked) || errors.Is(err, local.ErrNoFolder) {
		t.Error(err)
	}
}

// full is what a write to a full disk gives.
type full struct{}

func (full) ReadAt([]byte, int64) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "hunter2", Err: syscall.ENOSPC}
}

func TestAFullDiskIsToldInOneLine(t *testing.T) {
	err := open(t, t.TempDir()).Put(t.Context(), "packs/a", full{}, 1)
	if !errors.Is(err, local.ErrFull) || err.Error() != `put "packs/a": the disk is full` {
		t.Error(err)
	}
}

// The disk of a folder may be taken away while a run goes on.
func TestFolderIsNotMadeAgain(t *testing.T) {
	for name, s := range map[string]func(dir string) *local.Sink{
		"that was there": func(dir string) *local.Sink {
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			return open(t, dir)
		},
		"that was made": func(dir string) *local.Sink {
			s := open(t, dir)
			if err := s.Put(t.Context(), "packs/a", strings.NewReader("x"), 1); err != nil {
				t.Fatal(err)
			}
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "disk")
			s := s(dir)
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			_, err := s.Get(t.Context(), "packs/a", 0, -1)
			errs := []error{err, s.Put(t.Context(), "packs/b", strings.NewReader("x"), 1), s.Delete(t.Context(), "packs/a")}
			for _, err := range s.List(t.Context(), "packs/") {
				errs = append(errs, err)
			}
			for _, err := range errs {
				if !errors.Is(err, sinks.ErrGone) || errors.Is(err, fs.ErrNotExist) {
					t.Error(err)
				}
			}
			if _, err := os.Stat(dir); len(errs) != 4 || !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%d errors, and the folder: %v", len(errs), err)
			}
		})
	}
}
