package main

import (
	"errors"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/words"
)

var (
	errUsage = errors.New("usage")
	errForm  = errors.New("no such form")
	errTable = errors.New("no table of this move")
)

// errorRows are the rows of the table of errors for those of commands.
func errorRows() []words.Row {
	return []words.Row{
		{Is: errUsage, Hint: "hint-usage", Class: message.Usage},
		{Is: errForm, Hint: "hint-forms"},
		{Is: errTable, Hint: "hint-table"},
		{Is: errUnscheduled, Hint: "hint-unscheduled"},
		{Is: errNoPage},
		{Is: errNoBrowser, Hint: "hint-no-browser"},
	}
}
