package browsers

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/ncruces/go-sqlite3"
	"github.com/padsync/padsync/discovery"
)

const mostBookmarks = 64 << 20 // bytes

// chromiumProfiles are the folders that have what a profile has; Opera keeps its
// one in the root itself.
func (r *reader) chromiumProfiles(_ context.Context, at root) (all []profile) {
	names := r.chromiumNames(at)
	for _, dir := range append([]string{at.dir}, children(at.dir)...) {
		for _, file := range []string{"History", "Bookmarks", "AccountBookmarks", "EncryptedBookmarks2", "EncryptedAccountBookmarks2"} {
			if exists(filepath.Join(dir, file)) {
				all = append(all, named(at.browser, names[filepath.Base(dir)], dir))
				break
			}
		}
	}
	return all
}

// chromiumNames are the names of profiles as people see them, by their folders.
func (r *reader) chromiumNames(at root) map[string]string {
	var state struct {
		Profile struct {
			InfoCache map[string]struct {
				Name string `json:"name"`
			} `json:"info_cache"`
		} `json:"profile"`
	}
	const file = "Local State"
	b, err := readFile(filepath.Join(at.dir, file), mostSettings)
	if err != nil || unmarshal(b, &state) != nil {
		return nil // then the folders' names have to do
	}
	names := make(map[string]string)
	for dir, info := range state.Profile.InfoCache {
		names[dir] = info.Name
	}
	return names
}

func (r *reader) chromium(ctx context.Context, p profile) {
	r.skip(ctx, p, "History", r.chromiumHistory(ctx, p))
	for _, file := range []string{"Bookmarks", "AccountBookmarks"} {
		sealed := "Encrypted" + file + "2"
		if !exists(p.file(file)) && exists(p.file(sealed)) {
			r.skip(ctx, p, sealed, discovery.ErrEncrypted)
			continue
		}
		r.skip(ctx, p, file, r.chromiumBookmarks(p, file))
	}
	r.skip(ctx, p, "Local Storage", r.chromiumStorage(ctx, p))
}

// chromiumHistory reads the addresses that were visited.
func (r *reader) chromiumHistory(ctx context.Context, p profile) error {
	d, err := r.scratch.openCopy(ctx, p.file("History"))
	if err != nil {
		return err
	}
	defer d.Close()
	columns := d.columns("urls")
	if !columns["id"] || !columns["url"] {
		return discovery.ErrUnknown
	}
	query := "select id, url, " + cut(or(columns, "title", "''")) + ", " + or(columns, "visit_count", "0") + ", " +
		or(columns, "last_visit_time", "0") + ", " + or(columns, "hidden", "0") + " from urls where length(url) < 4096"
	var found []place
	err = d.each(query, func(s *sqlite3.Stmt) {
		if !d.finds(r.to, s.ColumnRawText(1)) {
			return
		}
		found = append(found, place{
			id: s.ColumnInt64(0), url: s.ColumnText(1), title: s.ColumnText(2), visits: s.ColumnInt(3), last: chromiumTime(s.ColumnInt64(4)), odd: s.ColumnInt64(5) != 0,
		})
	})
	visits := d.has("visits", "url", "visit_time", "transition")
	for _, at := range found {
		seen := discovery.Sighting{
			Address: at.url, Title: at.title, First: at.last, Last: at.last, Visits: at.visits, Doubtful: at.odd, Origin: p.origin(discovery.History),
		}
		left := false
		if err == nil && visits {
			left, err = d.chromiumVisits(at, &seen)
		}
		if !left {
			r.to.Sees(seen)
		}
	}
	return err
}

// chromiumVisits is placeVisits for Chromium: a visit that led elsewhere is not the
// end of its chain. Its row has the title of the page that it led to.
func (d *database) chromiumVisits(at place, seen *discovery.Sighting) (left bool, err error) {
	const chainEnd = "0x20000000"
	query := "select min(visit_time), count(*), sum(transition & " + chainEnd + " = 0) from visits where url = ?"
	err = d.each(query, func(s *sqlite3.Stmt) {
		if first := chromiumTime(s.ColumnInt64(0)); !first.IsZero() && first.Before(seen.First) {
			seen.First = first
		}
		left = s.ColumnInt64(1) > 0 && s.ColumnInt64(1) == s.ColumnInt64(2)
	}, at.id)
	return left, err
}

// chromiumTime counts from the year 1601.
func chromiumTime(n int64) time.Time {
	const epoch = 11644473600_000000
	if n <= epoch {
		return time.Time{}
	}
	return unixMicro(n - epoch)
}

// chromiumBookmarks reads a file of bookmarks. Its roots are those of Chromium, and
// what other browsers added.
func (r *reader) chromiumBookmarks(p profile, file string) error {
	b, err := readFile(p.file(file), mostBookmarks)
	if err != nil {
		return err
	}
	var saved struct {
		Roots map[string]jsontext.Value `json:"roots"`
	}
	if unmarshal(b, &saved) != nil {
		return discovery.ErrDamaged
	}
	for _, name := range slices.Sorted(maps.Keys(saved.Roots)) {
		var tree chromiumNode
		if name == "trash" || unmarshal(saved.Roots[name], &tree) != nil { // some are no folder
			continue
		}
		r.chromiumBookmark(p, &tree)
	}
	return nil
}

type chromiumNode struct {
	Name      string         `json:"name"`
	URL       string         `json:"url"`
	DateAdded string         `json:"date_added"`
	Children  []chromiumNode `json:"children"`
}

func (r *reader) chromiumBookmark(p profile, n *chromiumNode) {
	added, _ := strconv.ParseInt(n.DateAdded, 10, 64)
	r.to.Sees(discovery.Sighting{Address: n.URL, Title: n.Name, First: chromiumTime(added), Origin: p.origin(discovery.Bookmark)})
	for i := range n.Children {
		r.chromiumBookmark(p, &n.Children[i])
	}
}
