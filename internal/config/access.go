package config

import "strings"

// An Access is what opens a server beyond what is public: a part of
// [[source]] that needs its url. Secrets are read from files, or printed by
// programs; a configuration holds none.
type Access struct {
	// user is for a server that asks for a name and a password before it
	// shows anything (HTTP Basic authentication).
	User string `toml:"user"`

	// password-file has the password of user, password-command is a program
	// with its arguments that prints it.
	PasswordFile    string   `toml:"password-file"`
	PasswordCommand []string `toml:"password-command"`

	// cookie-file has the cookies that a browser would send, such as
	// "sessionID=s.…", cookie-command prints them.
	CookieFile    string   `toml:"cookie-file"`
	CookieCommand []string `toml:"cookie-command"`

	// api-key-file has the key of an Etherpad's HTTP API, api-key-command
	// prints it.
	APIKeyFile    string   `toml:"api-key-file"`
	APIKeyCommand []string `toml:"api-key-command"`

	// client-id is for an Etherpad whose API wants tokens, which it gives for
	// the secret that client-secret-file has, or client-secret-command
	// prints.
	ClientID            string   `toml:"client-id"`
	ClientSecretFile    string   `toml:"client-secret-file"`
	ClientSecretCommand []string `toml:"client-secret-command"`

	// mypads-login is that of an account of MyPads, which opens the pads of
	// its groups; mypads-password-file has its password, or
	// mypads-password-command prints it.
	MyPadsLogin           string   `toml:"mypads-login"`
	MyPadsPasswordFile    string   `toml:"mypads-password-file"`
	MyPadsPasswordCommand []string `toml:"mypads-password-command"`
}

// A StoreAccess is what opens the store at an address, of a [[repository]] or a
// [[mirror]], where the address alone does not.
type StoreAccess struct {
	// user is the account on a WebDAV server.
	User string `toml:"user"`

	// password-file has the password of user, password-command is a program
	// with its arguments that prints it.
	PasswordFile    string   `toml:"password-file"`
	PasswordCommand []string `toml:"password-command"`

	// access-key-file has the id of an access key of an S3 store and its
	// secret, with blanks or a line end between them; access-key-command
	// prints them. Without either, they come from the environment.
	AccessKeyFile    string   `toml:"access-key-file"`
	AccessKeyCommand []string `toml:"access-key-command"`
}

// A secret is a secret's two keys.
type secret struct {
	key     string // without -file or -command
	file    *string
	command []string
	owner   *string // without which it means nothing, nil if nothing
	ownerOf string  // the owner's key
}

func (a *Access) secrets() []secret {
	return []secret{
		{"password", &a.PasswordFile, a.PasswordCommand, &a.User, "user"},
		{"cookie", &a.CookieFile, a.CookieCommand, nil, ""},
		{"api-key", &a.APIKeyFile, a.APIKeyCommand, nil, ""},
		{"client-secret", &a.ClientSecretFile, a.ClientSecretCommand, &a.ClientID, "client-id"},
		{"mypads-password", &a.MyPadsPasswordFile, a.MyPadsPasswordCommand, &a.MyPadsLogin, "mypads-login"},
	}
}

func (a *StoreAccess) secrets() []secret {
	return []secret{
		{"password", &a.PasswordFile, a.PasswordCommand, &a.User, "user"},
		{"access-key", &a.AccessKeyFile, a.AccessKeyCommand, nil, ""},
	}
}

func (s secret) given() bool { return *s.file != "" || len(s.command) > 0 }

// access checks what opens a source.
func (k *checker) access(table string, s *Source) {
	any := k.secrets(table, s.secrets()) || s.All
	if any && s.URL.Reveal() == "" {
		k.report(table, "url", Missing)
	}
	if s.ClientID != "" && (s.APIKeyFile != "" || len(s.APIKeyCommand) > 0) {
		k.report(table, "client-id", Duplicate)
	}
}

// store checks what opens the store at an address: each kind of store takes its
// own keys alone.
func (k *checker) store(table, address string, a *StoreAccess) {
	k.secrets(table, a.secrets())
	webDAV, isWebDAV := strings.CutPrefix(address, WebDAV)
	if isWebDAV && hasUser(webDAV) {
		k.report(table, "address", HasUser)
	}
	if !isWebDAV && a.User != "" {
		k.report(table, "user", NotOfAddress)
	}
	if kind, _, _ := strings.Cut(address, ":"); a.secrets()[1].given() && kind != "s3" && !strings.HasPrefix(kind, "s3,") {
		k.report(table, "access-key-file", NotOfAddress)
	}
}

// WebDAV begins the address of a folder on a WebDAV server.
const WebDAV = "webdav:"

// secrets checks the keys of secrets, and says whether there are any.
func (k *checker) secrets(table string, all []secret) (any bool) {
	for _, secret := range all {
		any = any || secret.given()
		switch {
		case len(secret.command) > 0 && secret.command[0] == "":
			k.report(table, secret.key+"-command", Missing)
		case *secret.file != "" && len(secret.command) > 0:
			k.report(table, secret.key+"-command", Duplicate)
		case secret.owner == nil:
		case *secret.owner == "" && secret.given():
			k.report(table, secret.ownerOf, Missing)
		case *secret.owner != "" && !secret.given():
			k.report(table, secret.key+"-file", Missing)
		}
	}
	return any
}
