package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/jsonlines"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/repository"
	"github.com/spf13/cobra"
)

// changeFlags are the options of commands that change what is known of
// documents.
type changeFlags struct {
	commonFlags
	yes bool
}

func (f *changeFlags) add(a *app, cmd *cobra.Command, pattern bool) {
	f.commonFlags.add(a, cmd)
	f.addJSON(a, cmd)
	f.addRecipients(a, cmd)
	if pattern {
		cmd.Flags().BoolVar(&f.yes, "yes", false, a.text("flag-pattern-yes"))
		a.completesDocuments(cmd, &f.commonFlags, manyDocuments)
	}
}

// A naming is what a command works with that names documents.
type naming struct {
	settings  *setup.Settings
	selection *library.Selection
	documents *setup.Documents
	chosen    []catalog.Document
}

// name finds the documents that are named in the catalogue and the first
// repository, all if none is. It is an error if nothing fits. If they are to be
// changed, a repository that cannot be read is none. The caller closes the documents.
func (a *app) name(ctx context.Context, flags commonFlags, change bool, args []string) (*naming, error) {
	s, err := a.settings(flags)
	if err != nil {
		return nil, err
	}
	selection, err := a.setup.Select(ctx, args)
	if err != nil {
		return nil, err
	}
	d, err := s.Documents(ctx, change, a.warnDamaged)
	if err != nil {
		return nil, err
	}
	chosen, err := d.Select(selection)
	if err == nil && len(chosen) == 0 && !selection.All() {
		err = a.setup.Unknown(selection)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return &naming{s, selection, d, chosen}, nil
}

// changing is what a command that changes documents works with.
type changing struct {
	app       *app
	flags     changeFlags
	documents *setup.Documents
}

// change calls do with the documents that are named, prints what they are then,
// and tells the repositories.
func (a *app) change(ctx context.Context, flags changeFlags, args []string, do func(*changing, []catalog.Document) error) (err error) {
	n, err := a.name(ctx, flags.commonFlags, true, args)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.documents.Close()) }()
	if err := n.documents.Agree(n.selection, n.chosen, flags.yes); err != nil {
		a.showGuess(err)
		return err
	}
	c := &changing{a, flags, n.documents}
	if err := do(c, n.chosen); err != nil {
		return err
	}
	if err := c.print(ctx, n.chosen); err != nil {
		return err
	}
	return errors.Join(a.tellUnfound(n.selection), a.said(ctx, n.settings, n.documents.Catalog))
}

// print shows documents as they are now.
func (c *changing) print(ctx context.Context, all []catalog.Document) error {
	for _, one := range all {
		now, err := c.documents.Catalog.Document(ctx, one.Key)
		if err != nil {
			return err
		}
		if now == nil {
			continue
		}
		if err := c.app.printKnown(c.documents, now, c.flags.json); err != nil {
			return err
		}
	}
	return nil
}

// printKnown shows one document in a line.
func (a *app) printKnown(d *setup.Documents, one *catalog.Document, asJSON bool) error {
	l := jsonlines.NewKnown(a.setup.Kinds, d, one)
	if asJSON {
		return json.NewEncoder(a.stdout).Encode(l)
	}
	if !a.quiet {
		a.say("known-now", "Hash", l.Hash, "Document", a.calledOrAddress(l), "Choice", a.choice(one, l))
	}
	return nil
}

// choice is the word for what this machine does with a document.
func (a *app) choice(one *catalog.Document, l jsonlines.Known) string {
	if one.Removed {
		return a.text("choice-removed")
	}
	return a.choiceWord(l.Choice)
}

func (a *app) choiceWord(choice string) string {
	switch choice {
	case string(catalog.Automatic):
		return a.text("choice-automatic")
	case string(catalog.Manual):
		return a.text("choice-manual")
	case string(catalog.Ignored):
		return a.text("choice-ignored")
	case setup.New:
		return a.text("choice-new")
	}
	return a.text("choice-elsewhere")
}

func (a *app) calledOrAddress(l jsonlines.Known) string {
	return strings.TrimSpace(l.Name + "  " + l.URL)
}

// said tells the repositories what was said, and the person which of them will
// know it with the next backup.
func (a *app) said(ctx context.Context, s *setup.Settings, c *catalog.Catalog) error {
	keys, err := s.Sealing()
	if err != nil {
		a.note("said-later", "Error", err)
		return nil
	}
	for _, later := range s.Say(ctx, c, setup.Writing{Keys: keys, Warn: a.warnDamaged}) {
		if errors.Is(later.Err, repository.ErrNone) && !errors.Is(later.Err, setup.ErrAway) {
			continue // the first backup makes it, and tells it
		}
		a.note("said-later-there", "Repository", later.Repository, "Error", later.Err)
	}
	return ctx.Err()
}

// choiceOf reads a choice of an option.
func choiceOf(text string, of ...catalog.Choice) (catalog.Choice, error) {
	var names []string
	for _, choice := range of {
		if text == string(choice) {
			return choice, nil
		}
		names = append(names, string(choice))
	}
	return "", message.Of(message.Usage, errUsage, "no-choice", "Choice", text, "Choices", strings.Join(names, ", "))
}
