package restore_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/internal/durable"
)

// TestInterruptedRestoreGoesOn: what an earlier run wrote is restored, in every
// form, and what it was writing when it was cut off is swept; a file that
// somebody wrote is neither overwritten nor removed.
func TestInterruptedRestoreGoesOn(t *testing.T) {
	p := plan(t, saved{"ag", "ag.etherpad", "etherpad", aPad, ""}, saved{"vote", "poll.json", "json", aPoll, ""}, saved{"new", "new.etherpad", "etherpad", aPad, ""})
	p.Formats = []string{"etherpad", "json", "txt", "markdown", "html", "csv", "ics"}
	run(t, p)
	want := files(t, p.Target)
	folder := filepath.Join(p.Target, "pads.example%2Fsub", "ag")
	if err := os.RemoveAll(filepath.Join(p.Target, "pads.example%2Fsub", "new")); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-time.Second)
	left := filepath.Join(folder, strings.Repeat("A", 26)+durable.TemporarySuffix)
	others := []string{"mine" + durable.TemporarySuffix, strings.Repeat("B", 26) + durable.TemporarySuffix, "note.txt"}
	for _, name := range append([]string{filepath.Base(left)}, others...) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(folder, name), long, long); err != nil {
			t.Fatal(err)
		}
		want["pads.example%2Fsub/ag/"+name] = "x"
	}
	soon := time.Now().Add(time.Hour) // somebody is writing it now
	if err := os.Chtimes(filepath.Join(folder, others[1]), soon, soon); err != nil {
		t.Fatal(err)
	}
	delete(want, "pads.example%2Fsub/ag/"+filepath.Base(left))
	r, events := run(t, p)
	if r.Restored != 3 || r.Failed > 0 || len(events[0].Files) == 0 {
		t.Errorf("%+v, %v", r, events[0])
	}
	got := files(t, p.Target)
	for name := range got {
		if got[name] != want[name] {
			t.Errorf("%s is %q", name, got[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}

	// A byte less, more or another is another file; so is what is none.
	name := filepath.Join(folder, "ag.etherpad")
	for what, b := range map[string]string{"shorter": aPad[1:], "longer": aPad + "x", "another": "x" + aPad[1:], "empty": ""} {
		if err := os.WriteFile(name, []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
		if r, events := run(t, p); r.Failed != 1 || !errors.Is(events[0].Err, fs.ErrExist) {
			t.Errorf("%s: %+v", what, r)
		}
	}
	if err := errors.Join(os.Remove(name), os.Mkdir(name, 0o700)); err != nil {
		t.Fatal(err)
	}
	if r, events := run(t, p); r.Failed != 1 || !errors.Is(events[0].Err, fs.ErrExist) {
		t.Errorf("a folder: %+v, %v", r, events[0].Err)
	}
}

// TestNamesAreAsPeopleCallThem: a hash stands behind a name only where another
// one would be the same to a file system that ignores case or normalises; and a
// document's folder does not depend on which others are wanted.
func TestNamesAreAsPeopleCallThem(t *testing.T) {
	long := strings.Repeat("é", 100)
	p := plan(t, saved{"Bureau", "Bureau.etherpad", "etherpad", "x", ""}, saved{"AG-2026", "a.txt", "txt", "x", ""},
		saved{"ag-2026", "a.txt", "txt", "x", ""}, saved{"e\u0301", "x.txt", "txt", "x", ""}, saved{long, "x.txt", "txt", "x", ""})
	run(t, p)
	var names []string
	for name := range files(t, p.Target) {
		names = append(names, strings.TrimPrefix(name, "pads.example%2Fsub/"))
	}
	slices.Sort(names)
	want := []string{"AG-2026~", "Bureau/Bureau.etherpad", "ag-2026/a.txt", "é/x.txt", strings.Repeat("é", 40) + "/x.txt"}
	slices.Sort(want)
	for i, name := range names {
		if name != want[i] && !(strings.HasSuffix(want[i], "~") && strings.HasPrefix(name, want[i])) {
			t.Errorf("%q, want %q", name, want[i])
		}
	}
	if len(names) != len(want) {
		t.Errorf("%q", names)
	}
}
