package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/library"
	"github.com/spf13/cobra"
)

func (a *app) diffCommand() *cobra.Command {
	var flags commonFlags
	var newest bool
	cmd := &cobra.Command{
		Use:     "diff DOCUMENT [A [B]]",
		Short:   a.text("diff"),
		Example: a.text("diff-example"),
		Long:    a.text("diff-long") + a.text("point-long"),
		Args:    a.takes(1, 3),
		RunE: a.action(func(ctx context.Context, args []string) error {
			d, err := a.openSaved(ctx, flags, args[0], library.Options{Newest: newest})
			if err != nil {
				return err
			}
			defer d.Close()
			return d.failed(a.diff(ctx, d, args[1:]))
		}),
	}
	flags.add(a, cmd)
	a.completesDocuments(cmd, &flags, 1)
	cmd.Flags().BoolVar(&newest, "newest", false, a.text("flag-newest"))
	return cmd
}

func (a *app) diff(ctx context.Context, d *savedDocument, points []string) error {
	if len(points) == 0 {
		var err error
		if points, err = d.compared(); err != nil {
			return err
		}
	}
	if len(points) == 1 {
		points = append(points, "")
	}
	var labels, texts [2]string
	for i, point := range points {
		var err error
		if labels[i], texts[i], err = d.Comparable(ctx, point, a.language()); err != nil {
			return err
		}
	}
	if texts[0] == texts[1] {
		a.note("diff-none", "Before", labels[0], "After", labels[1])
		return nil
	}
	if _, err := fmt.Fprintf(a.stdout, "--- %s\n+++ %s\n", labels[0], labels[1]); err != nil {
		return err
	}
	return library.WriteChanges(a.stdout, library.LinesOf(library.Compare(texts[0], texts[1])), a.marks().mark)
}

// compared are the points to compare where none is named: before and after a
// loss, or else the version before and the newest.
func (d *savedDocument) compared() ([]string, error) {
	points, err := d.Loss()
	if points != nil || err != nil {
		return points, err
	}
	before, err := d.Before()
	if err == nil && before == "" {
		err = message.Of(message.Failed, library.ErrPoint, "diff-one-version")
	}
	return []string{before}, err
}

// marks show what came and what went.
type marks struct {
	before, after [2]string       // what opens and closes them
	shown         func(rune) rune // of each character; nil: as it is
}

// plainMarks are those of git diff --word-diff.
var plainMarks = marks{before: [2]string{"[-", "-]"}, after: [2]string{"{+", "+}"}}

// marks are colours on a terminal, unless NO_COLOR (no-color.org) is set.
func (a *app) marks() marks {
	m := plainMarks
	if !terminal.Is(a.stdout) {
		return m
	}
	if a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb" {
		m.before, m.after = [2]string{"\x1b[31;9m", "\x1b[0m"}, [2]string{"\x1b[32;4m", "\x1b[0m"}
	}
	m.shown = terminal.Shown
	return m
}

func (m marks) mark(p library.Piece) string {
	text := p.Text
	if m.shown != nil {
		text = strings.Map(m.shown, text)
	}
	switch p.In {
	case library.InBefore:
		return m.before[0] + text + m.before[1]
	case library.InAfter:
		return m.after[0] + text + m.after[1]
	}
	return text
}
