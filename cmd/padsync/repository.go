package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/words"
	"github.com/spf13/cobra"
)

func (a *app) repositoryCommand() *cobra.Command {
	var flags commonFlags
	does := []string{"test"}
	cmd := &cobra.Command{
		Use:       "repository test [ADDRESS]",
		Short:     a.text("repository-short"),
		Long:      a.text("repository-long"),
		Example:   a.text("repository-example"),
		Args:      a.takes(1, 2),
		ValidArgs: does,
		RunE: a.action(func(ctx context.Context, args []string) error {
			if !slices.Contains(does, args[0]) {
				return message.Of(message.Usage, errUsage, "no-repository-verb", "Word", args[0])
			}
			flags.Repositories = append(flags.Repositories, args[1:]...)
			return a.testPlaces(ctx, flags)
		}),
	}
	flags.add(a, cmd)
	return cmd
}

// testPlaces looks at all places and tries each: one that fails keeps none from
// being tried.
func (a *app) testPlaces(ctx context.Context, flags commonFlags) error {
	s, err := a.settings(flags)
	if err != nil {
		return err
	}
	var errs []error
	for _, at := range s.Repositories {
		if err := a.testPlace(ctx, s, at); err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			return message.Of(message.Interrupted, ctx.Err(), "interrupted")
		}
	}
	if len(errs) > 0 {
		return message.Classed(message.Failed, errors.Join(errs...))
	}
	return nil
}

func (a *app) testPlace(ctx context.Context, s *setup.Settings, at setup.Place) error {
	seen, err := s.Look(ctx, at)
	if err != nil {
		return err
	}
	lines := a.words.Seen(&seen)
	var steps []setup.Step
	tried, err := s.Try(ctx, at, func(step setup.Step) { steps = append(steps, step) })
	if err != nil {
		steps = steps[:max(0, len(steps)-1)] // the last one failed
	}
	var done []string
	for _, step := range steps {
		done = append(done, a.words.Tried(step, tried.Keeps))
	}
	if len(done) > 0 {
		lines = append(lines, strings.Join(done, ", "))
	}
	if _, printErr := fmt.Fprintln(a.stdout, words.Printable(at.Shown)+"\n    "+strings.Join(lines, "\n    ")); printErr != nil {
		return printErr
	}
	return err
}
