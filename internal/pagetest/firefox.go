package pagetest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// A Visited page is one of a browser's history.
type Visited struct {
	Address, Title string
	Last           time.Time
}

// Firefox gives the person whose home folder it is a Firefox with this history.
func Firefox(home string, pages ...Visited) (err error) {
	profile := filepath.Join(home, ".mozilla", "firefox", "abcd.default")
	if err := os.MkdirAll(profile, 0o700); err != nil {
		return err
	}
	c, err := sqlite3.Open(filepath.Join(profile, "places.sqlite"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	err = c.Exec(`create table moz_places(id integer primary key, url longvarchar, title longvarchar, rev_host longvarchar, visit_count integer default 0, hidden integer default 0 not null,
			typed integer default 0 not null, frecency integer default -1 not null, last_visit_date integer, guid text, foreign_count integer default 0 not null, url_hash integer default 0 not null);
		create table moz_historyvisits(id integer primary key, from_visit integer, place_id integer, visit_date integer, visit_type integer, session integer);
		create table moz_bookmarks(id integer primary key, type integer, fk integer, parent integer, position integer, title longvarchar, dateAdded integer, lastModified integer, guid text)`)
	for i, page := range pages {
		row := fmt.Sprintf(`insert into moz_places(id, url, title, visit_count, last_visit_date) values(%[1]d, '%[2]s', '%[3]s', 1, %[4]d);
			insert into moz_historyvisits(from_visit, place_id, visit_date, visit_type) values(0, %[1]d, %[4]d, 1)`,
			i+1, strings.ReplaceAll(page.Address, "'", "''"), strings.ReplaceAll(page.Title, "'", "''"), page.Last.UnixMicro())
		if err == nil {
			err = c.Exec(row)
		}
	}
	return err
}
