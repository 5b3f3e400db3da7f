package main

import (
	"errors"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/library"
)

// tellUnfound says for which names nothing was found. Something was found for
// the others, so the rest is done.
func (a *app) tellUnfound(s *library.Selection) error {
	var err error
	for _, text := range s.Unfound() {
		a.note("nothing-fits-this", "Document", setup.WithoutUser(text))
		err = message.Quiet(message.Incomplete, a.schemeless(s, errIncomplete))
	}
	return err
}

// schemeless says that nothing was found for some, with what to type instead of
// the first one that only lacks https:// to be an address.
func (a *app) schemeless(s *library.Selection, err error) error {
	for _, text := range s.Unfound() {
		if address, ok := a.setup.Completed(text); ok {
			return &setup.SchemelessError{Completed: address, Err: err}
		}
	}
	return err
}

// nothing is the problem that there is no document as asked for. If lists of
// documents are lacking, they may tell it.
func (a *app) nothing(s *library.Selection, lacking int) error {
	switch cause := a.schemeless(s, errNothing); {
	case lacking > 0 && s.All():
		return a.lackingLists(lacking)
	case lacking > 0:
		return message.Of(message.Failed, errors.Join(errLacking, cause), "nothing-fits-lacking")
	default:
		return message.Of(message.Failed, cause, "nothing-fits")
	}
}
