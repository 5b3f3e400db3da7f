package repository

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/padsync/padsync/manifest"
)

// An Outline is what a repository shows of itself to somebody who comes to it,
// for little: its lists are named for when they were made, and the newest says on
// which machine, to whom it opens.
type Outline struct {
	Created time.Time // zero: padsync.json does not say it
	Last    time.Time // the newest list; zero: there is none
	Host    string    // that wrote the newest list that reads; "": no identity opens one
}

// Outline reads it. The lists that Options.Identities do not open, or that are
// damaged, tell only when they were made.
func (r *Repository) Outline(ctx context.Context) (Outline, error) {
	o := Outline{Created: r.head.Created.Time}
	c := &Contents{repo: r, id: r.ID()}
	defer c.Close()
	read := 0
	for _, prefix := range []string{manifestsPrefix, checkpointsPrefix} {
		ids, err := r.listIDs(ctx, prefix)
		if err != nil {
			return o, err
		}
		slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(b, a) })
		for _, id := range ids {
			if _, finished, _, ok := manifest.ParseID(id); ok && finished.After(o.Last) {
				o.Last = finished
			}
			if o.Host != "" || read == tellsHost {
				continue
			}
			read++
			in, documents, err := c.readInput(ctx, prefix, id)
			if errors.Is(err, ErrNoIdentity) || ctx.Err() != nil {
				read = tellsHost // nor will it open the others
			}
			if err != nil {
				continue
			}
			o.Host = in.header.Host
			if err := documents.close(); err != nil {
				return o, err
			}
		}
	}
	return o, ctx.Err()
}

// tellsHost is how many lists are read to find one that says where it was made.
const tellsHost = 3
