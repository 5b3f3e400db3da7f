// Package local is a sink in a folder of this machine.
package local

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/padsync/padsync/internal/durable"
	"github.com/padsync/padsync/sinks"
)

var (
	// ErrNoFolder is matched where what is at the path is not a folder.
	ErrNoFolder = errors.New("not a folder")

	// ErrBlocked is matched where a file is in the place of a folder for an
	// object.
	ErrBlocked = errors.New("a file is in the place of its folder")

	// ErrFull is matched where the disk of the folder has no room left, or
	// its user's quota.
	ErrFull = errors.New("the disk is full")
)

// A Sink keeps each object in a regular file of its key's name below one
// folder; whatever else has such a name is not an object.
type Sink struct {
	dir   string
	there atomic.Bool // the folder was seen
	swept sync.Map    // folders without leftovers of a crash
}

// Open is the sink in the folder dir. The first Put makes the folder; until
// then it may be missing, and the sink is empty. Once it was there, it is not
// made again: if it is gone, every call gives an error that matches
// sinks.ErrGone.
func Open(dir string) (*Sink, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	s := &Sink{dir: dir}
	i, err := os.Stat(dir)
	if err == nil && !i.IsDir() {
		return nil, ErrNoFolder
	}
	s.there.Store(err == nil)
	return s, nil
}

// root opens the folder, by one of the functions that do.
func (s *Sink) root(open func(string) (*os.Root, error)) (*os.Root, error) {
	was := s.there.Load()
	if was {
		open = os.OpenRoot
	}
	root, err := open(s.dir)
	switch {
	case err == nil:
		s.there.Store(true)
	case was && errors.Is(err, fs.ErrNotExist):
		return nil, sinks.ErrGone
	case errors.Is(err, syscall.ENOTDIR):
		return nil, ErrNoFolder
	}
	return root, err
}

// failure says what was being done. The caller knows in which folder.
func failure(operation, key string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOTDIR):
		err = ErrBlocked
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		err = ErrFull
	}
	return &sinks.Error{Op: operation, Key: key, Err: durable.Nameless(err)}
}

// Put implements sinks.Sink.
func (s *Sink) Put(ctx context.Context, key string, r io.ReaderAt, size int64) error {
	return failure("put", key, s.put(ctx, key, r, size, durable.Replace))
}

// Replace is Put for a file that people open, whatever is in its place. The
// umask alone lowers its mode.
func (s *Sink) Replace(ctx context.Context, key string, r io.ReaderAt, size int64) error {
	return failure("put", key, s.put(ctx, key, r, size, durable.Publish))
}

type writer func(root *os.Root, name string, write func(io.Writer) error) error

func (s *Sink) put(ctx context.Context, key string, r io.ReaderAt, size int64, write writer) error {
	if err := cmp.Or(ctx.Err(), sinks.CheckKey(key)); err != nil {
		return err
	}
	root, err := s.root(durable.OpenRoot)
	if err != nil {
		return err
	}
	defer root.Close()
	ctx, body := sinks.NewBody(ctx, r, size)
	defer body.Stop()
	err = write(root, key, func(w io.Writer) error {
		_, err := io.Copy(w, body)
		return cmp.Or(err, ctx.Err())
	})
	if err != nil {
		return err
	}
	s.sweep(root, key)
	return nil
}

// Get implements sinks.Sink.
func (s *Sink) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	r, err := s.open(ctx, key, offset, length)
	if err != nil {
		return nil, failure("get", key, err)
	}
	return r, nil
}

func (s *Sink) open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if err := cmp.Or(ctx.Err(), sinks.CheckKey(key)); err != nil {
		return nil, err
	}
	root, err := s.root(os.OpenRoot)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	// Opening what is not a regular file may wait for ever, so that is not
	// opened. What becomes one meanwhile is opened without waiting.
	i, err := root.Lstat(key)
	if err == nil && !i.Mode().IsRegular() {
		err = sinks.ErrNotFile
	}
	if err != nil {
		return nil, err
	}
	f, err := root.OpenFile(key, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if i, err = f.Stat(); err == nil && !i.Mode().IsRegular() {
		err = sinks.ErrNotFile
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	begin, n := sinks.Range(i.Size(), offset, length)
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(f, begin, n), f}, nil
}

// List implements sinks.Sink.
func (s *Sink) List(ctx context.Context, prefix string) iter.Seq2[sinks.Object, error] {
	return func(yield func(sinks.Object, error) bool) {
		if err := s.walk(ctx, prefix, yield); err != nil {
			yield(sinks.Object{}, failure("list", prefix, err))
		}
	}
}

// walk returns nil if yield stopped it.
func (s *Sink) walk(ctx context.Context, prefix string, yield func(sinks.Object, error) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	root, err := s.root(os.OpenRoot)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	return fs.WalkDir(root.FS(), path.Clean(prefix), func(key string, d fs.DirEntry, err error) error {
		if err = cmp.Or(ctx.Err(), err); err != nil {
			return gone(err)
		}
		if d.IsDir() || !strings.HasPrefix(key, prefix) || sinks.CheckKey(key) != nil {
			return nil
		}
		i, err := d.Info()
		if err != nil || !i.Mode().IsRegular() {
			return gone(err)
		}
		if !yield(sinks.Object{Key: key, Size: i.Size(), Modified: i.ModTime()}, nil) {
			return fs.SkipAll
		}
		return nil
	})
}

// gone forgives that a file vanished between two looks.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Delete implements sinks.Sink.
func (s *Sink) Delete(ctx context.Context, key string) error {
	return failure("delete", key, gone(s.remove(ctx, key)))
}

func (s *Sink) remove(ctx context.Context, key string) error {
	if err := cmp.Or(ctx.Err(), sinks.CheckKey(key)); err != nil {
		return err
	}
	root, err := s.root(os.OpenRoot)
	if err != nil {
		return err
	}
	defer root.Close()
	return root.Remove(key)
}
