package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/padsync/padsync/sources"
)

// A ComparerFixture is a comparer under test and the fake server that it asks
// through Faults only.
type ComparerFixture struct {
	Comparer sources.Comparer
	Faults   *Faults

	ID      string            // a document that the source can compare
	Other   string            // another one
	Changes map[string]func() // of the document ID, by what they change
	Delete  func()            // the document ID
	Fetches func() int        // of documents, that the server saw so far
}

// CheckComparer checks what a Comparer promises beyond a Source, and joins
// what it found.
func CheckComparer(ctx context.Context, f ComparerFixture) error {
	return run(ctx, f, f.Faults, []check[ComparerFixture]{
		{"an unchanged document is told without a Fetch", checkSame},
		{"every change shows", checkChanges},
		{"a validator of nothing is false, and no error", checkNotGiven},
		{"Unchanged may be called concurrently", checkSameConcurrent},
		{"a spent limit is waited for", checkSameLimited},
		{"by a bad answer nothing is unchanged", checkSameFaults},
		{"a cancelled context ends Unchanged", checkSameCancelled},
		{"a document that is gone is not unchanged", checkGone}, // it is gone then
	})
}

func checkSame(ctx context.Context, f ComparerFixture) error {
	validator, err := fetch(ctx, f.Comparer, f.ID)
	if err != nil {
		return err
	}
	before := f.Fetches()
	if err := f.is(ctx, true, validator); err != nil {
		return err
	}
	if f.Fetches() != before {
		return errors.New("it was fetched")
	}
	return f.fetchIs(ctx, true, validator)
}

func checkChanges(ctx context.Context, f ComparerFixture) error {
	if len(f.Changes) == 0 {
		return errors.New("the fixture has none")
	}
	var problems []error
	for _, what := range slices.Sorted(maps.Keys(f.Changes)) {
		if err := f.checkChange(ctx, f.Changes[what]); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", what, err))
		}
	}
	return errors.Join(problems...)
}

func (f ComparerFixture) checkChange(ctx context.Context, change func()) error {
	before, err := fetch(ctx, f.Comparer, f.ID)
	if err != nil {
		return err
	}
	change()
	if err := errors.Join(f.is(ctx, false, before), f.fetchIs(ctx, false, before)); err != nil {
		return err
	}
	after, err := fetch(ctx, f.Comparer, f.ID)
	return errors.Join(err, f.is(ctx, true, after), f.is(ctx, false, before))
}

func checkNotGiven(ctx context.Context, f ComparerFixture) error {
	validator, err := fetch(ctx, f.Comparer, f.ID)
	if err != nil {
		return err
	}
	other, err := fetch(ctx, f.Comparer, f.Other)
	if err != nil {
		return err
	}
	half := len(validator) / 2
	var problems []error
	for _, odd := range slices.Concat(oddValidators, []string{"", other, validator[:half], validator[half:], validator + validator}) {
		if err := f.is(ctx, false, odd); err != nil {
			problems = append(problems, fmt.Errorf("validator %.8q: %w", odd, err))
		}
	}
	return errors.Join(problems...)
}

func checkSameConcurrent(ctx context.Context, f ComparerFixture) error {
	validator, err := fetch(ctx, f.Comparer, f.ID)
	if err != nil {
		return err
	}
	return concurrently(func() error { return f.is(ctx, true, validator) })
}

func checkSameLimited(ctx context.Context, f ComparerFixture) error {
	validator, err := fetch(ctx, f.Comparer, f.ID)
	if err != nil {
		return err
	}
	f.Faults.Set(Limited)
	return f.is(ctx, true, validator)
}

func checkSameFaults(ctx context.Context, f ComparerFixture) error {
	validator, err := fetch(ctx, f.Comparer, f.ID)
	if err != nil {
		return err
	}
	return eachFault(ctx, f.Faults, func(ctx context.Context, fault Fault) error {
		same, err := f.Comparer.Unchanged(ctx, f.ID, validator)
		switch {
		case same:
			return fmt.Errorf("%s: said to be unchanged", fault)
		case err == nil && ctx.Err() == nil:
			return nil
		}
		return checkFaultError(ctx, fault, err, f.ID)
	})
}

func checkSameCancelled(ctx context.Context, f ComparerFixture) error {
	validator, err := fetch(ctx, f.Comparer, f.ID)
	if err != nil {
		return err
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if same, err := f.Comparer.Unchanged(cancelled, f.ID, validator); same || !errors.Is(err, context.Canceled) {
		return fmt.Errorf("%t, %w is not the context's", same, err)
	}
	f.Faults.Set(Silent)
	soon, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if same, err := f.Comparer.Unchanged(soon, f.ID, validator); same || !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%t, %w is not the context's", same, err)
	}
	return nil
}

func checkGone(ctx context.Context, f ComparerFixture) error {
	validator, err := fetch(ctx, f.Comparer, f.ID)
	if err != nil {
		return err
	}
	f.Delete()
	same, err := f.Comparer.Unchanged(ctx, f.ID, validator)
	switch {
	case same:
		return errors.New("said to be unchanged")
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w does not match %w", err, fs.ErrNotExist)
	}
	return checkText("gone", err, f.ID)
}

// is checks what Unchanged says of the document ID.
func (f ComparerFixture) is(ctx context.Context, want bool, validator string) error {
	same, err := f.Comparer.Unchanged(ctx, f.ID, validator)
	if err == nil && same != want {
		err = fmt.Errorf("it is said: unchanged %t", same)
	}
	return err
}

// fetchIs checks what Fetch says of it.
func (f ComparerFixture) fetchIs(ctx context.Context, want bool, validator string) error {
	v, err := f.Comparer.Fetch(ctx, f.ID, validator)
	if err != nil {
		return err
	}
	if v.Unchanged != want {
		err = fmt.Errorf("for Fetch it is %t", v.Unchanged)
	}
	return errors.Join(err, v.Close())
}
