package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// otherKind matches what looks like the address of something other than a
// folder, or a remote of rclone without "rclone:". A Windows drive is one
// letter.
var otherKind = regexp.MustCompile(`^:?[A-Za-z0-9_.+@-]{2,}[:,]`)

// resolve makes paths absolute.
func (c *Config) resolve(dir, home string) {
	for _, path := range c.files {
		*path = absolute(*path, dir, home)
	}
	for i := range c.Repositories {
		r := &c.Repositories[i]
		r.Address = NewSecret(folder(r.Address.Reveal(), dir, home))
	}
	for i := range c.Mirrors {
		m := &c.Mirrors[i]
		m.Address = NewSecret(folder(m.Address.Reveal(), dir, home))
	}
}

// files yields all names of files by their keys, as Line takes them.
func (c *Config) files(yield func(key string, path *string) bool) {
	all := map[string]*string{
		"encryption.recipients-file":      &c.Encryption.RecipientsFile,
		"encryption.identity-file":        &c.Encryption.IdentityFile,
		"encryption.runner-identity-file": &c.Encryption.RunnerIdentityFile,
	}
	for i := range c.Sources {
		s := &c.Sources[i]
		table := fmt.Sprintf("source[%d].", i)
		all[table+"documents-file"], all[table+"passwords-file"] = &s.DocumentsFile, &s.PasswordsFile
		for _, secret := range s.secrets() {
			all[table+secret.key+"-file"] = secret.file
		}
	}
	for i := range c.Repositories {
		for _, secret := range c.Repositories[i].secrets() {
			all[fmt.Sprintf("repository[%d].%s-file", i, secret.key)] = secret.file
		}
	}
	for i := range c.Mirrors {
		for _, secret := range c.Mirrors[i].secrets() {
			all[fmt.Sprintf("mirror[%d].%s-file", i, secret.key)] = secret.file
		}
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if !yield(key, all[key]) {
			return
		}
	}
}

// LineOfFile is the line that names a file, 0 if none does.
func (c *Config) LineOfFile(name string) int {
	for key, path := range c.files {
		if *path == name {
			return c.Line(key)
		}
	}
	return 0
}

// Folder gives the path in a repository's address, if that is the address of a
// folder: a path, perhaps after "file:".
func Folder(address string) (path string, ok bool) {
	path, marked := strings.CutPrefix(address, "file:")
	return path, marked || !otherKind.MatchString(address)
}

// folder makes the address of a folder absolute, and leaves others alone.
func folder(address, dir, home string) string {
	path, ok := Folder(address)
	if !ok {
		return address
	}
	return strings.TrimSuffix(address, path) + absolute(path, dir, home)
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
