package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/internal/jsonlines"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/spf13/cobra"
)

func (a *app) logCommand() *cobra.Command {
	var flags commonFlags
	var newest bool
	cmd := &cobra.Command{
		Use:     "log DOCUMENT",
		Short:   a.text("log"),
		Example: a.text("log-example"),
		Args:    a.takes(1, 1),
		RunE: a.action(func(ctx context.Context, args []string) error {
			d, err := a.openSaved(ctx, flags, args[0], library.Options{Newest: newest})
			if err != nil {
				return err
			}
			defer d.Close()
			return d.failed(a.log(ctx, d, newest, flags.json))
		}),
	}
	flags.add(a, cmd)
	a.completesDocuments(cmd, &flags, 1)
	flags.addJSON(a, cmd)
	cmd.Flags().BoolVar(&newest, "newest", false, a.text("flag-newest"))
	return cmd
}

// log lists the versions in the repository, then the days and the saved
// revisions in the version that restore would take.
func (a *app) log(ctx context.Context, d *savedDocument, newest, asJSON bool) error {
	out := bufio.NewWriter(a.stdout)
	l := &logger{app: a, out: out, json: json.NewEncoder(out), asJSON: asJSON}
	for i := range d.Record.Versions {
		if err := l.version(&d.Record.Versions[i]); err != nil {
			return err
		}
	}
	// A person sees the versions before a long history was read.
	if err := out.Flush(); err != nil || len(d.Record.Versions) == 0 {
		return err
	}
	e, err := d.At(ctx, "")
	if errors.Is(err, repository.ErrNoIdentity) {
		v, _ := library.ChooseVersion(d.Record, newest)
		a.note("log-no-identity", "Version", v.Name)
		return nil
	}
	if err != nil {
		return err
	}
	defer e.Close()
	if of, isPad := e.Document.(*pad.Document); isPad {
		if err := l.history(e.Version, of.Pad); err != nil {
			return err
		}
	}
	return out.Flush()
}

// A logger writes lines, for people or for programs.
type logger struct {
	app    *app
	out    io.Writer
	json   *json.Encoder
	asJSON bool

	names map[string]string // of authors, by id
}

func (l *logger) version(v *manifest.VersionRecord) error {
	if l.asJSON {
		return l.json.Encode(jsonlines.NewVersion(v))
	}
	line := v.Name + "  " + words.Time(v.Saved)
	if v.Revision != "" {
		line += "  @" + v.Revision
	}
	if v.Suspect != "" {
		line += "  (" + l.app.text("suspect-because", "Reason", l.app.words.Suspicion(v.Suspect)) + ")"
	}
	return l.line(line)
}

func (l *logger) line(text string) error {
	_, err := fmt.Fprintln(l.out, words.Printable(text))
	return err
}

func (l *logger) history(v *manifest.VersionRecord, p *pad.Pad) error {
	l.names = p.AuthorNames()
	if !l.asJSON {
		fmt.Fprintf(l.out, "\n%s\n", l.app.text("log-days", "Version", v.Name, "Head", p.Head))
	}
	for day, err := range p.Days(time.Local) {
		if err == nil {
			err = l.day(day)
		}
		if err != nil {
			return err
		}
	}
	if !l.asJSON && len(p.Saved) > 0 {
		fmt.Fprintf(l.out, "\n%s\n", l.app.text("log-stars"))
	}
	for _, s := range p.Saved {
		if err := l.star(s); err != nil {
			return err
		}
	}
	return nil
}

func (l *logger) day(d pad.Day) error {
	logged := jsonlines.NewDay(d, l.names)
	if l.asJSON {
		return l.json.Encode(logged)
	}
	var who []string
	for _, e := range logged.Edits {
		who = append(who, fmt.Sprintf("%s %d", l.app.author(l.names, e.Author), e.Edits))
	}
	revisions := fmt.Sprintf("@%d", d.First)
	if d.Last != d.First {
		revisions += fmt.Sprintf(" – @%d", d.Last)
	}
	return l.line(fmt.Sprintf("%-10s  %-15s  %s", cmp.Or(logged.Day, "-"), revisions, strings.Join(who, ", ")))
}

func (l *logger) star(s pad.SavedRevision) error {
	if l.asJSON {
		return l.json.Encode(jsonlines.NewStar(s, l.names))
	}
	return l.line(fmt.Sprintf("@%-6d  %s  %s  %s", s.Revision, words.Time(s.Time), l.app.author(l.names, s.Author), s.Label))
}
