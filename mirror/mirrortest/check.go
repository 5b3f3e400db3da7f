// Package mirrortest checks that a store of a mirror keeps its promises.
package mirrortest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/padsync/padsync/mirror"
)

// Check tries every promise of mirror.Store on s and joins all that are broken. It
// works under a random prefix and removes its files at the end (a store that has
// folders may keep empty ones), so that it may be run on a store in use.
func Check(ctx context.Context, s mirror.Store) error {
	root := "mirrortest-" + strings.ToLower(rand.Text()) + "/"
	var broken []error
	for _, p := range promises {
		if err := p.try(ctx, probe{s, root + p.folder + "/"}); err != nil {
			broken = append(broken, fmt.Errorf("%s: %w", p.name, err))
		}
	}
	broken = append(broken, probe{s, root}.clear(context.WithoutCancel(ctx)))
	return errors.Join(broken...)
}

var promises = []struct {
	name, folder string
	try          func(context.Context, probe) error
}{
	{"a file is replaced, by a longer one and a shorter one", "replaced", replaced},
	{"names for people are taken as they are", "names", names},
	{"names outside and names of temporary files are refused", "refused", refused},
	{"a body that breaks leaves what was there", "broken", broken},
	{"a call that has ended changes nothing", "ended", ended},
	{"what is not there is fs.ErrNotExist, and deleting it is fine", "missing", missing},
	{"files of all folders are listed with their sizes", "lists", lists},
}

// A probe is a store seen below a prefix.
type probe struct {
	store  mirror.Store
	prefix string
}

func (p probe) replace(ctx context.Context, name, content string) error {
	return p.store.Replace(ctx, p.prefix+name, strings.NewReader(content), int64(len(content)))
}

// holds is nil if the file has that content, and the list its size.
func (p probe) holds(ctx context.Context, name, content string) error {
	r, err := p.store.Get(ctx, p.prefix+name, 0, -1)
	if err != nil {
		return err
	}
	got, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return err
	}
	if string(got) != content {
		return fmt.Errorf("%q: %d bytes are there in place of %d", name, len(got), len(content))
	}
	listed, err := p.list(ctx)
	if err != nil {
		return err
	}
	if size, ok := listed[name]; !ok || size != int64(len(content)) {
		return fmt.Errorf("%q: of %d bytes, listed: %t, with %d", name, len(content), ok, size)
	}
	return nil
}

func (p probe) list(ctx context.Context) (map[string]int64, error) {
	all := make(map[string]int64)
	for o, err := range p.store.List(ctx, p.prefix) {
		if err != nil {
			return nil, err
		}
		all[strings.TrimPrefix(o.Key, p.prefix)] = o.Size
	}
	return all, nil
}

func (p probe) clear(ctx context.Context) error {
	all, err := p.list(ctx)
	for name := range all {
		err = errors.Join(err, p.store.Delete(ctx, p.prefix+name))
	}
	return err
}

func replaced(ctx context.Context, p probe) error {
	for _, content := range []string{"first", strings.Repeat("a much longer page\n", 20_000), "", "short"} {
		if err := errors.Join(p.replace(ctx, "page.html", content), p.holds(ctx, "page.html", content)); err != nil {
			return err
		}
	}
	return nil
}

func names(ctx context.Context, p probe) error {
	for _, name := range []string{
		"Été à l’œuvre/Réunion du 3 mars, 100 % (padsync 2).html", "a+b&c=d~e#f;g's.md", "[x] {y} !.csv", "日本語/😀.txt", "%41 %2F.ics", ".padsync-mirror.json",
	} {
		if err := errors.Join(p.replace(ctx, name, name), p.holds(ctx, name, name)); err != nil {
			return err
		}
	}
	return nil
}

func refused(ctx context.Context, p probe) (err error) {
	for _, name := range []string{"", ".", "..", "/a.html", "../a.html", p.prefix + "../a.html", `a\b.html`, "a//b.html", "a.html/", "a\nb.html", "a.padsync-tmp"} {
		if !errors.Is(p.store.Replace(ctx, name, strings.NewReader("x"), 1), fs.ErrInvalid) {
			err = errors.Join(err, fmt.Errorf("%q is taken", name))
		}
	}
	return err
}

// failing gives half of its bytes.
type failing struct{ size int64 }

var errFailing = errors.New("the page cannot be read")

func (f failing) ReadAt(b []byte, offset int64) (int, error) {
	n := copy(b, bytes.Repeat([]byte("x"), int(max(0, min(int64(len(b)), f.size/2-offset)))))
	if n < len(b) {
		return n, errFailing
	}
	return n, nil
}

func broken(ctx context.Context, p probe) error {
	if err := p.replace(ctx, "page.html", "as it was"); err != nil {
		return err
	}
	for _, size := range []int64{10, 1 << 20} {
		for _, name := range []string{"page.html", "new.html"} {
			if err := p.store.Replace(ctx, p.prefix+name, failing{size}, size); !errors.Is(err, errFailing) {
				return fmt.Errorf("%s, %d bytes: %w", name, size, errors.Join(errors.New("not the error of the body"), err))
			}
		}
	}
	if err := p.holds(ctx, "page.html", "as it was"); err != nil {
		return err
	}
	return p.lacks(ctx, "new.html")
}

func (p probe) lacks(ctx context.Context, name string) error {
	_, err := p.store.Get(ctx, p.prefix+name, 0, -1)
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%q should not be there, but reading it gives: %v", name, err)
	}
	listed, err := p.list(ctx)
	if _, is := listed[name]; is {
		return fmt.Errorf("%q should not be there, but is listed", name)
	}
	return err
}

func ended(ctx context.Context, p probe) error {
	if err := p.replace(ctx, "page.html", "as it was"); err != nil {
		return err
	}
	over, end := context.WithCancel(ctx)
	end()
	_, getErr := p.store.Get(over, p.prefix+"page.html", 0, -1)
	_, listErr := p.list(over)
	for _, err := range []error{p.replace(over, "page.html", "new"), p.store.Delete(over, p.prefix+"page.html"), getErr, listErr} {
		if !errors.Is(err, context.Canceled) {
			return fmt.Errorf("the error is %v", err)
		}
	}
	return p.holds(ctx, "page.html", "as it was")
}

func missing(ctx context.Context, p probe) error {
	if err := errors.Join(p.lacks(ctx, "a.html"), p.store.Delete(ctx, p.prefix+"a.html"), p.replace(ctx, "a.html", "x")); err != nil {
		return err
	}
	return errors.Join(p.store.Delete(ctx, p.prefix+"a.html"), p.store.Delete(ctx, p.prefix+"a.html"), p.lacks(ctx, "a.html"))
}

func lists(ctx context.Context, p probe) error {
	all := map[string]string{"a.html": "1", "b/a.html": "22", "b/c/a.html": "333", "B2/a.md": ""}
	for name, content := range all {
		if err := p.replace(ctx, name, content); err != nil {
			return err
		}
	}
	for name, content := range all {
		if err := p.holds(ctx, name, content); err != nil {
			return err
		}
	}
	if listed, err := p.list(ctx); err != nil || len(listed) != len(all) {
		return fmt.Errorf("%d files are listed as %v, %w", len(all), listed, err)
	}
	return nil
}
