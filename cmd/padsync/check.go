package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

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
			r, err := a.open(ctx, flags)
			if err != nil {
				return err
			}
			if readData {
				if err := a.addOwner(ctx, flags, r); err != nil {
					return err
				}
			}
			return a.lists(ctx, flags, r, func() error { return a.check(ctx, r, readData, flags) })
		}),
	}
	flags.add(a, cmd)
	flags.addJSON(a, cmd)
	cmd.Flags().BoolVar(&readData, "read-data", false, a.text("flag-read-data"))
	return cmd
}

// checked is what check --json tells.
type checked struct {
	Documents int              `json:"documents"`
	Versions  int              `json:"versions"`
	Packs     int              `json:"packs"`
	Bytes     int64            `json:"bytes"`
	Problems  []checkedProblem `json:"problems"`
	Unopened  []string         `json:"unopened"` // packs that no identity opens
}

type checkedProblem struct {
	Object    string            `json:"object"`
	Problem   string            `json:"problem"`
	Documents []checkedDocument `json:"documents"`

	unopened bool
}

type checkedDocument struct {
	Source string `json:"source"`
	ID     string `json:"id"`
	Hash   string `json:"hash"`

	named string // for people
}

func (a *app) check(ctx context.Context, r *reading, readData bool, flags commonFlags) error {
	r.Warn = func(*repository.CorruptError) {} // the report tells of it
	bar := &checkBar{app: a}
	report, err := r.Check(ctx, readData, bar.observe)
	bar.bar.stop()
	if err != nil {
		return a.failed(err, "repository", "Repository", r.shown)
	}
	result, err := a.newChecked(ctx, r, report)
	if err != nil {
		return a.failed(err, "repository", "Repository", r.shown)
	}
	if flags.json {
		err = json.NewEncoder(a.stdout).Encode(result)
	} else if !a.quiet || len(result.Problems) > 0 {
		err = a.printChecked(result)
	}
	if err != nil {
		return err
	}
	switch n := len(report.Sealed); {
	case n > 0 && n == report.Packs && a.ownerGiven(flags, r.settings):
		return errors.Join(&problem{exitFailed, a.text("check-opens-nothing"), repository.ErrNoIdentity}, a.checkProblem(report))
	case a.quiet:
	case n > 0 && n == report.Packs:
		a.note("check-sealed")
	case n > 0:
		a.note("check-sealed-some", "Count", n, "Packs", report.Packs)
	}
	return a.checkProblem(report)
}

func (a *app) checkProblem(report *repository.CheckReport) error {
	if len(report.Problems) == 0 {
		return nil
	}
	return &problem{exitFailed, a.text("check-problems", "Count", len(report.Problems)), checkCause(report)}
}

// checkCause: what no identity opens need not be damaged, and backing up again
// would not help. A list is no pack: what packs hold can be read without it.
func checkCause(report *repository.CheckReport) error {
	var packs, lists error
	for _, p := range report.Problems {
		switch {
		case p.Unopened:
		case strings.HasPrefix(p.Object, "packs/"):
			packs = errDamaged
		default:
			lists = errDamagedList
		}
	}
	if packs == nil && lists == nil {
		return errUnopened
	}
	return errors.Join(packs, lists)
}

// checkBar shows on a terminal how many packs were read.
type checkBar struct {
	app *app
	bar *bar
}

func (b *checkBar) observe(_, of int) {
	if b.bar == nil && !b.app.quiet && isTerminal(b.app.stderr) {
		b.bar = newBar(b.app.stderr, of, func() string { return "" })
	}
	b.bar.step()
}

func (a *app) newChecked(ctx context.Context, r *reading, report *repository.CheckReport) (*checked, error) {
	result := &checked{report.Documents, report.Versions, report.Packs, report.Bytes, []checkedProblem{}, append([]string{}, report.Sealed...)}
	if len(report.Problems) == 0 {
		return result, nil
	}
	c, err := r.Read(ctx, repository.At{})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	hashes, err := new(selection).hashesOf(r, c)
	if err != nil {
		return nil, err
	}
	for _, p := range report.Problems {
		found := checkedProblem{p.Object, p.Problem, []checkedDocument{}, p.Unopened}
		for _, d := range p.Documents {
			found.Documents = append(found.Documents, checkedDocument{
				d.Source.URL, d.ID, hashes.short(d.Source, d.ID), a.documentName(a.stdout, d.Source, d.ID, hashes, false),
			})
		}
		result.Problems = append(result.Problems, found)
	}
	return result, nil
}

func (a *app) printChecked(c *checked) error {
	text := a.tally("count-documents", c.Documents, "count-versions", c.Versions, "count-packs", c.Packs) + ", " + a.byteSize(c.Bytes)
	for _, p := range c.Problems {
		what := a.damage(p.Problem)
		if p.unopened {
			what = a.text("reason-no-identity")
		}
		text += "\n" + printable(p.Object+": "+what)
		var names []string
		for _, d := range p.Documents {
			names = append(names, printable(d.named))
		}
		if len(names) > 0 {
			text += "\n    " + strings.Join(names, "\n    ")
		}
	}
	if len(c.Unopened) < c.Packs { // else it is said once
		for _, key := range c.Unopened {
			text += "\n" + printable(key+": "+a.text("reason-no-identity"))
		}
	}
	_, err := fmt.Fprintln(a.stdout, text)
	return err
}
