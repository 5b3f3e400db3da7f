package main

import (
	"context"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/spf13/cobra"
)

func (a *app) indexCommand() *cobra.Command {
	var flags commonFlags
	cmd := &cobra.Command{
		Use:     "index",
		Short:   a.text("index-short"),
		Long:    a.text("index-long"),
		Example: a.text("index-example"),
		Args:    a.takes(0, 0),
		RunE: a.action(func(ctx context.Context, _ []string) error {
			s, err := a.settings(flags)
			if err != nil {
				return err
			}
			bar := &indexBar{app: a}
			defer func() { bar.bar.Stop() }()
			return s.Index(ctx, a.warnDamaged, bar.observe, func(i setup.Indexed) {
				bar.bar.Stop()
				bar.bar = nil
				a.indexed(i)
				a.done("index-done", "Repository", i.Shown, "Tally", a.words.Tally("count-documents", i.Documents, "index-read", i.Changed, "index-gone", i.Removed))
			})
		}),
	}
	flags.add(a, cmd)
	return cmd
}

// indexBar shows on a terminal how many documents were read.
type indexBar struct {
	app *app
	bar *terminal.Bar
}

func (b *indexBar) observe(_, of int) {
	if b.bar == nil && !b.app.quiet && terminal.Is(b.app.stderr) {
		b.bar = terminal.NewBar(b.app.stderr, of, func() string { return "" })
	}
	b.bar.Step()
}

// indexed says, the first time, what is kept and where, and always what could not
// be read.
func (a *app) indexed(i setup.Indexed) {
	switch {
	case i.New && i.Sealed:
		a.note("index-new-sealed", "Folder", i.Folder)
	case i.New:
		a.note("index-new-plain", "Folder", i.Folder)
	}
	if i.Unreadable > 0 {
		a.note("index-unreadable", "Count", i.Unreadable)
	}
}

// indexAfter brings indexes up to date after a backup that has time left. What is
// wrong with them is not wrong with the backup.
func (a *app) indexAfter(ctx context.Context, s *setup.Settings, known *setup.Known, limit setup.Budget, written []backup.Repository) {
	if limit.Most > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, limit.Begin.Add(limit.Most))
		defer cancel()
	}
	if ctx.Err() != nil || limit.Most > 0 && time.Since(limit.Begin) > limit.Most {
		return
	}
	if err := s.IndexAfter(ctx, known, written, a.indexed); err != nil && ctx.Err() == nil {
		a.note("index-not-updated", "Reason", err)
	}
}
