// Package rclone is a sink on any remote of rclone, from the user's own
// configuration of rclone or a connection string.
//
// rclone is a library here: no program is started. What it keeps for the
// whole process (its configuration, its log) the first Open sets up. An
// object is as durable as the back end makes it, and its time that of this
// machine where the back end keeps what it is told.
package rclone

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"sync"

	"github.com/rclone/rclone/fs"

	"github.com/padsync/padsync/sinks"
)

// A Sink keeps each object in a file of its key's name below one remote path.
type Sink struct {
	remote  fs.Fs
	secrets *strings.Replacer
	moving  sync.Mutex // held from the look whether a name is free until it is taken
	ranges  ranges
}

// Put implements sinks.Sink.
func (s *Sink) Put(ctx context.Context, key string, r io.ReaderAt, size int64) error {
	if err := cmp.Or(ctx.Err(), sinks.CheckKey(key)); err != nil {
		return s.failure("put", key, err)
	}
	return s.failure("put", key, s.put(configured(ctx), key, r, size))
}

// Get implements sinks.Sink.
func (s *Sink) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if err := cmp.Or(ctx.Err(), sinks.CheckKey(key)); err != nil {
		return nil, s.failure("get", key, err)
	}
	r, err := s.get(configured(ctx), key, offset, length)
	if err != nil {
		return nil, s.failure("get", key, err)
	}
	return r, nil
}

func (s *Sink) get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	o, err := s.remote.NewObject(ctx, key)
	if err != nil {
		return nil, err
	}
	size := o.Size()
	if size < 0 {
		return nil, errors.New("this remote does not tell how long an object is")
	}
	begin, n := sinks.Range(size, offset, length)
	if n == 0 {
		return http.NoBody, nil
	}
	if n < size {
		served, err := s.ranges.served(ctx, o)
		if err != nil {
			return nil, err
		}
		if served {
			r, err := o.Open(ctx, &fs.RangeOption{Start: begin, End: begin + n - 1})
			if err != nil {
				return nil, err
			}
			return &whole{r, n}, nil
		}
	}
	r, err := o.Open(ctx)
	if err != nil {
		return nil, err
	}
	return sinks.Part(&whole{r, size}, begin, n), nil
}

// ranges knows whether a remote serves them. Not every back end of rclone
// tells of an answer that is all of an object in the place of a part.
type ranges struct {
	mu         sync.Mutex // held while the remote is asked
	known, yes bool
}

// served asks, the first time, for the last byte of o, which has more.
func (g *ranges) served(ctx context.Context, o fs.Object) (bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.known {
		return g.yes, nil
	}
	r, err := o.Open(ctx, &fs.RangeOption{Start: o.Size() - 1, End: o.Size() - 1})
	if errors.Is(err, fs.ErrorRangeIgnored) {
		g.known = true
		return false, nil
	}
	if err != nil {
		return false, err
	}
	n, err := io.ReadFull(r, make([]byte, 2))
	if err != nil && err != io.ErrUnexpectedEOF {
		return false, errors.Join(err, r.Close())
	}
	g.known, g.yes = true, n == 1
	return g.yes, r.Close()
}

// A whole reader has an error if there are less bytes than there should be.
type whole struct {
	io.ReadCloser
	missing int64
}

func (w *whole) Read(b []byte) (int, error) {
	if w.missing == 0 {
		return 0, io.EOF
	}
	n, err := w.ReadCloser.Read(b[:min(int64(len(b)), w.missing)])
	w.missing -= int64(n)
	if err == io.EOF && w.missing > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// List implements sinks.Sink.
func (s *Sink) List(ctx context.Context, prefix string) iter.Seq2[sinks.Object, error] {
	return func(yield func(sinks.Object, error) bool) {
		err := s.walk(configured(ctx), strings.TrimSuffix(prefix, "/"), func(o sinks.Object) bool { return yield(o, nil) })
		if err != nil && !errors.Is(err, errEnough) {
			yield(sinks.Object{}, s.failure("list", prefix, err))
		}
	}
}

const deepest = 32 // folders in a folder: a server that has more is out of its mind

var errEnough = errors.New("the rest is not wanted")

func (s *Sink) walk(ctx context.Context, folder string, yield func(sinks.Object) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entries, err := s.remote.List(ctx, folder)
	if errors.Is(err, fs.ErrorDirNotFound) || err != nil && s.isObject(ctx, folder) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := s.visit(ctx, entry, yield); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sink) isObject(ctx context.Context, name string) bool {
	if name == "" {
		return false
	}
	_, err := s.remote.NewObject(ctx, name)
	return err == nil
}

func (s *Sink) visit(ctx context.Context, entry fs.DirEntry, yield func(sinks.Object) bool) error {
	key := entry.Remote()
	if err := ctx.Err(); err != nil {
		return err
	}
	if sinks.CheckKey(key) != nil { // such as what is not yet whole
		return nil
	}
	o, isObject := entry.(fs.Object)
	switch {
	case !isObject && strings.Count(key, "/") > deepest:
		return fmt.Errorf("more than %d folders in each other", deepest)
	case !isObject:
		return s.walk(ctx, key, yield)
	case !yield(sinks.Object{Key: key, Size: o.Size(), Modified: o.ModTime(ctx)}):
		return errEnough
	}
	return nil
}

// Delete implements sinks.Sink.
func (s *Sink) Delete(ctx context.Context, key string) error {
	if err := cmp.Or(ctx.Err(), sinks.CheckKey(key)); err != nil {
		return s.failure("delete", key, err)
	}
	ctx = configured(ctx)
	o, err := s.remote.NewObject(ctx, key)
	if err == nil {
		err = o.Remove(ctx)
	}
	if err != nil && !isMissing(err) {
		return s.failure("delete", key, err)
	}
	return nil
}
