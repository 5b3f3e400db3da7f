package config

import (
	"path/filepath"
	"regexp"
	"strings"
)

// otherKind is what looks like an address that is no folder; a Windows drive
// is one letter.
var otherKind = regexp.MustCompile(`^:?[A-Za-z0-9_.+@-]{2,}[:,]`)

// resolve makes paths absolute.
func (c *Config) resolve(dir, home string) {
	for i := range c.Sources {
		s := &c.Sources[i]
		s.DocumentsFile = absolute(s.DocumentsFile, dir, home)
		s.PasswordsFile = absolute(s.PasswordsFile, dir, home)
		for _, secret := range s.secrets() {
			*secret.file = absolute(*secret.file, dir, home)
		}
	}
	for i := range c.Repositories {
		r := &c.Repositories[i]
		r.Address = NewSecret(folder(r.Address.Reveal(), dir, home))
	}
	e := &c.Encryption
	for _, path := range []*string{&e.RecipientsFile, &e.IdentityFile, &e.RunnerIdentityFile} {
		*path = absolute(*path, dir, home)
	}
}

// folder makes the address of a folder absolute, and leaves others alone.
func folder(address, dir, home string) string {
	if path, ok := strings.CutPrefix(address, "file:"); ok {
		return "file:" + absolute(path, dir, home)
	}
	if otherKind.MatchString(address) {
		return address
	}
	return absolute(address, dir, home)
}

func absolute(path, dir, home string) string {
	rest, isHome := strings.CutPrefix(path, "~")
	switch {
	case path == "":
		return ""
	case isHome && home != "" && (rest == "" || rest[0] == '/' || rest[0] == filepath.Separator):
		return filepath.Join(home, rest)
	case filepath.IsAbs(path):
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}
