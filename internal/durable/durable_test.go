package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func open(t *testing.T) *os.Root {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return root
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func breaks(w io.Writer) error {
	_, _ = io.WriteString(w, "half")
	return errors.ErrUnsupported
}

func files(t *testing.T, root *os.Root) (names []string) {
	err := fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestFilesAreWholeAndPrivate(t *testing.T) {
	root := open(t)
	if err := Create(root, "a/b/c", text("first")); err != nil {
		t.Fatal(err)
	}
	if err := Replace(root, "a/b/c", text("second")); err != nil {
		t.Fatal(err)
	}
	if got, err := root.ReadFile("a/b/c"); string(got) != "second" {
		t.Errorf("%q, %v", got, err)
	}
	if runtime.GOOS == "windows" {
		return // has no such modes
	}
	for name, want := range map[string]fs.FileMode{"a": 0o700 | fs.ModeDir, "a/b": 0o700 | fs.ModeDir, "a/b/c": 0o600} {
		if i, err := root.Stat(name); err != nil || i.Mode() != want {
			t.Errorf("%s: %v, %v", name, i.Mode(), err)
		}
	}
}

func TestRewrittenFileHasTheModeThatItHad(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // has no such modes
	}
	root := open(t)
	for _, mode := range []fs.FileMode{0o600, 0o640, 0o666} {
		if err := errors.Join(Replace(root, "a", text("first")), root.Chmod("a", mode), Rewrite(root, "a", text("second"))); err != nil {
			t.Fatal(err)
		}
		got, err := root.ReadFile("a")
		i, statErr := root.Stat("a")
		if err := errors.Join(err, statErr); err != nil || string(got) != "second" || i.Mode() != mode {
			t.Errorf("%q, %v, %v", got, i.Mode(), err)
		}
	}
	if err := Rewrite(root, "none", text("x")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestPublishedFilesAreForOthersToo as far as the umask lets them.
func TestPublishedFilesAreForOthersToo(t *testing.T) {
	root, control := open(t), t.TempDir()
	if err := os.MkdirAll(control+"/a", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(control+"/a/b", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Publish(root, "a/b", text("page")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "a/b"} {
		got, err := root.Stat(name)
		want, controlErr := os.Stat(control + "/" + name)
		if err := errors.Join(err, controlErr); err != nil {
			t.Fatal(err)
		}
		if got.Mode() != want.Mode() {
			t.Errorf("%s: %v, not %v", name, got.Mode(), want.Mode())
		}
	}
}

func TestCreateLeavesWhatExists(t *testing.T) {
	root := open(t)
	if err := Create(root, "a", text("first")); err != nil {
		t.Fatal(err)
	}
	if err := Create(root, "a", text("second")); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
	// The file may come to exist while another one is written.
	err := Create(root, "b", func(w io.Writer) error { return Create(root, "b", text("first")) })
	if !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
	for _, name := range []string{"a", "b"} {
		if got, err := root.ReadFile(name); string(got) != "first" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if got := files(t, root); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("%q", got)
	}
}

func TestBrokenWriteLeavesNothing(t *testing.T) {
	root := open(t)
	for _, f := range []func(*os.Root, string, func(io.Writer) error) error{Create, Replace} {
		if err := f(root, "a/b", breaks); !errors.Is(err, errors.ErrUnsupported) {
			t.Error(err)
		}
	}
	if got := files(t, root); got != nil {
		t.Errorf("%q", got)
	}
	if err := Create(root, "kept", text("whole")); err != nil {
		t.Fatal(err)
	}
	if err := Replace(root, "kept", breaks); err == nil {
		t.Error("no error")
	}
	if got, err := root.ReadFile("kept"); string(got) != "whole" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestErrorsNameNoTemporaryFileAndAreOne(t *testing.T) {
	root := open(t)
	if err := root.Close(); err != nil {
		t.Fatal(err)
	}
	err := Replace(root, "a", text("x"))
	if !errors.Is(err, fs.ErrClosed) || strings.Contains(err.Error(), TemporarySuffix) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%q", err)
	}
}

func TestNothingIsWrittenOutside(t *testing.T) {
	root := open(t)
	if err := os.Symlink(t.TempDir(), root.Name()+"/link"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../a", "link/a", "/a", "a/../../b"} {
		if err := Replace(root, name, text("x")); err == nil {
			t.Errorf("%q: no error", name)
		}
	}
}

func TestLongestNameFits(t *testing.T) {
	if err := Create(open(t), strings.Repeat("a", 255), text("x")); err != nil {
		t.Error(err)
	}
}

func TestMissingFoldersAreMade(t *testing.T) {
	dir := t.TempDir() + "/a/b"
	for range 2 {
		root, err := OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := root.Close(); err != nil {
			t.Error(err)
		}
	}
	if i, err := os.Stat(dir); err != nil || !i.IsDir() {
		t.Error(err)
	}
	t.Chdir(dir)
	if _, err := OpenRoot("c/d"); err != nil {
		t.Error(err)
	}
	if err := os.Symlink("nowhere", "dangling"); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenRoot("dangling"); err == nil {
		t.Error("no error")
	}
}
