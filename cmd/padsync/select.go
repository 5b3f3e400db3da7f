package main

import (
	"errors"
	"strings"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/library"
)

// tellUnfound says for which names nothing was found. Something was found for
// the others, so the rest is done.
func (a *app) tellUnfound(s *library.Selection) error {
	var err error
	for _, text := range s.Unfound() {
		a.note("nothing-fits-this", "Document", a.setup.Kinds.Shown(text))
		err = message.Quiet(message.Incomplete, a.setup.Unfound(s, setup.ErrIncomplete))
	}
	return err
}

// showGuess lists the documents that a pattern took, if err is that nobody
// agreed to change them.
func (a *app) showGuess(err error) {
	guess, ok := errors.AsType[*setup.GuessError](err)
	if !ok {
		return
	}
	for _, f := range guess.Fits {
		a.say("pattern-took-this", "Hash", f.Hash, "Document", strings.TrimSpace(a.setup.Kinds.URL(f.Source, f.ID)+"  "+f.Called))
	}
}
