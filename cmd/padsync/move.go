package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/signal"
	"strings"
	"syscall"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/pages"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/move"
	"github.com/padsync/padsync/repository"
	"github.com/spf13/cobra"
)

type moveFlags struct {
	servers     []string
	yes         bool
	table, mail string
	as          string // the new id
}

func (f *moveFlags) add(a *app, cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.servers, "into", nil, a.text("flag-into"))
	cmd.Flags().BoolVar(&f.yes, "yes", false, a.text("flag-yes"))
	cmd.Flags().StringVar(&f.as, "as", "", a.text("flag-as"))
	cmd.Flags().StringVar(&f.table, "table", "", a.text("flag-table"))
	cmd.Flags().StringVar(&f.mail, "mail", "", a.text("flag-mail"))
}

// A mover moves saved documents to servers and says how it goes.
type mover struct {
	*chosen
	json   bool
	broken error // of the result's output

	plan    move.Plan
	table   string // its file
	edition string // which of each document
	mail    string // where the links of new polls go, "": to their organisers

	bar   *terminal.Bar
	waits waits

	mailless int // documents that lack an organiser's address, as was said before
	missed   int // documents that were named, but of which nothing was saved
}

// move makes new documents on servers of what is saved, or says what it would
// do.
func (a *app) move(ctx context.Context, flags restoreFlags, args []string) error {
	signal.Ignore(syscall.SIGPIPE) // what was done is to be written down
	addresses, err := a.setup.Kinds.ParseTargets(flags.move.servers)
	if err != nil {
		return err
	}
	chosen, err := a.openChosen(ctx, flags, args)
	if err != nil {
		return err
	}
	defer chosen.Contents.Close()
	m := &mover{chosen: chosen, json: flags.json, edition: flags.edition(), mail: flags.move.mail}
	targets, err := chosen.Settings.OpenTargets(ctx, addresses, m.mail, m.waiting)
	if err != nil {
		return err
	}
	defer targets.Close(ctx)
	m.plan = move.Plan{
		Repository: chosen.Repository, Query: chosen.Query(flags.newest), Targets: targets.All, Address: a.setup.Kinds.URL, WaitsUntil: polite.WaitsUntil,
		As: flags.move.as,
	}
	if m.table = flags.move.table; m.table == "" {
		m.table = move.TableName(addresses[0].Base, m.edition)
	}
	if !flags.move.yes {
		return m.preview(ctx)
	}
	return m.move(ctx)
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
	if f.move.as != "" {
		said = append(said, "as "+f.move.as)
	}
	return strings.Join(said, " ")
}

// move moves all documents of the plan, and writes the table.
func (m *mover) move(ctx context.Context) error {
	table, err := move.OpenTable(m.table, m.edition, m.plan.Targets)
	if err != nil {
		return m.unopened(err)
	}
	if m.mail == "" {
		if err := m.sayMailless(ctx, table); err != nil {
			return errors.Join(m.In(err), table.Close())
		}
	}
	m.plan.Observe = m.observe
	m.startBar()
	stop := context.AfterFunc(ctx, func() { m.app.note("move-finishing") })
	report, err := move.Run(ctx, m.plan, table)
	stop()
	m.bar.Stop()
	closed := errors.Join(pages.WriteMove(m.app.words, m.table, table), table.Close())
	m.summary(report)
	return m.result(ctx, report, err, closed)
}

// result is what the command ends with, after a move and the closing of its table
// ended with these errors.
func (m *mover) result(ctx context.Context, report *move.Report, err, closed error) error {
	a := m.app
	switch {
	case errors.Is(err, move.ErrTableWrite):
		return m.tableFailed(err)
	case closed != nil:
		return m.tableFailed(closed)
	case errors.Is(err, move.ErrUnsureTwice):
		return message.Of(message.Incomplete, err, "move-stopped", "Command", "padsync "+terminal.CommandLine(a.args))
	case ctx.Err() != nil && err != nil:
		return message.Of(message.Interrupted, context.Canceled, "move-interrupted", "File", m.table)
	case err != nil:
		return m.In(err)
	case m.broken != nil:
		return m.broken
	case report.Documents()+m.missed == 0:
		return a.setup.Nothing(m.Selection, m.Contents.Lacking())
	}
	if report.Failed+m.missed+report.Differs+report.Unsure+report.Left > 0 {
		cause := setup.ErrIncomplete
		if report.Sealed > 0 {
			cause = repository.ErrNoIdentity
		}
		err = message.Quiet(message.Incomplete, cause)
	}
	return cmp.Or(err, a.tellUnfound(m.Selection), setup.Lacking(m.Selection, m.Contents))
}

// sayMailless says before anything is made how much of what is left to move will
// not be, for want of an organiser's address.
func (m *mover) sayMailless(ctx context.Context, table *move.Table) (err error) {
	if m.mailless, err = move.Mailless(ctx, m.plan, table); err != nil && ctx.Err() == nil {
		return err // the move reports an interruption
	}
	if m.mailless > 0 {
		args := terminal.WithOptions(m.app.args, "--mail", m.app.text("move-mail-address"))
		m.line("move-mailless-now", "Count", m.mailless, "Command", "padsync "+terminal.CommandLine(args))
	}
	return nil
}

// unopened says why there is no table.
func (m *mover) unopened(err error) error {
	switch {
	case errors.Is(err, move.ErrOtherTarget):
		return message.Of(message.Usage, errTable, "table-other-target", "File", m.table)
	case errors.Is(err, move.ErrOtherEdition):
		return message.Of(message.Usage, errTable, "table-other-edition", "File", m.table)
	case errors.Is(err, move.ErrTable):
		return message.Of(message.Usage, errTable, "table-none", "File", m.table)
	case errors.Is(err, move.ErrTableInUse):
		return message.Of(message.Failed, err, "table-in-use", "File", m.table)
	}
	return m.tableFailed(err)
}

func (m *mover) tableFailed(cause error) error {
	return &message.Error{Message: message.New("table", "File", m.table), Cause: cause, Mark: errTable}
}
