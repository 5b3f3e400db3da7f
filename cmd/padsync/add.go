package main

import (
	"context"
	"errors"
	"math"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/message"
	"github.com/spf13/cobra"
)

func (a *app) addCommand() *cobra.Command {
	var flags changeFlags
	var choice string
	cmd := &cobra.Command{
		Use:     "add " + a.text("help-address") + "…",
		Short:   a.text("add"),
		Long:    a.text("add-long"),
		Example: a.text("add-example"),
		Args:    a.takes(1, math.MaxInt),
		RunE: a.action(func(ctx context.Context, args []string) error {
			chosen, err := choiceOf(choice, catalog.Automatic, catalog.Manual, catalog.Ignored)
			if err != nil {
				return err
			}
			return a.add(ctx, flags, chosen, args)
		}),
	}
	flags.add(a, cmd, false)
	cmd.Flags().StringVar(&choice, "choice", string(catalog.Automatic), a.text("flag-choice"))
	return cmd
}

// add keeps documents by their addresses.
func (a *app) add(ctx context.Context, flags changeFlags, choice catalog.Choice, args []string) (err error) {
	s, err := a.settings(flags.commonFlags)
	if err != nil {
		return err
	}
	all, bad := s.Wanted(args, nil, nil)
	servers, err := s.Servers(ctx, all, nil)
	if err != nil {
		return err
	}
	if all, err = servers.Settle(ctx, all, bad); err != nil {
		return err
	}
	if len(all) == 0 {
		return bad.Alone()
	}
	d, err := s.Documents(ctx, true, a.warnDamaged)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	kept, err := d.Keep(ctx, all, choice)
	if err != nil {
		return err
	}
	for i := range kept {
		if err := a.printKnown(d, &kept[i], flags.json); err != nil {
			return err
		}
	}
	return errors.Join(a.said(ctx, s, d.Catalog), bad.Problem(message.Incomplete))
}
