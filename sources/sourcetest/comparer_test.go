package sourcetest_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// A compareBug stands in for Unchanged.
type compareBug func(ctx context.Context, c sources.Comparer, id, validator string) (bool, error)

// onAnswer makes a bug of what changes an answer.
func onAnswer(change func(same bool, err error) (bool, error)) compareBug {
	return func(ctx context.Context, c sources.Comparer, id, validator string) (bool, error) {
		return change(c.Unchanged(ctx, id, validator))
	}
}

// onCompareError makes a bug of what changes an error.
func onCompareError(change func(error) error) compareBug {
	return onAnswer(func(same bool, err error) (bool, error) {
		if err != nil {
			err = change(err)
		}
		return same, err
	})
}

func TestCheckComparerFindsBugs(t *testing.T) {
	var busy atomic.Bool
	findsBugs(t, map[string]planted[compareBug]{
		"none":                   {onAnswer(func(same bool, err error) (bool, error) { return same, err }), ""},
		"nothing is unchanged":   {onAnswer(func(bool, error) (bool, error) { return false, nil }), "unchanged false"},
		"failures are unchanged": {onAnswer(func(same bool, err error) (bool, error) { return same || err != nil, err }), "down: said to be unchanged"},
		"what is gone is unchanged": {onAnswer(func(same bool, err error) (bool, error) {
			return same || errors.Is(err, fs.ErrNotExist), nil
		}), "a document that is gone is not unchanged: said"},
		"what is gone is an error": {onCompareError(func(error) error { return sources.ErrRefused }), "a document that is gone is not unchanged: not the"},

		"any error is a missing document": {onCompareError(func(error) error { return fs.ErrNotExist }), "taken for missing or forbidden"},
		"no error says why":               {onCompareError(func(error) error { return errors.New("x") }), "is not sources.ErrRefused"},
		"no error is the context's":       {onCompareError(func(error) error { return errors.New("x") }), "is not the context's"},
		"errors name the document":        {onCompareError(func(err error) error { return fmt.Errorf("conformance: %w", err) }), "names the document"},

		"the chat does not count": {func(ctx context.Context, c sources.Comparer, id, validator string) (bool, error) {
			for chat := range 9 {
				parts := strings.SplitN(validator, ".", 4)
				if len(parts) == 4 {
					parts[2] = fmt.Sprint(chat - 1)
				}
				if same, err := c.Unchanged(ctx, id, strings.Join(parts, ".")); same || err != nil {
					return same, err
				}
			}
			return false, nil
		}, "every change shows: chat: it is said: unchanged true"},
		"an odd validator is an error": {func(ctx context.Context, c sources.Comparer, id, validator string) (bool, error) {
			if !strings.HasPrefix(validator, "api:") {
				return false, errors.New("odd")
			}
			return c.Unchanged(ctx, id, validator)
		}, "a validator of nothing is false, and no error: validator \"x\": odd"},
		"any document's validator will do": {func(ctx context.Context, c sources.Comparer, id, validator string) (bool, error) {
			same, err := c.Unchanged(ctx, id, validator)
			if err != nil || same {
				return same, err
			}
			return c.Unchanged(ctx, "other", validator)
		}, "a validator of nothing is false, and no error: validator \"api:"},
		"it fetches": {func(ctx context.Context, c sources.Comparer, id, validator string) (bool, error) {
			v, err := c.Fetch(ctx, id, "")
			if err != nil {
				return false, err
			}
			v.Close()
			return c.Unchanged(ctx, id, validator)
		}, "it was fetched"},
		"it cannot be called concurrently": {func(ctx context.Context, c sources.Comparer, id, validator string) (bool, error) {
			if busy.Swap(true) {
				return false, errors.New("busy")
			}
			defer busy.Store(false)
			time.Sleep(time.Second)
			return c.Unchanged(ctx, id, validator)
		}, "Unchanged may be called concurrently: busy"},
		"no limit is waited for": {func(ctx context.Context, c sources.Comparer, id, validator string) (bool, error) {
			began := time.Now()
			same, err := c.Unchanged(ctx, id, validator)
			if time.Since(began) > time.Minute {
				return false, errors.New("too long")
			}
			return same, err
		}, "a spent limit is waited for: too long"},
		"it asks for ever": {func(ctx context.Context, c sources.Comparer, id, validator string) (same bool, err error) {
			for ; ; time.Sleep(time.Minute) {
				same, err = c.Unchanged(ctx, id, validator)
				if err == nil || ctx.Err() != nil || errors.Is(err, fs.ErrNotExist) {
					return same, err
				}
			}
		}, "did not end by itself"},
		"Fetch sees no change": {nil, "every change shows: chat: for Fetch it is true"},
	}, func(t *testing.T, b compareBug) error {
		return sourcetest.CheckComparer(t.Context(), comparerFixture(t, b))
	})
}

// A spoilt comparer has a bug: without one of Unchanged, its Fetch has it.
type spoiltComparer struct {
	sources.Comparer
	bug compareBug
}

func (s spoiltComparer) Unchanged(ctx context.Context, id, validator string) (bool, error) {
	if s.bug == nil {
		return s.Comparer.Unchanged(ctx, id, validator)
	}
	return s.bug(ctx, s.Comparer, id, validator)
}

func (s spoiltComparer) Fetch(ctx context.Context, id, validator string) (*sources.Version, error) {
	if v, err := s.Comparer.Fetch(ctx, id, validator); s.bug != nil || validator == "" || err != nil {
		return v, err
	}
	return &sources.Version{ID: id, Unchanged: true}, nil
}

func comparerFixture(t *testing.T, b compareBug) sourcetest.ComparerFixture {
	server := etherpadtest.New(etherpadtest.Options{APIKey: "right"})
	ann := etherpadtest.Author{ID: "a.AAAAAAAAAAAAAAAA"}
	pad := server.Create("conformance", "text\n")
	server.Create("other", "text\n")
	faults := &sourcetest.Faults{Handler: server}
	return sourcetest.ComparerFixture{
		Comparer: spoiltComparer{open(t, faults, "right"), b}, Faults: faults, ID: "conformance", Other: "other",
		Changes: map[string]func(){"text": func() { pad.Append(ann, "more\n") }, "chat": func() { pad.Say(ann, "hello") }},
		Delete:  func() { server.Delete("conformance") },
		Fetches: func() int { return server.Requests() - server.Calls() },
	}
}
