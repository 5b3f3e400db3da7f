package catalog

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
)

// Documents are all of them, by kind, server and id.
func (c *Catalog) Documents(ctx context.Context) (all []Document, err error) {
	err = c.view(ctx, func(t *tx) error {
		found, err := t.documents(0)
		for _, d := range found {
			all = append(all, *d)
		}
		return err
	})
	slices.SortFunc(all, func(a, b Document) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Server(), b.Server()), strings.Compare(a.ID, b.ID))
	})
	return all, err
}

// Document is the one that is known by a key, nil if there is none.
func (c *Catalog) Document(ctx context.Context, k Key) (d *Document, err error) {
	err = c.view(ctx, func(t *tx) error {
		id, err := t.find(k)
		if id == 0 || err != nil {
			return err
		}
		found, err := t.documents(id)
		d = found[id]
		return err
	})
	return d, err
}

// A Chosen document is one with a choice.
type Chosen struct {
	Key
	Address string // as in a Document
	Choice  Choice
	Also    []Key // by which it is known, too
}

// Chosen are the documents for which somebody made a choice, but those that
// were removed.
func (c *Catalog) Chosen(ctx context.Context) (all []Chosen, err error) {
	found := make(map[int64]*Chosen)
	err = c.view(ctx, func(t *tx) error {
		err := t.each(`select id, kind, base, document.name, address, value from fact join document on id = document where fact.name = 'choice' and value != ''`, nil, func(scan func(...any) error) error {
			id, d := int64(0), new(Chosen)
			err := scan(&id, &d.Kind, &d.Base, &d.ID, &d.Address, &d.Choice)
			found[id] = d
			return err
		})
		if err != nil {
			return err
		}
		return t.each(`select document, alias.kind, base, alias.name from alias join document on id = document`, nil, func(scan func(...any) error) error {
			var id int64
			var k Key
			err := scan(&id, &k.Kind, &k.Base, &k.ID)
			if d := found[id]; d != nil {
				d.Also = append(d.Also, k)
			}
			return err
		})
	})
	for _, id := range slices.Sorted(maps.Keys(found)) {
		all = append(all, *found[id])
	}
	return all, err
}

// Machine is the random id under which repositories know this person's
// choices, "" while there is no catalogue.
func (c *Catalog) Machine(ctx context.Context) (id string, err error) {
	err = c.view(ctx, func(t *tx) error { return t.row(`select id from machine`).Scan(&id) })
	return id, err
}

// A Named document is one that has a name.
type Named struct {
	Key
	Name string
}

// Names are those of all documents that have one.
func (c *Catalog) Names(ctx context.Context) (all []Named, err error) {
	err = c.view(ctx, func(t *tx) error {
		return t.each(`select kind, base, document.name, value from fact join document on id = document where fact.name = 'name' and value != ''`, nil, func(scan func(...any) error) error {
			var n Named
			err := scan(&n.Kind, &n.Base, &n.ID, &n.Name)
			all = append(all, n)
			return err
		})
	})
	return all, err
}
