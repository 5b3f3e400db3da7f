package main

import (
	"context"
	"errors"
	"strings"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/restore"
)

// A saved document is one of the repository's, with messages about it.
type savedDocument struct {
	*library.Document
	app       *app
	selection *library.Selection
}

// openSaved opens the one document that name means.
func (a *app) openSaved(ctx context.Context, flags commonFlags, name string, o library.Options) (*savedDocument, error) {
	selection, err := a.setup.Select(ctx, []string{name})
	if err != nil {
		return nil, err
	}
	r, err := a.open(ctx, flags)
	if err != nil {
		return nil, err
	}
	if err := r.AddOwner(ctx); err != nil {
		return nil, err
	}
	d := &savedDocument{app: a, selection: selection}
	o.Observe = d.observe
	d.Document, err = r.Library().Open(ctx, selection, o)
	nothing := (*library.NothingError)(nil)
	switch {
	case errors.As(err, &nothing):
		return nil, a.setup.Nothing(selection, nothing.Lacking)
	case err != nil && !errors.Is(err, library.ErrSeveral):
		return nil, r.In(err)
	}
	return d, err
}

// name is what messages call the document.
func (d *savedDocument) name() string {
	of := d.Found
	return d.app.documentName(d.app.stderr, of.Source, of.ID, d.Names, d.selection.Shows(of.Source, of.ID))
}

func (d *savedDocument) observe(e library.Event) {
	a := d.app
	switch {
	case e.Chosen != nil:
		if text := a.restored(restore.Event{Document: d.Found, Choice: library.Choice{Version: e.Chosen, Skipped: e.Skipped}}, d.name()); text != "" {
			a.remark(a.stderr, text)
		}
	case len(e.Flaws) > 0:
		a.note("show-flaw", "Document", d.name(), "Flaw", a.words.Flaws(strings.Join(e.Flaws, "+")))
	default:
		for _, text := range a.taken(e.Taken, d.name()) {
			a.remark(a.stderr, text)
		}
	}
}

// failed says why a document could not be read, unless the error itself says
// all that there is to say.
func (d *savedDocument) failed(err error) error {
	if said := (*message.Error)(nil); err == nil || errors.As(err, &said) || errors.Is(err, context.Canceled) {
		return err
	}
	if form, ok := errors.AsType[*library.FormError](err); ok {
		return message.Of(message.Failed, err, "no-form", "Document", d.name(), "Form", form.Form, "Forms", strings.Join(form.Forms, ", "))
	}
	for _, whole := range []error{library.ErrPoint, library.ErrThen, library.ErrSeveral, library.ErrNotYet, library.ErrNoVersion, library.ErrLost} {
		if errors.Is(err, whole) {
			return err
		}
	}
	return message.Of(message.Failed, err, "document-unread", "Document", d.name(), "Reason", err)
}
