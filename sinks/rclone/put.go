package rclone

import (
	"cmp"
	"context"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/rclone/rclone/fs"
	"github.com/rclone/rclone/fs/fserrors"
	"github.com/rclone/rclone/fs/hash"
	"github.com/rclone/rclone/fs/object"

	"github.com/padsync/padsync/sinks"
)

// tries is how often an upload is begun; rclone repeats smaller requests
// itself.
const tries = 4

// A putter makes one try.
type putter func(ctx context.Context, key string, body *sinks.Body, size int64) error

func (s *Sink) put(ctx context.Context, key string, r io.ReaderAt, size int64, once putter) error {
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		ctx, body := sinks.NewBody(ctx, r, size)
		defer body.Stop()
		err := once(ctx, key, body, size)
		if broken := context.Cause(ctx); err != nil && broken != nil {
			return struct{}{}, backoff.Permanent(broken)
		}
		if err != nil && !fserrors.ShouldRetry(err) && !fserrors.IsRetryError(err) {
			return struct{}{}, backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithMaxTries(uint(cmp.Or(s.tries, tries))))
	return err
}

func (s *Sink) putOnce(ctx context.Context, key string, body *sinks.Body, size int64) error {
	if s.remote.Features().Move == nil {
		_, err := s.upload(ctx, key, body, size)
		return err
	}
	// rclone does not say for every back end whether half an object can be
	// seen, so this relies on it only where there is no other way.
	return s.putAside(ctx, key, body, size, s.move)
}

// putAside uploads under a temporary name, and moves that.
func (s *Sink) putAside(ctx context.Context, key string, body *sinks.Body, size int64, move func(ctx context.Context, o fs.Object, key string, size int64) error) error {
	temporary := path.Join(path.Dir(key), rand.Text()+sinks.TemporarySuffix)
	o, err := s.upload(ctx, temporary, body, size)
	if err == nil {
		err = move(ctx, o, key, size)
	}
	if err != nil {
		s.discard(ctx, temporary)
	}
	return err
}

func (s *Sink) upload(ctx context.Context, name string, body *sinks.Body, size int64) (fs.Object, error) {
	info, err := s.info(name, body, size)
	if err != nil {
		return nil, err
	}
	o, err := s.remote.Put(ctx, body, info)
	if err != nil {
		return nil, err
	}
	if stored := o.Size(); stored >= 0 && stored != size {
		return nil, fmt.Errorf("stored %d bytes instead of %d", stored, size)
	}
	return o, nil
}

func (s *Sink) info(name string, body *sinks.Body, size int64) (fs.ObjectInfo, error) {
	hashes, err := s.hashes(body)
	return object.NewStaticObjectInfo(name, time.Now(), size, true, hashes, s.remote), err
}

// replaceOnce keeps what people have of a file beside its content, such as who
// may see it and its earlier versions, wherever the back end can: only where
// half a file would be seen is another moved over it.
func (s *Sink) replaceOnce(ctx context.Context, key string, body *sinks.Body, size int64) error {
	features := s.remote.Features()
	if features.PartialUploads && features.Move != nil {
		return s.putAside(ctx, key, body, size, func(ctx context.Context, o fs.Object, key string, _ int64) error {
			_, err := features.Move(ctx, o, key)
			return err
		})
	}
	o, err := s.remote.NewObject(ctx, key)
	if isMissing(err) {
		_, err = s.upload(ctx, key, body, size)
		return err
	}
	if err != nil {
		return err
	}
	info, err := s.info(key, body, size)
	if err != nil {
		return err
	}
	return o.Update(ctx, body, info)
}

// hashes are what S3 and others send along: without them some servers, such as
// versitygw 1.8.0, keep what they have of an upload that was cut.
func (s *Sink) hashes(body *sinks.Body) (map[hash.Type]string, error) {
	if s.remote.Features().SlowHash || !s.remote.Hashes().Contains(hash.MD5) {
		return nil, nil
	}
	h := md5.New()
	if _, err := io.Copy(h, body); err != nil {
		return nil, err
	}
	_, err := body.Seek(0, io.SeekStart)
	return map[hash.Type]string{hash.MD5: hex.EncodeToString(h.Sum(nil))}, err
}

// move gives o its key unless there is such an object: rclone may remove what
// is in the way before it moves, and then the key would mean nothing for a
// while.
func (s *Sink) move(ctx context.Context, o fs.Object, key string, size int64) error {
	s.moving.Lock()
	defer s.moving.Unlock()
	there, err := s.has(ctx, key, size)
	if err != nil {
		return err
	}
	if there {
		s.discard(ctx, o.Remote())
		return nil
	}
	if _, err = s.remote.Features().Move(ctx, o, key); err == nil {
		return nil
	}
	// Another machine may have put it, or the answer was lost.
	if there, hasErr := s.has(ctx, key, size); hasErr != nil || !there {
		return cmp.Or(err, hasErr)
	}
	s.discard(ctx, o.Remote())
	return nil
}

// has reports whether there is an object key of that size. Another size is an
// error, since the same key always means the same bytes.
func (s *Sink) has(ctx context.Context, key string, size int64) (bool, error) {
	o, err := s.remote.NewObject(ctx, key)
	if isMissing(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if o.Size() != size {
		return false, fmt.Errorf("is stored with %d bytes instead of %d", o.Size(), size)
	}
	return true, nil
}

// discard tries to remove what will not be used; if it stays, no List has it.
func (s *Sink) discard(ctx context.Context, temporary string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if o, err := s.remote.NewObject(ctx, temporary); err == nil {
		_ = o.Remove(ctx)
	}
}
