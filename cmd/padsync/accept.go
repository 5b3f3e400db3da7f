package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/padsync/padsync/internal/jsonlines"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/repository"
	"github.com/spf13/cobra"
)

func (a *app) acceptCommand() *cobra.Command {
	var flags backupFlags
	var point string
	var yes bool
	cmd := &cobra.Command{
		Use:     "accept DOCUMENT…",
		Short:   a.text("accept"),
		Example: a.text("accept-example"),
		Long:    a.text("accept-long"),
		Args:    a.takes(1, math.MaxInt),
		RunE: a.action(func(ctx context.Context, args []string) error {
			return a.accept(ctx, flags, point, args, yes)
		}),
	}
	flags.add(a, cmd)
	a.completesDocuments(cmd, &flags.commonFlags, manyDocuments)
	flags.addJSON(a, cmd)
	flags.addRecipients(a, cmd)
	flags.addChange(a, cmd)
	cmd.Flags().StringVar(&point, "at", "", a.text("flag-accept-at"))
	cmd.Flags().BoolVar(&yes, "yes", false, a.text("flag-pattern-yes"))
	return cmd
}

// accept says in each repository that versions of the documents are right.
func (a *app) accept(ctx context.Context, flags backupFlags, point string, args []string, yes bool) error {
	selection, err := a.setup.Select(ctx, args)
	if err != nil {
		return err
	}
	s, err := a.settings(flags.commonFlags)
	if err != nil {
		return err
	}
	keys, err := s.Sealing()
	if err != nil {
		return err
	}
	var found []acceptance
	var errs []error
	for _, place := range s.Repositories {
		some, err := a.acceptIn(ctx, flags, s, place, keys, point, selection, yes)
		found, errs = append(found, some...), append(errs, err)
	}
	for i := 0; i < len(found) && (flags.json || !a.quiet); i++ {
		if err := found[i].print(a, flags.json); err != nil {
			return err
		}
	}
	switch err := errors.Join(errs...); {
	case err != nil:
		return err
	case len(found) == 0:
		return a.setup.Nothing(selection, 0)
	}
	return a.tellUnfound(selection)
}

// An acceptance is a version that is said to be right.
type acceptance struct {
	jsonlines.Accepted
	named string // for people
	when  string
}

func (f acceptance) print(a *app, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(a.stdout).Encode(f.Accepted)
	}
	text := a.text("accepted-before", "Document", f.named, "Saved", f.when, "Repository", f.Repository)
	if f.Suspect != "" {
		text = a.text("accepted", "Document", f.named, "Saved", f.when, "Repository", f.Repository, "Reason", a.words.Suspicion(f.Suspect))
	}
	_, err := fmt.Fprintln(a.stdout, words.Printable(text))
	return err
}

// acceptIn gives what is right in one repository once that is stored.
func (a *app) acceptIn(ctx context.Context, flags backupFlags, s *setup.Settings, at setup.Place, keys repository.Options, point string, selection *library.Selection, yes bool) ([]acceptance, error) {
	all, names, err := s.Accept(ctx, at, setup.Writing{Keys: keys, Warn: a.warnDamaged}, selection, point, flags.changeRecipients, yes)
	a.showGuess(err)
	if err != nil {
		return nil, err
	}
	var found []acceptance
	for _, c := range all {
		found = append(found, acceptance{
			jsonlines.NewAccepted(at.Shown, c, names),
			a.documentName(a.stdout, c.Source, c.ID, names, selection.Shows(c.Source, c.ID)), words.Time(c.Version.Saved),
		})
	}
	return found, nil
}
