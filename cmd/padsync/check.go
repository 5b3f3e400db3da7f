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
	"github.com/padsync/padsync/sinks"
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
	report, err := r.Check(ctx, readData, bar.observe)
	bar.bar.Stop()
	if err != nil {
		return r.In(err)
	}
	r.Settings.Machine.KeepLists(r.ID(), 0, report.Seen)
	hashes, err := namesIn(ctx, r, report)
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
		return errors.Join(message.Of(message.Failed, repository.ErrNoIdentity, "check-opens-nothing"), checkProblem(report))
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
	return checkProblem(report)
}

// checkProblem is what the problems add up to, with what to do about each kind
// of them. What no identity opens need not be damaged, and backing up again
// would not help. A list is not a pack: what packs hold can be read without it.
func checkProblem(report *repository.CheckReport) error {
	if len(report.Problems) == 0 {
		return nil
	}
	e := &message.Error{Message: message.New("check-problems", "Count", len(report.Problems)), Class: message.Failed, Silent: true}
	kinds := make(map[string]bool)
	for _, p := range report.Problems {
		switch {
		case p.Unopened:
		case p.Object == headKey:
			if head := (*repository.HeadError)(nil); errors.As(p.Err, &head) {
				e.Hints = append(e.Hints, headHint(head))
			}
		case errors.Is(p.Err, repository.ErrSequence), errors.Is(p.Err, repository.ErrForeign):
			kinds["hint-intruder"] = true
		case strings.HasPrefix(p.Object, "packs/"):
			kinds["hint-damaged"] = true
		case p.Repaired:
			kinds["hint-repaired"] = true
		default:
			kinds["hint-damaged-list"] = true
		}
	}
	if report.Lost > 0 && report.Problems[0].Object == headKey && len(report.Problems) == 1 {
		kinds["hint-damaged-list"] = true // packs alone, which nothing names
	}
	for _, id := range []string{"hint-damaged", "hint-damaged-list", "hint-repaired", "hint-intruder"} {
		if kinds[id] {
			e.Hints = append(e.Hints, message.New(id))
		}
	}
	if len(e.Hints) == 0 {
		e.Cause = errUnopened
	}
	return e
}

func headHint(e *repository.HeadError) message.Message {
	switch {
	case errors.Is(e, sinks.ErrNotFile):
		return message.New("hint-head-blocked", "Line", strings.Join(e.Lines, "\n"))
	case len(e.Lines) > 1:
		return message.New("hint-heads", "Lines", strings.Join(e.Lines, "\n"))
	}
	return message.New("hint-head", "Line", e.Lines[0])
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

// namesIn are the short names of the repository's documents, if something is
// wrong with some.
func namesIn(ctx context.Context, r *setup.Reading, report *repository.CheckReport) (*library.Names, error) {
	if len(report.Problems) == 0 {
		return library.NoNames(r.ID()), nil
	}
	c, err := r.Read(ctx, repository.At{})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return library.Select(nil).Learn(r.ID(), c)
}

func (a *app) printChecked(c *repository.CheckReport, hashes *library.Names) error {
	text := a.words.Tally("count-documents", c.Documents, "count-versions", c.Versions, "count-packs", c.Packs) + ", " + a.words.Size(c.Bytes)
	for _, p := range c.Problems {
		what := a.words.Damage(p.Problem)
		switch {
		case errors.Is(p.Err, repository.ErrNoIdentity), errors.Is(p.Err, repository.ErrSequence), errors.Is(p.Err, repository.ErrForeign):
			what = a.words.Error(p.Err)
		case p.Problem == "missing" && !strings.Contains(p.Object, "/") && p.Object != headKey:
			what = a.text("check-missing-list")
		case p.Problem == "unreadable" && p.Err != nil:
			what += ": " + a.words.Error(p.Err)
		}
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
