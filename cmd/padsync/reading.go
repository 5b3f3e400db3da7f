package main

import (
	"context"
	"errors"
	"strings"

	"filippo.io/age"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/repository"
)

// reading is a repository that is open for reading.
type reading struct {
	*repository.Repository
	shown    string
	settings *settings
}

// open opens the first repository for reading, with the identities that cost
// nobody a passphrase: those that were given, and the runner's.
func (a *app) open(ctx context.Context, c commonFlags) (*reading, error) {
	return a.openWarning(ctx, c, a.warnDamaged)
}

func (a *app) openWarning(ctx context.Context, c commonFlags, warn func(*repository.CorruptError)) (*reading, error) {
	s, err := a.settings(c)
	if err != nil {
		return nil, err
	}
	at := s.repositories[0]
	repo, err := a.openToRead(ctx, at, c, s, repository.Options{Pool: new(spool.Pool), Warn: warn, Seen: a.seen})
	if errors.Is(err, repository.ErrNone) && !errors.Is(err, errAway) && !s.found && len(c.repositories) == 0 {
		return nil, message.In(repository.ErrNone, "repository-unconfigured", "Repository", at.Shown, "File", s.file)
	}
	if err != nil {
		return nil, err
	}
	if repo.Sealed() {
		identities, err := a.cheapIdentities(c, s)
		if err != nil {
			return nil, err
		}
		repo = repo.With(identities...)
	}
	return &reading{repo, at.Shown, s}, nil
}

// addOwner adds the identities that the configuration names, if none was
// given: the owner's, which may ask for a passphrase.
func (a *app) addOwner(ctx context.Context, c commonFlags, r *reading) error {
	if a.identitiesGiven(c) || !r.Sealed() {
		return nil
	}
	e := r.settings.Encryption
	if e.IdentityFile != "" {
		ids, err := a.readIdentities([]string{e.IdentityFile})
		if err != nil {
			return err
		}
		r.Repository = r.With(ids...)
	}
	ids, err := a.identitiesFromCommand(ctx, e.IdentityCommand)
	r.Repository = r.With(ids...)
	return err
}

func (a *app) identitiesGiven(c commonFlags) bool {
	return len(c.keys.identityFiles) > 0 || strings.TrimSpace(a.getenv("PADSYNC_IDENTITY")) != ""
}

func (a *app) cheapIdentities(c commonFlags, s *settings) ([]age.Identity, error) {
	all, err := a.givenIdentities(c.keys)
	if err != nil {
		return nil, err
	}
	for _, postQuantum := range []bool{false, true} {
		id, err := a.runnerIdentity(s.Encryption.RunnerIdentityFile, postQuantum, false)
		if err != nil {
			return nil, err
		}
		if id != nil {
			all = append(all, id)
		}
	}
	return all, nil
}

// givenIdentities are those of the command line and the environment.
func (a *app) givenIdentities(k keyFlags) ([]age.Identity, error) {
	all, err := a.readIdentities(k.identityFiles)
	if err != nil {
		return nil, err
	}
	more, err := a.identitiesFromEnv("PADSYNC_IDENTITY")
	return append(all, more...), err
}

// lists calls do, which reads lists of documents and no documents: the
// runner's identity is enough for it. If none opens them, the owner's does.
func (a *app) lists(ctx context.Context, c commonFlags, r *reading, do func() error) error {
	err := do()
	if !errors.Is(err, repository.ErrNoIdentity) {
		return err
	}
	if err := a.addOwner(ctx, c, r); err != nil {
		return err
	}
	return do()
}

// library is what the repository holds for readers.
func (a *app) library(r *reading) library.Library {
	return library.Library{Repository: r.Repository, Kinds: a.kinds.OfDocuments(), Seen: func(c *repository.Contents) { a.rememberLists(r.ID(), 0, c.Seen()) }}
}

// contents reads what the repository held at the moment when.
func (a *app) contents(ctx context.Context, r *reading, when string) (*repository.Contents, error) {
	at, err := a.moment(ctx, r, when)
	if err != nil {
		return nil, err
	}
	return a.contentsAt(ctx, r, at)
}

func (a *app) contentsAt(ctx context.Context, r *reading, at repository.At) (*repository.Contents, error) {
	c, err := a.library(r).ContentsAt(ctx, at)
	if err != nil {
		return nil, message.In(err, "repository", "Repository", r.shown)
	}
	return c, nil
}

// moment reads what --at says, which may be a run of the repository.
func (a *app) moment(ctx context.Context, r *reading, when string) (repository.At, error) {
	at, err := a.library(r).Moment(ctx, when)
	if err != nil && !errors.Is(err, library.ErrWhen) {
		err = message.In(err, "repository", "Repository", r.shown)
	}
	return at, err
}

// warnDamaged tells of an object that is left out. Of those that no identity
// opens, and of lists that are missing, it tells once: they may be all that
// another machine wrote.
func (a *app) warnDamaged(e *repository.CorruptError) {
	switch {
	case errors.Is(e, repository.ErrNoIdentity):
		a.unopened.Do(func() { a.note("unopened") })
	case errors.Is(e, repository.ErrSequence):
		a.note("damaged-sequence", "Object", e.Key)
	case errors.Is(e, repository.ErrForeign):
		a.note("damaged-foreign", "Object", e.Key)
	case e.Key == headKey:
		a.note("headless", "Problem", a.words.Damage(e.Problem))
	case e.Problem == "missing" && !strings.Contains(e.Key, "/"):
		a.missing.Do(func() { a.note("missing-lists") })
	default:
		a.note("damaged", "Object", e.Key, "Problem", a.words.Damage(e.Problem))
	}
}

// headKey is the key of what says that a place is a repository.
const headKey = "padsync.json"

// lacking is the problem of who wanted all documents, where lists of them are
// missing or could not be read; nil if they are all there.
func (a *app) lacking(s *library.Selection, c *repository.Contents) error {
	n := c.Lacking()
	if n == 0 || !s.All() {
		return nil
	}
	return a.lackingLists(n)
}

func (a *app) lackingLists(n int) error {
	return message.Of(message.Incomplete, errLacking, "lists-lacking", "Count", n)
}
