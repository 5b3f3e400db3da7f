package main

import (
	"context"
	"math"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/message"
	"github.com/spf13/cobra"
)

func (a *app) describeCommand() *cobra.Command {
	var flags changeFlags
	var name, description, choice string
	var change catalog.Change
	cmd := &cobra.Command{
		Use:     "describe DOCUMENT…",
		Short:   a.text("describe"),
		Long:    a.text("describe-long"),
		Example: a.text("describe-example"),
		Args:    a.takes(1, math.MaxInt),
	}
	cmd.RunE = a.action(func(ctx context.Context, args []string) error {
		if cmd.Flags().Changed("name") {
			change.Name = &name
		}
		if cmd.Flags().Changed("description") {
			change.Description = &description
		}
		if cmd.Flags().Changed("choice") {
			chosen, err := choiceOf(choice, catalog.Automatic, catalog.Manual, catalog.Ignored)
			if err != nil {
				return err
			}
			change.Choice = &chosen
		}
		if change.Name == nil && change.Description == nil && change.Choice == nil && len(change.Tag)+len(change.Untag) == 0 {
			return message.Of(message.Usage, errUsage, "describe-nothing")
		}
		return a.change(ctx, flags, args, func(c *changing, all []catalog.Document) error {
			return c.documents.Say(ctx, all, change)
		})
	})
	flags.add(a, cmd, true)
	cmd.Flags().StringVar(&name, "name", "", a.text("flag-name"))
	cmd.Flags().StringVar(&description, "description", "", a.text("flag-description"))
	cmd.Flags().StringArrayVar(&change.Tag, "tag", nil, a.text("flag-tag"))
	cmd.Flags().StringArrayVar(&change.Untag, "untag", nil, a.text("flag-untag"))
	cmd.Flags().StringVar(&choice, "choice", "", a.text("flag-choice"))
	return cmd
}
