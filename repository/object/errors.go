package object

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"filippo.io/age"

	"github.com/padsync/padsync/sinks"
)

// ErrNoIdentity says that none of the identities opens what is sealed.
var ErrNoIdentity = errors.New("no identity opens it")

// A CorruptError tells of an object that is not what its key says, that
// another object needs and that is not there, or that the store does not give
// now though it gives others.
type CorruptError struct {
	Key     string // of a list that is missing: its id
	Problem string // "damaged", "missing", "unreadable"
	Err     error  // may be nil
}

// Error implements error.
func (e *CorruptError) Error() string {
	if e.Err == nil {
		return e.Key + " is " + e.Problem
	}
	return fmt.Sprintf("%s is %s: %v", e.Key, e.Problem, e.Err)
}

// Unwrap gives the cause.
func (e *CorruptError) Unwrap() error { return e.Err }

// Damaged says that an object is not what its key, or what names it, says.
func Damaged(key string, err error) *CorruptError { return &CorruptError{key, "damaged", err} }

// Missing says that an object is named and not there.
func Missing(key string, err error) *CorruptError { return &CorruptError{key, "missing", err} }

// Unreadable says that an object cannot be read now, or not with the identities
// at hand.
func Unreadable(key string, err error) *CorruptError { return &CorruptError{key, "unreadable", err} }

// IsDamaged reports whether err says that an object is damaged.
func IsDamaged(err error) bool {
	corrupt, ok := errors.AsType[*CorruptError](err)
	return ok && corrupt.Problem == "damaged"
}

// A storeError is what a sink said, as opposed to what is wrong with the bytes.
type storeError struct{ err error }

func (e *storeError) Error() string { return e.err.Error() }
func (e *storeError) Unwrap() error { return e.err }

// A storeReader reads a body from the store. Its errors, but io.EOF, are
// storeErrors.
type storeReader struct{ r io.Reader }

func (s storeReader) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if err != nil && err != io.EOF {
		err = &storeError{err}
	}
	return n, err
}

// FromStore reports whether err is what the store said, as opposed to what is
// wrong with the bytes.
func FromStore(err error) bool {
	_, is := errors.AsType[*storeError](err)
	return is
}

// Gone reports whether the store has no such object. That a temporary folder is
// gone does not count.
func Gone(err error) bool {
	store, is := errors.AsType[*storeError](err)
	return is && errors.Is(store, fs.ErrNotExist)
}

// Alone makes a CorruptError of what the store said of one object if it may
// still give others: a disk may have bad blocks, and a folder files of another
// user. An object that is gone may have been deleted rightly: Alone gives that
// error back as it is, like all others.
func Alone(ctx context.Context, key string, err error) error {
	if !FromStore(err) || Gone(err) || ctx.Err() != nil {
		return err
	}
	return Unreadable(key, err)
}

// Unsealed says what an error of reading sealed bytes is. What the store says
// stays as it is; all else is ErrNoIdentity or damage.
func Unsealed(key string, err error) error {
	_, none := errors.AsType[*age.NoIdentityMatchError](err)
	switch {
	case none, errors.Is(err, ErrNoIdentity):
		return ErrNoIdentity
	case FromStore(err):
		return err
	}
	return Damaged(key, err)
}

// Reading names the object that was read, unless the store does.
func Reading(key string, err error) error {
	if _, named := errors.AsType[*sinks.Error](err); named {
		return err
	}
	return &sinks.Error{Op: "get", Key: key, Err: err}
}
