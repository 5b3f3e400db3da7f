package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
)

// maxSecret is more than any password, key or cookie has.
const maxSecret = 64 << 10

var errEmptySecret = errors.New("it is empty, or too long")

// accesses open servers, by the servers' identities.
type accesses map[string]sources.Access

// accesses reads the secrets that the configuration names for the servers
// that are asked for one of all.
func (a *app) accesses(ctx context.Context, s *settings, all []wanted) (accesses, error) {
	asked := make(map[string]bool)
	for _, w := range all {
		asked[manifest.Address(w.base)] = true
	}
	found := make(accesses)
	for _, source := range s.Sources {
		base, err := sources.Normalize(source.URL.Reveal())
		if err != nil || !asked[manifest.Address(base)] {
			continue
		}
		access := found.of(base)
		if err := a.readAccess(ctx, source.Access, &access); err != nil {
			return nil, err
		}
		found[manifest.Address(base)] = access
	}
	return found, nil
}

func (all accesses) of(base string) sources.Access { return all[manifest.Address(base)] }

// readAccess adds what one [[source]] says to what others said of its server.
func (a *app) readAccess(ctx context.Context, c config.Access, into *sources.Access) error {
	if c.User != "" {
		into.User = c.User
	}
	if c.ClientID != "" {
		into.ClientID = c.ClientID
	}
	if c.MyPadsLogin != "" {
		into.MyPadsLogin = c.MyPadsLogin
	}
	for _, secret := range []struct {
		key, file string
		command   []string
		into      *string
	}{
		{"password", c.PasswordFile, c.PasswordCommand, &into.Password},
		{"cookie", c.CookieFile, c.CookieCommand, &into.Cookie},
		{"api-key", c.APIKeyFile, c.APIKeyCommand, &into.APIKey},
		{"client-secret", c.ClientSecretFile, c.ClientSecretCommand, &into.ClientSecret},
		{"mypads-password", c.MyPadsPasswordFile, c.MyPadsPasswordCommand, &into.MyPadsPassword},
	} {
		switch {
		case secret.file != "":
			a.warnExposed(secret.file)
			text, err := readSecret(secret.file)
			if err != nil {
				return message.Of(message.Usage, err, "bad-key-file", "File", secret.file, "Error", err)
			}
			*secret.into = text
		case len(secret.command) > 0:
			text, err := a.output(ctx, secret.command)
			if err == nil {
				*secret.into, err = oneSecret(string(text))
			}
			if err != nil {
				return message.Of(message.Usage, err, "bad-secret-command", "Key", secret.key, "Error", err)
			}
		}
	}
	return nil
}

func readSecret(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", errors.Unwrap(err) // the name is told besides
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", err
	}
	return oneSecret(string(text))
}

// oneSecret takes the end of its line off.
func oneSecret(text string) (string, error) {
	text = strings.TrimRight(strings.TrimPrefix(text, "\ufeff"), "\r\n")
	if text == "" || len(text) > maxSecret {
		return "", errEmptySecret
	}
	return text, nil
}
