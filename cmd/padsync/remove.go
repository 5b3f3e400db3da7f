package main

import (
	"context"
	"math"
	"slices"

	"github.com/padsync/padsync/catalog"
	"github.com/spf13/cobra"
)

func (a *app) removeCommand() *cobra.Command {
	var flags changeFlags
	cmd := &cobra.Command{
		Use:     "remove DOCUMENT…",
		Short:   a.text("remove"),
		Long:    a.text("remove-long"),
		Example: a.text("remove-example"),
		Args:    a.takes(1, math.MaxInt),
		RunE: a.action(func(ctx context.Context, args []string) error {
			return a.change(ctx, flags, args, func(c *changing, all []catalog.Document) error {
				removed, ignored, err := c.documents.Remove(ctx, all)
				if err == nil && len(ignored) > 0 {
					a.note("remove-ignored", "Count", len(ignored))
				}
				removed = slices.DeleteFunc(removed, func(one catalog.Document) bool { return !c.documents.Configured(&one) })
				if err == nil && len(removed) > 0 {
					a.note("remove-configured", "Count", len(removed), "File", a.configured.File)
				}
				return err
			})
		}),
	}
	flags.add(a, cmd, true)
	return cmd
}
