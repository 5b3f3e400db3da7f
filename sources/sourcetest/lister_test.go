package sourcetest_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

type yielder = func(id string, err error) bool

// A listBug is what reads a list in place of who wants it.
type listBug func(context.Context, iter.Seq2[string, error], yielder)

// onList makes a bug of what stands between a list and who reads it.
func onList(change func(yield yielder, id string, err error) bool) listBug {
	return func(_ context.Context, list iter.Seq2[string, error], yield yielder) {
		list(func(id string, err error) bool { return change(yield, id, err) })
	}
}

// onListError makes a bug of what changes a list's error.
func onListError(change func(id string, err error) (string, error)) listBug {
	return onList(func(yield yielder, id string, err error) bool {
		if err != nil {
			id, err = change(id, err)
		}
		return yield(id, err)
	})
}

// onOddID makes a bug of what changes one of the ids that mean harm.
func onOddID(change func(id string) (string, error)) listBug {
	return onList(func(yield yielder, id string, err error) bool {
		if strings.Contains(id, "\x1b") {
			id, err = change(id)
		}
		return yield(id, err)
	})
}

func TestCheckListerFindsBugs(t *testing.T) {
	var busy atomic.Bool
	findsBugs(t, map[string]planted[listBug]{
		"none": {func(_ context.Context, list iter.Seq2[string, error], yield yielder) { list(yield) }, ""},
		"ids come twice, which is none": {onList(func(yield yielder, id string, err error) bool {
			return yield(id, err) && (err != nil || yield(id, err))
		}), ""},
		"a document is left out": {onList(func(yield yielder, id string, err error) bool { return id == "other" || yield(id, err) }), "all documents are listed"},
		"ids are of no document": {onList(func(yield yielder, id string, err error) bool { return yield(id+"x", err) }), "while the list goes on: getRevisionsCount: file does not exist"},
		"it cannot be left":      {onList(func(yield yielder, id string, err error) bool { yield(id, err); return true }), "left at once, it went on to 3"},
		"errors are dropped":     {onList(func(yield yielder, id string, err error) bool { return err == nil && yield(id, nil) }), "cut cleanly: no error"},
		"it goes on after an error": {onList(func(yield yielder, id string, err error) bool {
			return yield(id, err) && (err == nil || yield("other", nil))
		}), "it goes on after an error"},
		"a list that is not shown is empty": {onList(func(yield yielder, id string, err error) bool {
			return !errors.Is(err, fs.ErrPermission) && yield(id, err)
		}), "a list that is not shown"},

		"an error has an id":              {onListError(func(_ string, err error) (string, error) { return "other", err }), "an error comes with an id"},
		"any error is a missing document": {onListError(func(string, error) (string, error) { return "", fs.ErrNotExist }), "taken for missing or forbidden"},
		"no error says why":               {onListError(func(string, error) (string, error) { return "", errors.New("x") }), "is not sources.ErrRefused"},
		"no error is the context's":       {onListError(func(string, error) (string, error) { return "", errors.New("x") }), "is not the context's"},
		"errors name a document":          {onListError(func(_ string, err error) (string, error) { return "", fmt.Errorf("other: %w", err) }), "names the document"},

		"an odd id is an error":    {onOddID(func(string) (string, error) { return "", sources.ErrRefused }), "ids that mean harm hide no others"},
		"an odd id is not text":    {onOddID(func(string) (string, error) { return "\xff", nil }), `"\xff" is listed`},
		"an odd id is too long":    {onOddID(func(id string) (string, error) { return strings.Repeat(id, 1000), nil }), "is listed, and for Fetch no id"},
		"an odd id hides the rest": {onList(func(yield yielder, id string, err error) bool { return !strings.Contains(id, "\x1b") && yield(id, err) }), `"conformance" is not listed`},

		"it cannot be called concurrently": {func(_ context.Context, list iter.Seq2[string, error], yield yielder) {
			if busy.Swap(true) {
				yield("", errors.New("busy"))
				return
			}
			defer busy.Store(false)
			time.Sleep(time.Second)
			list(yield)
		}, "List may be called concurrently: busy"},
		"no limit is waited for": {func(ctx context.Context, list iter.Seq2[string, error], yield yielder) {
			began := time.Now()
			list(func(id string, err error) bool {
				if time.Since(began) > time.Minute {
					yield("", errors.New("too long"))
					return false
				}
				return yield(id, err)
			})
		}, "a spent limit is waited for: too long"},
		"it asks for ever": {func(ctx context.Context, list iter.Seq2[string, error], yield yielder) {
			for failed := true; failed; time.Sleep(time.Minute) {
				failed = false
				list(func(id string, err error) bool {
					failed = err != nil && ctx.Err() == nil && !errors.Is(err, fs.ErrPermission)
					return !failed && yield(id, err)
				})
			}
		}, "did not end by itself"},
		"half of it is enough": {func(ctx context.Context, list iter.Seq2[string, error], yield yielder) {
			some := false
			list(func(id string, err error) bool {
				if some && ctx.Err() != nil {
					return false
				}
				some = true
				return yield(id, err)
			})
		}, "midway, without an error"},
	}, func(t *testing.T, b listBug) error { return sourcetest.CheckLister(t.Context(), listerFixture(t, b)) })
}

// A spoilt lister has a bug.
type spoiltLister struct {
	sources.Lister
	bug listBug
}

func (s spoiltLister) List(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { s.bug(ctx, s.Lister.List(ctx), yield) }
}

func listerFixture(t *testing.T, b listBug) sourcetest.ListerFixture {
	server := etherpadtest.New(etherpadtest.Options{APIKey: "right"})
	faults := &sourcetest.Faults{Handler: server}
	f := sourcetest.ListerFixture{
		Open:   func() sources.Lister { return spoiltLister{open(t, faults, "right"), b} },
		Closed: func() sources.Lister { return spoiltLister{open(t, faults, "wrong"), b} },
		Faults: faults,
		IDs:    []string{"conformance", "other", "third"},
		Add:    func(id string) { server.Create(id, "text\n") },
	}
	for _, id := range f.IDs {
		f.Add(id)
	}
	return f
}
