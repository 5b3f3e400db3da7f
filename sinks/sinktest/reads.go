package sinktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
)

func missing(ctx context.Context, p probe) error {
	var errs []error
	errs = append(errs, p.fill(ctx, "there"))
	for _, key := range []string{"absent", "no/folder", "ther", "there2", "folder"} {
		errs = append(errs, p.lacks(ctx, key))
		for _, r := range [][2]int64{{0, 0}, {0, 5}, {1000, 5}} {
			if _, err := p.get(ctx, key, r[0], r[1]); !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, fmt.Errorf("%q from %d length %d: %v", key, r[0], r[1], err))
			}
		}
	}
	return errors.Join(errs...)
}

func ranges(ctx context.Context, p probe) error {
	content := noise(100_000)
	errs := []error{p.put(ctx, "some", content), p.put(ctx, "none", nil)}
	for _, c := range []struct {
		key            string
		offset, length int64
		want           []byte
	}{
		{"some", 0, -1, content},
		{"some", 0, 1, content[:1]},
		{"some", 0, 0, nil},
		{"some", 500, 0, nil},
		{"some", 500, 70_000, content[500:70_500]},
		{"some", 500, -1, content[500:]},
		{"some", 0, 100_000, content},
		{"some", 0, 100_001, content},
		{"some", 99_990, 1 << 40, content[99_990:]},
		{"some", 99_999, 1, content[99_999:]},
		{"some", 100_000, -1, nil},
		{"some", 100_000, 1, nil},
		{"some", 1 << 40, -1, nil},
		{"some", 1 << 40, 5, nil},
		{"none", 0, -1, nil},
		{"none", 0, 5, nil},
		{"none", 7, 5, nil},
	} {
		got, err := p.get(ctx, c.key, c.offset, c.length)
		if err != nil || !bytes.Equal(got, c.want) {
			errs = append(errs, fmt.Errorf("%q from %d length %d: want %d bytes, got %d that differ: %v", c.key, c.offset, c.length, len(c.want), len(got), err))
		}
	}
	return errors.Join(errs...)
}

func closedEarly(ctx context.Context, p probe) error {
	content := noise(large)
	if err := p.put(ctx, "large", content); err != nil {
		return err
	}
	r, err := p.sink.Get(ctx, p.prefix+"large", 0, -1)
	if err != nil {
		return err
	}
	begin := make([]byte, 10)
	_, err = io.ReadFull(r, begin)
	if err == nil && !bytes.Equal(begin, content[:10]) {
		err = errors.New("the first bytes differ")
	}
	return errors.Join(err, r.Close(), p.holds(ctx, "large", content))
}

func lists(ctx context.Context, p probe) error {
	stored := []string{"a/1", "a/2", "a/b/3", "a-b/4", "ab/5", "6"}
	errs := []error{p.fill(ctx, stored...)}
	for prefix, want := range map[string][]string{
		"":     stored,
		"a/":   {"a/1", "a/2", "a/b/3"},
		"a/b/": {"a/b/3"},
		"ab/":  {"ab/5"},
		"b/":   nil,
		"a/1/": nil,
		"x/y/": nil,
	} {
		listed, err := p.list(ctx, prefix)
		got := slices.Sorted(maps.Keys(listed))
		if err != nil || !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			errs = append(errs, fmt.Errorf("%q: want %q, got %q: %v", prefix, want, got, err))
		}
	}
	return errors.Join(append(errs, p.listedAmongAll(ctx, "a/1"))...)
}

// listedAmongAll looks for key in the list of the whole store, which may be
// long, and stops there.
func (p probe) listedAmongAll(ctx context.Context, key string) error {
	for o, err := range p.sink.List(ctx, "") {
		if err != nil {
			return err
		}
		if o.Key == p.prefix+key {
			return nil
		}
	}
	return fmt.Errorf("%q is not in the list of all", key)
}

// times cannot compare with a clock of its own: only the store's counts.
func times(ctx context.Context, p probe) error {
	if err := p.fill(ctx, "first", "second"); err != nil {
		return err
	}
	listed, err := p.list(ctx, "")
	if err != nil {
		return err
	}
	first, second := listed["first"].Modified, listed["second"].Modified
	if first.IsZero() || second.Before(first) {
		return fmt.Errorf("put at %v, and then at %v", first, second)
	}
	return nil
}

// cancelledReads: above all, a list that was cut off must not look complete.
func cancelledReads(ctx context.Context, p probe) error {
	if err := p.fill(ctx, "a", "b"); err != nil {
		return err
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	var errs []error
	if _, err := p.get(ended, "a", 0, -1); err == nil {
		errs = append(errs, errors.New("get: no error"))
	}
	if _, err := p.list(ended, ""); err == nil {
		errs = append(errs, errors.New("list: no error"))
	}
	if err := p.sink.Delete(ended, p.prefix+"a"); err == nil {
		errs = append(errs, errors.New("delete: no error"))
	}
	return errors.Join(append(errs, p.holds(ctx, "a", []byte("the object a")))...)
}
