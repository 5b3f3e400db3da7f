package schedule

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Program is the path by which this program is to be started later: the one at
// which the shell finds it, if that leads to it, as an update changes what stands
// there. The error matches ErrTemporary, and the path is given all the same, if it
// is in a folder that gets emptied, as with go run.
func Program() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	path := self
	if named, err := exec.LookPath(filepath.Base(os.Args[0])); err == nil && filepath.IsAbs(named) && sameFile(named, self) {
		path = named
	}
	return path, temporary(self, path)
}

func sameFile(a, b string) bool {
	one, err1 := os.Stat(a)
	other, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(one, other)
}

// temporary is ErrTemporary for a program in a folder that gets emptied.
func temporary(paths ...string) error {
	folders := []string{os.TempDir()}
	if real, err := filepath.EvalSymlinks(os.TempDir()); err == nil {
		folders = append(folders, real)
	}
	for _, path := range paths {
		within := func(folder string) bool {
			rest, err := filepath.Rel(folder, path)
			return err == nil && !strings.HasPrefix(rest, ".."+string(filepath.Separator))
		}
		built := strings.Contains(filepath.ToSlash(path), "/go-build")
		if built || slices.ContainsFunc(folders, within) {
			return ErrTemporary
		}
	}
	return nil
}
