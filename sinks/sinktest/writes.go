package sinktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/padsync/padsync/sinks"
)

func bodies(ctx context.Context, p probe) error {
	var errs []error
	for _, size := range []int{0, 1, 1000, 1 << 20, large} {
		key, content := fmt.Sprintf("%d", size), noise(size)
		errs = append(errs, p.put(ctx, key, content), p.holds(ctx, key, content))
	}
	content := noise(1000)
	errs = append(errs, p.sink.Put(ctx, p.prefix+"eager", eager{content}, 1000), p.holds(ctx, "eager", content))
	// What r has beyond size is not part of the object.
	errs = append(errs, p.sink.Put(ctx, p.prefix+"beyond", bytes.NewReader(content), 600), p.holds(ctx, "beyond", content[:600]))
	return errors.Join(errs...)
}

func keys(ctx context.Context, p probe) error {
	odd := []string{
		"two words", "plus+plus", "100%25", "amp&ersand=1", "hash#tag", "semi;colon,comma", "it's (1) [2] {3} !@$^",
		"été", "文書", "🎈", "-dash", "~tilde~", ".hidden", "dots..dots", "...", "UPPER", "a/b/c/d/e",
		strings.Repeat("long", 25), "index.html", "0000000001-20270111T093000Z-0123456789abcdef.json.zst.age",
	}
	var errs []error
	for _, key := range odd {
		content := []byte("the object " + key)
		errs = append(errs, p.put(ctx, key, content), p.holds(ctx, key, content))
	}
	return errors.Join(errs...)
}

func noKeys(ctx context.Context, p probe) error {
	var errs []error
	for _, key := range []string{"", "..", "../x", "a/../b", "a//b", "/a", "a/", "./a", "\xff", "a\nb", `a\b`, "a" + sinks.TemporarySuffix} {
		key = p.prefix + key
		if sinks.CheckKey(key) == nil {
			return fmt.Errorf("%q is a key", key)
		}
		if err := p.sink.Put(ctx, key, strings.NewReader("x"), 1); !errors.Is(err, fs.ErrInvalid) {
			errs = append(errs, fmt.Errorf("put %q: %v", key, err))
		}
		if _, err := p.sink.Get(ctx, key, 0, -1); !errors.Is(err, fs.ErrInvalid) {
			errs = append(errs, fmt.Errorf("get %q: %v", key, err))
		}
		if err := p.sink.Delete(ctx, key); !errors.Is(err, fs.ErrInvalid) {
			errs = append(errs, fmt.Errorf("delete %q: %v", key, err))
		}
	}
	return errors.Join(errs...)
}

var errBroken = errors.New("the body broke, as this check wanted")

func brokenBodies(ctx context.Context, p probe) error {
	content := noise(large)
	broken := func(n int64) io.ReaderAt {
		return hooked{bytes.NewReader(content), n, func() error { return errBroken }}
	}
	var errs []error
	for _, c := range []struct {
		key  string
		r    io.ReaderAt
		size int64
	}{
		{"no byte", bytes.NewReader(nil), 10},
		{"half of few", bytes.NewReader(content[:5]), 10},
		{"one byte short", bytes.NewReader(content[:999]), 1000},
		{"half", bytes.NewReader(content[:large/2]), large},
		{"eager half", eager{content[:large/2]}, large},
		{"breaks at once", broken(0), 10},
		{"breaks in the middle", broken(large / 2), large},
		{"breaks at the end", broken(large - 1), large},
	} {
		if err := p.sink.Put(ctx, p.prefix+c.key, c.r, c.size); err == nil {
			errs = append(errs, fmt.Errorf("%q: no error", c.key))
		}
		errs = append(errs, p.lacks(ctx, c.key))
	}
	return errors.Join(errs...)
}

func cancelledPut(ctx context.Context, p probe) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	var errs []error
	if err := p.put(ended, "before", []byte("x")); err == nil {
		errs = append(errs, errors.New("before it began: no error"))
	}
	errs = append(errs, p.lacks(ctx, "before"))

	during, cancel := context.WithCancel(ctx)
	defer cancel()
	r := hooked{bytes.NewReader(noise(large)), large / 2, func() error { cancel(); return nil }}
	if err := p.sink.Put(during, p.prefix+"during", r, large); err == nil {
		errs = append(errs, errors.New("in the middle: no error"))
	}
	return errors.Join(append(errs, p.lacks(ctx, "during"))...)
}

func unseen(ctx context.Context, p probe) error {
	content := noise(large)
	var once sync.Once
	var seen error
	r := hooked{bytes.NewReader(content), large / 2, func() error {
		once.Do(func() { seen = p.lacks(ctx, "half written") })
		return nil
	}}
	err := p.sink.Put(ctx, p.prefix+"half written", r, large)
	return errors.Join(err, seen, p.holds(ctx, "half written", content))
}

func deleteTwice(ctx context.Context, p probe) error {
	var errs []error
	errs = append(errs,
		p.fill(ctx, "gone", "stays", "folder/gone"),
		p.sink.Delete(ctx, p.prefix+"gone"), p.lacks(ctx, "gone"),
		p.sink.Delete(ctx, p.prefix+"gone"), p.lacks(ctx, "gone"),
		p.sink.Delete(ctx, p.prefix+"folder/gone"), p.lacks(ctx, "folder/gone"),
		p.sink.Delete(ctx, p.prefix+"never/was"),
		p.fill(ctx, "folder/gone"), p.holds(ctx, "folder/gone", []byte("the object folder/gone")),
		p.holds(ctx, "stays", []byte("the object stays")))
	return errors.Join(errs...)
}

func putAgain(ctx context.Context, p probe) error {
	content := noise(100_000)
	return errors.Join(
		p.put(ctx, "again", content),
		p.put(ctx, "again", content),
		p.holds(ctx, "again", content))
}

// parallel puts one key and a few others at once, while others read.
func parallel(ctx context.Context, p probe) error {
	const n = 8
	content := noise(300_000)
	errs := make([]error, 3*n)
	var w sync.WaitGroup
	for i := range n {
		own := fmt.Sprintf("own/%d", i)
		w.Go(func() { errs[3*i] = p.put(ctx, "one/key", content) })
		w.Go(func() { errs[3*i+1] = errors.Join(p.put(ctx, own, content), p.holds(ctx, own, content)) })
		w.Go(func() { errs[3*i+2] = p.wholeOrMissing(ctx, "one/key", content) })
	}
	w.Wait()
	return errors.Join(append(errs, p.holds(ctx, "one/key", content))...)
}

func (p probe) wholeOrMissing(ctx context.Context, key string, content []byte) error {
	got, err := p.get(ctx, key, 0, -1)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !bytes.Equal(got, content) {
		return fmt.Errorf("%q: got %d bytes of an object that was being put", key, len(got))
	}
	return err
}
