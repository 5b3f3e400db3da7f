package browsers_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/padsync/padsync/discovery"
)

// Where the system keeps Safari's files from programs, as macOS does, one line says
// so, and other browsers are read.
func TestAForbiddenSafariIsSaidOnce(t *testing.T) {
	for _, mode := range []os.FileMode{0o000, 0o111} {
		m := newMachine(t)
		m.write("x", safariRoot, "History.db")
		m.write("x", safariRoot, "Bookmarks.plist")
		m.write(`{"roots": {"other": {"children": [{"url": "`+pads+`x"}]}}}`, "Library/Application Support/Google/Chrome/Default", "Bookmarks")
		m.openToAll()
		m.check(os.Chmod(m.path(safariRoot, "History.db"), 0))
		safari := m.path(safariRoot)
		m.check(os.Chmod(safari, mode))
		var seen []discovery.Sighting
		var skipped []discovery.Skip
		unprivileged(t, func() { seen, skipped = m.readAs("darwin") })
		if len(seen) != 1 || len(skipped) != 1 || skipped[0].Browser != "Safari" || !errors.Is(skipped[0].Err, discovery.ErrForbidden) {
			t.Errorf("%v: %v, skipped %v", mode, seen, skipped)
		}
		m.check(os.Chmod(safari, 0o700)) // so that it can be removed
	}
}

// openToAll lets everybody read the home folder, and make copies.
func (m *machine) openToAll() {
	m.t.Helper()
	m.check(os.Chmod(filepath.Dir(m.home), 0o755))
	m.check(os.Chmod(filepath.Dir(m.scratch), 0o755))
	m.check(os.MkdirAll(m.scratch, 0o700))
	m.check(os.Chmod(m.scratch, 0o777))
	m.check(filepath.WalkDir(m.home, func(name string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Chmod(name, 0o755))
	}))
}

// unprivileged calls f as somebody from whom the system keeps files: it keeps none
// from root.
func unprivileged(t *testing.T, f func()) {
	t.Helper()
	if os.Getuid() != 0 {
		f()
		return
	}
	const nobody = 65534
	runtime.LockOSThread() // it holds for a thread, which ends with the test
	if err := syscall.Setfsuid(nobody); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setfsuid(0)
	f()
}
