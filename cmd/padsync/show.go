package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/library"
	"github.com/spf13/cobra"
)

type showFlags struct {
	commonFlags
	revision      int
	when, format  string
	chat, authors bool
	newest, atRev bool
	raw           bool
	formatted     bool // the format was given
}

func (a *app) showCommand() *cobra.Command {
	var flags showFlags
	cmd := &cobra.Command{
		Use:     "show DOCUMENT",
		Short:   a.text("show"),
		Example: a.text("show-example"),
		Long:    a.text("point-long"),
		Args:    a.takes(1, 1),
	}
	cmd.RunE = a.action(func(ctx context.Context, args []string) error {
		flags.atRev, flags.formatted = cmd.Flags().Changed("rev"), cmd.Flags().Changed("format")
		return a.show(ctx, flags, args[0])
	})
	flags.add(a, cmd)
	a.completesDocuments(cmd, &flags.commonFlags, 1)
	cmd.Flags().IntVar(&flags.revision, "rev", 0, a.text("flag-rev"))
	cmd.Flags().StringVar(&flags.when, "at", "", a.text("flag-point"))
	cmd.Flags().StringVar(&flags.format, "format", "txt", a.text("flag-show-format"))
	cmd.Flags().BoolVar(&flags.chat, "chat", false, a.text("flag-chat"))
	cmd.Flags().BoolVar(&flags.authors, "authors", false, a.text("flag-authors"))
	cmd.Flags().BoolVar(&flags.raw, "raw", false, a.text("flag-raw"))
	cmd.Flags().BoolVar(&flags.newest, "newest", false, a.text("flag-newest"))
	return cmd
}

func (a *app) show(ctx context.Context, flags showFlags, name string) error {
	d, err := a.openSaved(ctx, flags.commonFlags, name, library.Options{Newest: flags.newest, Raw: flags.raw})
	if err != nil {
		return err
	}
	defer d.Close()
	point := flags.when
	if flags.atRev {
		point = "@" + strconv.Itoa(flags.revision)
	}
	e, err := d.At(ctx, point)
	if err != nil {
		return d.failed(err)
	}
	defer e.Close()
	out := bufio.NewWriter(terminal.Harmless(a.stdout))
	of, isPad := e.Document.(*pad.Document)
	switch {
	case (flags.chat || flags.authors) && !isPad:
		err = library.ErrNoHistory
	case flags.chat:
		err = a.writeChat(out, of.Pad)
	case flags.authors:
		var state *pad.State
		if state, err = of.Pad.At(of.Revision()); err == nil {
			err = state.WriteAuthorsHTML(out, of.Pad.Authors)
		}
	default:
		if flags.raw && !flags.formatted {
			flags.format = e.RawForm(flags.format)
		}
		err = e.Write(out, flags.format, a.language())
	}
	if err == nil {
		err = out.Flush()
	}
	return d.failed(err)
}

// writeChat writes a line for each message, in the order of the export.
func (a *app) writeChat(w io.Writer, p *pad.Pad) error {
	names := p.AuthorNames()
	for m, err := range p.Messages() {
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s  %s: %s\n", words.Time(m.Time), words.Printable(a.author(names, m.Author)), words.Printable(m.Text))
	}
	return nil
}

func (a *app) author(names map[string]string, id string) string {
	switch {
	case names[id] != "":
		return names[id]
	case id != "":
		return id
	}
	return a.text("nobody")
}
