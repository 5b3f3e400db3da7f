package browsers

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/discovery/propertylist"
)

const safariDB = "History.db"

// safariProfiles are the first, which has no name, and those that a person made
// later. Where macOS does not let padsync see, it is the first that says so.
func (r *reader) safariProfiles(_ context.Context, at root) []profile {
	all := []profile{{browser: at.browser, dir: at.dir}}
	for _, dir := range children(filepath.Join(at.dir, "Profiles")) {
		all = append(all, named(at.browser, "", dir))
	}
	return all
}

// safari reads what Safari keeps. macOS lets a program read all of it, or nothing.
func (r *reader) safari(ctx context.Context, p profile) {
	err := r.safariHistory(ctx, p)
	if errors.Is(err, fs.ErrPermission) {
		r.skip(ctx, p, safariDB, discovery.ErrForbidden)
		return
	}
	r.skip(ctx, p, safariDB, err)
	r.skip(ctx, p, "Bookmarks.plist", r.safariBookmarks(p))
}

func (r *reader) safariHistory(ctx context.Context, p profile) error {
	d, err := r.scratch.openCopy(ctx, p.file(safariDB))
	if err != nil {
		return err
	}
	defer d.Close()
	columns := d.columns("history_visits")
	if !d.has("history_items", "id", "url") || !columns["history_item"] || !columns["visit_time"] {
		return discovery.ErrUnknown
	}
	// A visit that led elsewhere is none.
	query := "select i.url, " + cut(or(columns, "title", "''")) + ", v.visit_time, " + or(columns, "load_successful", "1") +
		" from history_visits v join history_items i on i.id = v.history_item where " + or(columns, "redirect_destination", "null") + " is null"
	return r.visits(d, p, query, func(row *sqlite3.Stmt, s *discovery.Sighting) {
		s.Last, s.Doubtful = safariTime(row.ColumnFloat(2)), row.ColumnInt64(3) == 0
	})
}

// safariTime counts seconds from the year 2001.
func safariTime(seconds float64) time.Time {
	const epoch = 978307200
	if !(seconds > -epoch && seconds < maxMicro/1e6) {
		return time.Time{}
	}
	return unixMicro(int64((seconds + epoch) * 1e6))
}

// safariBookmarks reads the tree of bookmarks, and the reading list, which is one of
// its folders.
func (r *reader) safariBookmarks(p profile) error {
	b, err := readFile(p.file("Bookmarks.plist"), mostBookmarks)
	if err != nil {
		return err
	}
	list, err := propertylist.Read(b)
	if err != nil {
		return err
	}
	tooDeep := false
	var walk func(object uint64, depth int)
	walk = func(object uint64, depth int) {
		if tooDeep = tooDeep || depth == deepest; tooDeep || list.Exhausted() {
			return
		}
		address, about := list.Text(list.Value(object, "URLString")), list.Value(object, "URIDictionary")
		if r.to.Possible(address) {
			r.to.Sees(discovery.Sighting{Address: address, Title: list.Text(list.Value(about, "title")), Origin: p.origin(discovery.Bookmark)})
		}
		for _, child := range list.Array(list.Value(object, "Children")) {
			walk(child, depth+1)
		}
	}
	if walk(list.Top, 0); tooDeep || list.Exhausted() {
		return discovery.ErrDamaged
	}
	return nil
}

const deepest = 100 // folders in each other
