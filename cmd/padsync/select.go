package main

import (
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
		err = message.Quiet(message.Incomplete, a.setup.Kinds.Schemeless(s, setup.ErrIncomplete))
	}
	return err
}
