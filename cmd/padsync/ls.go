package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/padsync/padsync/internal/jsonlines"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/spf13/cobra"
)

func (a *app) lsCommand() *cobra.Command {
	var flags commonFlags
	var when string
	cmd := &cobra.Command{
		Use:     "ls [DOCUMENT…]",
		Short:   a.text("ls"),
		Example: a.text("ls-example"),
		Long:    a.text("document-long"),
		RunE: a.action(func(ctx context.Context, args []string) error {
			return a.ls(ctx, flags, when, args)
		}),
	}
	flags.add(a, cmd)
	a.completesDocuments(cmd, &flags, manyDocuments)
	flags.addJSON(a, cmd)
	cmd.Flags().StringVar(&when, "at", "", a.text("flag-at"))
	return cmd
}

func (a *app) ls(ctx context.Context, flags commonFlags, when string, args []string) error {
	selection, err := a.setup.Select(ctx, args)
	if err != nil {
		return err
	}
	r, err := a.open(ctx, flags)
	if err != nil {
		return err
	}
	return r.Lists(ctx, func() error {
		if when != "" {
			if err := r.Recall(ctx, selection); err != nil {
				return err
			}
		}
		c, err := r.Contents(ctx, when)
		if err != nil {
			return err
		}
		defer c.Close()
		return a.list(r, c, selection, flags.json)
	})
}

func (a *app) list(r *setup.Reading, c *repository.Contents, selection *library.Selection, asJSON bool) error {
	hashes, err := selection.Learn(r.ID(), c)
	if err != nil {
		return r.In(err)
	}
	out, expiries := bufio.NewWriter(a.stdout), r.Settings.Expiries()
	header := !asJSON && !a.quiet
	found := false
	for record, err := range c.Documents() {
		if err != nil {
			return r.In(err)
		}
		if !selection.Has(record.Source, record.ID) {
			continue
		}
		found = true
		if header {
			header = false
			a.printHeader(out)
		}
		l := jsonlines.NewDocument(a.setup.Kinds, record, hashes, expiries)
		if asJSON {
			err = json.NewEncoder(out).Encode(l)
		} else {
			err = a.printListed(out, l)
		}
		if err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if !found && !selection.All() {
		return a.setup.Nothing(selection, c.Lacking())
	}
	return cmp.Or(a.tellUnfound(selection), setup.Lacking(selection, c))
}

// listedRow is a line for people: what is short and alike first.
const listedRow = "%-6s  %-9s  %-16s  %8v  %s\n"

func (a *app) printHeader(w io.Writer) {
	fmt.Fprintf(w, listedRow, a.text("ls-hash"), a.text("ls-state"), a.text("ls-saved"), a.text("ls-versions"), a.text("ls-document"))
}

func (a *app) printListed(w io.Writer, l jsonlines.Document) error {
	name := l.URL
	if l.Title != "" {
		name += "  " + l.Title
	}
	if l.Suspect != "" {
		name += "  (" + a.words.Suspicion(l.Suspect) + ")"
	}
	if warning := a.expiry(l.Expires, time.Now()); warning != "" && l.State == string(manifest.Current) {
		name += "  (" + warning + ")"
	}
	saved, _ := time.Parse(time.RFC3339, l.Saved) // "" for never
	_, err := fmt.Fprintf(w, listedRow, l.Hash, a.listedState(l), words.Time(saved), l.Versions, words.Printable(name))
	return err
}

// listedState is one word: what the last look found, or that it is there and
// may be a loss.
func (a *app) listedState(l jsonlines.Document) string {
	if l.State == string(manifest.Current) && l.Suspect != "" {
		return a.text("state-suspect")
	}
	return a.words.State(l.State)
}
