package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/pages"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
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
	plan := restore.Plan{
		Repository: chosen.Repository, Query: chosen.Query(flags.newest),
		Target: flags.target, Formats: flags.formats, Language: a.language(), Overwrite: flags.overwrite, Raw: flags.raw,
	}
	progress, err := a.newRestoring(&plan)
	if err != nil {
		return chosen.In(err)
	}
	defer progress.bar.Stop()
	then := make(pages.Past)
	missed := 0        // documents that were named, and of which there is nothing to restore
	notYet := 0        // of those named: at that moment
	var never error    // of the first of them: why
	var mendable error // the first that can be helped, such as a full disk
	plan.Observe = func(e restore.Event) {
		named := chosen.Selection.Names(e.Document.Source, e.Document.ID)
		switch {
		case !named && (errors.Is(e.Err, library.ErrNoForm) || errors.Is(e.Err, library.ErrNotYet)):
			progress.bar.Step() // a poll among pads, say
			return
		case errors.Is(e.Err, library.ErrNotYet):
			notYet, never = notYet+1, cmp.Or(never, e.Err)
		case errors.Is(e.Err, library.ErrNoForm), errors.Is(e.Err, library.ErrNoVersion) && named:
			missed++
		}
		if mendable == nil && len(a.words.Hints(e.Err)) > 0 {
			mendable = e.Err
		}
		if e.Err == nil && plan.Point != (library.Point{}) && slices.Contains(flags.formats, "html") {
			then.Note(e)
		}
		progress.done(e, chosen)
		if len(flags.formats) > 0 && e.Err == nil && e.Version.Facts.Flaw != "" {
			progress.remark(a.text("show-flaw", "Document", chosen.name(a.stderr, e.Document), "Flaw", a.words.Flaws(e.Version.Facts.Flaw)))
		}
	}
	report, err := restore.Run(ctx, plan)
	progress.bar.Stop()
	switch {
	case errors.Is(err, restore.ErrTarget):
		return err
	case errors.Is(err, restore.ErrFull):
		return message.Of(message.Failed, err, "restore-full", "Target", flags.target, "Count", report.Restored)
	case errors.Is(err, restore.ErrTemporaryFull):
		return message.Of(message.Failed, err, "temporary-full", "Folder", os.TempDir())
	case err != nil:
		return chosen.In(err)
	}
	failed := report.Failed + missed
	if report.Restored+failed > 0 {
		failed += notYet
	}
	switch {
	case report.Restored+failed > 0:
	case report.Without > 0:
		return message.Of(message.Failed, library.ErrNoForm, "no-forms", "Forms", strings.Join(flags.formats, ", "))
	case flags.atRev && notYet > 0:
		return message.Of(message.Failed, never, "restore-failed", "Count", notYet)
	case flags.when != "":
		return message.Of(message.Failed, setup.ErrNothing, "nothing-by-then")
	default:
		return a.setup.Kinds.Nothing(chosen.Selection, chosen.Contents.Lacking())
	}
	if slices.Contains(flags.formats, "html") && report.Restored > 0 {
		err := pages.WriteIndex(a.words, plan, then)
		if errors.Is(err, fs.ErrExist) {
			a.note("index-exists", "File", pages.IndexName)
		} else if err != nil {
			return message.In(err, "index", "File", pages.IndexName)
		}
	}
	a.done("restored", "Count", report.Restored, "Target", flags.target)
	err = cmp.Or(a.tellUnfound(chosen.Selection), setup.Lacking(chosen.Selection, chosen.Contents))
	if failed > 0 {
		cause := errors.Join(setup.ErrIncomplete, mendable)
		if report.Sealed > 0 {
			cause = repository.ErrNoIdentity
		}
		err = message.Of(message.Incomplete, cause, "restore-failed", "Count", failed)
	}
	return err
}

// chosen are the documents of a repository that a command line means.
type chosen struct {
	*setup.Chosen
	app *app
}

// openChosen reads what the repository held. The caller closes the contents.
func (a *app) openChosen(ctx context.Context, flags restoreFlags, args []string) (*chosen, error) {
	selection, err := a.setup.Kinds.Select(args)
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
	case e.Cut != nil:
		return a.text("restore-cut", "Document", name, "Revision", e.Cut.Revision)
	case e.Err != nil:
		return a.text("restore-document-failed", "Document", name, "Reason", a.words.Error(e.Err))
	case e.Document.Lost:
		return a.text("restore-lost", "Document", name, "Saved", e.Version.Saved)
	case e.Skipped != "":
		return a.text("restore-not-newest", "Document", name, "Reason", a.words.Suspicion(e.Skipped), "Saved", e.Version.Saved)
	case e.Version.Suspect != "":
		return a.text(suspectTaken(e.Document), "Document", name, "Reason", a.words.Suspicion(e.Version.Suspect))
	}
	return ""
}

// taken says what of a document is of versions before, as later looks could not
// see it: a text for each version.
func (a *app) taken(all []documents.Taken, name string) (texts []string) {
	for _, t := range all {
		texts = append(texts, a.text("restore-taken", "Document", name, "Saved", t.Saved, "Parts", t.Parts(a.language())))
	}
	return texts
}

// suspectTaken is the message for a suspect version that was taken: because
// there is no other, because what was written last is in it alone, or because
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
// given says that this command line named it, so that its address is no secret
// here. What is no terminal may be a log.
func (a *app) documentName(out io.Writer, source manifest.Source, id string, h *library.Names, given bool) string {
	if given || terminal.Is(out) {
		return a.setup.Kinds.URL(source, id)
	}
	return a.text("document-hash", "Source", source.URL, "Hash", h.Short(source, id))
}
