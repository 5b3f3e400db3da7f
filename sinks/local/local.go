// Package local is a sink in a folder of this machine.
package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/padsync/padsync/internal/durable"
	"github.com/padsync/padsync/sinks"
)

var (
	// ErrNoFolder is matched where what is at the path is no folder.
	ErrNoFolder = errors.New("not a folder")

	// ErrFull is matched where the disk of the folder has no room left, or
	// its user's quota.
	ErrFull = errors.New("the disk is full")
)

// A Sink keeps each object in a file of its key's name below one folder.
type Sink struct {
	dir   string
	swept sync.Map // folders without leftovers of a crash
}

// Open is the sink in the folder dir. The first Put makes the folder; until
// then it may be missing, and the sink is empty.
func Open(dir string) (*Sink, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if i, err := os.Stat(dir); err == nil && !i.IsDir() {
		return nil, ErrNoFolder
	}
	return &Sink{dir: dir}, nil
}

// failure says what was being done. Which folder it is, the caller knows.
func failure(operation, key string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOTDIR):
		err = ErrNoFolder
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		err = ErrFull
	}
	return fmt.Errorf("%s %q: %w", operation, key, durable.Nameless(err))
}

// Put implements sinks.Sink.
func (s *Sink) Put(ctx context.Context, key string, r io.ReaderAt, size int64) error {
	return failure("put", key, s.put(ctx, key, r, size))
}

func (s *Sink) put(ctx context.Context, key string, r io.ReaderAt, size int64) error {
	if err := cmp.Or(ctx.Err(), sinks.CheckKey(key)); err != nil {
		return err
	}
	root, err := durable.OpenRoot(s.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	ctx, body := sinks.NewBody(ctx, r, size)
	defer body.Stop()
	err = durable.Replace(root, key, func(w io.Writer) error {
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
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open(key)
	if err != nil {
		return nil, err
	}
	i, err := f.Stat()
	if err == nil && !i.Mode().IsRegular() {
		err = fs.ErrNotExist
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
	root, err := os.OpenRoot(s.dir)
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
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return root.Remove(key)
}
