package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/restore"
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
	d, err := a.openSaved(ctx, flags.commonFlags, name, flags.newest)
	if err != nil {
		return err
	}
	defer d.close()
	d.raw = flags.raw
	point := flags.when
	if flags.atRev {
		point = "@" + strconv.Itoa(flags.revision)
	}
	e, err := d.at(ctx, point)
	if err != nil {
		return d.failed(err)
	}
	defer e.close()
	out := bufio.NewWriter(a.harmless(a.stdout))
	switch {
	case (flags.chat || flags.authors) && e.pad == nil:
		err = message.Of(message.Failed, errNoHistory, "no-history")
	case flags.chat:
		err = a.writeChat(out, e.pad)
	case flags.authors:
		if e.state, err = e.pad.At(e.revision); err == nil {
			err = e.state.WriteAuthorsHTML(out, e.pad.Authors)
		}
	default:
		if flags.raw && !flags.formatted {
			flags.format = e.rawForm(flags.format)
		}
		err = d.write(out, e, flags.format)
	}
	if err == nil {
		err = out.Flush()
	}
	return d.failed(err)
}

// failed says in the user's words why a document could not be read.
func (d *savedDocument) failed(err error) error {
	if said := (*message.Error)(nil); err == nil || errors.As(err, &said) || errors.Is(err, context.Canceled) {
		return err
	}
	return message.Of(message.Failed, err, "document-unread", "Document", d.name, "Reason", d.app.words.Error(err))
}

// write writes the edition in a form that padsync makes, or else as it was
// saved in that form.
func (d *savedDocument) write(w io.Writer, e *edition, format string) error {
	at := slices.IndexFunc(e.version.Files, func(f manifest.FileRecord) bool { return f.Format == format })
	switch {
	case e.pad != nil && padForms[format] != nil && e.state != nil:
		return padForms[format](e.state, w)
	case e.pad != nil && padForms[format] != nil && (at < 0 || e.past()):
		_, err := e.pad.At(e.revision)
		return err
	case e.past() && format == "etherpad":
		return e.pad.WriteAt(w, e.revision, e.until)
	case e.poll != nil && pollForms[format] != nil:
		return pollForms[format](e.poll, w, poll.Language(d.app.text("language")))
	case e.poll != nil && format == "json" && len(e.poll.Earlier) > 0:
		b, err := e.poll.Encode()
		if err != nil {
			return err
		}
		_, err = w.Write(b)
		return err
	}
	if at < 0 || e.past() {
		return message.Of(message.Failed, restore.ErrNoForm, "no-form", "Document", d.name, "Form", format, "Forms", strings.Join(e.forms(), ", "))
	}
	s, err := d.files.File(e.version.Files[at])
	if err != nil {
		return err
	}
	defer s.Close()
	return restore.CopySaved(e.version.Files[at], d.raw)(w, s, s.Size())
}

// rawForm is the form to give of what was saved where none was asked for: the
// usual one, else the first that people can read: of a poll its page, of a pad
// its history.
func (e *edition) rawForm(usual string) string {
	saved := e.forms()
	for _, form := range []string{usual, "html", "etherpad"} {
		if slices.Contains(saved, form) {
			return form
		}
	}
	return usual
}

// past says that the edition is of a pad before its newest revision: what was
// saved in other forms is not of then.
func (e *edition) past() bool { return e.pad != nil && e.revision != e.pad.Head }

// forms are those that the edition can be written in.
func (e *edition) forms() []string {
	var forms []string
	switch {
	case e.pad != nil:
		forms = slices.Sorted(maps.Keys(padForms))
	case e.poll != nil:
		forms = slices.Sorted(maps.Keys(pollForms))
	}
	if e.past() {
		return append(forms, "etherpad")
	}
	for _, f := range e.version.Files {
		if !slices.Contains(forms, f.Format) {
			forms = append(forms, f.Format)
		}
	}
	return forms
}

var padForms = map[string]func(*pad.State, io.Writer) error{
	"txt": (*pad.State).WriteText, "html": (*pad.State).WriteHTML, "markdown": (*pad.State).WriteMarkdown,
}

var pollForms = map[string]func(*poll.Poll, io.Writer, poll.Language) error{
	"txt": (*poll.Poll).WriteText, "html": (*poll.Poll).WriteHTML, "csv": (*poll.Poll).WriteCSV,
}

// writeChat writes a line for each message, in the order of the export.
func (a *app) writeChat(w io.Writer, p *pad.Pad) error {
	names := authorNames(p)
	for m, err := range p.Messages() {
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s  %s: %s\n", localTime(m.Time), words.Printable(a.author(names, m.Author)), words.Printable(m.Text))
	}
	return nil
}

func authorNames(p *pad.Pad) map[string]string {
	names := make(map[string]string, len(p.Authors))
	for _, author := range p.Authors {
		names[author.ID] = author.Name
	}
	return names
}

// author is what people call an author: by name, else by id.
func (a *app) author(names map[string]string, id string) string {
	switch {
	case names[id] != "":
		return names[id]
	case id != "":
		return id
	}
	return a.text("nobody")
}

// localTime is a time for people, "-" for none.
func localTime(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
}
