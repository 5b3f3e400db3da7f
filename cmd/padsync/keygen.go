package main

import (
	"context"
	"os"
	"time"

	"github.com/padsync/padsync/internal/setup"
	"github.com/spf13/cobra"
)

func (a *app) keygenCommand() *cobra.Command {
	var runner, postQuantum bool
	var output string
	cmd := &cobra.Command{
		Use:     "keygen",
		Short:   a.text("keygen"),
		Example: a.text("keygen-example"),
		Long:    a.text("keygen-long"),
		Args:    a.takes(0, 0),
		RunE:    a.action(func(context.Context, []string) error { return a.keygen(runner, postQuantum, output) }),
	}
	cmd.Flags().BoolVar(&runner, "runner", false, a.text("flag-runner"))
	cmd.Flags().BoolVar(&postQuantum, "post-quantum", false, a.text("flag-post-quantum"))
	cmd.Flags().StringVarP(&output, "output", "o", "", a.text("flag-output"))
	return cmd
}

// keygen writes an identity file. The two kinds of identity differ in what is
// done with them, which the hint says.
func (a *app) keygen(runner, postQuantum bool, output string) error {
	key, err := setup.MakeKey(postQuantum, time.Now())
	if err != nil {
		return err
	}
	if err := a.writeIdentity(key, output); err != nil {
		return err
	}
	switch {
	case runner:
		a.note("keygen-runner-note")
	case output != "":
		a.note("keygen-file-note", "File", output)
		fallthrough
	default:
		a.note("keygen-note", "Recipient", key.Recipient)
	}
	return nil
}

// writeIdentity writes the identity into the file, which must not exist: the
// key in it may be the only one. Without a file it is printed.
func (a *app) writeIdentity(key *setup.NewKey, file string) error {
	if file == "" {
		a.warnPrinted()
		return key.Write(a.stdout)
	}
	return key.Create(file)
}

// warnPrinted says that the key goes into a file that others can read.
func (a *app) warnPrinted() {
	f, ok := a.stdout.(*os.File)
	if !ok {
		return
	}
	if info, err := f.Stat(); err == nil && setup.Exposed(info) {
		a.note("keygen-exposed")
	}
}
