package setup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/machine"
	"github.com/padsync/padsync/internal/message"
)

// Settings are what one run works with: the configuration, with what options
// and the environment say instead. They do not change.
type Settings struct {
	*config.Config
	File         string // the configuration's
	Found        bool   // it is there
	Repositories []Place
	Mirrors      []MirrorPlace
	Machine      machine.Machine

	setup   *Setup
	options Options
	read    stamp  // of the file, as it was read
	owner   *Owner // in place of those of the configuration; nil: these
}

// A stamp tells whether a file is as it was.
type stamp struct {
	size int64
	time time.Time
}

func stampOf(name string) (s stamp) {
	if info, err := os.Stat(name); err == nil {
		s = stamp{info.Size(), info.ModTime()}
	}
	return s
}

// Current gives these settings where their file is as it was, and else what Load
// gives of it now: a process that lasts follows the configuration so. They were
// loaded without an error.
func (s *Settings) Current() (*Settings, error) {
	if stampOf(s.File) == s.read {
		return s, nil
	}
	return s.setup.Load(s.options)
}

// A Place is where a repository is, what opens the store there, and whether it is
// certainly plain.
type Place struct {
	Location
	Unencrypted bool

	access config.StoreAccess // files and commands that have the key
	key    *StoreKey          // the key itself, in their place
}

// Load reads the configuration. Without one, and with no repository given, the
// repository is the usual folder. The error of a file that is wrong is a
// *config.Error.
func (s *Setup) Load(o Options) (*Settings, error) {
	t := &Settings{Config: new(config.Config), File: s.ConfigFile(o.Config), Machine: s.Machine(), setup: s, options: o}
	t.read = stampOf(t.File)
	loaded, err := config.Load(t.File, s.Kinds.InConfig())
	switch {
	case err == nil:
		t.Config, t.Found = loaded, true
		s.tell("reads-configuration", "File", t.File)
	case o.Config != "" && errors.Is(err, fs.ErrNotExist):
		return nil, message.Of(message.Usage, err, "no-configuration", "File", t.File)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, message.Classed(message.Usage, err)
	}
	repositories, err := t.addresses()
	if err != nil {
		return t, err
	}
	configured := len(o.Repositories) == 0 && len(t.Config.Repositories) > 0
	for i, r := range repositories {
		l, err := ParseLocation(r.Address.Reveal())
		if err != nil && configured {
			err = message.In(err, "at", "Place", t.place("repository[%d].address", i))
		}
		if err != nil {
			return t, err
		}
		if !slices.ContainsFunc(t.Repositories, func(p Place) bool { return p.Location == l }) {
			access := r.StoreAccess
			if !configured {
				access = t.accessOf(l)
			}
			t.Repositories = append(t.Repositories, Place{Location: l, Unencrypted: r.Unencrypted || o.Unencrypted, access: access})
			s.tell("uses-repository", "Repository", l.Shown)
		}
	}
	if t.Mirrors, err = t.mirrors(); err != nil {
		return t, err
	}
	return t, nil
}

// addresses are those of the options, or else of the configuration, or the
// usual one.
func (s *Settings) addresses() ([]config.Repository, error) {
	var all []config.Repository
	for _, address := range s.options.Repositories {
		all = append(all, config.Repository{Address: config.NewSecret(address)})
	}
	if len(all) == 0 {
		all = s.Config.Repositories
	}
	if len(all) == 0 {
		folder, err := s.setup.defaultRepository()
		if err != nil {
			return nil, err
		}
		all = []config.Repository{{Address: config.NewSecret("file:" + folder)}}
	}
	return all, nil
}

// accessOf is what the configuration says of the store at a location that the
// options name.
func (s *Settings) accessOf(l Location) config.StoreAccess {
	for _, r := range s.Config.Repositories {
		if known, err := ParseLocation(r.Address.Reveal()); err == nil && known == l {
			return r.StoreAccess
		}
	}
	return config.StoreAccess{}
}

// place is the file and line of a key, as config's errors have it.
func (s *Settings) place(key string, index ...any) string {
	if line := s.Line(fmt.Sprintf(key, index...)); line > 0 {
		return fmt.Sprintf("%s:%d", s.File, line)
	}
	return s.File
}

// PlaceOfFile is the file and line of the configuration that names a file, ""
// if none does.
func (s *Settings) PlaceOfFile(name string) string {
	if line := s.LineOfFile(name); line > 0 {
		return fmt.Sprintf("%s:%d", s.File, line)
	}
	return ""
}

// badRecipient is the problem of the first recipient of the configuration that
// cannot be read, with its place.
func (s *Settings) badRecipient() error {
	for i, text := range s.Encryption.Recipients {
		if _, err := crypto.ParseRecipient(text); err != nil {
			return message.Of(message.Usage, err, "bad-key-file", "File", s.place("encryption.recipients[%d]", i), "Error", err)
		}
	}
	return nil
}
