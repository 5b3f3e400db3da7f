package main

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/repository"
	"github.com/spf13/cobra"
)

// commonFlags are the options of all commands that use a repository.
type commonFlags struct {
	setup.Options
	json bool
}

func (c *commonFlags) add(a *app, cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.Config, "config", "", a.text("flag-config"))
	cmd.Flags().StringArrayVarP(&c.Repositories, "repository", "r", nil, a.text("flag-repository"))
	cmd.Flags().StringArrayVarP(&c.IdentityFiles, "identity", "i", nil, a.text("flag-identity"))
	cmd.Flags().BoolVar(&c.Unencrypted, "unencrypted", false, a.text("flag-unencrypted"))
}

func (c *commonFlags) addJSON(a *app, cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.json, "json", false, a.text("flag-json"))
}

func (c *commonFlags) addRecipients(a *app, cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&c.Recipients, "recipient", nil, a.text("flag-recipient"))
	cmd.Flags().StringArrayVarP(&c.RecipientsFiles, "recipients-file", "R", nil, a.text("flag-recipients-file"))
}

// speakAsConfigured takes precedence over the system's language, which jobs of
// cron and units do not have.
func (a *app) speakAsConfigured(file string) {
	if language := config.Language(a.setup.ConfigFile(file)); language != "" {
		if said, err := words.In(language, errorRows()); err == nil {
			a.words = said
		}
	}
}

// settings are what the command works with.
func (a *app) settings(c commonFlags) (*setup.Settings, error) {
	s, err := a.setup.Load(c.Options)
	a.configured = s
	return s, err
}

// placed is the text of err. Where a file that the configuration names cannot
// be read, it begins with the line that names it.
func (a *app) placed(err error) string {
	text := a.words.Error(err)
	if file, ok := errors.AsType[*fs.PathError](err); ok && a.configured != nil {
		if place := a.configured.PlaceOfFile(file.Path); place != "" {
			return place + ": " + text
		}
	}
	return text
}

// open opens the first repository for reading.
func (a *app) open(ctx context.Context, c commonFlags) (*setup.Reading, error) {
	return a.openWarning(ctx, c, a.warnDamaged)
}

func (a *app) openWarning(ctx context.Context, c commonFlags, warn setup.Warner) (*setup.Reading, error) {
	s, err := a.settings(c)
	if err != nil {
		return nil, err
	}
	return s.Open(ctx, warn)
}

// told says what a run has to say of its configuration, keys and stores.
func (a *app) told(m message.Message) {
	a.telling.Lock()
	defer a.telling.Unlock()
	switch m.ID {
	case "reads-configuration", "uses-repository":
		a.detail(m.ID, m.Data...)
	case "key-exposed":
		if text := a.text(m.ID, m.Data...); !a.exposed[text] { // each file once
			a.exposed[text] = true
			a.note(m.ID, m.Data...)
		}
	default:
		a.note(m.ID, m.Data...)
	}
}

// warnDamaged warns of an object that is left out. It warns only once of
// objects that no identity opens, and of missing lists: they may be all that
// another machine wrote.
func (a *app) warnDamaged(e *repository.CorruptError) {
	switch {
	case errors.Is(e, repository.ErrNoIdentity):
		a.unopened.Do(func() { a.note("unopened") })
	case errors.Is(e, repository.ErrSequence):
		a.note("damaged-sequence", "Object", e.Key)
	case errors.Is(e, repository.ErrForeign):
		a.note("damaged-foreign", "Object", e.Key)
	case e.Key == repository.HeadKey:
		a.note("headless", "Problem", a.words.Damage(e.Problem))
	case e.Problem == "missing" && !strings.Contains(e.Key, "/"):
		a.missing.Do(func() { a.note("missing-lists") })
	default:
		a.note("damaged", "Object", e.Key, "Problem", a.words.Damage(e.Problem))
	}
}

// repository.HeadKey is the key of what says that a place is a repository.
