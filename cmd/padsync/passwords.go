package main

import (
	"bytes"
	"context"
	"os"

	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
)

// passwords are those of documents, by their servers' identities and their
// ids; that of the id "" is for all others.
type passwords map[string]map[string]string

// passwords reads what the configuration says of them, if the server is asked
// for one of all.
func (a *app) passwords(ctx context.Context, s *settings, all []wanted) (passwords, error) {
	asked := make(map[string]bool)
	for _, w := range all {
		asked[manifest.Address(w.base)] = true
	}
	found := make(passwords)
	for _, source := range s.Sources {
		base, err := sources.Normalize(source.URL.Reveal())
		if err != nil || !asked[manifest.Address(base)] {
			continue
		}
		if err := a.readPasswords(ctx, source, found.of(base)); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// of gives the passwords of a server, which may be added to.
func (p passwords) of(base string) map[string]string {
	server := manifest.Address(base)
	if p[server] == nil {
		p[server] = make(map[string]string)
	}
	return p[server]
}

func (a *app) readPasswords(ctx context.Context, source config.Source, into map[string]string) error {
	if source.PasswordsFile != "" {
		a.warnExposed(source.PasswordsFile)
		text, err := os.ReadFile(source.PasswordsFile)
		if err != nil {
			return message.Of(message.Usage, err, "bad-file", "Error", err)
		}
		if err := addPasswords(text, into); err != nil {
			return message.Of(message.Usage, err, "bad-key-file", "File", source.PasswordsFile, "Error", err)
		}
	}
	if len(source.PasswordsCommand) > 0 {
		text, err := a.output(ctx, source.PasswordsCommand)
		if err == nil {
			err = addPasswords(text, into)
		}
		if err != nil {
			return message.Of(message.Usage, err, "bad-passwords-command", "Error", err)
		}
	}
	return nil
}

func addPasswords(text []byte, into map[string]string) error {
	read, err := config.ReadPasswords(bytes.NewReader(text))
	for id, password := range read {
		into[id] = password.Reveal()
	}
	return err
}
