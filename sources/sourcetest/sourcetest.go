// Package sourcetest is the conformance suite for sources: what package
// sources promises, checked against a fake server whose answers go bad.
//
// It is not a test itself: each source joins with a Fixture from its own
// tests, inside a testing/synctest bubble, as the checks wait for hours.
package sourcetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/padsync/padsync/sources"
)

// A Fixture is a source under test and the fake server that it asks. The
// source reaches it through Faults only.
type Fixture struct {
	Source sources.Source
	Faults *Faults

	ID        string   // a document with some text, at least 6 bytes long
	Change    func()   // changes the document ID
	Public    bool     // the source gets ID with nothing but its public address
	Missing   string   // an id that no document has
	Forbidden string   // the id of a document that may not be read
	Hostile   []string // ids of documents whose names, titles and texts mean harm
}

// Check checks all promises of a Source and joins what it found.
func Check(ctx context.Context, f Fixture) error {
	return run(ctx, f, f.Faults, []check[Fixture]{
		{"a document is given whole", checkFetch},
		{"an unchanged document has no files", checkUnchanged},
		{"a changed document is given again", checkChanged},
		{"a look says whether it needed more than the address", checkPublic},
		{"an odd validator is not an error", checkOddValidator},
		{"a missing document is fs.ErrNotExist", checkMissing},
		{"a forbidden document is fs.ErrPermission", checkForbidden},
		{"a spent limit is waited for", checkLimited},
		{"a bad answer is in no Version", checkFaults},
		{"names are safe whatever the document is called", checkHostile},
		{"Fetch may be called concurrently", checkConcurrent},
		{"a cancelled context ends Fetch", checkCancelled},
	})
}

// A check is of one promise, with a fixture.
type check[F any] struct {
	promise string
	holds   func(context.Context, F) error
}

func run[F any](ctx context.Context, f F, faults *Faults, checks []check[F]) error {
	var problems []error
	for _, c := range checks {
		faults.rest()
		if err := c.holds(ctx, f); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", c.promise, err))
		}
	}
	faults.Set(None)
	return errors.Join(problems...)
}

// rest heals the server, and lets an hour of the bubble pass: clients may keep
// away for a while from a server that failed.
func (f *Faults) rest() {
	f.Set(None)
	time.Sleep(time.Hour)
}

func checkFetch(ctx context.Context, f Fixture) error {
	_, err := fetch(ctx, f.Source, f.ID)
	return err
}

func checkUnchanged(ctx context.Context, f Fixture) error {
	validator, err := fetch(ctx, f.Source, f.ID)
	if err != nil || validator == "" {
		return err
	}
	v, err := f.Source.Fetch(ctx, f.ID, validator)
	if err != nil {
		return err
	}
	defer v.Close()
	if !v.Unchanged || v.Validator == "" || !utf8.ValidString(v.ID) || v.ID == "" {
		return errors.New("not said to be unchanged, or without id and validator")
	}
	if len(v.Files) > 0 || v.Title != "" || v.Revision != "" || !v.Modified.IsZero() || !reflect.ValueOf(v.Facts).IsZero() {
		return errors.New("more than id and validator is set")
	}
	return nil
}

func checkChanged(ctx context.Context, f Fixture) error {
	before, err := f.Source.Fetch(ctx, f.ID, "")
	if err != nil {
		return err
	}
	defer before.Close()
	f.Change()
	after, err := f.Source.Fetch(ctx, f.ID, before.Validator)
	if err != nil {
		return err
	}
	defer after.Close()
	if after.Unchanged || after.Facts.Content == before.Facts.Content || after.Facts.Content == "" {
		return errors.New("the change does not show")
	}
	return checkVersion(after)
}

func checkPublic(ctx context.Context, f Fixture) error {
	validator := ""
	for _, look := range []string{"first", "next"} {
		v, err := f.Source.Fetch(ctx, f.ID, validator)
		if err != nil {
			return err
		}
		validator = v.Validator
		if err := v.Close(); err != nil {
			return err
		}
		if v.Public != f.Public {
			return fmt.Errorf("the %s look says %v", look, v.Public)
		}
	}
	return nil
}

var oddValidators = []string{"x", `"`, "W/\"\"", "a\r\nb: c", "\x00", strings.Repeat("x", 1<<16), "\xff"}

func checkOddValidator(ctx context.Context, f Fixture) error {
	for _, odd := range oddValidators {
		v, err := f.Source.Fetch(ctx, f.ID, odd)
		if err != nil {
			return fmt.Errorf("validator %.8q: %w", odd, err)
		}
		if v.Unchanged {
			return fmt.Errorf("validator %.8q: said to be unchanged", odd)
		}
		if err := v.Close(); err != nil {
			return err
		}
	}
	return nil
}

func checkMissing(ctx context.Context, f Fixture) error {
	return refused(ctx, f, f.Missing, fs.ErrNotExist)
}

func checkForbidden(ctx context.Context, f Fixture) error {
	return refused(ctx, f, f.Forbidden, fs.ErrPermission)
}

func checkLimited(ctx context.Context, f Fixture) error {
	f.Faults.Set(Limited)
	_, err := fetch(ctx, f.Source, f.ID)
	return err
}

func checkFaults(ctx context.Context, f Fixture) error {
	return eachFault(ctx, f.Faults, func(ctx context.Context, fault Fault) error {
		v, err := f.Source.Fetch(ctx, f.ID, "")
		return errors.Join(checkFaultError(ctx, fault, err, f.ID), v.Close())
	})
}

// eachFault looks at what becomes of each fault that leaves no good answer.
func eachFault(ctx context.Context, faults *Faults, look func(context.Context, Fault) error) error {
	ctx, cancel := context.WithTimeout(ctx, 48*time.Hour)
	defer cancel()
	var problems []error
	for fault := Down; fault <= lastFault; fault++ {
		faults.rest()
		faults.Set(fault)
		problems = append(problems, look(ctx, fault))
	}
	return errors.Join(problems...)
}

// checkFaultError: no fault may look like a document that is gone or
// forbidden, and none may keep a source for ever.
func checkFaultError(ctx context.Context, fault Fault, err error, ids ...string) error {
	switch {
	case err == nil:
		return fmt.Errorf("%s: no error", fault)
	case ctx.Err() != nil:
		return fmt.Errorf("%s: did not end by itself", fault)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: taken for missing or forbidden: %w", fault, err)
	case !fault.away() && !errors.Is(err, sources.ErrRefused):
		return fmt.Errorf("%s: %w is not sources.ErrRefused", fault, err)
	case fault.bars() && !errors.Is(err, sources.ErrServer):
		return fmt.Errorf("%s: %w is not sources.ErrServer", fault, err)
	case strings.Contains(err.Error(), "temporary"):
		return fmt.Errorf("%s: %w, say the words when all tries are spent", fault, err)
	}
	return checkText(fault.String(), err, ids...)
}

func checkHostile(ctx context.Context, f Fixture) error {
	if len(f.Hostile) == 0 {
		return errors.New("the fixture has none")
	}
	var problems []error
	for _, id := range f.Hostile {
		if _, err := fetch(ctx, f.Source, id); err != nil {
			problems = append(problems, fmt.Errorf("%q: %w", id, err))
		}
	}
	return errors.Join(problems...)
}

func checkConcurrent(ctx context.Context, f Fixture) error {
	return concurrently(func() error {
		_, err := fetch(ctx, f.Source, f.ID)
		return err
	})
}

// concurrently joins what eight callers at once get.
func concurrently(do func() error) error {
	const callers = 8
	var wg sync.WaitGroup
	problems := make([]error, callers)
	for i := range callers {
		wg.Go(func() { problems[i] = do() })
	}
	wg.Wait()
	return errors.Join(problems...)
}

func checkCancelled(ctx context.Context, f Fixture) error {
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := refused(cancelled, f, f.ID, context.Canceled); err != nil {
		return err
	}
	f.Faults.Set(Silent)
	soon, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return refused(soon, f, f.ID, context.DeadlineExceeded)
}

// fetch checks what a first Fetch gives, and returns the validator.
func fetch(ctx context.Context, s sources.Source, id string) (string, error) {
	v, err := s.Fetch(ctx, id, "")
	if err != nil {
		return "", err
	}
	if v.Unchanged {
		return "", errors.Join(errors.New("unchanged, without a validator"), v.Close())
	}
	return v.Validator, errors.Join(checkVersion(v), v.Close())
}

func refused(ctx context.Context, f Fixture, id string, want error) error {
	v, err := f.Source.Fetch(ctx, id, "")
	if err == nil {
		return errors.Join(errors.New("no error"), v.Close())
	}
	if !errors.Is(err, want) {
		return fmt.Errorf("%w does not match %w", err, want)
	}
	return checkText("", err, id)
}

func checkText(what string, err error, ids ...string) error {
	for _, id := range ids {
		if strings.Contains(err.Error(), id) {
			return fmt.Errorf("%s: the error names the document: %w", what, err)
		}
	}
	return nil
}

func checkVersion(v *sources.Version) error {
	if v.ID == "" || !utf8.ValidString(v.ID) || !utf8.ValidString(v.Title) || !utf8.ValidString(v.Revision) {
		return errors.New("id, title or revision is not text, or the id is missing")
	}
	if len(v.Files) == 0 || v.Facts.Content == "" {
		return errors.New("no files, or no fact of the content")
	}
	problems := []error{checkParts(v.Facts)}
	names := map[string]bool{}
	for _, file := range v.Files {
		if names[file.Name] {
			problems = append(problems, fmt.Errorf("two files are named %q", file.Name))
		}
		names[file.Name] = true
		problems = append(problems, checkFile(file))
	}
	return errors.Join(problems...)
}

// checkParts: what later looks compare is small, and no text of the document's.
func checkParts(f sources.Facts) error {
	for part, hash := range f.Fields {
		if part == "" || len(hash) != 16 || strings.Trim(hash, "0123456789abcdef") != "" {
			return fmt.Errorf("the part %q has %q for a hash", part, hash)
		}
	}
	for part, items := range f.Items {
		if f.Fields[part] == "" || len(items)%4 != 0 || sources.ItemsGone(items, items) != 0 || strings.Trim(items, "0123456789abcdef") != "" {
			return fmt.Errorf("the items of the part %q are not as ItemsOf gives them, or it was not seen", part)
		}
	}
	return nil
}

func checkFile(f sources.File) error {
	if f.Name == "" || f.Name == "." || f.Name == ".." || !utf8.ValidString(f.Name) || strings.ContainsAny(f.Name, "/\x00") {
		return fmt.Errorf("a file is named %q", f.Name)
	}
	if f.Format == "" || filepath.Ext(f.Name) == "" {
		return fmt.Errorf("%q has no format or no ending", f.Name)
	}
	hash := sha256.New()
	n, err := io.Copy(hash, io.NewSectionReader(f.Content, 0, f.Size+1))
	if err != nil {
		return fmt.Errorf("%q: %w", f.Name, err)
	}
	if n != f.Size || n == 0 || [32]byte(hash.Sum(nil)) != f.SHA256 {
		return fmt.Errorf("%q: size or hash is not that of its %d bytes", f.Name, n)
	}
	return nil
}
