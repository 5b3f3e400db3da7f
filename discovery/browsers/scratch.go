package browsers

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofrs/flock"
	"github.com/padsync/padsync/discovery"
)

// A scratch is a private folder for copies of what browsers keep, as long as
// they are read. A lock beside it says that its process lives.
type scratch struct {
	dir  string
	lock *flock.Flock
	next int
}

const lockSuffix = ".lock"

// newScratch makes one in parent, and removes those of processes that were
// killed.
func newScratch(parent string) (*scratch, error) {
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, err
	}
	sweep(parent)
	for range 3 {
		dir := filepath.Join(parent, rand.Text())
		lock := flock.New(dir+lockSuffix, flock.SetPermissions(0o600))
		if locked, err := lock.TryLock(); err != nil {
			return nil, err
		} else if !locked {
			continue
		}
		// Another process may have taken it for one that was left behind, before
		// it was locked.
		if _, err := os.Lstat(dir + lockSuffix); err != nil {
			lock.Unlock()
			continue
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, errors.Join(err, lock.Unlock())
		}
		return &scratch{dir: dir, lock: lock}, nil
	}
	return nil, fmt.Errorf("make a folder for copies: %w", fs.ErrExist)
}

// sweep removes what nobody holds. What cannot be removed now can be later.
func sweep(parent string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		name, isLock := strings.CutSuffix(e.Name(), lockSuffix)
		if !isLock {
			continue
		}
		lock := flock.New(filepath.Join(parent, e.Name()), flock.SetFlag(os.O_RDWR))
		if locked, err := lock.TryLock(); err == nil && locked {
			remove(filepath.Join(parent, name), lock)
		}
	}
}

func remove(dir string, lock *flock.Flock) error {
	if err := os.RemoveAll(dir); err != nil {
		return errors.Join(err, lock.Unlock())
	}
	return errors.Join(os.Remove(dir+lockSuffix), lock.Unlock())
}

func (s *scratch) close() error { return remove(s.dir, s.lock) }

// file is the name of a new file.
func (s *scratch) file() string {
	s.next++
	return filepath.Join(s.dir, fmt.Sprint(s.next))
}

// folder makes a new folder.
func (s *scratch) folder() (string, error) {
	dir := s.file()
	return dir, os.Mkdir(dir, 0o700)
}

// openRegular opens a file to read it, if it is one, and not larger than most.
// It does not wait for whoever might write into a pipe.
func openRegular(name string, most int64) (*os.File, fs.FileInfo, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = discovery.ErrIrregular
	case info.Size() > most:
		err = discovery.ErrLarge
	default:
		return f, info, nil
	}
	f.Close()
	return nil, nil, err
}

// readFile is os.ReadFile for what openRegular opens.
func readFile(name string, most int64) ([]byte, error) {
	f, _, err := openRegular(name, most)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = discovery.ErrLarge
	}
	return b, err
}

// unmarshal reads JSON as browsers do: a title that was cut amid a letter is none the
// worse.
func unmarshal(b []byte, v any) error {
	return json.Unmarshal(b, v, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
}

// copyFile copies a file that may grow meanwhile.
func copyFile(to, from string, most int64) (fs.FileInfo, error) {
	in, info, err := openRegular(from, most)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	n, err := io.Copy(out, io.LimitReader(in, most+1))
	if err == nil && n > most {
		err = discovery.ErrLarge
	}
	return info, errors.Join(err, out.Close())
}
