package main

import (
	"errors"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/words"
)

var (
	errUsage        = errors.New("usage")
	errUser         = errors.New("a user name or password in an address")
	errUserInList   = errors.New("a user name or password in an address of a list")
	errForm         = errors.New("no such form")
	errNothing      = errors.New("no such document")
	errNoDocuments  = errors.New("no documents")
	errEmptyList    = errors.New("empty list")
	errIncomplete   = errors.New("not all documents")
	errNotSealed    = errors.New("nobody to seal to")
	errPlain        = errors.New("a plain repository in the place of a sealed one")
	errKeyExists    = errors.New("a file of this name exists")
	errOtherRunner  = errors.New("this machine's runner identity is another one than before")
	errLacking      = errors.New("lists are missing or cannot be read")
	errHomeless     = errors.New("no home folder")
	errUnopened     = errors.New("no identity opens some objects")
	errKind         = errors.New("no kind of source")
	errIdentityPath = errors.New("a path in place of an identity")
	errRunnerPath   = errors.New("a path in place of a runner identity")
	errNoTarget     = errors.New("no server to restore into")
	errNoAnswer     = errors.New("the server to restore into does not answer")
	errTable        = errors.New("no table of this move")
	errRunnerKind   = errors.New("runner identity of another kind than the recipients")
)

// errorRows are the rows of the table of errors for those of commands.
func errorRows() []words.Row {
	return []words.Row{
		{As: schemeless, Hint: "hint-scheme"},
		{Is: errUser, Cause: "user-in-address", Hint: "hint-user-in-address"},
		{Is: errUserInList, Cause: "user-in-address", Hint: "hint-user-in-file"},
		{Is: errUsage, Hint: "hint-usage", Class: message.Usage},
		{Is: errForm, Hint: "hint-forms"},
		{Is: errNoTarget, Hint: "hint-no-target"},
		{Is: errNoAnswer, Hint: "hint-no-answer"},
		{Is: errTable, Hint: "hint-table"},
		{Is: errEmptyList, Hint: "hint-empty-list"},
		{Is: errNoDocuments, Hint: "hint-no-documents"},
		{Is: errNotSealed, Hint: "hint-not-sealed"},
		{Is: errPlain, Hint: "hint-plain"},
		{Is: errAway, Cause: "cause-away", Hint: "hint-away"},
		{Is: errKeyExists, Hint: "hint-key-exists"},
		{Is: errLacking, Hint: "hint-lacking"},
		{Is: errHomeless, Hint: "hint-homeless"},
		{Is: errUnopened, Hint: "hint-unopened"},
		{Is: errNothing, Hint: "hint-nothing"},
		{Is: errOtherRunner, Hint: "hint-other-runner"},
		{Is: errIdentityPath, Hint: "hint-identity-path"},
		{Is: errRunnerPath, Hint: "hint-runner-path"},
		{Is: errRunnerKind, Hint: "hint-runner-kind"},
	}
}

func schemeless(err error) (message.Message, bool) {
	e, ok := err.(*schemelessError)
	if !ok {
		return message.Message{}, false
	}
	return message.New("", "Address", e.completed), true
}
