// Package durable writes local files such that a crash leaves each of them
// whole or not at all.
package durable

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"syscall"
)

// TemporarySuffix ends the names of files that are being written. A crash may
// leave one behind.
const TemporarySuffix = ".padsync-tmp"

// OpenRoot opens the folder dir. Folders that are missing are made, with mode
// 0700, such that they survive a crash.
func OpenRoot(dir string) (*os.Root, error) {
	root, err := os.OpenRoot(dir)
	if !errors.Is(err, fs.ErrNotExist) || filepath.Dir(dir) == dir {
		return root, err
	}
	parent, err := OpenRoot(filepath.Dir(dir))
	if err != nil {
		return nil, err
	}
	defer parent.Close()
	if err := mkdirAll(parent, filepath.Base(dir), private); err != nil {
		return nil, err
	}
	return parent.OpenRoot(filepath.Base(dir))
}

// Create makes the file name (with slashes, below root) from what write writes.
// When it returns nil, the file survives a crash. After an error there is no
// file, unless it was whole and only its folder could not be synced. A file
// that exists is left as it is, and the error matches fs.ErrExist. Files have
// mode 0600, folders that were missing 0700.
func Create(root *os.Root, name string, write func(io.Writer) error) error {
	if _, err := root.Lstat(name); err == nil {
		return fmt.Errorf("write %q: %w", name, fs.ErrExist)
	}
	return commit(root, name, private, write, link)
}

// Replace is like Create, but a file that exists is replaced, at once.
func Replace(root *os.Root, name string, write func(io.Writer) error) error {
	return commit(root, name, private, write, (*os.Root).Rename)
}

// Publish is like Replace, for a file that others may open, too: the umask alone
// lowers its mode, and those of folders that were missing.
func Publish(root *os.Root, name string, write func(io.Writer) error) error {
	return commit(root, name, usual, write, (*os.Root).Rename)
}

// Rewrite is like Replace for a file that people keep: it has the mode that it
// had.
func Rewrite(root *os.Root, name string, write func(io.Writer) error) error {
	info, err := root.Stat(name)
	if err != nil {
		return Nameless(err)
	}
	mode := info.Mode().Perm()
	return commit(root, name, private, write, func(r *os.Root, from, to string) error {
		if err := r.Chmod(from, mode); err != nil && mode != private.file {
			return err
		}
		return r.Rename(from, to)
	})
}

// permissions are the modes of new files and folders.
type permissions struct{ file, folder fs.FileMode }

var (
	private = permissions{0o600, 0o700}
	usual   = permissions{0o666, 0o777}
)

func commit(root *os.Root, name string, p permissions, write func(io.Writer) error, move func(r *os.Root, from, to string) error) error {
	dir := path.Dir(name)
	if err := mkdirAll(root, dir, p); err != nil {
		return err
	}
	temporary := path.Join(dir, rand.Text()+TemporarySuffix)
	f, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, p.file)
	if err != nil {
		return Nameless(err)
	}
	if err = writeSynced(f, write); err == nil {
		err = move(root, temporary, name)
	}
	if err != nil {
		return errors.Join(Nameless(err), Nameless(ignore(root.Remove(temporary), fs.ErrNotExist)))
	}
	return syncDir(root, dir)
}

// Nameless leaves the name of the file out of an error: it is a temporary name,
// or the caller says it, or it is a secret.
func Nameless(err error) error {
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return fmt.Errorf("%s: %w", link.Op, link.Err)
	}
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", at.Op, at.Err)
	}
	return err
}

func writeSynced(f *os.File, write func(io.Writer) error) error {
	err := write(f)
	if err == nil {
		err = ignoreUnsupported(f.Sync())
	}
	return errors.Join(err, f.Close())
}

// link gives the file its name unless that exists, which a rename cannot do.
func link(root *os.Root, from, to string) error {
	err := root.Link(from, to)
	if err == nil {
		return root.Remove(from)
	}
	if _, statErr := root.Lstat(to); statErr == nil {
		return fmt.Errorf("write %q: %w", to, fs.ErrExist)
	}
	// FAT and some network file systems have no links.
	return root.Rename(from, to)
}

// mkdirAll makes each missing folder survive a crash, which os.Root.MkdirAll
// does not.
func mkdirAll(root *os.Root, dir string, p permissions) error {
	if dir == "." {
		return nil
	}
	err := root.Mkdir(dir, p.folder)
	if errors.Is(err, fs.ErrNotExist) {
		if err := mkdirAll(root, path.Dir(dir), p); err != nil {
			return err
		}
		err = root.Mkdir(dir, p.folder)
	}
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncDir(root, path.Dir(dir))
}

func syncDir(root *os.Root, dir string) error {
	if runtime.GOOS == "windows" { // a folder cannot be synced there
		return nil
	}
	f, err := root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(ignoreUnsupported(f.Sync()), f.Close())
}

// ignoreUnsupported forgives file systems that cannot sync, such as some
// network shares.
func ignoreUnsupported(err error) error {
	return ignore(err, errors.ErrUnsupported, syscall.EINVAL, syscall.ENOTTY)
}

func ignore(err error, targets ...error) error {
	for _, target := range targets {
		if errors.Is(err, target) {
			return nil
		}
	}
	return err
}
