package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/padsync/padsync/sources"
)

// A ListerFixture is a lister under test and the fake server that it asks
// through Faults only.
type ListerFixture struct {
	// Open makes a lister that has asked nothing yet: a lister may keep for a
	// run what it was told. Closed makes one to which the server shows no list.
	Open, Closed func() sources.Lister
	Faults       *Faults

	IDs []string        // of all documents, three at least
	Add func(id string) // lets the server list this id too, whatever it is
}

// CheckLister checks what a Lister promises beyond a Source, and joins what it
// found.
func CheckLister(ctx context.Context, f ListerFixture) error {
	return run(ctx, f, f.Faults, []check[ListerFixture]{
		{"all documents are listed", checkListed},
		{"documents can be fetched while the list goes on", checkListFetched},
		{"a list may be left", checkListLeft},
		{"List may be called concurrently", checkListConcurrent},
		{"a spent limit is waited for", checkListLimited},
		{"a bad answer is not a whole list", checkListFaults},
		{"a list that is not shown is fs.ErrPermission", checkListClosed},
		{"a cancelled context ends List", checkListCancelled},
		{"ids that mean harm hide no others", checkListHostile}, // they stay
	})
}

func checkListed(ctx context.Context, f ListerFixture) error { return f.whole(ctx, f.Open()) }

func checkListFetched(ctx context.Context, f ListerFixture) error {
	ctx, cancel := context.WithTimeout(ctx, 24*time.Hour)
	defer cancel()
	l := f.Open()
	for id, err := range l.List(ctx) {
		if err == nil {
			_, err = fetch(ctx, l, id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func checkListLeft(ctx context.Context, f ListerFixture) error {
	l, yields := f.Open(), 0
	l.List(ctx)(func(string, error) bool { yields++; return false })
	if yields != 1 {
		return fmt.Errorf("left at once, it went on to %d", yields)
	}
	return f.whole(ctx, l)
}

func checkListConcurrent(ctx context.Context, f ListerFixture) error {
	l := f.Open()
	return concurrently(func() error { return f.whole(ctx, l) })
}

func checkListLimited(ctx context.Context, f ListerFixture) error {
	f.Faults.Set(Limited)
	return f.whole(ctx, f.Open())
}

func checkListFaults(ctx context.Context, f ListerFixture) error {
	return eachFault(ctx, f.Faults, func(ctx context.Context, fault Fault) error {
		_, err := listed(ctx, f.Open())
		return checkFaultError(ctx, fault, err, f.IDs...)
	})
}

func checkListClosed(ctx context.Context, f ListerFixture) error {
	ids, err := listed(ctx, f.Closed())
	if len(ids) > 0 || !errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%d ids, %w", len(ids), err)
	}
	return checkText("closed", err, f.IDs...)
}

func checkListCancelled(ctx context.Context, f ListerFixture) error {
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := listed(cancelled, f.Open()); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w is not the context's", err)
	}
	midway, cancel := context.WithCancel(ctx)
	defer cancel()
	l := f.Open()
	var ids []string
	for id, err := range l.List(midway) {
		if cancel(); err != nil && !errors.Is(err, context.Canceled) {
			return fmt.Errorf("midway: %w is not the context's", err)
		} else if err != nil {
			ids = f.IDs
			break
		}
		ids = append(ids, id)
	}
	if err := f.equal(ids); err != nil {
		return fmt.Errorf("midway, without an error: %w", err)
	}
	f.Faults.Set(Silent)
	soon, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if _, err := listed(soon, f.Open()); !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w is not the context's", err)
	}
	return nil
}

func checkListHostile(ctx context.Context, f ListerFixture) error {
	for _, id := range []string{
		"", " ", ".", "..", "../../x", "a/b", "a\\b", "?x#y%", "a\x01\x1b[31m", "nul\x00l", "a\r\nb: c", "\u202egnp.exe",
		`"><b>`, "$", "g.x$y", "r.0", "x/admin", strings.Repeat("é", 300), strings.Repeat("x", 1<<16),
	} {
		f.Add(id)
	}
	l := f.Open()
	ids, err := listed(ctx, l)
	if err != nil {
		return err
	}
	var problems []error
	for _, id := range ids {
		if id == "" || !utf8.ValidString(id) {
			problems = append(problems, fmt.Errorf("%q is listed", id))
		} else if v, err := l.Fetch(ctx, id, ""); errors.Is(err, sources.ErrAddress) {
			problems = append(problems, fmt.Errorf("%.20q is listed, and for Fetch no id", id))
		} else {
			problems = append(problems, v.Close())
		}
	}
	for _, id := range f.IDs {
		if !slices.Contains(ids, id) {
			problems = append(problems, fmt.Errorf("%q is not listed", id))
		}
	}
	return errors.Join(problems...)
}

// whole checks that a list has all documents, and no others.
func (f ListerFixture) whole(ctx context.Context, l sources.Lister) error {
	ids, err := listed(ctx, l)
	if err != nil {
		return err
	}
	return f.equal(ids)
}

func (f ListerFixture) equal(ids []string) error {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if want := slices.Sorted(slices.Values(f.IDs)); !slices.Equal(ids, want) {
		return fmt.Errorf("%q are listed, not %q", ids, want)
	}
	return nil
}

// listed reads a list to its end, which an error is.
func listed(ctx context.Context, l sources.Lister) (ids []string, err error) {
	for id, problem := range l.List(ctx) {
		if err != nil {
			return ids, errors.New("it goes on after an error")
		}
		if err = problem; err == nil {
			ids = append(ids, id)
		} else if id != "" {
			return ids, errors.New("an error comes with an id")
		}
	}
	return ids, err
}
