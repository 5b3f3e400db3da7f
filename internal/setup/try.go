package setup

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks"
)

var (
	// ErrSlow says that a store did not answer in time for a person who waits.
	ErrSlow = errors.New("no answer in time")

	// ErrOther says that a store gives back something else than it was given.
	ErrOther = errors.New("what is read back is not what was written")

	// ErrUnlisted says that a store does not list what it was given.
	ErrUnlisted = errors.New("what was written is not listed")
)

// A Step is one thing that is tried at a place.
type Step string

// The steps, in their order.
const (
	StepWrite  Step = "write"
	StepRead   Step = "read"
	StepList   Step = "list"
	StepDelete Step = "delete"
)

// Tried says what came of the steps.
type Tried struct {
	// Keeps says that the store let nothing be deleted, which padsync's
	// backups do without: the object of the trial stays.
	Keeps bool
}

// A TryError says which step failed.
type TryError struct {
	Step Step
	Err  error
}

// Error implements error.
func (e *TryError) Error() string { return string(e.Step) + ": " + e.Err.Error() }

// Unwrap gives what went wrong.
func (e *TryError) Unwrap() error { return e.Err }

// trial begins the key of the object that is written for a trial, which no reader
// of the format minds. Stores that list in the order of keys have it early.
const trial = "0-padsync-test-"

// stepTime is how long a step may take while a person waits.
const stepTime = 45 * time.Second

// patience is how often a request is made while a person waits.
const patience = 2

// Try writes a small object at a place, reads it back, lists it and deletes it.
// Before each step observe is called, if it is not nil. A step that fails gives a
// *TryError; each takes at most stepTime, whatever the store does, and after ctx
// has ended there is an error. What was written is removed then, too, if it can
// be.
func (s *Settings) Try(ctx context.Context, at Place, observe func(Step)) (Tried, error) {
	t := &tester{key: trial + strings.ToLower(rand.Text()), content: []byte(strings.Repeat(rand.Text(), 40))}
	steps := []struct {
		step Step
		do   func(context.Context) error
	}{
		{StepWrite, func(ctx context.Context) (err error) {
			if t.sink, err = s.openToTry(ctx, at); err != nil {
				return err
			}
			return t.sink.Put(ctx, t.key, bytes.NewReader(t.content), int64(len(t.content)))
		}},
		{StepRead, t.read}, {StepList, t.list}, {StepDelete, t.delete},
	}
	for _, step := range steps {
		if observe != nil {
			observe(step.step)
		}
		if err := within(ctx, stepTime, step.do); err != nil {
			if step.step != StepWrite {
				_ = within(context.WithoutCancel(ctx), stepTime/4, t.delete)
			}
			return Tried{}, message.In(&TryError{step.step, err}, "repository", "Repository", at.Shown)
		}
	}
	return Tried{t.keeps}, nil
}

func (s *Settings) openToTry(ctx context.Context, at Place) (sinks.Sink, error) {
	o, err := s.opening(ctx, at)
	if err != nil {
		return nil, err
	}
	o.Tries = patience
	return at.Location.Open(ctx, o)
}

// A tester tries one sink.
type tester struct {
	sink    sinks.Sink
	key     string
	content []byte
	keeps   bool
}

func (t *tester) get(ctx context.Context) ([]byte, error) {
	r, err := t.sink.Get(ctx, t.key, 0, -1)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, int64(len(t.content))+1))
}

func (t *tester) read(ctx context.Context) error {
	got, err := t.get(ctx)
	if err == nil && !bytes.Equal(got, t.content) {
		err = ErrOther
	}
	return err
}

func (t *tester) list(ctx context.Context) error {
	for o, err := range t.sink.List(ctx, "") {
		if err != nil {
			return err
		}
		if o.Key == t.key {
			return nil
		}
	}
	return ErrUnlisted
}

// delete notes whether the object stays: a store that refuses, or does nothing,
// keeps what it is given.
func (t *tester) delete(ctx context.Context) error {
	err := t.sink.Delete(ctx, t.key)
	switch {
	case errors.Is(err, sinks.ErrUnauthorized):
		return err
	case errors.Is(err, fs.ErrPermission), errors.Is(err, sinks.ErrKept):
		t.keeps = true
		return nil
	case err != nil:
		return err
	}
	_, err = t.get(ctx)
	t.keeps = err == nil
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return err
}

func (s *Settings) look(ctx context.Context, at Place) (Seen, error) {
	sink, err := s.openToTry(ctx, at)
	if err != nil {
		return Seen{}, err
	}
	identities, err := s.cheapIdentities()
	if err != nil {
		return Seen{}, err
	}
	known := s.Machine.Repositories(at.place())
	repo, err := repository.Open(ctx, sink, repository.Options{Pool: new(spool.Pool), Identities: identities, Known: known.IDs})
	if err == nil {
		outline, err := repo.Outline(ctx)
		return Seen{Repository: &SeenRepository{outline, repo.ID(), repo.Sealed(), known.Knows(repo.ID())}}, err
	}
	if !errors.Is(err, repository.ErrNone) {
		return Seen{}, err
	}
	for o, err := range sink.List(ctx, "") {
		if err != nil {
			return Seen{}, err
		}
		if !strings.HasPrefix(o.Key, trial) {
			ownPlace, err := at.below(own)
			return Seen{Other: true, Own: ownPlace}, err
		}
	}
	return Seen{}, nil
}

// within calls do, and does not wait for it longer than d, or after ctx has ended,
// even if do does: a folder of a network may answer never.
func within(ctx context.Context, d time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, d, ErrSlow)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- do(ctx) }()
	select {
	case err := <-done:
		if err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
