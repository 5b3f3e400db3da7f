package main

import (
	"errors"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/words"
)

var (
	errUsage       = errors.New("usage")
	errForm        = errors.New("no such form")
	errNothing     = errors.New("no such document")
	errNoDocuments = errors.New("no documents")
	errEmptyList   = errors.New("empty list")
	errIncomplete  = errors.New("not all documents")
	errKeyExists   = errors.New("a file of this name exists")
	errLacking     = errors.New("lists are missing or cannot be read")
	errUnopened    = errors.New("no identity opens some objects")
	errTable       = errors.New("there is no table of this move")
)

// errorRows are the rows of the table of errors for those of commands.
func errorRows() []words.Row {
	return []words.Row{
		{As: schemeless, Hint: "hint-scheme"},
		{Is: errUsage, Hint: "hint-usage", Class: message.Usage},
		{Is: errForm, Hint: "hint-forms"},
		{Is: errTable, Hint: "hint-table"},
		{Is: errEmptyList, Hint: "hint-empty-list"},
		{Is: errNoDocuments, Hint: "hint-no-documents"},
		{Is: errKeyExists, Hint: "hint-key-exists"},
		{Is: errLacking, Hint: "hint-lacking"},
		{Is: errUnopened, Hint: "hint-unopened"},
		{Is: errNothing, Hint: "hint-nothing"},
	}
}

// schemeless comes before what is said of the address as it was given.
func schemeless(err error) (message.Message, bool) {
	e, ok := err.(*setup.SchemelessError)
	if !ok {
		return message.Message{}, false
	}
	return message.New("", "Address", e.Completed), true
}
