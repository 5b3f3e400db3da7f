package sinktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/padsync/padsync/sinks"
)

const large = 9<<20 + 1 // bytes; more than any object that padsync aims at

// A probe is a sink seen below a prefix.
type probe struct {
	sink   sinks.Sink
	prefix string
}

func (p probe) put(ctx context.Context, key string, content []byte) error {
	return p.sink.Put(ctx, p.prefix+key, bytes.NewReader(content), int64(len(content)))
}

// fill puts small objects.
func (p probe) fill(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := p.put(ctx, key, []byte("the object "+key)); err != nil {
			return err
		}
	}
	return nil
}

func (p probe) get(ctx context.Context, key string, offset, length int64) ([]byte, error) {
	r, err := p.sink.Get(ctx, p.prefix+key, offset, length)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(r, 2*large))
	return content, errors.Join(err, r.Close())
}

// holds is nil if key has the content, alone and in the list.
func (p probe) holds(ctx context.Context, key string, content []byte) error {
	got, err := p.get(ctx, key, 0, -1)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, content) {
		return fmt.Errorf("%q: stored %d bytes, got %d other ones", key, len(content), len(got))
	}
	listed, err := p.list(ctx, "")
	if err != nil {
		return err
	}
	if o, ok := listed[key]; !ok || o.Size != int64(len(content)) {
		return fmt.Errorf("%q: stored %d bytes, listed: %t with %d", key, len(content), ok, o.Size)
	}
	return nil
}

// lacks is nil if there is no object key.
func (p probe) lacks(ctx context.Context, key string) error {
	if _, err := p.get(ctx, key, 0, -1); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%q: should not be there, but reading it gives: %v", key, err)
	}
	listed, err := p.list(ctx, "")
	if err != nil {
		return err
	}
	if _, ok := listed[key]; ok {
		return fmt.Errorf("%q: should not be there, but is listed", key)
	}
	return nil
}

// list gives the objects below prefix, by their keys in the probe.
func (p probe) list(ctx context.Context, prefix string) (map[string]sinks.Object, error) {
	listed := make(map[string]sinks.Object)
	for o, err := range p.sink.List(ctx, p.prefix+prefix) {
		if err != nil {
			return nil, err
		}
		key, ok := strings.CutPrefix(o.Key, p.prefix)
		if !ok {
			return nil, fmt.Errorf("list %q: yields %q", p.prefix+prefix, o.Key)
		}
		if _, twice := listed[key]; twice {
			return nil, fmt.Errorf("list %q: yields %q twice", p.prefix+prefix, o.Key)
		}
		listed[key] = o
	}
	return listed, nil
}

// noise is always the same n bytes, at most large, which do not compress.
func noise(n int) []byte { return allNoise()[:n:n] }

var allNoise = sync.OnceValue(func() []byte {
	b := make([]byte, large)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
})

// A hooked reader calls hook before it reads past the first n bytes.
type hooked struct {
	io.ReaderAt
	n    int64
	hook func() error
}

func (h hooked) ReadAt(b []byte, offset int64) (int, error) {
	if offset+int64(len(b)) > h.n {
		if err := h.hook(); err != nil {
			return 0, err
		}
	}
	return h.ReaderAt.ReadAt(b, offset)
}

// An eager reader gives io.EOF together with the last bytes, as it may.
type eager struct{ content []byte }

func (e eager) ReadAt(b []byte, offset int64) (int, error) {
	if offset >= int64(len(e.content)) {
		return 0, io.EOF
	}
	n := copy(b, e.content[offset:])
	if offset+int64(n) == int64(len(e.content)) {
		return n, io.EOF
	}
	return n, nil
}
