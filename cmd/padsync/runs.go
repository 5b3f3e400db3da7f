package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/padsync/padsync/internal/jsonlines"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/spf13/cobra"
)

func (a *app) runsCommand() *cobra.Command {
	var flags commonFlags
	cmd := &cobra.Command{
		Use:     "runs",
		Short:   a.text("runs"),
		Example: a.text("runs-example"),
		Args:    a.takes(0, 0),
		RunE: a.action(func(ctx context.Context, _ []string) error {
			r, err := a.open(ctx, flags)
			if err != nil {
				return err
			}
			return r.Lists(ctx, func() error { return a.runs(ctx, r, flags.json) })
		}),
	}
	flags.add(a, cmd)
	flags.addJSON(a, cmd)
	return cmd
}

func (a *app) runs(ctx context.Context, r *setup.Reading, asJSON bool) error {
	all, err := r.Runs(ctx)
	if err != nil {
		return r.In(err)
	}
	out := bufio.NewWriter(a.stdout)
	for _, run := range all {
		if asJSON {
			err = json.NewEncoder(out).Encode(jsonlines.NewRun(run))
		} else {
			err = a.printRun(out, run)
		}
		if err != nil {
			return err
		}
	}
	return out.Flush()
}

func (a *app) printRun(w io.Writer, r repository.RunRecord) error {
	l := jsonlines.NewRun(r)
	text := a.counts(l.Documents)
	switch {
	case r.Complete && len(r.Documents) == 0: // a list of what was said, as by describe
		text = a.text("run-unlooked")
	case r.Complete:
	case r.Ended == manifest.ByLimit:
		text += "  (" + a.text("run-limited") + ")"
	default:
		text += "  (" + a.text("run-incomplete") + ")"
	}
	_, err := fmt.Fprintf(w, "%s  %s  %s  %s\n", words.Time(r.Finished.Time), r.Manifest, words.Printable(r.Host), text)
	return err
}
