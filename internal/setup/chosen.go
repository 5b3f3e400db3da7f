package setup

import (
	"context"
	"errors"
	"strings"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources"
)

// Select reads what people call documents: what has :// in it is an address,
// the rest are ids, globs over ids, or, where no id fits, the hashes that
// messages show. The error for what is not a name matches sources.ErrAddress or
// ErrUser.
func (k Kinds) Select(args []string) (*library.Selection, error) {
	var names []library.Name
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
	return library.Select(names), nil
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

// Query asks for the chosen documents; newest: even where those are suspect.
func (c *Chosen) Query(newest bool) library.Query {
	return library.Query{
		Contents: c.Contents, Kinds: c.Settings.setup.Kinds.OfDocuments(), Newest: newest, Point: c.Point,
		Wanted: func(record *manifest.Record) bool { return c.Selection.Has(record.Source, record.ID) },
	}
}

// Begin gives the documents to which a name can be completed: their ids, or
// their addresses if one was begun, until ctx ends.
func (r *Reading) Begin(ctx context.Context, typed string, each func(name string, record *manifest.Record)) {
	c, err := r.Contents(ctx, "")
	if err != nil {
		return
	}
	defer c.Close()
	for record, err := range c.Documents() {
		if err != nil || ctx.Err() != nil {
			return
		}
		name := record.ID
		if strings.Contains(typed, "://") {
			name = r.Settings.setup.Kinds.URL(record.Source, record.ID)
		}
		if record.State != manifest.Erased && strings.HasPrefix(name, typed) {
			each(name, record)
		}
	}
}
