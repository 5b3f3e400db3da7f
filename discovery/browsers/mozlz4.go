package browsers

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/discovery/mozilla"
)

// session reads the page that each open tab shows. The pages that it showed
// before, and closed tabs, stay alone: a person may have removed them from the
// history.
func (r *reader) session(ctx context.Context, p profile) {
	name := filepath.Join("sessionstore-backups", "recovery.jsonlz4") // of a Firefox that runs
	if !exists(p.file(name)) {
		name = "sessionstore.jsonlz4"
	}
	r.packed(ctx, p, name, mozilla.Tabs, discovery.Tab)
}

// bookmarkBackup reads the newest copy of the bookmarks that Firefox made by
// itself, where the bookmarks cannot be read.
func (r *reader) bookmarkBackup(ctx context.Context, p profile) {
	all, _ := filepath.Glob(filepath.Join(globbable(p.file("bookmarkbackups")), "bookmarks-*.jsonlz4"))
	if len(all) > 0 {
		r.packed(ctx, p, filepath.Join("bookmarkbackups", filepath.Base(slices.Max(all))), mozilla.Bookmarks, discovery.Bookmark)
	}
}

// packed reads a compressed file of a profile.
func (r *reader) packed(ctx context.Context, p profile, name string, read func([]byte) ([]discovery.Sighting, error), place discovery.Place) {
	b, err := readFile(p.file(name), mozilla.MostPacked)
	if err == nil {
		b, err = mozilla.Unpack(b)
	}
	var all []discovery.Sighting
	if err == nil {
		all, err = read(b)
	}
	if err != nil {
		r.skip(ctx, p, name, err)
	}
	for _, s := range all {
		s.Origin = p.origin(place)
		r.to.Sees(s)
	}
}
