package main

import (
	"context"
	"math"

	"github.com/padsync/padsync/catalog"
	"github.com/spf13/cobra"
)

func (a *app) ignoreCommand() *cobra.Command {
	var flags changeFlags
	cmd := &cobra.Command{
		Use:     "ignore DOCUMENT…",
		Short:   a.text("ignore"),
		Long:    a.text("ignore-long"),
		Example: a.text("ignore-example"),
		Args:    a.takes(1, math.MaxInt),
		RunE: a.action(func(ctx context.Context, args []string) error {
			return a.change(ctx, flags, args, func(c *changing, all []catalog.Document) error {
				return c.documents.Say(ctx, all, catalog.Change{Choice: new(catalog.Ignored)})
			})
		}),
	}
	flags.add(a, cmd, true)
	return cmd
}
