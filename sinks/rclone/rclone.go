// Package rclone is a sink on any remote of rclone, from the user's own
// configuration of rclone or a connection string.
//
// rclone is a library here: no program is started. The first Open sets up what
// it keeps for the whole process (its configuration, its log). An object is as
// durable as the back end makes it. Its time is this machine's where the back
// end keeps the time that it is given.
package rclone

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"iter"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rclone/rclone/fs"

	"github.com/padsync/padsync/sinks"
)

// A Sink keeps each object in a file of its key's name below one remote path.
type Sink struct {
	remote  fs.Fs
	secrets *strings.Replacer
	moving  sync.Mutex // held from finding a name free until it is taken
	ranges  ranges

	there    atomic.Bool   // the folder of this machine, if it is one, was seen
	patience time.Duration // how long a listing may bring nothing; 0: see sinks.NewWatch
	tries    int           // how often an upload is begun; 0: see put
}

// Put implements sinks.Sink.
func (s *Sink) Put(ctx context.Context, key string, r io.ReaderAt, size int64) error {
	return s.store(ctx, key, r, size, s.putOnce)
}

// Replace is Put for a file that people open, whatever is in its place. It is
// whole or not at all as far as the back end can; where an upload over WebDAV
// fails, rclone may remove what was there.
func (s *Sink) Replace(ctx context.Context, key string, r io.ReaderAt, size int64) error {
	return s.store(ctx, key, r, size, s.replaceOnce)
}

func (s *Sink) store(ctx context.Context, key string, r io.ReaderAt, size int64, once putter) error {
	if err := cmp.Or(ctx.Err(), sinks.CheckKey(key)); err != nil {
		return s.failure("put", key, err)
	}
	if err := s.gone(); err != nil {
		return s.failure("put", key, err)
	}
	err := s.put(configured(ctx), key, r, size, once)
	switch {
	case err == nil:
		s.there.Store(true)
	case errors.Is(err, fs.ErrorObjectNotFound):
		// What was just stored is not there: a website answers so, with 200 to
		// whatever it is sent.
		err = fmt.Errorf("%w: %s", sinks.ErrWebPage, err)
	}
	return s.failure("put", key, err)
}

// gone is an error if this is a folder of this machine that was there and is
// gone, as when its disk is taken away: a back end would make it again, and
// take it for empty.
func (s *Sink) gone() error {
	if !s.remote.Features().IsLocal {
		return nil
	}
	_, err := os.Stat(s.remote.Root())
	switch {
	case err == nil:
		s.there.Store(true)
	case s.there.Load() && errors.Is(err, iofs.ErrNotExist):
		return sinks.ErrGone
	}
	return nil
}

// Get implements sinks.Sink.
func (s *Sink) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if err := cmp.Or(ctx.Err(), sinks.CheckKey(key)); err != nil {
		return nil, s.failure("get", key, err)
	}
	r, err := s.get(configured(ctx), key, offset, length)
	if err != nil {
		return nil, s.failure("get", key, cmp.Or(s.gone(), err))
	}
	return r, nil
}

func (s *Sink) get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	o, err := s.remote.NewObject(ctx, key)
	if err == nil && !o.Storable() { // a FIFO, say
		err = fs.ErrorObjectNotFound
	}
	if err != nil {
		return nil, err
	}
	size := o.Size()
	if size < 0 {
		return nil, errors.New("this remote does not say how long an object is")
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
// notices an answer with all of an object in place of a part.
type ranges struct {
	mu         sync.Mutex // held while the remote is asked
	known, yes bool
}

// served asks, the first time, for the last byte of o, which has more than one.
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

// A whole reader has an error if there are fewer bytes than there should be.
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
		ctx, watch := sinks.NewWatch(configured(ctx), s.patience)
		defer watch.Stop()
		l := listing{s, watch, func(o sinks.Object) bool { return yield(o, nil) }}
		err := l.walk(ctx, strings.TrimSuffix(prefix, "/"))
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(sinks.Object{}, s.failure("list", prefix, err))
		}
	}
}

const deepest = 32 // folders in a folder: no sane server has more

var errEnough = errors.New("the rest is not wanted")

// A listing is one List.
type listing struct {
	*Sink
	watch *sinks.Watch
	yield func(sinks.Object) bool
}

func (l *listing) walk(ctx context.Context, folder string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var folders []string
	err := l.entries(ctx, folder, func(entries fs.DirEntries) error {
		for _, entry := range entries {
			sub, err := l.visit(ctx, entry)
			if err != nil {
				return err
			}
			if sub != "" {
				folders = append(folders, sub)
			}
		}
		return nil
	})
	switch {
	case errors.Is(err, errEnough), errors.Is(err, sinks.ErrEndless):
		return err
	case errors.Is(err, fs.ErrorDirNotFound):
		return l.gone()
	case err != nil && l.isObject(ctx, folder):
		return nil
	case err != nil:
		return err
	}
	for _, sub := range folders {
		if err := l.walk(ctx, sub); err != nil {
			return err
		}
	}
	return nil
}

// entries gives what is in a folder, page by page where the back end can.
func (l *listing) entries(ctx context.Context, folder string, each fs.ListRCallback) error {
	if pages := l.remote.Features().ListP; pages != nil {
		return pages(ctx, folder, each)
	}
	entries, err := l.remote.List(ctx, folder)
	if err != nil {
		return err
	}
	return each(entries)
}

func (s *Sink) isObject(ctx context.Context, name string) bool {
	if name == "" {
		return false
	}
	_, err := s.remote.NewObject(ctx, name)
	return err == nil
}

// visit yields an object, and gives a folder.
func (l *listing) visit(ctx context.Context, entry fs.DirEntry) (folder string, err error) {
	key := entry.Remote()
	if err := cmp.Or(ctx.Err(), l.watch.Saw(key)); err != nil {
		return "", err
	}
	if sinks.CheckKey(key) != nil { // such as what is not yet whole
		return "", nil
	}
	o, isObject := entry.(fs.Object)
	switch {
	case !isObject && strings.Count(key, "/") > deepest:
		return "", fmt.Errorf("folders are nested more than %d deep", deepest)
	case !isObject:
		return key, nil
	case !l.yield(sinks.Object{Key: key, Size: o.Size(), Modified: o.ModTime(ctx)}):
		return "", errEnough
	}
	return "", nil
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
