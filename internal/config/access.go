package config

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

func (s secret) given() bool { return *s.file != "" || len(s.command) > 0 }

// access checks what opens a source.
func (k *checker) access(table string, s *Source) {
	any := s.All
	for _, secret := range s.secrets() {
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
	if any && s.URL.Reveal() == "" {
		k.report(table, "url", Missing)
	}
	if s.ClientID != "" && (s.APIKeyFile != "" || len(s.APIKeyCommand) > 0) {
		k.report(table, "client-id", Duplicate)
	}
}
