package testserver

import (
	"os"
	"path/filepath"
	"testing"
)

// Recorded is the folder of the answers that real servers of a kind gave: in
// the folder that PADSYNC_RECORDED names, else beside the project. Not every
// checkout has them, so where they are in neither, it skips the test.
func Recorded(t testing.TB, kind string) string {
	t.Helper()
	for _, root := range []string{os.Getenv("PADSYNC_RECORDED"), filepath.Join(project(t), "..", "shared", "recorded")} {
		folder := filepath.Join(root, kind)
		if _, err := os.Stat(folder); root != "" && err == nil {
			return folder
		}
	}
	t.Skip("no recorded answers: set PADSYNC_RECORDED to their folder")
	return ""
}

// project is the folder of the whole tree, above that of the test.
func project(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if filepath.Dir(dir) == dir {
			t.Fatal("the test does not run in the project's tree")
		}
		dir = filepath.Dir(dir)
	}
}
