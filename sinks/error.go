package sinks

import (
	"errors"
	"fmt"
	"io/fs"
)

// An Error says what a sink was doing when Err came. It holds no secrets.
type Error struct {
	Op  string // "put", "get", "list", "delete"; "open"
	Key string // of the object, or the prefix of a list; "" of the store itself
	Err error
}

// Error implements error.
func (e *Error) Error() string { return e.Begin() + e.Err.Error() }

// Begin is how the text begins, before the cause.
func (e *Error) Begin() string {
	if e.Key == "" {
		return e.Op + ": "
	}
	return fmt.Sprintf("%s %q: ", e.Op, e.Key)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

var (
	// ErrBroken is matched where a body broke off and could not be taken up.
	ErrBroken = errors.New("broke off")

	// ErrNotFile is matched where there is something other than a file under a
	// key, such as a folder. No object is there: it matches fs.ErrNotExist.
	ErrNotFile = fmt.Errorf("something that is not a file is in its place: %w", fs.ErrNotExist)

	// ErrGone is matched where a folder of this machine was there and is gone,
	// as when its disk is taken away.
	ErrGone = errors.New("the folder is gone")
)
