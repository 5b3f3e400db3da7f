//go:build unix

package rclone_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/padsync/padsync/sinks"
)

// To open a FIFO would wait for ever for who writes to it.
func TestOnlyRegularFilesAreObjects(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := errors.Join(syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600), os.Symlink("/dev/zero", filepath.Join(dir, "device"))); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := open(t, dir)
	for o, err := range s.List(ctx, "") {
		t.Errorf("%q is listed, %v", o.Key, err)
	}
	for _, key := range []string{"fifo", "device"} {
		r, err := s.Get(ctx, key, 0, -1)
		if err == nil {
			r.Close()
		}
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// The disk of a folder may be taken away while a run goes on.
func TestFolderIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "disk")
	s := open(t, dir)
	if err := s.Put(t.Context(), "packs/a", strings.NewReader("x"), 1); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	_, err := s.Get(t.Context(), "packs/a", 0, -1)
	errs := []error{err, s.Put(t.Context(), "packs/b", strings.NewReader("x"), 1)}
	for _, err := range s.List(t.Context(), "packs/") {
		errs = append(errs, err)
	}
	for _, err := range errs {
		if !errors.Is(err, sinks.ErrGone) || errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	}
	if _, err := os.Stat(dir); len(errs) != 3 || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%d errors, and the folder: %v", len(errs), err)
	}
}
