package setup

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sources"
)

// maxSecret is more than any password, key or cookie has.
const maxSecret = 64 << 10

var errEmptySecret = errors.New("it is empty, or too long")

// A key is what opens a server, and its documents that ask for a password.
type key struct {
	access    sources.Access
	passwords map[string]string // by the documents' ids; that of "" is for all others
}

// keys open servers, by the servers' addresses as manifest.Address has them.
type keys map[string]*key

// add gives the key of a server, to be added to.
func (all keys) add(base string) *key {
	server := manifest.Address(base)
	if all[server] == nil {
		all[server] = &key{passwords: make(map[string]string)}
	}
	return all[server]
}

// of is the key of a server, empty if there is none.
func (all keys) of(base string) key {
	if k := all[manifest.Address(base)]; k != nil {
		return *k
	}
	return key{}
}

// keys reads the secrets that the configuration names for the servers of all
// these documents.
func (s *Settings) keys(ctx context.Context, all []Wanted) (keys, error) {
	asked := make(map[string]bool)
	for _, w := range all {
		asked[manifest.Address(w.base)] = true
	}
	isAsked := func(base string) bool { return asked[manifest.Address(base)] }
	found := make(keys)
	for _, source := range s.Sources {
		base, err := sources.Normalize(source.URL.Reveal())
		if err != nil || !isAsked(base) {
			continue
		}
		if err := s.readPasswords(ctx, source, found.add(base).passwords); err != nil {
			return nil, err
		}
	}
	return found, s.addAccess(ctx, found, isAsked)
}

// addAccess reads what opens the servers that are asked.
func (s *Settings) addAccess(ctx context.Context, to keys, isAsked func(base string) bool) error {
	for _, source := range s.Sources {
		base, err := sources.Normalize(source.URL.Reveal())
		if err != nil || !isAsked(base) {
			continue
		}
		if err := s.readAccess(ctx, source.Access, &to.add(base).access); err != nil {
			return err
		}
	}
	return nil
}

// readAccess adds what one [[source]] says to what others said of its server.
func (s *Settings) readAccess(ctx context.Context, c config.Access, into *sources.Access) error {
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
		text, err := s.readSecret(ctx, secret.key, secret.file, secret.command)
		if err != nil {
			return err
		}
		if text != "" {
			*secret.into = text
		}
	}
	return nil
}

// readSecret gives what a file has or a command prints, "" if there is neither.
func (s *Settings) readSecret(ctx context.Context, key, file string, command []string) (text string, err error) {
	switch {
	case file != "":
		s.setup.warnExposed(file)
		if text, err = readSecret(file); err != nil {
			return "", badFile(file, err)
		}
	case len(command) > 0:
		printed, err := s.setup.Asker.Output(ctx, command)
		if err == nil {
			text, err = oneSecret(string(printed))
		}
		if err != nil {
			return "", message.Of(message.Usage, err, "bad-secret-command", "Key", key, "Error", err)
		}
	}
	return text, nil
}

// ErrAccessKey says that something else is where an access key should be.
var ErrAccessKey = errors.New("want the id of an access key and its secret, with a blank or a line end between them")

// openStore opens the store at a place, with what the configuration says of it.
func (s *Settings) openStore(ctx context.Context, at Place) (sinks.Sink, error) {
	o, err := s.opening(ctx, at)
	if err != nil {
		return nil, err
	}
	return at.Location.Open(ctx, o)
}

func (s *Settings) opening(ctx context.Context, at Place) (Opening, error) {
	o := Opening{Warn: s.sinkWarns}
	if at.key != nil {
		o.Key = *at.key
		return o, nil
	}
	password, err := s.readSecret(ctx, "password", at.access.PasswordFile, at.access.PasswordCommand)
	if err != nil {
		return Opening{}, err
	}
	pair, err := s.readSecret(ctx, "access-key", at.access.AccessKeyFile, at.access.AccessKeyCommand)
	if err != nil {
		return Opening{}, err
	}
	o.Key = StoreKey{User: at.access.User, Password: password}
	switch parts := strings.Fields(pair); {
	case len(parts) == 2:
		o.Key.AccessKey, o.Key.SecretKey = parts[0], parts[1]
	case pair != "" && at.access.AccessKeyFile != "":
		return Opening{}, badFile(at.access.AccessKeyFile, ErrAccessKey)
	case pair != "":
		return Opening{}, message.Of(message.Usage, ErrAccessKey, "bad-secret-command", "Key", "access-key", "Error", ErrAccessKey)
	}
	return o, nil
}

func readSecret(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", err
	}
	return oneSecret(string(text))
}

// oneSecret cuts off the line end.
func oneSecret(text string) (string, error) {
	text = strings.TrimRight(strings.TrimPrefix(text, "\ufeff"), "\r\n")
	if text == "" || len(text) > maxSecret {
		return "", errEmptySecret
	}
	return text, nil
}

// readPasswords adds the passwords of documents that one [[source]] names.
func (s *Settings) readPasswords(ctx context.Context, source config.Source, into map[string]string) error {
	if source.PasswordsFile != "" {
		s.setup.warnExposed(source.PasswordsFile)
		text, err := os.ReadFile(source.PasswordsFile)
		if err != nil {
			return message.Of(message.Usage, err, "bad-file", "Error", err)
		}
		if err := addPasswords(text, into); err != nil {
			return badFile(source.PasswordsFile, err)
		}
	}
	if len(source.PasswordsCommand) > 0 {
		text, err := s.setup.Asker.Output(ctx, source.PasswordsCommand)
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
