package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

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

// listedRun is what runs --json tells of a run.
type listedRun struct {
	Run       string `json:"run"`
	Manifest  string `json:"manifest"`
	Sequence  int64  `json:"sequence"`
	Started   string `json:"started"`
	Finished  string `json:"finished"`
	Complete  bool   `json:"complete"`
	Host      string `json:"host"`
	Documents counts `json:"documents"`
}

func (a *app) runs(ctx context.Context, r *setup.Reading, asJSON bool) error {
	all, err := r.Runs(ctx)
	if err != nil {
		return r.In(err)
	}
	out := bufio.NewWriter(a.stdout)
	for _, run := range all {
		if asJSON {
			err = json.NewEncoder(out).Encode(newListedRun(run))
		} else {
			err = a.printRun(out, run)
		}
		if err != nil {
			return err
		}
	}
	return out.Flush()
}

func newListedRun(r repository.RunRecord) listedRun {
	return listedRun{
		Run: r.Run, Manifest: r.Manifest, Sequence: r.Sequence,
		Started: stamp(r.Started.Time), Finished: stamp(r.Finished.Time), Complete: r.Complete, Host: r.Host,
		Documents: counts{
			r.Saved, r.Documents[manifest.Current] - r.Saved, r.Documents[manifest.Missing], r.Documents[manifest.Failed], r.Suspect,
		},
	}
}

func (a *app) printRun(w io.Writer, r repository.RunRecord) error {
	l := newListedRun(r)
	text := l.Documents.text(a)
	switch {
	case r.Complete:
	case r.Ended == manifest.ByLimit:
		text += "  (" + a.text("run-limited") + ")"
	default:
		text += "  (" + a.text("run-incomplete") + ")"
	}
	_, err := fmt.Fprintf(w, "%s  %s  %s  %s\n", r.Finished.Local().Format("2006-01-02 15:04"), r.Manifest, words.Printable(r.Host), text)
	return err
}

// stamp is a time for programs, "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
