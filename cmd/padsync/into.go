package main

import (
	"context"
	"fmt"
	"net/url"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/restore"
	"github.com/spf13/cobra"
)

type intoFlags struct {
	servers     []string
	yes         bool
	table, mail string
}

func (f *intoFlags) add(a *app, cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.servers, "into", nil, a.text("flag-into"))
	cmd.Flags().BoolVar(&f.yes, "yes", false, a.text("flag-yes"))
	cmd.Flags().StringVar(&f.table, "table", "", a.text("flag-table"))
	cmd.Flags().StringVar(&f.mail, "mail", "", a.text("flag-mail"))
}

// restoreInto makes new documents on servers of what is saved, or says what it
// would do.
func (a *app) restoreInto(ctx context.Context, flags restoreFlags, args []string) error {
	signal.Ignore(syscall.SIGPIPE) // what was done is to be written down
	addresses, err := a.setup.Kinds.ParseTargets(flags.into.servers)
	if err != nil {
		return err
	}
	chosen, err := a.openChosen(ctx, flags, args)
	if err != nil {
		return err
	}
	defer chosen.contents.Close()
	t := &mover{chosen: chosen, json: flags.json}
	targets, err := chosen.Settings.OpenTargets(ctx, addresses, flags.into.mail, t.waiting)
	if err != nil {
		return err
	}
	defer targets.Close(ctx)
	if err := targets.Withhold(chosen.contents); err != nil {
		return chosen.In(err)
	}
	plan := restore.IntoPlan{
		Repository: chosen.Repository, Contents: chosen.contents, Newest: flags.newest, Point: chosen.point, Targets: targets.All, Address: a.setup.Kinds.URL,
		Wanted: chosen.wanted, WaitsUntil: polite.WaitsUntil,
	}
	t.edition = flags.edition()
	if t.table = flags.into.table; t.table == "" {
		t.table = tableName(addresses[0].Base, t.edition)
	}
	if !flags.into.yes {
		return t.preview(ctx, plan)
	}
	return t.move(ctx, plan, flags.into.mail)
}

// edition is which edition of each document is meant, in the words of the
// command line, "" without any.
func (f restoreFlags) edition() string {
	var said []string
	if f.when != "" {
		said = append(said, f.when)
	}
	if f.atRev {
		said = append(said, fmt.Sprintf("rev %d", f.revision))
	}
	if f.newest {
		said = append(said, "newest")
	}
	return strings.Join(said, " ")
}

// tableName is the file for the table of a move of these editions to this
// server: that of others is another move.
func tableName(base, edition string) string {
	host := "server"
	if u, err := url.Parse(base); err == nil && u.Host != "" {
		host = u.Host
	}
	if edition != "" {
		host += "-" + edition
	}
	return "moved-" + strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:[]\/ `, r) {
			return '_'
		}
		return r
	}, host) + ".csv"
}

// pageName is the page beside a table.
func pageName(table string) string {
	return strings.TrimSuffix(table, filepath.Ext(table)) + ".html"
}
