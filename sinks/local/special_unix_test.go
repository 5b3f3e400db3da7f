//go:build unix

package local_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/padsync/padsync/sinks"
)

// To open a FIFO would wait for ever for who writes to it.
func TestOnlyRegularFilesAreObjects(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(
		os.WriteFile(at("regular"), []byte("x"), 0o600),
		syscall.Mkfifo(at("fifo"), 0o600),
		os.Symlink("regular", at("link")),
		os.Symlink("/dev/zero", at("device")),
		os.Mkdir(at("folder"), 0o700),
	); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir)
	for o, err := range s.List(t.Context(), "") {
		if o.Key != "regular" || err != nil {
			t.Errorf("%q is listed, %v", o.Key, err)
		}
	}
	for _, key := range []string{"fifo", "link", "device", "folder"} {
		if _, err := s.Get(t.Context(), key, 0, -1); !errors.Is(err, fs.ErrNotExist) || !errors.Is(err, sinks.ErrNotFile) {
			t.Errorf("%s: %v", key, err)
		}
	}
	if err := s.Put(t.Context(), "fifo", strings.NewReader("stored"), 6); err != nil {
		t.Fatal(err)
	}
	r, err := s.Get(t.Context(), "fifo", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); string(got) != "stored" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
