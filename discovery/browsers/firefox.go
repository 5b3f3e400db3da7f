package browsers

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/padsync/padsync/discovery"
)

const mostSettings = 16 << 20 // bytes of a file with settings

// firefoxProfiles are those that profiles.ini lists, those of profile groups,
// which only their database lists, and those that no list has.
func (r *reader) firefoxProfiles(ctx context.Context, at root) (all []profile) {
	list, err := readFile(filepath.Join(at.dir, "profiles.ini"), mostSettings)
	r.skip(ctx, profile{browser: at.browser}, "profiles.ini", err)
	for _, p := range parseProfiles(list) {
		dir := filepath.FromSlash(p.path)
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(at.dir, dir)
		}
		all = append(all, named(at.browser, p.name, dir))
	}
	groups, _ := filepath.Glob(filepath.Join(globbable(at.dir), "Profile Groups", "*.sqlite"))
	for _, group := range groups {
		all = append(all, r.profileGroup(ctx, at, group)...)
	}
	for _, dir := range slices.Concat(children(at.dir), children(filepath.Join(at.dir, "Profiles"))) {
		if exists(filepath.Join(dir, places)) {
			all = append(all, named(at.browser, "", dir))
		}
	}
	return unique(all)
}

// globbable is a name in which no character stands for others.
func globbable(name string) string {
	if filepath.Separator == '\\' {
		return name // there is no escaping there
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// A listed profile is one of profiles.ini.
type listed struct{ name, path string }

// parseProfiles reads profiles.ini.
func parseProfiles(list []byte) (all []listed) {
	var now *listed
	lines := bufio.NewScanner(bytes.NewReader(list))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		key, value, _ := strings.Cut(line, "=")
		switch {
		case strings.HasPrefix(line, "["):
			now = nil
			if strings.HasPrefix(line, "[Profile") {
				all = append(all, listed{})
				now = &all[len(all)-1]
			}
		case now == nil:
		case key == "Name":
			now.name = value
		case key == "Path":
			now.path = value
		}
	}
	return slices.DeleteFunc(all, func(p listed) bool { return p.path == "" })
}

// profileGroup are the profiles that a person made in a Firefox that already had
// one.
func (r *reader) profileGroup(ctx context.Context, at root, file string) (all []profile) {
	d, err := r.scratch.openCopy(ctx, file)
	if err != nil {
		r.skip(ctx, profile{browser: at.browser}, filepath.Base(file), err)
		return nil
	}
	defer d.Close()
	if !d.has("Profiles", "path", "name") {
		return nil
	}
	err = d.each("select name, path from Profiles", func(s *sqlite3.Stmt) {
		dir := filepath.FromSlash(s.ColumnText(1))
		if dir != "" && !filepath.IsAbs(dir) {
			all = append(all, named(at.browser, s.ColumnText(0), filepath.Join(at.dir, dir)))
		}
	})
	r.skip(ctx, profile{browser: at.browser}, filepath.Base(file), err)
	return all
}

const places = "places.sqlite"

// firefox reads a profile. A listed one may never have been used.
func (r *reader) firefox(ctx context.Context, p profile) {
	err := r.places(ctx, p)
	r.skip(ctx, p, places, err)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.bookmarkBackup(ctx, p)
	}
	r.session(ctx, p)
	r.firefoxStorage(ctx, p)
}

// A place is a row of Firefox's table of all addresses.
type place struct {
	id     int64
	url    string
	title  string
	visits int
	last   time.Time
	odd    bool
}

// places reads the history and the bookmarks.
func (r *reader) places(ctx context.Context, p profile) error {
	d, err := r.scratch.openCopy(ctx, p.file(places))
	if err != nil {
		return err
	}
	defer d.Close()
	columns := d.columns("moz_places")
	if !columns["id"] || !columns["url"] {
		return discovery.ErrUnknown
	}
	query := "select id, url, " + cut(or(columns, "title", "''")) + ", " + or(columns, "visit_count", "0") + ", " +
		or(columns, "last_visit_date", "0") + ", " + or(columns, "hidden", "0") + ", " + or(columns, "frecency", "1") +
		" from moz_places where length(url) < 4096"
	var found []place
	err = d.each(query, func(s *sqlite3.Stmt) {
		if !d.finds(r.to, s.ColumnRawText(1)) {
			return
		}
		found = append(found, place{
			id: s.ColumnInt64(0), url: s.ColumnText(1), title: s.ColumnText(2), visits: s.ColumnInt(3), last: unixMicro(s.ColumnInt64(4)),
			odd: s.ColumnInt64(5) != 0 || s.ColumnInt64(6) == 0, // 404 has no frecency
		})
	})
	visits := d.has("moz_historyvisits", "id", "place_id", "visit_date", "visit_type", "from_visit")
	bookmarks := d.has("moz_bookmarks", "fk", "type", "parent", "title", "dateAdded", "guid", "id")
	for _, at := range found {
		if err == nil && bookmarks {
			err = r.placeBookmarks(d, p, at)
		}
		if at.last.IsZero() {
			continue
		}
		seen := discovery.Sighting{
			Address: at.url, Title: at.title, First: at.last, Last: at.last, Visits: at.visits, Doubtful: at.odd, Origin: p.origin(discovery.History),
		}
		left := false
		if err == nil && visits {
			left, err = d.placeVisits(at, &seen)
		}
		if !left {
			r.to.Sees(seen)
		}
	}
	return err
}

// placeVisits finds the first visit, and whether all of them led elsewhere at
// once: the address is then not that of a page.
func (d *database) placeVisits(at place, seen *discovery.Sighting) (left bool, err error) {
	query := "select min(v.visit_date), count(*), sum(exists (select 1 from moz_historyvisits n where n.from_visit = v.id and n.visit_type in (5, 6)))" +
		" from moz_historyvisits v where v.place_id = ?"
	err = d.each(query, func(s *sqlite3.Stmt) {
		if first := unixMicro(s.ColumnInt64(0)); !first.IsZero() && first.Before(seen.First) {
			seen.First = first
		}
		left = s.ColumnInt64(1) > 0 && s.ColumnInt64(1) == s.ColumnInt64(2)
	}, at.id)
	return left, err
}

// placeBookmarks are the bookmarks of an address; a tag that was put on it is
// kept like one, and is none.
func (r *reader) placeBookmarks(d *database, p profile, at place) error {
	query := "select b.title, b.dateAdded from moz_bookmarks b left join moz_bookmarks f on f.id = b.parent left join moz_bookmarks t on t.id = f.parent" +
		" where b.fk = ? and b.type = 1 and coalesce(t.guid, '') <> 'tags________'"
	return d.each(query, func(s *sqlite3.Stmt) {
		title := s.ColumnText(0)
		if title == "" {
			title = at.title
		}
		added := unixMicro(s.ColumnInt64(1))
		r.to.Sees(discovery.Sighting{Address: at.url, Title: title, First: added, Origin: p.origin(discovery.Bookmark), Doubtful: at.odd && !at.last.IsZero()})
	}, at.id)
}

// cut keeps a title from filling the memory.
func cut(column string) string { return "substr(" + column + ", 1, 500)" }

// unixMicro is the zero time for none.
func unixMicro(n int64) time.Time {
	if n <= 0 || n > maxMicro {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// unixMilli is unixMicro for milliseconds.
func unixMilli(n int64) time.Time { return unixMicro(max(0, min(n, maxMicro/1000)) * 1000) }

const maxMicro = 253402300799_000000 // the end of the year 9999
