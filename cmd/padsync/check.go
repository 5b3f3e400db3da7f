package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/padsync/padsync/internal/jsonlines"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/repository"
	"github.com/spf13/cobra"
)

func (a *app) checkCommand() *cobra.Command {
	var flags commonFlags
	var readData bool
	cmd := &cobra.Command{
		Use:     "check",
		Short:   a.text("check"),
		Example: a.text("check-example"),
		Args:    a.takes(0, 0),
		RunE: a.action(func(ctx context.Context, _ []string) error {
			// The report says what is damaged.
			r, err := a.openWarning(ctx, flags, func(*repository.CorruptError) {})
			if err != nil {
				return err
			}
			if readData {
				if err := r.AddOwner(ctx); err != nil {
					return err
				}
			}
			return r.Lists(ctx, func() error { return a.check(ctx, r, readData, flags) })
		}),
	}
	flags.add(a, cmd)
	flags.addJSON(a, cmd)
	cmd.Flags().BoolVar(&readData, "read-data", false, a.text("flag-read-data"))
	return cmd
}

func (a *app) check(ctx context.Context, r *setup.Reading, readData bool, flags commonFlags) error {
	bar := &checkBar{app: a}
	report, hashes, err := r.CheckAll(ctx, readData, bar.observe)
	bar.bar.Stop()
	if err != nil {
		return r.In(err)
	}
	if flags.json {
		err = json.NewEncoder(a.stdout).Encode(jsonlines.NewCheck(report, hashes))
	} else if !a.quiet || len(report.Problems) > 0 {
		err = a.printChecked(report, hashes)
	}
	if err != nil {
		return err
	}
	switch n := len(report.Sealed); {
	case n > 0 && n == report.Packs && r.Settings.OwnerGiven():
		return errors.Join(message.Of(message.Failed, repository.ErrNoIdentity, "check-opens-nothing"), setup.Damage(report))
	case a.quiet:
	case n > 0 && n == report.Packs:
		a.note("check-sealed")
	case n > 0:
		a.note("check-sealed-some", "Count", n, "Packs", report.Packs)
	}
	switch n := report.Unnamed; {
	case n > 0 && report.Lost > 0:
		a.note("check-unnamed-lost", "Count", n)
	case n > 0:
		a.note("check-unnamed", "Count", n)
	}
	return setup.Damage(report)
}

// checkBar shows on a terminal how many packs were read.
type checkBar struct {
	app *app
	bar *terminal.Bar
}

func (b *checkBar) observe(_, of int) {
	if b.bar == nil && !b.app.quiet && terminal.Is(b.app.stderr) {
		b.bar = terminal.NewBar(b.app.stderr, of, func() string { return "" })
	}
	b.bar.Step()
}

func (a *app) printChecked(c *repository.CheckReport, hashes *library.Names) error {
	text := a.words.Tally("count-documents", c.Documents, "count-versions", c.Versions, "count-packs", c.Packs) + ", " + a.words.Size(c.Bytes)
	for _, p := range c.Problems {
		what := a.words.Problem(&p)
		text += "\n" + words.Printable(p.Object+": "+what)
		var names []string
		for _, d := range p.Documents {
			names = append(names, words.Printable(a.documentName(a.stdout, d.Source, d.ID, hashes, false)))
		}
		if len(names) > 0 {
			text += "\n    " + strings.Join(names, "\n    ")
		}
	}
	if len(c.Sealed) < c.Packs { // else it is said once
		for _, key := range c.Sealed {
			text += "\n" + words.Printable(key+": "+a.text("reason-no-identity"))
		}
	}
	_, err := fmt.Fprintln(a.stdout, text)
	return err
}
