package main

import (
	"errors"

	"filippo.io/age"
	"filippo.io/age/plugin"
	"github.com/padsync/padsync/crypto"
)

var (
	errUsage        = errors.New("usage")
	errLocation     = errors.New("not the address of a repository")
	errIdentityPath = errors.New("a path in place of an identity")
	errRunnerKind   = errors.New("runner identity of another kind than the recipients")
)

// hints are lines that say what to do about err, as far as it is known.
func (a *app) hints(err error) []string {
	var none *age.NoIdentityMatchError
	var noPlugin *plugin.NotFoundError
	switch {
	case errors.Is(err, errUsage):
		return []string{a.text("hint-usage")}
	case errors.Is(err, errLocation):
		return []string{a.text("hint-location")}
	case errors.Is(err, errIdentityPath):
		return []string{a.text("hint-identity-path")}
	case errors.Is(err, errRunnerKind):
		return []string{a.text("hint-runner-kind")}
	case errors.Is(err, crypto.ErrIdentity):
		return []string{a.text("hint-identity-as-recipient")}
	case errors.Is(err, crypto.ErrMixed):
		return []string{a.text("hint-mixed")}
	case errors.Is(err, crypto.ErrPassphrase):
		return []string{a.text("hint-passphrase")}
	case errors.As(err, &noPlugin):
		return []string{a.text("hint-plugin", "Name", noPlugin.Name)}
	case errors.As(err, &none):
		return []string{a.text("hint-no-identity")}
	}
	return nil
}
