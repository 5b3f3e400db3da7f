package setup

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/padsync/padsync/internal/machine"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// ErrAway says that there is no repository where this machine knows one. It
// matches repository.ErrNone.
var ErrAway error = awayError{}

type awayError struct{}

func (awayError) Error() string {
	return "this machine knows a repository here, and now there is none"
}
func (awayError) Unwrap() error { return repository.ErrNone }

// ErrPlain says that a repository is plain where it should be sealed.
var ErrPlain = errors.New("a plain repository in place of a sealed one")

// A Warner takes what is wrong with an object that a reader leaves out.
type Warner = func(*repository.CorruptError)

// OpenToRead opens the repository at a place for reading, with the identities
// that need no passphrase: those that were given, and the runner's. Warn may be
// nil.
func (s *Settings) OpenToRead(ctx context.Context, at Place, pool *spool.Pool, warn Warner) (*repository.Repository, error) {
	in := func(err error) error { return message.In(err, "repository", "Repository", at.Shown) }
	sink, err := s.openStore(ctx, at)
	if err != nil {
		return nil, in(err)
	}
	known := s.Machine.Repositories(at.place())
	repo, err := repository.Open(ctx, sink, repository.Options{Pool: pool, Warn: warn, Seen: s.Machine.Seen, Known: known.IDs})
	switch {
	case errors.Is(err, repository.ErrNone) && len(known.Repositories) > 0:
		return nil, in(ErrAway)
	case err != nil:
		return nil, in(err)
	case repo.Sealed() || at.Unencrypted:
	case s.Sealed():
		return nil, message.Of(message.Usage, ErrPlain, "plain-with-keys", "Repository", at.Shown)
	case known.Sealed():
		return nil, plainNow(at)
	}
	s.remember(at, repo)
	if !repo.Sealed() {
		return repo, nil
	}
	identities, err := s.cheapIdentities()
	if err != nil {
		return nil, err
	}
	return repo.With(identities...), nil
}

func plainNow(at Place) error {
	return message.Of(message.Usage, ErrPlain, "plain-now", "Repository", at.Shown)
}

// Sealed reports whether somebody gave an identity or recipients: so the
// repository is to be sealed.
func (s *Settings) Sealed() bool {
	e := s.Encryption
	return s.OwnerGiven() || len(e.Recipients) > 0 || e.RecipientsFile != ""
}

// OwnerGiven reports whether an identity was given that should open packs.
func (s *Settings) OwnerGiven() bool {
	e := s.Encryption
	return s.identitiesGiven() || e.IdentityFile != "" || len(e.IdentityCommand) > 0
}

// Settled reports whether it is said who can read what is saved: an identity or
// recipients are given, or all repositories may be plain.
func (s *Settings) Settled() bool {
	return s.Sealed() || !slices.ContainsFunc(s.Repositories, func(p Place) bool { return !p.Unencrypted })
}

// OpenToWrite opens the repository at a place for writing, with what Sealing
// gave. The error matches repository.ErrNone if there is none, and ErrAway
// where this machine knows one. Warn may be nil.
func (s *Settings) OpenToWrite(ctx context.Context, at Place, keys repository.Options, pool *spool.Pool, warn Warner) (*repository.Repository, error) {
	return s.openToWrite(ctx, at, s.writing(at, keys, pool, warn))
}

// writing are the options for the repository at a place.
func (s *Settings) writing(at Place, keys repository.Options, pool *spool.Pool, warn Warner) repository.Options {
	o := keys
	if at.Unencrypted {
		o = repository.Options{Now: keys.Now}
	}
	o.Pool, o.Warn, o.Seen = pool, warn, s.Machine.Seen
	return o
}

func (s *Settings) openToWrite(ctx context.Context, at Place, o repository.Options) (*repository.Repository, error) {
	sink, err := s.openStore(ctx, at)
	if err != nil {
		return nil, err
	}
	known := s.Machine.Repositories(at.place())
	o.Known = known.IDs
	repo, err := repository.OpenToWrite(ctx, sink, o)
	switch {
	case errors.Is(err, repository.ErrNone) && len(known.Repositories) > 0:
		return nil, ErrAway
	case err != nil:
		return nil, err
	case !repo.Sealed() && !at.Unencrypted && known.Sealed():
		return nil, plainNow(at)
	}
	s.remember(at, repo)
	return repo, nil
}

// OpenOrCreate is OpenToWrite, and makes a repository where there is none; in
// the place of one that this machine knows only if anew.
func (s *Settings) OpenOrCreate(ctx context.Context, at Place, keys repository.Options, pool *spool.Pool, warn Warner, anew bool) (*repository.Repository, error) {
	o := s.writing(at, keys, pool, warn)
	if at.Kind != Local {
		o.Settle = settling
	}
	repo, err := s.openToWrite(ctx, at, o)
	switch {
	case !errors.Is(err, repository.ErrNone), errors.Is(err, ErrAway) && !anew:
		return repo, err
	case len(o.Recipients) == 0 && !at.Unencrypted && s.Machine.Repositories(at.place()).Sealed():
		return nil, plainNow(at)
	}
	sink, err := s.openStore(ctx, at)
	if err != nil {
		return nil, err
	}
	if repo, err = repository.Create(ctx, sink, o); err == nil {
		s.remember(at, repo)
	}
	return repo, err
}

// settling is for stores that several machines write into. Three starts at
// once, under the race detector, were a second and a half apart.
const settling = 5 * time.Second

// Unwritten is the problem that nothing can be written into the repository at a
// place.
func Unwritten(at Place, err error) error {
	in := message.In(err, "repository", "Repository", at.Shown)
	for _, wrong := range []error{repository.ErrRecipients, repository.ErrSealed, repository.ErrPlain, manifest.ErrUnsupported} {
		if errors.Is(err, wrong) {
			return message.Classed(message.Usage, in)
		}
	}
	return in
}

// sinkWarns passes on what a store warns of.
func (s *Settings) sinkWarns(text string) { s.setup.tell("rclone-says", "Text", text) }

// remember notes that the repository is there, and says so if the machine knew
// another one.
func (s *Settings) remember(at Place, r *repository.Repository) {
	now := machine.Repository{ID: r.ID(), Sealed: r.Sealed()}
	if now.ID == "" || s.Machine.Folder() == "" {
		return
	}
	known := s.Machine.Repositories(at.place())
	if len(known.Repositories) > 0 && !known.Knows(now.ID) && !r.New() {
		s.setup.tell("other-repository", "Repository", at.Shown)
	}
	s.Machine.KeepRepository(at.place(), now)
}

// cheapIdentities are those that need no passphrase.
func (s *Settings) cheapIdentities() ([]age.Identity, error) {
	all, err := s.givenIdentities()
	if err != nil {
		return nil, err
	}
	for _, postQuantum := range []bool{false, true} {
		id, err := s.setup.runnerIdentity(s.Encryption.RunnerIdentityFile, postQuantum, false)
		if err != nil {
			return nil, err
		}
		if id != nil {
			all = append(all, id)
		}
	}
	return all, nil
}

func (s *Settings) identitiesGiven() bool {
	return len(s.options.IdentityFiles) > 0 || strings.TrimSpace(s.setup.Getenv(identityVariable)) != ""
}

// givenIdentities are those of the options and the environment.
func (s *Settings) givenIdentities() ([]age.Identity, error) {
	if s.identitiesGiven() && s.owner.AtHand() {
		return s.owner.identities, nil
	}
	all, err := s.setup.readIdentities(s.options.IdentityFiles)
	if err != nil {
		return nil, err
	}
	more, err := s.setup.identitiesFromEnv(identityVariable)
	return append(all, more...), err
}
