package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// discoveries measures part i: documents found in a history of 100,000 pages, beside
// reading all of its addresses and titles with nothing else.
func discoveries(t testing.TB, p *program) []row {
	const pages, pads = 100_000, 500
	home := t.TempDir()
	places := filepath.Join(home, ".mozilla/firefox/bench.default/places.sqlite")
	if err := os.MkdirAll(filepath.Dir(places), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := fillPlaces(places, pages, pads); err != nil {
		t.Fatal(err)
	}
	env := []string{"HOME=" + home, "XDG_CONFIG_HOME=" + home, "XDG_DATA_HOME=" + home, "XDG_STATE_HOME=" + home, "LANG=C"}
	var walls, ratios []float64
	for range 5 {
		began := time.Now()
		if n, err := scan(places); err != nil || n != pages {
			t.Fatal(n, err)
		}
		bare := time.Since(began)
		u, output, err := measured(t.Context(), env, p.path, "discover", "--json")
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(output, []byte("\n")); n != pads {
			t.Fatalf("%d documents were found, want %d", n, pads)
		}
		walls, ratios = append(walls, u.Wall.Seconds()), append(ratios, u.Wall.Seconds()/bare.Seconds())
	}
	wall := median(walls)
	return []row{{"i", fmt.Sprintf("documents in a Firefox history of %d pages, of which %d are pads: wall", pages, pads),
		fmt.Sprintf("%.2f s, %.1f times a bare scan", wall, median(ratios)), "under 2 s", wall < 2}}
}

// fillPlaces makes a history as Firefox keeps it, with a visit to each page.
func fillPlaces(name string, pages, pads int) (err error) {
	c, err := sqlite3.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return c.Exec(fmt.Sprintf(`pragma journal_mode = wal;
		create table moz_places(id integer primary key, url longvarchar, title longvarchar, rev_host longvarchar, visit_count integer default 0, hidden integer default 0 not null,
			typed integer default 0 not null, frecency integer default -1 not null, last_visit_date integer, guid text, foreign_count integer default 0 not null,
			url_hash integer default 0 not null, description text, preview_image_url text, site_name text, origin_id integer);
		create table moz_historyvisits(id integer primary key, from_visit integer, place_id integer, visit_date integer, visit_type integer, session integer);
		create table moz_bookmarks(id integer primary key, type integer, fk integer, parent integer, position integer, title longvarchar, dateAdded integer, lastModified integer, guid text);
		create index moz_places_url_hashindex on moz_places(url_hash);
		create index moz_places_lastvisitdateindex on moz_places(last_visit_date);
		create index moz_historyvisits_placedateindex on moz_historyvisits(place_id, visit_date);
		create index moz_historyvisits_fromindex on moz_historyvisits(from_visit);
		create index moz_bookmarks_itemindex on moz_bookmarks(fk, type);
		begin;
		with recursive n(i) as (select 1 union all select i + 1 from n where i < %[1]d)
		insert into moz_places(id, url, title, visit_count, frecency, last_visit_date, guid, url_hash, description)
			select i, case when i %% (%[1]d / %[2]d) = 0 then 'https://mensuel.framapad.org/p/pad-' || i
				else 'https://site-' || (i %% 997) || '.example.org/articles/2026/' || i || '/' || hex(randomblob(20)) || '?page=' || (i %% 7) end,
				'Title of page ' || i || ', as long as titles are', 1, 100, 1790000000000000 + i * 1000000, hex(randomblob(6)), i * 7919, hex(randomblob(60)) from n;
		insert into moz_historyvisits(from_visit, place_id, visit_date, visit_type) select 0, id, last_visit_date, 1 from moz_places;
		commit`, pages, pads))
}

// scan reads the addresses and titles of all pages.
func scan(name string) (rows int, err error) {
	c, err := sqlite3.Open("file:" + name + "?mode=ro")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	s, _, err := c.Prepare("select url, title from moz_places")
	if err != nil {
		return 0, err
	}
	defer s.Close()
	for size := 0; s.Step(); rows++ {
		size += len(s.ColumnRawText(0)) + len(s.ColumnRawText(1))
	}
	return rows, s.Err()
}
