package setup

import (
	"context"

	"filippo.io/age"
	"github.com/padsync/padsync/crypto"
)

// An Owner is whoever can open what is saved: the identities for it, unlocked. A nil
// one has none.
type Owner struct{ identities []age.Identity }

// AtHand says that there are identities.
func (o *Owner) AtHand() bool { return o != nil && len(o.identities) > 0 }

// Owner unlocks the identities that open documents: given, or else of the
// configuration. It may ask for a passphrase; the error is then as that of
// crypto.ParseIdentities. Without any, nobody is at hand, which is no error.
func (s *Settings) Owner(ctx context.Context) (*Owner, error) {
	all, err := s.ownerIdentities(ctx, true)
	return &Owner{all}, err
}

// With are the same settings, which open documents with these identities and never
// ask for others: for a process that lasts, in which somebody gives a passphrase
// once.
func (s *Settings) With(o *Owner) *Settings {
	other := *s
	other.owner = o
	return &other
}

// Asking are the same settings, which ask otherwise.
func (s *Settings) Asking(a Asker) *Settings {
	asking, other := *s.setup, *s
	asking.Asker, other.setup = a, &asking
	return &other
}

// Nobody is an Asker that asks nobody.
type Nobody struct{}

// Prompt implements Asker.
func (Nobody) Prompt(string) crypto.Prompt { return crypto.Prompt{} }

// Output implements Asker: a command might ask, and is not run.
func (Nobody) Output(context.Context, []string) ([]byte, error) { return nil, crypto.ErrPassphrase }

// ownerIdentities are those that open documents: given, or else of the
// configuration. Where Nobody may be asked, those that need it are left out.
func (s *Settings) ownerIdentities(ctx context.Context, ask bool) ([]age.Identity, error) {
	switch {
	case s.owner != nil:
		return s.owner.identities, nil
	case !ask:
		all, err := s.Asking(Nobody{}).ownerIdentities(ctx, true)
		if err != nil {
			return nil, nil
		}
		return all, nil
	case s.identitiesGiven():
		return s.givenIdentities()
	}
	return s.configuredIdentities(ctx)
}

// configuredIdentities are those that the configuration names. They are the
// owner's, and may ask for a passphrase.
func (s *Settings) configuredIdentities(ctx context.Context) (all []age.Identity, err error) {
	if file := s.Encryption.IdentityFile; file != "" {
		if all, err = s.setup.readIdentities([]string{file}); err != nil {
			return nil, err
		}
	}
	more, err := s.setup.identitiesFromCommand(ctx, s.Encryption.IdentityCommand)
	return append(all, more...), err
}

// AddOwner adds the identities that the configuration names, if none was given.
// They are the owner's, and may ask for a passphrase.
func (r *Reading) AddOwner(ctx context.Context) error {
	s := r.Settings
	if s.identitiesGiven() || !r.Sealed() {
		return nil
	}
	ids, err := s.ownerIdentities(ctx, true)
	r.Repository = r.With(ids...)
	return err
}
