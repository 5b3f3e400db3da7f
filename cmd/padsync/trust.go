package main

import (
	"context"
	"errors"
	"time"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/repository"
)

// errAway says that there is no repository where this machine knows one.
var errAway = awayError{}

type awayError struct{}

func (awayError) Error() string {
	return "this machine knows a repository here, and now there is none"
}
func (awayError) Unwrap() error { return repository.ErrNone }

// openToRead opens the repository at a place for reading.
func (a *app) openToRead(ctx context.Context, at place, c commonFlags, s *settings, o repository.Options) (*repository.Repository, error) {
	sink, err := at.Location.Open(ctx, a.sinkWarns)
	if err != nil {
		return nil, message.In(err, "repository", "Repository", at.Shown)
	}
	known := a.memory(at.Location)
	o.Known = known.ids
	repo, err := repository.Open(ctx, sink, o)
	switch {
	case errors.Is(err, repository.ErrNone) && len(known.Repositories) > 0:
		return nil, message.In(errAway, "repository", "Repository", at.Shown)
	case err != nil:
		return nil, message.In(err, "repository", "Repository", at.Shown)
	case repo.Sealed() || at.unencrypted:
	case a.wantsSealed(c, s):
		return nil, message.Of(message.Usage, errPlain, "plain-with-keys", "Repository", at.Shown)
	case known.sealed():
		return nil, message.Of(message.Usage, errPlain, "plain-now", "Repository", at.Shown)
	}
	a.remember(at.Location, repo)
	return repo, nil
}

// wantsSealed reports whether somebody gave an identity or recipients: so the
// repository is to be sealed.
func (a *app) wantsSealed(c commonFlags, s *settings) bool {
	e := s.Encryption
	return a.ownerGiven(c, s) || len(e.Recipients) > 0 || e.RecipientsFile != ""
}

// ownerGiven reports whether an identity was given that should open packs.
func (a *app) ownerGiven(c commonFlags, s *settings) bool {
	e := s.Encryption
	return a.identitiesGiven(c) || e.IdentityFile != "" || len(e.IdentityCommand) > 0
}

// openToWrite opens the repository at a place for writing. The error matches
// repository.ErrNone if there is none, and none that this machine knows.
func (a *app) openToWrite(ctx context.Context, at place, o repository.Options) (*repository.Repository, error) {
	sink, err := at.Location.Open(ctx, a.sinkWarns)
	if err != nil {
		return nil, err
	}
	known := a.memory(at.Location)
	o.Known = known.ids
	repo, err := repository.OpenToWrite(ctx, sink, o)
	switch {
	case errors.Is(err, repository.ErrNone) && len(known.Repositories) > 0:
		return nil, errAway
	case err != nil:
		return nil, err
	case !repo.Sealed() && !at.unencrypted && known.sealed():
		return nil, errPlain
	}
	a.remember(at.Location, repo)
	return repo, nil
}

// openOrCreate is openToWrite, and makes a repository where there is none; in
// the place of one that this machine knows only if that was said.
func (a *app) openOrCreate(ctx context.Context, at place, o repository.Options, anew bool) (*repository.Repository, error) {
	if at.Kind != "local" {
		o.Settle = settling
	}
	repo, err := a.openToWrite(ctx, at, o)
	switch {
	case !errors.Is(err, repository.ErrNone), errors.Is(err, errAway) && !anew:
		return repo, err
	case len(o.Recipients) == 0 && !at.unencrypted && a.memory(at.Location).sealed():
		return nil, errPlain
	}
	sink, err := at.Location.Open(ctx, a.sinkWarns)
	if err != nil {
		return nil, err
	}
	if repo, err = repository.Create(ctx, sink, o); err == nil {
		a.remember(at.Location, repo)
	}
	return repo, err
}

// settling is for stores that several machines write into. Three starts at once,
// under the race detector, were seen to be a second and a half apart.
const settling = 5 * time.Second
