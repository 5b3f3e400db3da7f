// Package config reads padsync.toml and files that list documents, and changes
// padsync.toml as people do, key by key.
//
// It checks what the text alone shows; it opens no repository, runs no command
// and asks no server.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/pelletier/go-toml/v2"
)

// A Config is what padsync.toml says. Paths in the file are relative to its
// folder, "~/" is the home folder; in a Config from Load they are absolute.
type Config struct {
	// language is that of messages, "en" or "fr", whatever the system says:
	// a job of cron has no LANG. "": as the system says.
	Language string `toml:"language"`

	// Each [[source]] is a server, or a part of what it holds.
	Sources []Source `toml:"source"`

	// Each [[repository]] is a place to save to. Every document is fetched
	// once and saved to all of them. None: the default repository.
	Repositories []Repository `toml:"repository"`

	// Each [[mirror]] is a place of pages of the newest copies, which people
	// open. Anybody with access to the place can read them.
	Mirrors []Mirror `toml:"mirror"`

	// [encryption] says who can read the repositories.
	Encryption Encryption `toml:"encryption"`

	// [search] says what may be kept to search in.
	Search Search `toml:"search"`

	places placeMap
}

// A Source is what to back up from one server.
type Source struct {
	// name is how messages and ls call the source. No two have the same.
	Name string `toml:"name"`

	// kind is "etherpad", "framadate" or "pollaris". It may be left out where the
	// addresses show it, or the server says so when asked.
	Kind string `toml:"kind"`

	// url is the address that the server's documents begin with, such as
	// "https://annuel.framapad.org". It is needed where documents are given
	// by their ids alone.
	URL Secret `toml:"url"`

	// documents are addresses or ids of pads and polls.
	Documents []Secret `toml:"documents"`

	// documents-file is a file with more of them, one on each line, blank
	// lines and comments (#) left out.
	DocumentsFile string `toml:"documents-file"`

	// all = true means everything that the server lists, which it does for
	// those who may see it: whoever has the key of an Etherpad's API, or an
	// account of MyPads. It needs url and kind.
	All bool `toml:"all"`

	// formats are fetched besides .etherpad, each at the price of one more
	// request for a pad: "txt", "html", "pdf", "docx", "odt".
	Formats []string `toml:"formats"`

	// hours is the part of the day in which the server may be asked, by the
	// local time of this machine, such as "22:00-06:00": what is not done by
	// their end, or in a run outside of them, is left for the next run.
	Hours Hours `toml:"hours"`

	// expires-after is how many days the server keeps a pad that nobody
	// changes, 0 if it keeps them for ever. Of some public servers padsync
	// knows it.
	ExpiresAfter *int `toml:"expires-after"`

	// passwords-file has the passwords of polls, and of pads and groups of
	// MyPads: an id, blanks and the password on each line, * in place of the
	// id for all others. It needs url.
	PasswordsFile string `toml:"passwords-file"`

	// passwords-command is a program with its arguments, such as
	// ["pass", "show", "polls"], that prints such a file.
	PasswordsCommand []string `toml:"passwords-command"`

	Access
}

// A Repository is a place to save to.
type Repository struct {
	// address is a folder, "file:FOLDER", "webdav:https://HOST[:PORT]/PATH",
	// "rclone:REMOTE:PATH" or "s3:https://HOST[:PORT]/BUCKET[/PREFIX]".
	Address Secret `toml:"address"`

	StoreAccess

	// unencrypted = true says that documents may be stored here so that
	// everyone with access to the place can read them. Otherwise only a local
	// folder may hold plain documents, if there are no recipients.
	Unencrypted bool `toml:"unencrypted"`
}

// A Mirror is a place of pages, and what is published there.
type Mirror struct {
	// address is that of a folder or a remote, as of a repository.
	Address Secret `toml:"address"`

	StoreAccess

	// unencrypted = true must be said, as nothing here is encrypted.
	Unencrypted bool `toml:"unencrypted"`

	// documents, tags and services choose what is published: addresses, ids or
	// names of documents; tags that people gave them; names or hosts of servers.
	// all = true is everything that is saved. One of the four is needed.
	Documents []Secret `toml:"documents"`
	Tags      []string `toml:"tags"`
	Services  []string `toml:"services"`
	All       bool     `toml:"all"`

	// formats are those of the pages: "html", "markdown", "txt", "csv", "ics".
	// By default all but "txt".
	Formats []string `toml:"formats"`

	// by says what the folders are: "service" or "tag", the first that somebody
	// gave a document. By default it is "service".
	By string `toml:"by"`

	// Each of these is published only where it is true: the live addresses of
	// documents, which let anybody write in a pad; documents that needed more than
	// their address, such as a password; the versions before the newest; the chat
	// of pads; the names of who voted, commented or wrote.
	Addresses bool `toml:"addresses"`
	Private   bool `toml:"private"`
	Versions  bool `toml:"versions"`
	Chat      bool `toml:"chat"`
	Voters    bool `toml:"voters"`
}

// An Encryption says to whom documents are sealed, and what opens them.
type Encryption struct {
	// recipients are those who can read, in age's forms: "age1…",
	// "age1pq…", "ssh-ed25519 …".
	Recipients []string `toml:"recipients"`

	// recipients-file has more of them, one on each line.
	RecipientsFile string `toml:"recipients-file"`

	// identity-file is an identity of the owner, which opens documents. A
	// backup needs none, and a machine that only backs up should have none.
	IdentityFile string `toml:"identity-file"`

	// identity-command is a program with its arguments, such as
	// ["pass", "show", "padsync"], that prints an identity file.
	IdentityCommand []string `toml:"identity-command"`

	// runner-identity-file is the identity that opens this machine's lists
	// of documents, and no document. By default it is in the state folder,
	// made by the first backup.
	RunnerIdentityFile string `toml:"runner-identity-file"`
}

// A Search says what may be kept to search in.
type Search struct {
	// index = false means that this machine keeps no index of what is saved,
	// whether sealed or not: then only names are found.
	Index *bool `toml:"index"`
}

// maxFile is more than any configuration needs: long lists of documents have
// files of their own.
const maxFile = 1 << 20

// Load reads and checks the file at path; the kinds are those that sources can
// have. What is wrong in it is one *Error for each place, joined; a missing
// file matches fs.ErrNotExist.
func Load(path string, kinds []Kind) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(decoded(io.LimitReader(f, maxFile+1)))
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	if len(text) > maxFile {
		return nil, &Error{File: path, Problem: TooLong}
	}
	c, err := parse(text, path, kinds)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	home, _ := os.UserHomeDir()
	c.resolve(dir, home)
	return c, nil
}

// Language is what the file at path says of the language, whatever else is in
// it, so that its mistakes can be reported in that language; "" if Load would
// not take it.
func Language(path string) string {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Size() > maxFile {
		return "" // a pipe can be read only once
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	var c struct {
		Language string `toml:"language"`
	}
	_ = toml.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &c) // the rest may be wrong
	if !slices.Contains(languages, c.Language) {
		return ""
	}
	return c.Language
}

// parse decodes strictly and checks, without looking at anything else.
func parse(text []byte, file string, kinds []Kind) (*Config, error) {
	var c Config
	err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&c)
	if err == nil {
		c.places = places(text)
		err = c.check(c.places, kinds)
	}
	if err != nil {
		return nil, named(err, file)
	}
	return &c, nil
}

// named makes errors of ours from those of the decoder, whose texts may hold
// a part of the file, and puts the file's name into all.
func named(err error, file string) error {
	var strict *toml.StrictMissingError
	var decode *toml.DecodeError
	var own problems
	switch {
	case errors.As(err, &own):
	case errors.As(err, &strict):
		for i := range strict.Errors {
			own = append(own, decodeError(&strict.Errors[i], UnknownKey))
		}
	case errors.As(err, &decode):
		own = problems{decodeError(decode, NotTOML)}
	default:
		own = problems{{Problem: NotTOML}}
	}
	all := make([]error, len(own))
	for i, e := range own {
		e.File = file
		all[i] = e
	}
	return errors.Join(all...)
}
