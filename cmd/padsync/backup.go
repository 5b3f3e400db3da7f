package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/spf13/cobra"
)

// contact is where operators of servers read what padsync is.
const contact = "https://github.com/padsync/padsync"

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
	flags.keys.addRecipients(a, cmd)
	cmd.Flags().StringArrayVar(&flags.documentsFiles, "documents-file", nil, a.text("flag-documents-file"))
	cmd.Flags().StringSliceVar(&flags.formats, "formats", nil, a.text("flag-formats"))
	flags.addChange(a, cmd)
	cmd.Flags().BoolVar(&flags.formerLost, "former-recipients-lost", false, a.text("flag-former-lost"))
	cmd.Flags().BoolVar(&flags.newRepository, "new-repository", false, a.text("flag-new-repository"))
	cmd.Flags().BoolVarP(&flags.dryRun, "dry-run", "n", false, a.text("flag-dry-run"))
	cmd.Flags().DurationVar(&flags.maxDuration, "max-duration", 0, a.text("flag-max-duration"))
	return cmd
}

// addChange adds what every command has that writes lists, as each of them may
// be the first to meet other recipients.
func (f *backupFlags) addChange(a *app, cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.changeRecipients, "change-recipients", false, a.text("flag-change-recipients"))
}

func (a *app) backup(ctx context.Context, flags backupFlags, args []string) error {
	// Who reads the lines of progress may go away; what is done must be stored.
	signal.Ignore(syscall.SIGPIPE)
	budgeted := budget{time.Now(), flags.maxDuration}
	if budgeted.most < 0 {
		return message.Of(message.Usage, errUsage, "bad-max-duration")
	}
	s, err := a.settings(flags.commonFlags)
	if err != nil {
		return err
	}
	all, bad := a.wanted(s, flags, args)
	switch {
	case len(all) > 0:
	case bad.count > 0:
		return bad.alone()
	case len(flags.documentsFiles)+len(args) > 0:
		return message.Of(message.Failed, errEmptyList, "nothing-listed")
	default:
		text := "nothing-to-do"
		if !s.found {
			text = "nothing-configured"
		}
		return message.Of(message.Failed, errNoDocuments, text, "File", s.file)
	}
	var keys repository.Options
	if !flags.dryRun {
		if keys, err = a.sealing(flags, s); err != nil {
			return err
		}
	}
	secrets, err := a.passwords(ctx, s, all)
	if err != nil {
		return err
	}
	accesses, err := a.accesses(ctx, s, all)
	if err != nil {
		return err
	}
	pool := new(spool.Pool)
	if err := pool.Try(); err != nil {
		return err
	}
	progress := a.newProgress(flags.json)
	defer func() { progress.bar.stop() }()
	n := network{kinds: a.kinds, pool: pool, expires: s.expiries(), passwords: secrets, accesses: accesses, budget: budgeted, tokens: a.tokenFile, client: polite.New(polite.Options{
		UserAgent: polite.UserAgent(programVersion(), contact), Waiting: progress.waiting,
	})}
	if all, err = a.settle(ctx, n, flags, s, all, bad); err != nil {
		return err
	}
	if len(all) == 0 {
		return bad.alone()
	}
	progress.know(all)
	plan, err := n.plan(all, flags.formats)
	if err != nil {
		return err
	}
	defer a.closeSources(ctx, plan)
	unlisted := plan.List(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case len(unlisted) > 0 && len(plan.Documents) == 0:
		return errors.Join(a.unlisted(message.Failed, unlisted), bad.problem(message.Incomplete))
	case flags.dryRun:
		return errors.Join(a.dryRun(ctx, flags, s, plan), a.unlistedToo(unlisted), bad.problem(message.Incomplete))
	}
	plan.Program, plan.Host = "padsync "+programVersion(), hostName()
	plan.ChangeRecipients, plan.FormerLost, plan.Observe = flags.changeRecipients, flags.formerLost, progress.observe
	report, err := a.run(ctx, s, keys, flags.newRepository, plan, func() { progress.start(plan, n.client) })
	if err != nil {
		return errors.Join(err, bad.problem(message.Incomplete))
	}
	progress.bar.stop()
	if bad.count > 0 {
		report.Outcomes[backup.Failed] += bad.count
	}
	progress.warned.keep()
	left := budgeted.left(ctx, plan, report)
	if flags.json {
		if err := json.NewEncoder(a.stdout).Encode(progress.summarize(report, n.client, left)); err != nil {
			return err
		}
	}
	progress.summary(report, left)
	return errors.Join(a.outcome(report, unlisted, progress.barriers()), bad.problem(message.Incomplete))
}

// run backs up into all repositories that can be opened, and reports on all.
func (a *app) run(ctx context.Context, s *settings, keys repository.Options, anew bool, plan *backup.Plan, start func()) (*backup.Report, error) {
	lost, err := a.openForWriting(ctx, s, keys, anew, plan)
	if err != nil {
		return nil, err
	}
	if len(plan.Repositories) == 0 {
		return &backup.Report{Repositories: lost, Outcomes: make(map[backup.Outcome]int)}, nil
	}
	start()
	own := a.ownRuns()
	defer own.close()
	plan.Machine = own
	report, err := backup.Run(ctx, *plan)
	switch {
	case errors.Is(err, repository.ErrRecipients), errors.Is(err, manifest.ErrUnsupported):
		return nil, message.Classed(message.Usage, err)
	case errors.Is(err, repository.ErrNoIdentity):
		return nil, &message.Error{Class: message.Failed, Cause: err, Mark: errOtherRunner}
	case err != nil:
		return nil, err
	}
	for i, repo := range report.Repositories {
		if repo.Sequence > 0 {
			a.rememberLists(plan.Repositories[i].ID(), repo.Sequence, repo.Seen)
		}
	}
	report.Repositories = append(report.Repositories, lost...)
	return report, nil
}

// hostName is written into manifests; it may be "".
func hostName() string {
	host, err := os.Hostname()
	if err != nil {
		return ""
	}
	return host
}

// openForWriting opens the repositories and adds them to the plan. One that
// cannot be reached is given back as lost, and costs only itself; one that
// would be written wrongly costs the run. If anew, one may be made in the place
// of one that this machine knows.
func (a *app) openForWriting(ctx context.Context, s *settings, keys repository.Options, anew bool, p *backup.Plan) (lost []backup.RepositoryReport, err error) {
	for _, place := range s.repositories {
		o := keys
		if place.unencrypted {
			o = repository.Options{}
		}
		o.Pool, o.Warn, o.Seen = p.Pool, a.warnDamaged, a.seen
		repo, err := a.openOrCreate(ctx, place, o, anew)
		switch {
		case errors.Is(err, errPlain):
			return nil, message.Of(message.Usage, err, "plain-now", "Repository", place.Shown)
		case errors.Is(err, repository.ErrSealed), errors.Is(err, repository.ErrPlain), errors.Is(err, manifest.ErrUnsupported):
			return nil, message.Classed(message.Usage, message.In(err, "repository", "Repository", place.Shown))
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			lost = append(lost, backup.RepositoryReport{Name: place.Shown, Err: err})
			continue
		}
		p.Repositories = append(p.Repositories, backup.Repository{Name: place.Shown, Repository: repo, Last: a.rememberedLists(repo.ID()).sequence})
	}
	return lost, nil
}

// outcome is the problem that the report amounts to.
func (a *app) outcome(r *backup.Report, unlisted []backup.Unlisted, barriers error) error {
	var errs []error
	for _, repo := range r.Repositories {
		if repo.Err != nil {
			errs = append(errs, message.In(repo.Err, "repository", "Repository", repo.Name))
		}
	}
	switch {
	case r.Broken != nil:
		return message.Classed(message.Failed, r.Broken)
	case len(errs) > 0:
		err := errors.Join(errs...)
		return message.Classed(message.Failed, err)
	case r.Interrupted:
		return message.Of(message.Interrupted, context.Canceled, "interrupted")
	case len(unlisted) > 0:
		return a.unlisted(message.Incomplete, unlisted)
	case r.Outcomes[backup.Failed] > 0 || r.New > 0 || slices.ContainsFunc(r.Repositories, func(repo backup.RepositoryReport) bool { return repo.Unreadable > 0 }):
		return message.Quiet(message.Incomplete, errors.Join(errIncomplete, barriers))
	}
	return nil
}
