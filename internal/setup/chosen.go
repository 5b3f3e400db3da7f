package setup

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources"
)

// Select reads what people call documents: what has :// in it is an address,
// the rest is as library.Selection has it. The catalogue says what documents are
// called, besides repositories. The error for what is not a name matches
// sources.ErrAddress or ErrUser.
func (s *Setup) Select(ctx context.Context, args []string) (*library.Selection, error) {
	names, err := s.Kinds.names(args)
	if err != nil || !slices.ContainsFunc(names, func(n library.Name) bool { return n.Addresses == nil }) {
		return library.Select(names, nil), err
	}
	return library.Select(names, s.called(ctx)), nil
}

// called is what the catalogue calls documents. Without it, they can be named
// nevertheless.
func (s *Setup) called(ctx context.Context) map[library.Address]string {
	c, err := s.OpenCatalog(ctx)
	if err == nil {
		defer c.Close()
		var all []catalog.Named
		if all, err = c.Names(ctx); err == nil {
			called := make(map[library.Address]string, len(all))
			for _, n := range all {
				called[place(n.Key)] = n.Name
			}
			return called
		}
	}
	if !errors.Is(err, ErrHomeless) {
		s.tell("catalogue-names-unread", "Error", err)
	}
	return nil
}

// names reads what people call documents.
func (k Kinds) names(args []string) (names []library.Name, err error) {
	for _, arg := range args {
		name := library.Name{Text: arg}
		if strings.Contains(arg, "://") {
			for _, address := range Addresses(arg) {
				if HasUser(address) {
					return nil, message.Of(message.Usage, ErrUser, "user-in-address")
				}
				for _, c := range k.Documents(address) {
					name.Addresses = append(name.Addresses, library.Address{Kind: c.Kind.Name, Server: manifest.Address(c.Base), ID: c.ID})
				}
			}
			if len(name.Addresses) == 0 {
				return nil, message.Of(message.Usage, sources.ErrAddress, "bad-document")
			}
		}
		names = append(names, name)
	}
	return names, nil
}

// Chosen are documents of a repository that are to be read.
type Chosen struct {
	*Reading
	Selection *library.Selection
	Contents  *repository.Contents
	Names     *library.Names
	Point     library.Point // of the past
}

// Choose reads what the repository held of the selected documents: each as it was
// at the moment when, or at a revision, if that is not nil. The owner's identity
// is added. The caller closes the contents.
func (r *Reading) Choose(ctx context.Context, selection *library.Selection, when string, revision *int) (*Chosen, error) {
	if err := r.AddOwner(ctx); err != nil {
		return nil, err
	}
	at, err := r.Moment(ctx, when)
	if err != nil {
		return nil, err
	}
	if when != "" {
		if err := r.Recall(ctx, selection); err != nil {
			return nil, err
		}
	}
	c := &Chosen{Reading: r, Selection: selection}
	switch {
	case revision != nil:
		c.Point.Revision = revision
	case !at.Time.IsZero():
		// What was saved later also shows what there was then.
		c.Point.Time, at = at.Time, repository.At{}
	}
	if c.Contents, err = r.ContentsAt(ctx, at); err != nil {
		return nil, err
	}
	if c.Names, err = selection.Learn(r.ID(), c.Contents); err != nil {
		return nil, errors.Join(r.In(err), c.Contents.Close())
	}
	return c, nil
}

// Recall lets names mean what they mean now, before a moment of the past is read
// that did not know them yet.
func (r *Reading) Recall(ctx context.Context, selection *library.Selection) error {
	if selection.All() {
		return nil
	}
	c, err := r.Contents(ctx, "")
	if err != nil {
		return nil // whoever reads the moment says so
	}
	defer c.Close()
	if _, err := selection.Learn(r.ID(), c); errors.Is(err, library.ErrSeveral) {
		return err
	}
	return nil
}

// Query asks for the chosen documents; newest: even where those are suspect.
func (c *Chosen) Query(newest bool) library.Query {
	return library.Query{
		Contents: c.Contents, Kinds: c.Settings.setup.Kinds.OfDocuments(), Newest: newest, Point: c.Point,
		Wanted: func(record *manifest.Record) bool { return c.Selection.Has(record.Source, record.ID) },
	}
}

// Named gives the names of the catalogue that begin with what is typed, case and
// accents aside, and the documents' ids.
func (s *Setup) Named(ctx context.Context, typed string, each func(name, id string)) {
	c, err := s.OpenCatalog(ctx)
	if err != nil {
		return
	}
	defer c.Close()
	all, _ := c.Names(ctx)
	for _, n := range all {
		if strings.HasPrefix(library.Fold(n.Name), library.Fold(typed)) {
			each(n.Name, n.ID)
		}
	}
}

// Begin gives what the documents of a repository can be named by that begins so,
// and what else says which document it is: their ids, or their addresses if one
// was begun, and what they are called there, case and accents aside. It stops when
// ctx ends.
func (r *Reading) Begin(ctx context.Context, typed string, each func(name, about string)) {
	c, err := r.Contents(ctx, "")
	if err != nil {
		return
	}
	defer c.Close()
	folded := library.Fold(typed)
	for record, err := range c.Documents() {
		if err != nil || ctx.Err() != nil {
			return
		}
		if record.State == manifest.Erased {
			continue
		}
		name, called := record.ID, library.KnownOf(record).Called
		if strings.Contains(typed, "://") {
			name = r.Settings.setup.Kinds.URL(record.Source, record.ID)
		}
		if strings.HasPrefix(name, typed) {
			each(name, called)
		}
		if called != "" && called != name && strings.HasPrefix(library.Fold(called), folded) {
			each(called, record.ID)
		}
	}
}
