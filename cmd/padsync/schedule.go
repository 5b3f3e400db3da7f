package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/internal/jsonlines"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/schedule"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/internal/words"
	"github.com/spf13/cobra"
)

type scheduleFlags struct {
	commonFlags
	setup.Night
	at  string
	yes bool
}

func (a *app) scheduleCommand() *cobra.Command {
	var flags scheduleFlags
	does := []string{"install", "status", "remove"}
	cmd := &cobra.Command{
		Use:       "schedule " + strings.Join(does, "|"),
		Short:     a.text("schedule"),
		Long:      a.text("schedule-long"),
		Example:   a.text("schedule-example"),
		Args:      a.takes(1, 1),
		ValidArgs: does,
		RunE: a.action(func(ctx context.Context, args []string) error {
			switch args[0] {
			case "install":
				return a.scheduleInstall(ctx, flags)
			case "status":
				return a.scheduleStatus(ctx, flags)
			case "remove":
				return a.scheduleRemove(ctx, flags)
			}
			return message.Of(message.Usage, errUsage, "no-schedule-verb", "Word", args[0])
		}),
	}
	cmd.Flags().StringVar(&flags.at, "at", "", a.text("flag-schedule-at"))
	cmd.Flags().BoolVar(&flags.Linger, "linger", false, a.text("flag-schedule-linger"))
	cmd.Flags().BoolVar(&flags.yes, "yes", false, a.text("flag-schedule-yes"))
	flags.add(a, cmd)
	flags.addRecipients(a, cmd)
	cmd.Flags().StringArrayVar(&flags.DocumentsFiles, "documents-file", nil, a.text("flag-documents-file"))
	cmd.Flags().StringSliceVar(&flags.Formats, "formats", nil, a.text("flag-formats"))
	cmd.Flags().DurationVar(&flags.MaxDuration, "max-duration", 0, a.text("flag-max-duration"))
	return cmd
}

// scheduler is what starts programs at a time here.
func (a *app) scheduler(ctx context.Context) (*schedule.System, error) {
	return schedule.Find(ctx, schedule.ThisHost(a.getenv, a.setup.Machine().Folder()))
}

func (a *app) scheduleInstall(ctx context.Context, flags scheduleFlags) error {
	if flags.at != "" {
		at, err := schedule.ParseClock(flags.at)
		if err != nil {
			return message.Of(message.Usage, err, "schedule-bad-at", "Text", flags.at)
		}
		flags.At = &at
	}
	if flags.MaxDuration < 0 {
		return message.Of(message.Usage, errUsage, "bad-max-duration")
	}
	s, err := a.settings(flags.commonFlags)
	if err != nil {
		return err
	}
	job, notes, err := s.Nightly(ctx, flags.Night)
	if err != nil {
		return err
	}
	system, err := a.scheduler(ctx)
	if err != nil {
		return err
	}
	plan, err := system.Install(ctx, job)
	if err != nil {
		return err
	}
	plan.Notes = append(plan.Notes, notes...)
	if !flags.yes || !a.quiet {
		a.say("schedule-when", "When", plan.When(), "System", plan.Kind.Name())
	}
	return a.carryOut(ctx, plan, flags, "schedule-installed")
}

func (a *app) scheduleRemove(ctx context.Context, flags scheduleFlags) error {
	system, err := a.scheduler(ctx)
	if err != nil {
		return err
	}
	plan, err := system.Remove(ctx)
	if err != nil {
		return err
	}
	if plan.Empty() {
		a.done("schedule-none")
		return nil
	}
	return a.carryOut(ctx, plan, flags, "schedule-removed")
}

// carryOut shows a plan and does it, or says how to have it done.
func (a *app) carryOut(ctx context.Context, plan *schedule.Plan, flags scheduleFlags, done string) error {
	if !flags.yes || !a.quiet {
		a.showPlan(plan)
	}
	if !flags.yes {
		a.say("schedule-not-yet", "Command", "padsync "+terminal.CommandLine(terminal.WithOptions(a.args, "--yes")))
		return nil
	}
	if err := plan.Do(ctx); err != nil {
		return err
	}
	a.done(done)
	return nil
}

// showPlan prints all that a plan does.
func (a *app) showPlan(plan *schedule.Plan) {
	show := func(text string) {
		for line := range strings.Lines(text) {
			fmt.Fprintln(a.stdout, strings.TrimRight("    "+words.Printable(strings.TrimSuffix(line, "\n")), " "))
		}
	}
	for _, t := range plan.Writes {
		fmt.Fprintln(a.stdout)
		if t.Place == schedule.Crontab {
			a.say("schedule-writes-line")
		} else {
			a.say("schedule-writes", "Place", t.Place)
		}
		show(t.Text)
	}
	for _, t := range plan.Removes {
		fmt.Fprintln(a.stdout)
		switch {
		case t.Place == schedule.Crontab:
			a.say("schedule-takes-line")
			show(t.Text)
		case t.Folder:
			a.say("schedule-takes-folder", "Place", t.Place)
		default:
			a.say("schedule-takes", "Place", t.Place)
		}
	}
	if len(plan.Commands) > 0 {
		fmt.Fprintln(a.stdout)
		a.say("schedule-runs")
		for _, command := range plan.Commands {
			fmt.Fprintln(a.stdout, "    "+words.Printable(terminal.CommandLine(command)))
		}
	}
	if len(plan.Notes) > 0 {
		fmt.Fprintln(a.stdout)
	}
	for _, note := range plan.Notes {
		a.say("schedule-note", "Note", note)
	}
	fmt.Fprintln(a.stdout)
}

// errUnscheduled says that nothing is going to run.
var errUnscheduled = errors.New("nothing is scheduled")

func (a *app) scheduleStatus(ctx context.Context, flags scheduleFlags) error {
	system, err := a.scheduler(ctx)
	if err != nil {
		return err
	}
	status, err := system.Status(ctx)
	if err != nil {
		return err
	}
	if len(status.Entries) == 0 {
		return message.Of(message.Failed, errUnscheduled, "schedule-none")
	}
	for _, e := range status.Entries {
		a.say("schedule-when", "When", e.When(), "System", e.Kind.Name())
		if e.Program != "" {
			a.say("schedule-command", "Command", terminal.CommandLine(append([]string{e.Program}, e.Args...)))
		}
	}
	a.sayLast(ctx, flags, status)
	switch {
	case status.Running:
		a.say("schedule-running")
	case !status.Next.IsZero() && status.Active:
		a.say("schedule-next", "Time", status.Next)
	}
	for _, note := range status.Notes {
		a.say("schedule-note", "Note", note)
	}
	if !status.Sound() {
		return message.Of(message.Failed, errUnscheduled, "schedule-unsound")
	}
	return nil
}

// sayLast says when a backup was last made, and how it ended: the system knows its
// own runs, and the catalogue those of its configuration.
func (a *app) sayLast(ctx context.Context, flags scheduleFlags, status *schedule.Status) {
	if !status.Ended.IsZero() {
		how := a.exitText(status.Code)
		if status.Result != "" || how == "" {
			how = a.text("schedule-ended-by", "Result", status.Result, "Code", status.Code)
		}
		a.say("schedule-last", "Time", status.Started, "How", how)
	} else if !status.Started.IsZero() && !status.Running {
		a.say("schedule-last-started", "Time", status.Started)
	}
	said := !status.Started.IsZero()
	if flags.Config == "" {
		if args := status.Entries[0].Args; slices.Contains(args, "--config") {
			flags.Config = args[min(slices.Index(args, "--config")+1, len(args)-1)]
		}
	}
	s, err := a.settings(flags.commonFlags)
	if err != nil {
		a.note("schedule-unsettled", "Error", err)
		return
	}
	run, err := s.LastRun(ctx)
	switch {
	case err != nil:
		a.note("schedule-unsettled", "Error", err)
	case run != nil && run.Ended.Truncate(time.Second).Before(status.Ended) && said:
		// The system's is newer, such as one that found nothing to do.
	case run != nil:
		counts := jsonlines.Counts{Saved: run.Saved, Unchanged: run.Unchanged, Missing: run.Missing, Failed: run.Failed}
		how := a.counts(counts)
		switch run.Ending {
		case "failed":
			how = a.text("schedule-run-failed")
		case "interrupted":
			how += "  (" + a.text("run-incomplete") + ")"
		case "limited":
			how += "  (" + a.text("run-limited") + ")"
		}
		a.say("schedule-last-known", "Time", run.Ended, "How", how)
	case !said:
		a.say("schedule-last-none")
	}
}
