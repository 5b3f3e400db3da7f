package browsers

import (
	"cmp"
	"encoding/binary"

	"github.com/padsync/padsync/discovery"
)

// A gvdb is a table of GLib's format for tables that do not change: a file that is
// a hash table, of which an item may be another one.
type gvdb struct {
	order binary.ByteOrder
	b     []byte // the whole file
	items []byte // of this table
}

// readGVDB reads a file, as gvdb-format.h of GLib defines it, in either byte order.
func readGVDB(b []byte) (*gvdb, error) {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case len(b) < gvdbHeader:
		return nil, discovery.ErrUnknown
	case string(b[:8]) == "raVGtnai":
		order = binary.BigEndian
	case string(b[:8]) != "GVariant":
		return nil, discovery.ErrUnknown
	}
	if order.Uint32(b[8:]) != 0 { // its version
		return nil, discovery.ErrUnknown
	}
	return (&gvdb{order: order, b: b}).at(b[16:gvdbHeader])
}

const (
	gvdbHeader = 24 // bytes: a signature, a version, options, where the table is
	gvdbItem   = 24 // bytes: hash, parent, key and its length, type, value
)

// at is the table that a pointer leads to: filters and buckets, then the items.
func (g *gvdb) at(pointer []byte) (*gvdb, error) {
	b, ok := g.part(pointer)
	if !ok || len(b) < 8 {
		return nil, discovery.ErrDamaged
	}
	filters, buckets := int64(g.order.Uint32(b)&(1<<27-1)), int64(g.order.Uint32(b[4:]))
	before := 8 + 4*(filters+buckets)
	if before > int64(len(b)) {
		return nil, discovery.ErrDamaged
	}
	return &gvdb{g.order, g.b, b[before:]}, nil
}

// part is what a pointer leads to: a beginning and an end.
func (g *gvdb) part(pointer []byte) ([]byte, bool) {
	from, to := int64(g.order.Uint32(pointer)), int64(g.order.Uint32(pointer[4:]))
	if from > to || to > int64(len(g.b)) {
		return nil, false
	}
	return g.b[from:to], true
}

// walk calls visit with each item's key, type and pointer.
func (g *gvdb) walk(visit func(key string, kind byte, pointer []byte)) error {
	left := int64(len(g.b)) // no two keys lie at one place
	for items := g.items; len(items) >= gvdbItem; items = items[gvdbItem:] {
		from, size := int64(g.order.Uint32(items[8:])), int64(g.order.Uint16(items[12:]))
		if left -= size; left < 0 || from+size > int64(len(g.b)) {
			return discovery.ErrDamaged
		}
		visit(string(g.b[from:from+size]), items[14], items[16:gvdbItem])
	}
	return nil
}

// table is the one that this one has under a name.
func (g *gvdb) table(name string) (table *gvdb, err error) {
	err = discovery.ErrUnknown
	damaged := g.walk(func(key string, kind byte, pointer []byte) {
		if key == name && kind == 'H' {
			table, err = g.at(pointer)
		}
	})
	return table, cmp.Or(damaged, err)
}

// each calls visit with each value.
func (g *gvdb) each(visit func(key string, value []byte)) error {
	sound := true
	err := g.walk(func(key string, kind byte, pointer []byte) {
		if kind != 'v' {
			return
		}
		value, ok := g.part(pointer)
		sound = sound && ok
		visit(key, value)
	})
	if err == nil && !sound {
		err = discovery.ErrDamaged
	}
	return err
}
