package durable

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"time"
)

// Holds reports whether the file name (with slashes, below root) holds exactly
// what write writes. Its error is write's, or that of reading; what is not a
// plain file holds nothing.
func Holds(root *os.Root, name string, write func(io.Writer) error) (bool, error) {
	if i, err := root.Lstat(name); err != nil || !i.Mode().IsRegular() {
		return false, err
	}
	f, err := root.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	c := &comparer{file: f}
	switch err := write(c); {
	case errors.Is(err, errOther):
		return false, nil
	case err != nil:
		return false, err
	}
	switch _, err := io.ReadFull(f, make([]byte, 1)); err {
	case io.EOF:
		return true, nil
	default: // the file goes on, which is not an error
		return false, err
	}
}

var errOther = errors.New("the file holds something else")

// A comparer takes what is in its file, and nothing else.
type comparer struct {
	file io.Reader
	read []byte
}

func (c *comparer) Write(b []byte) (int, error) {
	if cap(c.read) < len(b) {
		c.read = make([]byte, len(b))
	}
	have := c.read[:len(b)]
	switch _, err := io.ReadFull(c.file, have); {
	case err == io.EOF, err == io.ErrUnexpectedEOF:
		return 0, errOther
	case err != nil:
		return 0, err
	case !bytes.Equal(have, b):
		return 0, errOther
	}
	return len(b), nil
}

// Sweep removes the temporary files that a crash left in the folder dir (with
// slashes, below root): those that were last written before that moment.
// Somebody may still be writing others. What cannot be removed stays.
func Sweep(root *os.Root, dir string, before time.Time) {
	f, err := root.Open(dir)
	if err != nil {
		return
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil {
		return
	}
	for _, e := range entries {
		if i, err := e.Info(); err == nil && temporary(i) && i.ModTime().Before(before) {
			_ = root.Remove(path.Join(dir, e.Name()))
		}
	}
}

// temporary reports whether a file has a name as this package gives.
func temporary(i fs.FileInfo) bool {
	stem, is := strings.CutSuffix(i.Name(), TemporarySuffix)
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	return is && i.Mode().IsRegular() && len(stem) == 26 && strings.Trim(stem, letters) == ""
}

// Full reports whether a disk has no room left, or none for this user.
func Full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
