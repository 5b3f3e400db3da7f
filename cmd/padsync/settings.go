package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/adrg/xdg"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/setup"
	"github.com/spf13/cobra"
)

// commonFlags are the options of all commands that use a repository.
type commonFlags struct {
	config       string
	repositories []string
	json         bool
	unencrypted  bool
	keys         keyFlags
}

func (c *commonFlags) add(a *app, cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.config, "config", "", a.text("flag-config"))
	cmd.Flags().StringArrayVarP(&c.repositories, "repository", "r", nil, a.text("flag-repository"))
	c.keys.addIdentities(a, cmd)
	cmd.Flags().BoolVar(&c.unencrypted, "unencrypted", false, a.text("flag-unencrypted"))
}

func (c *commonFlags) addJSON(a *app, cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.json, "json", false, a.text("flag-json"))
}

// configurationFile is the configuration's, which the command line may name.
func (a *app) configurationFile(given string) string {
	if given != "" {
		return given
	}
	return filepath.Join(a.folder("XDG_CONFIG_HOME", xdg.ConfigHome), "padsync", "padsync.toml")
}

// speakAsConfigured goes before the system's language, which jobs of cron and
// units have none of.
func (a *app) speakAsConfigured(file string) {
	if language := config.Language(a.configurationFile(file)); language != "" {
		a.words = a.catalogue.In(language)
	}
}

// settings are the configuration, with what the command line and the
// environment say in its place.
type settings struct {
	*config.Config
	file         string // the configuration's
	found        bool   // it is there
	repositories []place
}

// place is where a repository is, and whether it is plain in any case.
type place struct {
	setup.Location
	unencrypted bool
}

func (a *app) settings(c commonFlags) (*settings, error) {
	s := &settings{Config: new(config.Config), file: a.configurationFile(c.config)}
	loaded, err := config.Load(s.file, a.kinds.InConfig())
	switch {
	case err == nil:
		s.Config, s.found, a.configured = loaded, true, s
		a.detail("reads-configuration", "File", s.file)
	case c.config != "" && errors.Is(err, fs.ErrNotExist):
		return nil, message.Of(message.Usage, err, "no-configuration", "File", s.file)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, message.Classed(message.Usage, err)
	}
	repositories, err := a.repositories(c, s.Config)
	if err != nil {
		return nil, err
	}
	configured := len(c.repositories) == 0 && len(s.Repositories) > 0
	for i, r := range repositories {
		l, err := setup.ParseLocation(r.Address.Reveal())
		if err != nil && configured {
			err = message.In(err, "at", "Place", s.place("repository[%d].address", i))
		}
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(s.repositories, func(p place) bool { return p.Location == l }) {
			s.repositories = append(s.repositories, place{l, r.Unencrypted || c.unencrypted})
			a.detail("uses-repository", "Repository", l.Shown)
		}
	}
	return s, nil
}

// place is the file and line of a key, as config's errors have it.
func (s *settings) place(key string, index ...any) string {
	if line := s.Line(fmt.Sprintf(key, index...)); line > 0 {
		return fmt.Sprintf("%s:%d", s.file, line)
	}
	return s.file
}

// placed is the text of err. Where a file that the configuration names cannot
// be read, it begins with the line that names it.
func (a *app) placed(err error) string {
	text := a.words.Error(err)
	file, ok := errors.AsType[*fs.PathError](err)
	if a.configured == nil || !ok {
		return text
	}
	if line := a.configured.LineOfFile(file.Path); line > 0 {
		return fmt.Sprintf("%s:%d: %s", a.configured.file, line, text)
	}
	return text
}

// badRecipient is the problem of the first recipient of the configuration that
// is none, with its place.
func (a *app) badRecipient(s *settings) error {
	for i, text := range s.Encryption.Recipients {
		if _, err := crypto.ParseRecipient(text); err != nil {
			return message.Of(message.Usage, err, "bad-key-file", "File", s.place("encryption.recipients[%d]", i), "Error", err)
		}
	}
	return nil
}

// repositories are those of the options, or else of the configuration, or the
// default one.
func (a *app) repositories(c commonFlags, configured *config.Config) ([]config.Repository, error) {
	var all []config.Repository
	for _, address := range c.repositories {
		all = append(all, config.Repository{Address: config.NewSecret(address)})
	}
	if len(all) == 0 {
		all = configured.Repositories
	}
	if len(all) == 0 {
		folder, err := a.defaultRepository()
		if err != nil {
			return nil, err
		}
		all = []config.Repository{{Address: config.NewSecret("file:" + folder)}}
	}
	return all, nil
}

// stateFolder is where this machine keeps what no backup needs to live on.
func (a *app) stateFolder() string {
	return filepath.Join(a.folder("XDG_STATE_HOME", xdg.StateHome), "padsync")
}

// homeless reports whether neither the XDG variable nor the home folder says
// where to keep files: the folder would be one of the whole machine.
func (a *app) homeless(variable string) bool {
	_, err := os.UserHomeDir()
	return err != nil && !filepath.IsAbs(a.getenv(variable))
}

// folder is the folder that an XDG variable names.
func (a *app) folder(variable, otherwise string) string {
	if dir := a.getenv(variable); filepath.IsAbs(dir) {
		return dir
	}
	return otherwise
}

// defaultRepository is the folder for who names none.
func (a *app) defaultRepository() (string, error) {
	const variable = "XDG_DATA_HOME"
	if a.homeless(variable) {
		return "", message.Of(message.Usage, errHomeless, "no-home", "Variable", variable)
	}
	return filepath.Join(a.folder(variable, xdg.DataHome), "padsync", "repository"), nil
}
