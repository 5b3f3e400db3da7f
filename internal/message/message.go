// Package message holds what is to be said to a person, before it is in any
// language: package words says it in one.
package message

import (
	"errors"
	"fmt"
	"strings"
)

// A Message is the id of words in the catalogue, with the values of their
// placeholders, names and values in turn. A value may be a Message or an error
// itself; then its words take the place. A time is shown as words.Time has it.
type Message struct {
	ID   string
	Data []any
}

// New is the message with this id.
func New(id string, data ...any) Message { return Message{id, data} }

// A Class is what an error means for the command that it ended, or for the
// request of a page.
type Class int

// The classes. An error without any other has failed.
const (
	Unclassed   Class = iota // as its cause has it
	Failed                   // a repository could not be written or read, or there was nothing to do
	Usage                    // what was asked for, or the configuration, is wrong
	Incomplete               // the rest was done
	Interrupted              // somebody, or a limit, ended it
)

// An Error is an error that has words. errors.Is and errors.As find what
// caused it.
type Error struct {
	Message       // "" as its ID: the cause's words say all
	Class   Class // Unclassed: as the cause has it
	Cause   error // may be nil
	Mark    error // matched beside the cause, and never said; may be nil
	Silent  bool  // the cause's words do not follow the message's

	Hints []Message // what to do, in place of what is known of the cause
}

// Error implements error, for a log: it names the message and the cause.
func (e *Error) Error() string {
	var parts []string
	if e.ID != "" {
		parts = append(parts, strings.TrimSpace(e.ID+" "+fmt.Sprint(e.Data...)))
	}
	if e.Cause != nil && !e.Silent {
		parts = append(parts, e.Cause.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap gives the cause and the mark.
func (e *Error) Unwrap() []error {
	var all []error
	for _, err := range []error{e.Cause, e.Mark} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// Of is an error whose message says all that the cause would.
func Of(class Class, cause error, id string, data ...any) error {
	return &Error{Message: Message{id, data}, Class: class, Cause: cause, Silent: true}
}

// In is an error that says where its cause came, or during what.
func In(cause error, id string, data ...any) error {
	return &Error{Message: Message{id, data}, Cause: cause}
}

// Classed is err, which says it all, with a class.
func Classed(class Class, err error) error { return &Error{Class: class, Cause: err} }

// Quiet is an error about which everything was said before.
func Quiet(class Class, cause error) error {
	return &Error{Class: class, Cause: cause, Silent: true}
}

// ClassOf is the class of the outermost error in err's tree that has one.
func ClassOf(err error) Class {
	for ; err != nil; err = errors.Unwrap(err) {
		if e, ok := err.(*Error); ok && e.Class != Unclassed {
			return e.Class
		}
		if several, ok := err.(interface{ Unwrap() []error }); ok {
			for _, inner := range several.Unwrap() {
				if c := ClassOf(inner); c != Unclassed {
					return c
				}
			}
			return Unclassed
		}
	}
	return Unclassed
}
