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
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/mirror"
	"github.com/padsync/padsync/repository"
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
	named := len(flags.documentsFiles)+len(args) > 0
	all, bad := s.Wanted(args, flags.documentsFiles, known)
	switch {
	case len(all) > 0:
	case bad.Count == 0 && !named && known.Problem() != nil:
		return nil, nil // what is to be saved may be there, and that is said
	case bad.Count == 0:
		return nil, s.NothingWanted(named)
	default:
		return nil, bad.Alone()
	}
	b := &backingUp{app: a, flags: flags, settings: s, known: known, turn: turn, named: named, bad: bad, limit: limit}
	if !flags.dryRun {
		if b.keys, err = s.Sealing(); err != nil {
			return nil, err
		}
	}
	b.progress = a.newProgress(flags.json)
	defer func() { b.progress.bar.Stop() }()
	servers, err := s.Servers(ctx, all, b.progress.waiting)
	if err != nil {
		return nil, err
	}
	b.client = servers.Client
	if all, err = servers.Settle(ctx, all, bad); err != nil {
		return nil, err
	}
	all = known.Without(all)
	switch {
	case len(all) == 0 && bad.Count == 0:
		return nil, s.NothingWanted(named)
	case len(all) == 0:
		return nil, bad.Alone()
	}
	b.progress.know(all)
	plan, err := servers.Plan(all, flags.formats, limit)
	if err != nil {
		return nil, err
	}
	plan.Ignored = known.Ignores
	defer s.CloseSources(ctx, plan)
	return b.do(ctx, plan)
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
	known    *setup.Known
	turn     *machine.Turn
	named    bool               // somebody named the documents for this once
	keys     repository.Options // who can read what is written
	bad      *setup.Mistakes
	limit    setup.Budget
	client   *polite.Client
	progress *progress
}

// do lists what servers have, and backs up, or says what it would do.
func (b *backingUp) do(ctx context.Context, plan *backup.Plan) (written []backup.Repository, err error) {
	a, bad := b.app, b.bad.Problem(message.Incomplete)
	unlisted := plan.List(ctx)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case len(unlisted) > 0 && len(plan.Documents) == 0:
		return nil, errors.Join(setup.Unlisted(message.Failed, unlisted), bad)
	case b.flags.dryRun:
		return nil, errors.Join(a.dryRun(ctx, b.flags, b.settings, plan), setup.Unlisted(message.Incomplete, unlisted), bad)
	}
	fetched := b.settings.Fetching(plan.Pool, b.keys.Recipients != nil)
	if fetched != nil {
		defer fetched.Close()
		plan.Keep = b.settings.KeepIn(fetched)
	}
	plan.ChangeRecipients, plan.FormerLost, plan.Observe = b.flags.changeRecipients, b.flags.formerLost, b.progress.observe
	writing := setup.Writing{
		Keys: b.keys, Warn: a.warnDamaged, Anew: b.flags.newRepository,
		Known: b.known, Turn: b.turn, Named: b.named, Unlisted: unlisted,
	}
	report, err := b.settings.BackUp(ctx, plan, writing, func() {
		b.progress.start(b.settings.Machine, plan, b.client)
	})
	if err != nil {
		return nil, errors.Join(err, bad)
	}
	b.progress.bar.Stop()
	if n := b.bad.Count; n > 0 {
		report.Outcomes[backup.Failed] += n
	}
	b.progress.warned.Keep()
	rest := report.Forecast(ctx, plan, b.limit.Begin)
	mirrored := b.mirror(ctx, plan, report, fetched)
	if b.flags.json {
		line := jsonlines.NewBackup(report, &b.progress.tally, rest)
		line.Requests, line.Bytes.Fetched = b.client.Requests(), b.client.Received()
		for i := range mirrored {
			line.Mirrors = append(line.Mirrors, jsonlines.NewMirror(&mirrored[i]))
		}
		if err := json.NewEncoder(a.stdout).Encode(line); err != nil {
			return nil, err
		}
	}
	b.progress.summary(report, rest)
	for i, repo := range plan.Repositories {
		if report.Repositories[i].Err == nil {
			written = append(written, repo)
		}
	}
	return written, errors.Join(setup.Outcome(report, &b.progress.tally, unlisted), bad, a.tellMirrors(mirrored, !a.quiet, a.note))
}

// mirror brings the mirrors up to date with what the first repository has now, if it
// took it.
func (b *backingUp) mirror(ctx context.Context, plan *backup.Plan, report *backup.Report, fetched *mirror.Fetched) []setup.Mirrored {
	if !b.settings.MirrorsBackups() {
		if len(b.settings.Mirrors) > 0 {
			b.app.note("mirror-other-repository")
		}
		return nil
	}
	first := b.settings.Repositories[0].Shown
	if len(plan.Repositories) == 0 || plan.Repositories[0].Name != first || report.Run == "" || report.Repositories[0].Err != nil || report.Interrupted {
		return nil
	}
	m := b.app.mirroring()
	if m.Fetched, m.Sealed = fetched, fetched != nil; fetched != nil {
		if err := fetched.Finish(); err != nil {
			b.app.report(message.In(err, "mirror-fetched"))
		}
	}
	return b.settings.UpdateMirrors(ctx, plan.Repositories[0].Repository, m)
}
