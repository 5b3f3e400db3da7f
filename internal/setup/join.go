package setup

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"

	"filippo.io/age"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks/rclone"
)

// ErrOtherKey says that the configuration names other recipients than those of a
// repository that is to be joined.
var ErrOtherKey = errors.New("the configuration names another key than that of the repository")

// A Joining is a repository of before, and the key that opens it.
type Joining struct {
	at         Place
	key        []byte // the file, as it was given; nil where the configuration names it
	protected  bool
	recipients []string // of the identities that open the repository
	identities []age.Identity
}

// Owner is who has the key.
func (j *Joining) Owner() *Owner { return &Owner{j.identities} }

// OpenedBy tries an identity file at a sealed repository of before; the passphrase is
// that of the file, if it has one. The error is as those of crypto.ParseIdentities, or
// matches repository.ErrNoIdentity for a key that does not open it, and ErrOtherKey for
// one that the configuration does not name where it names another.
func (s *Settings) OpenedBy(ctx context.Context, at Place, key []byte, passphrase string) (*Joining, error) {
	j := &Joining{at: at, key: key}
	ids, err := crypto.ParseIdentities(bytes.NewReader(key), crypto.Prompt{Passphrase: func() (string, error) {
		j.protected = true
		return passphrase, nil
	}})
	if err != nil {
		return nil, err
	}
	return j, s.opens(ctx, j, ids)
}

// OpenedByOwner is OpenedBy with the key that the configuration names, and that is at
// hand.
func (s *Settings) OpenedByOwner(ctx context.Context, at Place, o *Owner) (*Joining, error) {
	j := &Joining{at: at}
	if !o.AtHand() {
		return nil, repository.ErrNoIdentity
	}
	return j, s.opens(ctx, j, o.identities)
}

// opens notes which of the identities open the repository.
func (s *Settings) opens(ctx context.Context, j *Joining, ids []age.Identity) error {
	err := within(ctx, stepTime, func(ctx context.Context) error {
		sink, err := s.openToTry(ctx, j.at)
		if err != nil {
			return err
		}
		for _, id := range ids {
			repo, err := repository.Open(ctx, sink, repository.Options{Pool: new(spool.Pool), Identities: []age.Identity{id}})
			if err != nil {
				return err
			}
			c, err := repo.Read(ctx, repository.At{})
			if errors.Is(err, repository.ErrNoIdentity) {
				continue
			}
			if err != nil {
				return err
			}
			c.Close()
			r, err := crypto.RecipientOf(id)
			if err != nil {
				return err
			}
			j.identities, j.recipients = append(j.identities, id), append(j.recipients, r.String())
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case len(j.identities) == 0:
		return repository.ErrNoIdentity
	}
	return s.namesOther(j)
}

// namesOther is the error that the configuration names another key.
func (s *Settings) namesOther(j *Joining) error {
	if !s.Sealed() {
		return nil
	}
	named, err := s.recipients(nil)
	if err != nil {
		return err
	}
	for _, r := range named {
		if !slices.Contains(j.recipients, r.String()) {
			return message.Of(message.Usage, ErrOtherKey, "other-key", "File", s.File)
		}
	}
	return nil
}

// Join adds the repository to the configuration, and its key, as it was given, in a
// file beside that. The settings stay as they are: they have to be loaded anew.
func (s *Settings) Join(j *Joining) error {
	if !s.Sealed() && j.key != nil {
		name := plainKey
		if j.protected {
			name = protectedKey
		}
		if _, err := s.keep(name, func(w io.Writer) error {
			_, err := w.Write(j.key)
			return err
		}, j.recipients); err != nil {
			return err
		}
	}
	if s.configures(j.at.Location) {
		return nil
	}
	again, err := s.setup.Load(s.options)
	if err != nil {
		return err
	}
	return again.AddPlaces(j.at)
}

// Remotes are the names of the remotes that rclone's configuration has.
func (s *Setup) Remotes() ([]string, error) { return rclone.Remotes() }

// Home is the folder for copies on this computer, where nobody says another.
func (s *Setup) Home() (string, error) { return s.defaultRepository() }

// GetBack makes the catalogue from what the first repository has, if this machine has
// none: with the choices of the machine that saved there, if it was one alone. The
// settings have the key.
func (s *Settings) GetBack(ctx context.Context) (documents int, err error) {
	c, err := s.setup.OpenCatalog(ctx)
	if err != nil {
		return 0, err
	}
	all, err := c.Documents(ctx)
	if err := errors.Join(err, c.Close()); err != nil {
		return 0, err
	}
	if len(all) > 0 {
		d, err := s.Documents(ctx, true, nil)
		if err != nil {
			return 0, err
		}
		return len(d.All), d.Close()
	}
	there, err := s.Rebuild(ctx, "", false, nil)
	if err != nil {
		return 0, err
	}
	machine := ""
	for name := range there.Machines {
		if len(there.Machines) == 1 {
			machine = name
		}
	}
	rebuilt, err := s.Rebuild(ctx, machine, true, nil)
	if err != nil {
		return 0, err
	}
	return rebuilt.Documents, nil
}

// NewSecret is a text for a NewPlace that nothing prints.
func NewSecret(text string) config.Secret { return config.NewSecret(text) }
