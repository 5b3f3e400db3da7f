package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/padsync/padsync/sources"
)

// An ImportFixture is an importer under test, the fake server that it asks
// through Faults only, and what it imports.
type ImportFixture struct {
	Importer sources.Importer
	Faults   *Faults

	// Version is one that the server takes whole. Broken is of a document
	// that cannot be imported. Neither's id is in what Import's errors say.
	Version, Broken *sources.Version
	Requests        func() int // to the server so far
}

// CheckImporter checks what an Importer promises beyond a Source, and joins
// what it found.
func CheckImporter(ctx context.Context, f ImportFixture) error {
	return run(ctx, f, f.Faults, []check[ImportFixture]{
		{"losses are told for one request, or none", checkLosses},
		{"a document is made", checkMade},
		{"what is broken is not sent", checkBroken},
		{"no document that holds anything is changed", checkUntouched},
		{"a spent limit is waited for", checkImportLimited},
		{"a bad answer is not a success", checkImportFaults},
		{"a cancelled context ends Import", checkImportCancelled},
	})
}

func checkLosses(ctx context.Context, f ImportFixture) error {
	before := f.Requests()
	for range 3 {
		if _, err := f.Importer.Losses(ctx, f.Version); err != nil {
			return err
		}
		if _, err := f.Importer.Losses(ctx, f.Broken); err != nil {
			if err := checkText("broken", err, f.Broken.ID); err != nil {
				return err
			}
		}
	}
	if n := f.Requests() - before; n > 1 {
		return fmt.Errorf("it was asked %d times", n)
	}
	return nil
}

func checkMade(ctx context.Context, f ImportFixture) error {
	made, err := f.Importer.Import(ctx, f.Version)
	if err != nil {
		return err
	}
	_, err = contentOf(ctx, f, made)
	return err
}

// contentOf fetches what was made.
func contentOf(ctx context.Context, f ImportFixture, made *sources.Imported) (string, error) {
	if made.ID == "" || !utf8.ValidString(made.ID) || !strings.Contains(made.Address, "://") {
		return "", fmt.Errorf("the id is %q, the address %q", made.ID, made.Address)
	}
	v, err := f.Importer.Fetch(ctx, made.ID, "")
	if err != nil {
		return "", fmt.Errorf("fetch it: %w", err)
	}
	return v.Facts.Content, errors.Join(checkVersion(v), v.Close())
}

func checkBroken(ctx context.Context, f ImportFixture) error {
	made, err := f.Importer.Import(ctx, f.Broken)
	if err == nil || made != nil {
		return fmt.Errorf("it made %+v: %w", made, err)
	}
	return checkText("broken", err, f.Broken.ID)
}

func checkUntouched(ctx context.Context, f ImportFixture) error {
	one, err := f.Importer.Import(ctx, f.Version)
	if err != nil {
		return err
	}
	before, err := contentOf(ctx, f, one)
	if err != nil {
		return err
	}
	two, err := f.Importer.Import(ctx, f.Version)
	if err != nil {
		return err
	}
	if two.Found != (one.ID == two.ID) {
		return errors.New("one id twice, and not said to be found, or the other way round")
	}
	after, err := contentOf(ctx, f, one)
	if err == nil && after != before {
		err = errors.New("it was changed")
	}
	return err
}

func checkImportLimited(ctx context.Context, f ImportFixture) error {
	f.Faults.Set(Limited)
	_, err := f.Importer.Import(ctx, f.Version)
	return err
}

// checkImportFaults: whatever a server answers, Import ends, and what it says
// to have made can be fetched.
func checkImportFaults(ctx context.Context, f ImportFixture) error {
	return eachFault(ctx, f.Faults, func(ctx context.Context, fault Fault) error {
		made, err := f.Importer.Import(ctx, f.Version)
		switch {
		case err == nil:
			return fmt.Errorf("%s: no error", fault)
		case ctx.Err() != nil:
			return fmt.Errorf("%s: did not end by itself", fault)
		case (made != nil) != errors.Is(err, sources.ErrDiffers):
			return fmt.Errorf("%s: made %+v: %w", fault, made, err)
		}
		return checkText(fault.String(), err, f.Version.ID)
	})
}

func checkImportCancelled(ctx context.Context, f ImportFixture) error {
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := f.Importer.Import(cancelled, f.Version); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w is not the context's", err)
	}
	f.Faults.Set(Silent)
	soon, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if _, err := f.Importer.Import(soon, f.Version); !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w is not the context's", err)
	}
	return nil
}
