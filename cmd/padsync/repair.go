package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/padsync/padsync/internal/jsonlines"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/spf13/cobra"
)

func (a *app) repairCommand() *cobra.Command {
	var flags backupFlags
	var fromPacks, yes bool
	cmd := &cobra.Command{
		Use:     "repair --from-packs [--yes]",
		Short:   a.text("repair"),
		Long:    a.text("repair-long"),
		Example: a.text("repair-example"),
		Args:    a.takes(0, 0),
		RunE: a.action(func(ctx context.Context, _ []string) error {
			if !fromPacks {
				return message.Of(message.Usage, errUsage, "repair-how")
			}
			return a.repair(ctx, flags, yes)
		}),
	}
	flags.add(a, cmd)
	flags.addJSON(a, cmd)
	flags.addRecipients(a, cmd)
	flags.addChange(a, cmd)
	cmd.Flags().BoolVar(&fromPacks, "from-packs", false, a.text("flag-from-packs"))
	cmd.Flags().BoolVar(&yes, "yes", false, a.text("flag-repair-yes"))
	return cmd
}

// repair finds in the packs of each repository what no list tells, and takes it
// up if yes.
func (a *app) repair(ctx context.Context, flags backupFlags, yes bool) error {
	s, err := a.settings(flags.commonFlags)
	if err != nil {
		return err
	}
	keys, err := s.Sealing()
	if err != nil {
		return err
	}
	var errs []error
	for _, place := range s.Repositories {
		errs = append(errs, a.repairIn(ctx, flags, s, place, keys, yes))
	}
	return errors.Join(errs...)
}

func (a *app) repairIn(ctx context.Context, flags backupFlags, s *setup.Settings, at setup.Place, keys repository.Options, yes bool) error {
	bar := &checkBar{app: a}
	found, r, err := s.FromPacks(ctx, at, setup.Writing{Keys: keys}, yes, flags.changeRecipients, bar.observe)
	bar.bar.Stop()
	if err != nil {
		return err
	}
	defer found.Close()
	if err := a.printFound(r.Repository, at.Shown, found, flags.json, yes); err != nil {
		return err
	}
	return a.foundProblem(found)
}

// printFound lists what was found: each version for programs, each document for
// people.
func (a *app) printFound(repo *repository.Repository, shown string, found *repository.Found, asJSON, done bool) error {
	hashes, err := library.NewNames(repo.ID(), func(add func(manifest.Source, string)) error {
		for _, v := range found.Versions {
			add(v.Source, v.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	documents := 0
	for i, v := range found.Versions {
		if asJSON {
			if err := json.NewEncoder(a.stdout).Encode(jsonlines.NewRepaired(shown, v, hashes, done)); err != nil {
				return err
			}
			continue
		}
		text := "  " + words.Time(v.Version.Saved.Time)
		if i == 0 || found.Versions[i-1].ID != v.ID || found.Versions[i-1].Source.Compare(v.Source) != 0 {
			documents++
			text = words.Printable(a.documentName(a.stdout, v.Source, v.ID, hashes, false)) + "\n" + text
		}
		if _, err := fmt.Fprintln(a.stdout, text); err != nil {
			return err
		}
	}
	if asJSON {
		return nil
	}
	a.summarizeFound(found, documents, done)
	return nil
}

func (a *app) summarizeFound(found *repository.Found, documents int, done bool) {
	what := a.words.Tally("count-versions", len(found.Versions), "count-documents", documents)
	switch {
	case len(found.Versions)+len(found.Lists) == 0:
		a.say("repair-nothing", "Count", found.Packs)
	case done:
		a.say("repair-done", "What", what)
	default:
		a.say("repair-would", "What", what)
		a.say("repair-yes")
	}
	if n := len(found.Lists); n > 0 && done && len(found.Unread) == 0 {
		a.say("repair-lists", "Count", n)
	}
}

// foundProblem is what keeps some of it from being found, nil if nothing does.
func (a *app) foundProblem(found *repository.Found) error {
	var sealed, damaged int
	for _, e := range found.Unread {
		if errors.Is(e, repository.ErrNoIdentity) {
			sealed++
			continue
		}
		damaged++
		a.note("repair-unread", "Object", e.Key, "Problem", a.words.Damage(e.Problem))
	}
	if found.Partial > 0 {
		a.note("repair-partial", "Count", found.Partial)
	}
	switch {
	case sealed > 0:
		return message.Of(message.Incomplete, repository.ErrNoIdentity, "repair-sealed", "Count", sealed)
	case damaged > 0 || found.Partial > 0:
		return message.Quiet(message.Incomplete, setup.ErrIncomplete)
	}
	return nil
}
