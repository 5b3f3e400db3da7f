package main

import (
	"filippo.io/age"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/repository"
)

// sealing says who can read what the run writes. What is not a local folder
// is sealed, unless the person said otherwise.
func (a *app) sealing(flags backupFlags, s *settings) (repository.Options, error) {
	given, err := a.givenIdentities(flags.keys)
	if err != nil {
		return repository.Options{}, err
	}
	recipients, err := a.recipients(flags, s, given)
	if err != nil {
		return repository.Options{}, err
	}
	sealed := 0
	for i := range s.repositories {
		place := &s.repositories[i]
		switch {
		case place.unencrypted:
		case len(recipients) > 0:
			sealed++
		case place.Kind != "local":
			return repository.Options{}, message.Of(message.Usage, errNotSealed, "not-sealed", "Repository", place.Shown)
		}
	}
	if sealed == 0 {
		return repository.Options{}, nil
	}
	postQuantum, err := crypto.PostQuantum(recipients...)
	if err != nil {
		return repository.Options{}, err
	}
	runner, err := a.runnerIdentity(s.Encryption.RunnerIdentityFile, postQuantum, true)
	if err != nil {
		return repository.Options{}, err
	}
	recipient, err := crypto.RecipientOf(runner)
	if err != nil {
		return repository.Options{}, err
	}
	identities := append(given, runner)
	// What this machine wrote for recipients of the other kind tells whom the
	// last run sealed to. Where its identity cannot be read, most runs do
	// without, and the others say what they cannot open.
	if other, err := a.ownRunner(!postQuantum, false); err == nil && other != nil {
		identities = append(identities, other)
	}
	return repository.Options{
		Recipients: recipients,
		Runner:     []crypto.Recipient{recipient},
		Identities: identities,
		Own:        runner,
	}, nil
}

// recipients are those of the command line, or else of the configuration, or
// else those of the identities that were given.
func (a *app) recipients(flags backupFlags, s *settings, given []age.Identity) ([]crypto.Recipient, error) {
	texts, files := flags.keys.recipients, flags.keys.recipientsFiles
	if len(texts)+len(files) > 0 && flags.unencrypted {
		return nil, message.Of(message.Usage, errUsage, "sealed-or-not")
	}
	if len(texts)+len(files) == 0 {
		if err := a.badRecipient(s); err != nil {
			return nil, err
		}
		texts = s.Encryption.Recipients
		if s.Encryption.RecipientsFile != "" {
			files = []string{s.Encryption.RecipientsFile}
		}
	}
	recipients, err := a.parseRecipients(texts, files)
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
	return a.unique(recipients)
}
