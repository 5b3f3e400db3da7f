package testserver_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/padsync/padsync/internal/testserver"
)

// A skipper is a test of which it is told whether it skipped.
type skipper struct {
	testing.TB
	skipped bool
}

func (s *skipper) Skip(...any) { s.skipped = true }

func TestRecordedAnswersAreFound(t *testing.T) {
	parent := t.TempDir()
	mkdir := func(elements ...string) (dir string) {
		t.Helper()
		dir = filepath.Join(append([]string{parent}, elements...)...)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	inside := mkdir("project", "a", "b")
	if err := os.WriteFile(filepath.Join(parent, "project", "go.mod"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(inside)
	mkdir("project", "a", "b", "etherpad") // the package of a source
	for _, named := range []string{"", mkdir("named")} {
		t.Setenv("PADSYNC_RECORDED", named)
		s := &skipper{TB: t}
		if got := testserver.Recorded(s, "etherpad"); !s.skipped {
			t.Errorf("where there are none it gave %q", got)
		}
	}
	for _, folder := range []string{"shared/recorded/etherpad", "named/etherpad"} {
		want := mkdir(filepath.FromSlash(folder))
		got, err := os.Stat(testserver.Recorded(t, "etherpad"))
		if err != nil {
			t.Fatal(err)
		}
		if is, err := os.Stat(want); err != nil || !os.SameFile(got, is) {
			t.Errorf("it did not give %s (%v)", folder, err)
		}
	}
}
