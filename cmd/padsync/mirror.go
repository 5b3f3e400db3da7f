package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/padsync/padsync/internal/jsonlines"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/pages"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/mirror"
	"github.com/spf13/cobra"
)

func (a *app) mirrorCommand() *cobra.Command {
	var flags commonFlags
	cmd := &cobra.Command{
		Use:     "mirror",
		Short:   a.text("mirror"),
		Example: a.text("mirror-example"),
		Long:    a.text("mirror-long"),
		Args:    a.takes(0, 0),
		RunE: a.action(func(ctx context.Context, _ []string) error {
			return a.mirror(ctx, flags)
		}),
	}
	flags.add(a, cmd)
	flags.addJSON(a, cmd)
	return cmd
}

// mirror brings all mirrors up to date.
func (a *app) mirror(ctx context.Context, flags commonFlags) error {
	s, err := a.settings(flags)
	if err != nil {
		return err
	}
	if len(s.Mirrors) == 0 {
		return message.Of(message.Usage, setup.ErrNoMirror, "no-mirror", "File", s.File)
	}
	r, err := s.OpenOwned(ctx, a.warnDamaged)
	if err != nil {
		return err
	}
	all := s.UpdateMirrors(ctx, r.Repository, a.mirroring())
	if flags.json {
		for i := range all {
			if err := json.NewEncoder(a.stdout).Encode(jsonlines.NewMirror(&all[i])); err != nil {
				return err
			}
		}
	}
	return a.tellMirrors(all, !flags.json, a.done)
}

// mirroring is how mirrors are written: in the language of the program. The names of
// files are titles, which no log has.
func (a *app) mirroring() setup.Mirroring {
	m := setup.Mirroring{Language: pages.MirrorLanguage(a.words), Words: pages.MirrorWords(a.words), Index: pages.Mirror(a.words)}
	if a.setup.Attended {
		m.Observe = func(shown string, e mirror.Event) {
			switch {
			case e.Kind == mirror.Edited && e.New == "":
				a.note("mirror-edited-left", "Mirror", shown, "File", e.Name)
			case e.Kind == mirror.Edited:
				a.note("mirror-edited", "Mirror", shown, "File", e.Name, "New", e.New)
			case e.Kind == mirror.Foreign:
				a.note("mirror-foreign", "Mirror", shown, "File", e.Name, "New", e.New)
			}
		}
	}
	return m
}

// tellMirrors says what became of mirrors, by say if it is a result. Its error is of
// those that are not as they should be.
func (a *app) tellMirrors(all []setup.Mirrored, result bool, say func(id string, data ...any)) (err error) {
	for _, m := range all {
		name, r := m.Place.Shown, m.Report
		if err = errors.Join(err, m.Err); m.Err != nil {
			continue
		}
		if result {
			counts := a.words.Tally("count-pages-written", r.Written, "count-pages-removed", r.Removed, "count-documents", r.Documents)
			say("mirror-done", "Mirror", name, "Counts", counts)
		}
		if n := m.Events[mirror.Edited] + m.Events[mirror.Foreign]; n > 0 && !a.setup.Attended {
			a.note("mirror-others", "Mirror", name, "Count", n)
		}
		if m.Events[mirror.Damaged] > 0 {
			a.note("mirror-damaged", "Mirror", name, "File", mirror.StateName)
		}
		for _, told := range []struct {
			id string
			n  int
		}{{"mirror-private", r.Private}, {"mirror-sealed", r.Sealed}, {"mirror-unfound", m.Unfound}} {
			if told.n > 0 && !a.quiet {
				a.note(told.id, "Mirror", name, "Count", told.n)
			}
		}
		if r.Lacking > 0 {
			err = errors.Join(err, message.Of(message.Incomplete, setup.ErrLacking, "mirror-lacking", "Mirror", name, "Count", r.Lacking))
		}
		if r.Unreadable > 0 {
			err = errors.Join(err, message.Of(message.Incomplete, setup.ErrIncomplete, "mirror-unreadable", "Mirror", name, "Count", r.Unreadable))
		}
	}
	return err
}
