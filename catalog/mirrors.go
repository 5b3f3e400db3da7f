package catalog

import (
	"context"
	"time"
)

// A Mirrored says how a mirror was brought up to date last.
type Mirrored struct {
	Mirror                      string // its place, as people see it
	Ended                       time.Time
	Documents, Written, Removed int    // those in it; pages
	Error, Said                 string // as of a Failure, "" if all was done
}

// KeepMirror notes it, in place of what was noted of the same mirror.
func (c *Catalog) KeepMirror(ctx context.Context, m Mirrored) error {
	return c.change(ctx, func(t *tx) error {
		return t.exec(`insert or replace into mirrored (mirror, ended, documents, written, removed, error, said) values (?, ?, ?, ?, ?, ?, ?)`,
			m.Mirror, seconds(m.Ended), m.Documents, m.Written, m.Removed, bounded(m.Error), bounded(m.Said))
	})
}

// Mirrors are those that were noted, by their places.
func (c *Catalog) Mirrors(ctx context.Context) (map[string]Mirrored, error) {
	all := make(map[string]Mirrored)
	err := c.view(ctx, func(t *tx) error {
		return t.each(`select mirror, ended, documents, written, removed, error, said from mirrored`, nil, func(scan func(...any) error) error {
			var m Mirrored
			var ended int64
			err := scan(&m.Mirror, &ended, &m.Documents, &m.Written, &m.Removed, &m.Error, &m.Said)
			m.Ended = moment(ended)
			all[m.Mirror] = m
			return err
		})
	})
	return all, err
}
