package main

import (
	"context"
	"encoding/json"
	"errors"
	"os/signal"
	"syscall"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/jsonlines"
	"github.com/padsync/padsync/internal/machine"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/setup"
	"github.com/spf13/cobra"
)

type backupFlags struct {
	commonFlags
	documentsFiles   []string
	formats          []string
	changeRecipients bool
	formerLost       bool
	newRepository    bool
	dryRun           bool
	maxDuration      time.Duration
}

func (a *app) backupCommand() *cobra.Command {
	var flags backupFlags
	cmd := &cobra.Command{
		Use:     "backup [" + a.text("help-address") + "…]",
		Short:   a.text("backup"),
		Example: a.text("backup-example"),
		Long:    a.text("backup-long"),
		RunE: a.action(func(ctx context.Context, args []string) error {
			return a.backup(ctx, flags, args)
		}),
	}
	flags.add(a, cmd)
	flags.addJSON(a, cmd)
	flags.addRecipients(a, cmd)
	cmd.Flags().StringArrayVar(&flags.documentsFiles, "documents-file", nil, a.text("flag-documents-file"))
	cmd.Flags().StringSliceVar(&flags.formats, "formats", nil, a.text("flag-formats"))
	flags.addChange(a, cmd)
	cmd.Flags().BoolVar(&flags.formerLost, "former-recipients-lost", false, a.text("flag-former-lost"))
	cmd.Flags().BoolVar(&flags.newRepository, "new-repository", false, a.text("flag-new-repository"))
	cmd.Flags().BoolVarP(&flags.dryRun, "dry-run", "n", false, a.text("flag-dry-run"))
	cmd.Flags().DurationVar(&flags.maxDuration, "max-duration", 0, a.text("flag-max-duration"))
	return cmd
}

// addChange adds what every command that writes lists has, as each of them may
// be the first to meet other recipients.
func (f *backupFlags) addChange(a *app, cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.changeRecipients, "change-recipients", false, a.text("flag-change-recipients"))
}

func (a *app) backup(ctx context.Context, flags backupFlags, args []string) error {
	s, err := a.settings(flags.commonFlags)
	if err != nil {
		return err
	}
	turn, err := a.turn(ctx, s, flags.dryRun)
	if err != nil {
		return err
	}
	known := s.Known(ctx) // not before: somebody may say something while it waits
	defer known.Close()
	limit := setup.Budget{Begin: time.Now(), Most: flags.maxDuration}
	written, err := a.backUp(ctx, flags, s, known, turn, limit, args)
	a.indexAfter(ctx, s, known, limit, written)
	return errors.Join(err, known.Problem())
}

// backUp gives the repositories into which all was written that was to be. It ends
// the turn.
func (a *app) backUp(ctx context.Context, flags backupFlags, s *setup.Settings, known *setup.Known, turn *machine.Turn, limit setup.Budget, args []string) (written []backup.Repository, err error) {
	defer turn.End()
	// The reader of the lines of progress may go away; what is done must be
	// stored.
	signal.Ignore(syscall.SIGPIPE)
	if limit.Most < 0 {
		return nil, message.Of(message.Usage, errUsage, "bad-max-duration")
	}
	b := &backingUp{app: a, flags: flags, settings: s, turn: turn, limit: limit, progress: a.newProgress(flags.json)}
	defer func() { b.progress.bar.Stop() }()
	b.saving, err = s.Prepare(ctx, known, setup.Order{
		Documents: args, Files: flags.documentsFiles, Formats: flags.formats, Limit: limit, DryRun: flags.dryRun,
		ChangeRecipients: flags.changeRecipients, FormerLost: flags.formerLost, Anew: flags.newRepository,
	}, b.progress.waiting)
	if b.saving == nil {
		return nil, err
	}
	defer b.saving.Close(ctx)
	b.progress.know(b.saving.Wanted)
	return b.do(ctx)
}

// turn waits for another run with the same configuration, and says for which.
func (a *app) turn(ctx context.Context, s *setup.Settings, dryRun bool) (*machine.Turn, error) {
	if dryRun {
		return new(machine.Turn), nil
	}
	return s.Turn(ctx, func(other machine.Progress) {
		if other.Process == 0 {
			a.note("backup-waits-unknown")
			return
		}
		a.note("backup-waits", "Process", other.Process, "Started", other.Started, "Done", other.Done, "Documents", other.Documents)
	})
}

// backingUp is a backup whose plan is made.
type backingUp struct {
	app      *app
	flags    backupFlags
	settings *setup.Settings
	turn     *machine.Turn
	limit    setup.Budget
	saving   *setup.Saving
	progress *progress
}

// do lists what servers have, and backs up, or says what it would do.
func (b *backingUp) do(ctx context.Context) (written []backup.Repository, err error) {
	a, saving, plan := b.app, b.saving, b.saving.Plan
	if err := saving.List(ctx); err != nil {
		return nil, err
	}
	if b.flags.dryRun {
		return nil, errors.Join(a.dryRun(ctx, b.flags, b.settings, plan), saving.Problem())
	}
	plan.Observe = b.progress.observe
	report, err := saving.Run(ctx, setup.Writing{Warn: a.warnDamaged, Turn: b.turn}, func() {
		b.progress.start(b.settings.Machine, plan, saving.Client)
	})
	if err != nil {
		return nil, err
	}
	b.progress.bar.Stop()
	b.progress.warned.Keep()
	rest := report.Forecast(ctx, plan, b.limit.Begin)
	mirrored := b.mirror(ctx, report)
	if b.flags.json {
		line := jsonlines.NewBackup(report, &b.progress.tally, rest)
		line.Requests, line.Bytes.Fetched = saving.Client.Requests(), saving.Client.Received()
		for i := range mirrored {
			line.Mirrors = append(line.Mirrors, jsonlines.NewMirror(&mirrored[i]))
		}
		if err := json.NewEncoder(a.stdout).Encode(line); err != nil {
			return nil, err
		}
	}
	b.progress.summary(report, rest)
	return saving.Written(report), errors.Join(saving.Outcome(report, &b.progress.tally), a.tellMirrors(mirrored, !a.quiet, a.note))
}

// mirror brings the mirrors up to date.
func (b *backingUp) mirror(ctx context.Context, report *backup.Report) []setup.Mirrored {
	if !b.settings.MirrorsBackups() && len(b.settings.Mirrors) > 0 {
		b.app.note("mirror-other-repository")
	}
	all, err := b.saving.Mirror(ctx, report, b.app.mirroring())
	b.app.report(err)
	return all
}
