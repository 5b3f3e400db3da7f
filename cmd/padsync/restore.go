package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/pages"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/restore"
	"github.com/spf13/cobra"
)

type restoreFlags struct {
	commonFlags
	when, target      string
	formats           []string
	overwrite, newest bool
	raw               bool
	revision          int
	atRev             bool
	move              moveFlags
}

func (a *app) restoreCommand() *cobra.Command {
	var flags restoreFlags
	cmd := &cobra.Command{
		Use:     "restore [DOCUMENT…] --target DIR | --into URL [--yes]",
		Short:   a.text("restore"),
		Example: a.text("restore-example"),
		Long:    a.text("document-long"),
	}
	cmd.RunE = a.action(func(ctx context.Context, args []string) error {
		if flags.atRev = cmd.Flags().Changed("rev"); flags.atRev && len(args) != 1 {
			return message.Of(message.Usage, errUsage, "rev-of-one")
		}
		if flags.move.as != "" && (len(args) != 1 || len(flags.move.servers) == 0) {
			return message.Of(message.Usage, errUsage, "as-of-one")
		}
		return a.restore(ctx, flags, args)
	})
	flags.add(a, cmd)
	a.completesDocuments(cmd, &flags.commonFlags, manyDocuments)
	flags.addJSON(a, cmd)
	flags.move.add(a, cmd)
	cmd.Flags().StringVar(&flags.target, "target", "", a.text("flag-target"))
	cmd.Flags().StringVar(&flags.when, "at", "", a.text("flag-restore-at"))
	cmd.Flags().IntVar(&flags.revision, "rev", 0, a.text("flag-rev"))
	cmd.Flags().StringSliceVar(&flags.formats, "format", nil, a.text("flag-format"))
	cmd.Flags().BoolVar(&flags.overwrite, "overwrite", false, a.text("flag-overwrite"))
	cmd.Flags().BoolVar(&flags.raw, "raw", false, a.text("flag-raw"))
	cmd.Flags().BoolVar(&flags.newest, "newest", false, a.text("flag-newest"))
	return cmd
}

func (a *app) restore(ctx context.Context, flags restoreFlags, args []string) error {
	if len(flags.move.servers) > 0 {
		return a.move(ctx, flags, args)
	}
	if flags.target == "" {
		return message.Of(message.Usage, errUsage, "no-target")
	}
	made, saved := a.setup.Kinds.OfDocuments().Forms()
	forms := slices.Concat(made, saved)
	for _, format := range flags.formats {
		if !slices.Contains(forms, format) {
			return message.Of(message.Usage, errForm, "bad-format", "Format", format, "Forms", strings.Join(forms, ", "))
		}
	}
	chosen, err := a.openChosen(ctx, flags, args)
	if err != nil {
		return err
	}
	defer chosen.Contents.Close()
	r := &restoring{chosen: chosen, flags: flags, then: make(pages.Past), plan: restore.Plan{
		Repository: chosen.Repository, Query: chosen.Query(flags.newest),
		Target: flags.target, Formats: flags.formats, Language: a.language(), Overwrite: flags.overwrite, Raw: flags.raw,
	}}
	if err := r.start(); err != nil {
		return chosen.In(err)
	}
	defer r.bar.Stop()
	r.plan.Observe = r.observe
	report, err := restore.Run(ctx, r.plan)
	r.bar.Stop()
	return r.result(report, err)
}

// chosen are the documents of a repository that a command line means.
type chosen struct {
	*setup.Chosen
	app *app
}

// openChosen reads what the repository held. The caller closes the contents.
func (a *app) openChosen(ctx context.Context, flags restoreFlags, args []string) (*chosen, error) {
	selection, err := a.setup.Select(ctx, args)
	if err != nil {
		return nil, err
	}
	r, err := a.open(ctx, flags.commonFlags)
	if err != nil {
		return nil, err
	}
	var revision *int
	if flags.atRev {
		revision = &flags.revision
	}
	c, err := r.Choose(ctx, selection, flags.when, revision)
	if err != nil {
		return nil, err
	}
	return &chosen{c, a}, nil
}

// name names a document for messages on out.
func (c *chosen) name(out io.Writer, record *manifest.Record) string {
	return c.app.documentName(out, record.Source, record.ID, c.Names, c.Selection.Shows(record.Source, record.ID))
}

// restored says of a document what is worth a line, else "".
func (a *app) restored(e restore.Event, name string) string {
	switch {
	case errors.Is(e.Err, library.ErrNoVersion):
		return a.text("restore-unsaved", "Document", name)
	case e.Err != nil:
		return a.text("restore-document-failed", "Document", name, "Reason", a.words.Error(e.Err))
	case e.Cut != nil:
		return a.text("restore-cut", "Document", name, "Revision", e.Cut.Revision)
	case e.Document.Lost:
		return a.text("restore-lost", "Document", name, "Saved", e.Version.Saved)
	case e.Skipped != "":
		return a.text("restore-not-newest", "Document", name, "Reason", a.words.Suspicion(e.Skipped), "Saved", e.Version.Saved)
	case e.Version.Suspect != "":
		return a.text(suspectTaken(e.Document), "Document", name, "Reason", a.words.Suspicion(e.Version.Suspect))
	}
	return ""
}

// taken says what of a document comes from earlier versions, as later looks
// could not see it: a text for each version.
func (a *app) taken(all []documents.Taken, name string) (texts []string) {
	for _, t := range all {
		texts = append(texts, a.text("restore-taken", "Document", name, "Saved", t.Saved, "Parts", t.Parts(a.language())))
	}
	return texts
}

// suspectTaken is the message for a suspect version that was taken: because
// there is no other, because only it has what was written last, or because
// --newest asked for it.
func suspectTaken(record *manifest.Record) string {
	switch sound := record.NewestSound(); {
	case sound == nil:
		return "restore-suspect"
	case sound == record.Newest():
		return "restore-compacted"
	}
	return "restore-suspect-newest"
}

// documentName names a document that the repository holds, for messages on out;
// given says that this command line named it, so that its address is not a
// secret here. What is not a terminal may be a log.
func (a *app) documentName(out io.Writer, source manifest.Source, id string, h *library.Names, given bool) string {
	if given || terminal.Is(out) {
		return a.setup.Kinds.URL(source, id)
	}
	return a.text("document-hash", "Source", source.URL, "Hash", h.Short(source, id))
}
