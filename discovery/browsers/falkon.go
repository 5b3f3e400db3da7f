package browsers

import (
	"context"
	"path/filepath"

	"github.com/ncruces/go-sqlite3"
	"github.com/padsync/padsync/discovery"
)

func (r *reader) falkonProfiles(_ context.Context, at root) (all []profile) {
	for _, dir := range children(filepath.Join(at.dir, "profiles")) {
		all = append(all, named(at.browser, "", dir))
	}
	return all
}

// falkon reads what Falkon keeps, which uses Chromium's engine, and the form of its
// bookmarks.
func (r *reader) falkon(ctx context.Context, p profile) {
	r.skip(ctx, p, "browsedata.db", r.falkonHistory(ctx, p))
	r.skip(ctx, p, "bookmarks.json", r.chromiumBookmarks(p, "bookmarks.json"))
	r.skip(ctx, p, "Local Storage", r.chromiumStorage(ctx, p))
}

func (r *reader) falkonHistory(ctx context.Context, p profile) error {
	d, err := r.scratch.openCopy(ctx, p.file("browsedata.db"))
	if err != nil {
		return err
	}
	defer d.Close()
	columns := d.columns("history")
	if !columns["url"] {
		return discovery.ErrUnknown
	}
	query := "select url, " + cut(or(columns, "title", "''")) + ", " + or(columns, "date", "0") + ", " + or(columns, "count", "0") + " from history"
	return r.visits(d, p, query, func(row *sqlite3.Stmt, s *discovery.Sighting) {
		s.Last, s.Visits = unixMilli(row.ColumnInt64(2)), row.ColumnInt(3)
	})
}
