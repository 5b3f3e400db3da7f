package setup

import (
	"errors"

	"filippo.io/age"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/repository"
)

var (
	// ErrNotSealed is for a repository that has to be sealed, where nobody
	// said to whom.
	ErrNotSealed = errors.New("nobody to seal to")

	// ErrOptions is for options that do not go together.
	ErrOptions = errors.New("options that do not go together")
)

// Sealing says who can read what the run writes. What is not a local folder
// is sealed, unless the person said otherwise.
func (s *Settings) Sealing() (repository.Options, error) { return s.sealing(true) }

// sealing makes the runner's identity, if there is none, only if create.
func (s *Settings) sealing(create bool) (repository.Options, error) {
	given, err := s.givenIdentities()
	if err != nil {
		return repository.Options{}, err
	}
	recipients, err := s.recipients(given)
	if err != nil {
		return repository.Options{}, err
	}
	sealed := 0
	for _, place := range s.Repositories {
		switch {
		case place.Unencrypted:
		case len(recipients) > 0:
			sealed++
		case place.Kind != Local:
			return repository.Options{}, message.Of(message.Usage, ErrNotSealed, "not-sealed", "Repository", place.Shown)
		}
	}
	if sealed == 0 {
		return repository.Options{}, nil
	}
	postQuantum, err := crypto.PostQuantum(recipients...)
	if err != nil {
		return repository.Options{}, err
	}
	runner, err := s.setup.runnerIdentity(s.Encryption.RunnerIdentityFile, postQuantum, create)
	if err != nil || runner == nil {
		return repository.Options{Recipients: recipients}, err
	}
	recipient, err := crypto.RecipientOf(runner)
	if err != nil {
		return repository.Options{}, err
	}
	identities := append(given, runner)
	if s.owner.AtHand() { // a machine that joins a repository reads its lists with it
		identities = append(identities, s.owner.identities...)
	}
	// What this machine wrote for recipients of the other kind shows to whom
	// the last run sealed. Where its identity cannot be read, most runs do
	// without it, and the others say what they cannot open.
	if other, err := s.setup.ownRunner(!postQuantum, false); err == nil && other != nil {
		identities = append(identities, other)
	}
	return repository.Options{
		Recipients: recipients,
		Runner:     []crypto.Recipient{recipient},
		Identities: identities,
		Own:        runner,
	}, nil
}

// recipients are those of the options, or else of the configuration, or
// else those of the identities that were given.
func (s *Settings) recipients(given []age.Identity) ([]crypto.Recipient, error) {
	texts, files := s.options.Recipients, s.options.RecipientsFiles
	if len(texts)+len(files) > 0 && s.options.Unencrypted {
		return nil, message.Of(message.Usage, ErrOptions, "sealed-or-not")
	}
	if len(texts)+len(files) == 0 {
		if err := s.badRecipient(); err != nil {
			return nil, err
		}
		texts = s.Encryption.Recipients
		if s.Encryption.RecipientsFile != "" {
			files = []string{s.Encryption.RecipientsFile}
		}
	}
	recipients, err := s.setup.parseRecipients(texts, files)
	if err != nil || len(recipients) > 0 {
		return recipients, err
	}
	for _, id := range given {
		r, err := crypto.RecipientOf(id)
		if err != nil {
			return nil, message.Of(message.Usage, err, "bad-recipient", "Error", err)
		}
		recipients = append(recipients, r)
	}
	return unique(recipients)
}

// Readers are those who can read what a backup writes: their public keys, as texts.
// None: nothing is sealed.
func (s *Settings) Readers() ([]string, error) {
	recipients, err := s.recipients(nil)
	var texts []string
	for _, r := range recipients {
		texts = append(texts, r.String())
	}
	return texts, err
}
