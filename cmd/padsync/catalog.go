package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/setup"
	"github.com/spf13/cobra"
)

func (a *app) catalogCommand() *cobra.Command {
	var flags commonFlags
	var choicesOf string
	var yes bool
	does := []string{"path", "rebuild"}
	cmd := &cobra.Command{
		Use:       "catalog " + strings.Join(does, "|"),
		Short:     a.text("catalog"),
		Long:      a.text("catalog-long"),
		Example:   a.text("catalog-example"),
		Args:      a.takes(1, 1),
		ValidArgs: does,
		RunE: a.action(func(ctx context.Context, args []string) error {
			switch args[0] {
			case "path":
				file, err := a.setup.CatalogFile()
				if err == nil {
					_, err = fmt.Fprintln(a.stdout, file)
				}
				return err
			case "rebuild":
				return a.rebuild(ctx, flags, choicesOf, yes)
			}
			return message.Of(message.Usage, errUsage, "no-catalog-verb", "Word", args[0])
		}),
	}
	flags.add(a, cmd)
	cmd.Flags().StringVar(&choicesOf, "choices-of", "", a.text("flag-choices-of"))
	cmd.Flags().BoolVar(&yes, "yes", false, a.text("flag-rebuild-yes"))
	return cmd
}

// rebuild makes the catalogue anew. Choices say what is fetched, so they are
// shown before they are taken.
func (a *app) rebuild(ctx context.Context, flags commonFlags, choicesOf string, yes bool) error {
	s, err := a.settings(flags)
	if err != nil {
		return err
	}
	rebuilt, err := s.Rebuild(ctx, choicesOf, yes, a.warnDamaged)
	if rebuilt != nil {
		a.showChoices(rebuilt, choicesOf)
	}
	switch {
	case err != nil:
		return err
	case !yes:
		return message.Of(message.Usage, setup.ErrUnagreed, "rebuild-unagreed", "Count", rebuilt.Documents)
	}
	a.done("rebuilt", "Count", rebuilt.Documents)
	if rebuilt.Aside != "" {
		a.done("rebuilt-aside", "File", rebuilt.Aside)
	}
	a.note("rebuilt-lacks")
	if choicesOf == "" && len(rebuilt.Machines) > 0 {
		a.done("rebuilt-unchosen")
	}
	return nil
}

func (a *app) showChoices(r *setup.Rebuilt, choicesOf string) {
	for _, t := range r.Taken {
		a.say("rebuild-choice", "Choice", a.choiceWord(string(t.Choice)), "Document", a.setup.Kinds.URL(setup.SourceOf(t.Key), t.Key.ID))
	}
	if len(r.Taken) > 0 {
		return
	}
	for _, machine := range slices.Sorted(maps.Keys(r.Machines)) {
		a.say("rebuild-machine", "Machine", machine, "Count", r.Machines[machine])
	}
}
