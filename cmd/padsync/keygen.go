package main

import (
	"context"
	"time"

	"github.com/padsync/padsync/crypto"
	"github.com/spf13/cobra"
)

func (a *app) keygenCommand() *cobra.Command {
	var runner, postQuantum bool
	cmd := &cobra.Command{
		Use:     "keygen",
		Short:   a.text("keygen"),
		Example: a.text("keygen-example"),
		Long:    a.text("keygen-long"),
		Args:    a.takes(0, 0),
		RunE:    a.action(func(context.Context, []string) error { return a.keygen(runner, postQuantum) }),
	}
	cmd.Flags().BoolVar(&runner, "runner", false, a.text("flag-runner"))
	cmd.Flags().BoolVar(&postQuantum, "post-quantum", false, a.text("flag-post-quantum"))
	return cmd
}

// keygen writes an identity file. The two kinds of identity differ in what is
// done with them, which the hint says.
func (a *app) keygen(runner, postQuantum bool) error {
	id, err := crypto.Generate(postQuantum)
	if err != nil {
		return err
	}
	recipient, err := crypto.RecipientOf(id)
	if err != nil {
		return err
	}
	if err := crypto.WriteIdentity(a.stdout, id, time.Now()); err != nil {
		return err
	}
	if runner {
		a.note("keygen-runner-note")
	} else {
		a.note("keygen-note", "Recipient", recipient)
	}
	return nil
}
