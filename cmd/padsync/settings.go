package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/adrg/xdg"
	"github.com/padsync/padsync/internal/config"
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

// settings are the configuration, with what the command line and the
// environment say in its place.
type settings struct {
	*config.Config
	file         string // the configuration's
	repositories []place
}

// place is where a repository is, and whether it is plain in any case.
type place struct {
	location
	unencrypted bool
}

func (a *app) settings(c commonFlags) (*settings, error) {
	s := &settings{Config: new(config.Config), file: c.config}
	if s.file == "" {
		s.file = filepath.Join(a.folder("XDG_CONFIG_HOME", xdg.ConfigHome), "padsync", "padsync.toml")
	}
	loaded, err := config.Load(s.file)
	switch {
	case err == nil:
		s.Config = loaded
	case c.config != "" || !errors.Is(err, fs.ErrNotExist):
		return nil, &problem{exitUsage, err.Error(), err}
	}
	repositories, err := a.repositories(c, s.Config)
	if err != nil {
		return nil, err
	}
	for _, r := range repositories {
		l, err := a.parseLocation(r.Address.Reveal())
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(s.repositories, func(p place) bool { return p.location == l }) {
			s.repositories = append(s.repositories, place{l, r.Unencrypted || c.unencrypted})
		}
	}
	return s, nil
}

// repositories are those of the command line, or else of the environment, of
// the configuration, or the default one.
func (a *app) repositories(c commonFlags, configured *config.Config) ([]config.Repository, error) {
	var all []config.Repository
	for _, address := range c.repositories {
		all = append(all, config.Repository{Address: config.NewSecret(address)})
	}
	if fromEnv := a.getenv("PADSYNC_REPOSITORY"); len(all) == 0 && fromEnv != "" {
		all = []config.Repository{{Address: config.NewSecret(fromEnv)}}
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
