package browsers_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofrs/flock"
	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/discovery/browsers"
)

// Whatever stands in place of a database, one line says that it was not read, and
// the rest of the profile is.
func TestAFileThatCannotBeReadCostsOnlyItself(t *testing.T) {
	write := func(text string) func(*machine, ...string) {
		return func(m *machine, name ...string) { m.write(text, name...) }
	}
	schema := func(sql string) func(*machine, ...string) {
		return func(m *machine, name ...string) { m.database(sql, name...).Close() }
	}
	endless := "with recursive n(id) as (select 1 union all select id + 1 from n) select id, '" + pads + "' || id as url, '' as title from n"
	for name, hostile := range map[string]struct {
		make func(*machine, ...string)
		want error
	}{
		"text":            {write("not a database, but long enough to be taken for one at first sight"), discovery.ErrDamaged},
		"other tables":    {schema("create table t(x)"), discovery.ErrUnknown},
		"a missing field": {schema("create table moz_places(id integer primary key); create table urls(id integer primary key)"), discovery.ErrUnknown},
		"a view":          {schema("create view moz_places as " + endless + "; create view urls as " + endless), discovery.ErrUnknown},
		"a folder":        {func(m *machine, name ...string) { m.path(append(name, "x")...) }, discovery.ErrIrregular},
		"a pipe":          {func(m *machine, name ...string) { m.check(mkfifo(m.path(name...))) }, discovery.ErrIrregular},
		"enormous": {func(m *machine, name ...string) {
			m.write("", name...)
			m.check(os.Truncate(m.path(name...), 3<<30))
		}, discovery.ErrLarge},
		"damaged pages": {func(m *machine, name ...string) {
			var sql strings.Builder
			sql.WriteString(firefoxSchema + chromiumSchema)
			for i := range 2000 {
				sql.WriteString(fmt.Sprintf("insert into moz_places(url) values('https://a.example/%d'); insert into urls(url) values('https://a.example/%[1]d');", i))
			}
			m.database("begin; "+sql.String()+"commit", name...).Close()
			b, err := os.ReadFile(m.path(name...))
			m.check(err)
			for i := 8192; i+100 < len(b); i += 4096 {
				copy(b[i:], strings.Repeat("\xff", 100))
			}
			m.write(string(b), name...)
		}, discovery.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			hostile.make(m, ".mozilla/firefox", "a.default", "places.sqlite")
			m.write("[Profile0]\nPath=a.default\n", ".mozilla/firefox", "profiles.ini")
			m.write(mozLz4(t, `{"windows": [{"tabs": [{"entries": [{"url": "`+pads+`tab"}], "index": 1}]}]}`+strings.Repeat(" ", 99)), ".mozilla/firefox", "a.default", "sessionstore.jsonlz4")
			m.write(mozLz4(t, `{"children": [{"children": [{"uri": "`+pads+`backup", "title": "x"}]}]}`+strings.Repeat(" ", 99)), ".mozilla/firefox", "a.default", "bookmarkbackups", "bookmarks-2026-11-29_5_x.jsonlz4")
			hostile.make(m, chromiumRoot, "Default", "History")
			m.write(`{"roots": {"other": {"children": [{"url": "`+pads+`bookmark"}]}}}`, chromiumRoot, "Default", "Bookmarks")
			seen, skipped := m.read()
			wants(t, seen, map[string]string{pads + "tab": "tab", pads + "backup": "bookmark", pads + "bookmark": "bookmark"})
			if len(skipped) != 2 {
				t.Fatalf("skipped %v", skipped)
			}
			for _, s := range skipped {
				if !errors.Is(s.Err, hostile.want) {
					t.Errorf("%s: %v, want %v", s.File, s.Err, hostile.want)
				}
			}
		})
	}
}

// Nobody has that many pads: whoever wrote them wants the memory.
func TestMorePadsThanAnybodyHasAreNotKept(t *testing.T) {
	m := newMachine(t)
	m.database("create table history(id integer primary key, url text); with recursive n(i) as (select 1 union all select i + 1 from n where i < 20001)"+
		"insert into history(id, url) select i, '"+pads+"' || i from n", ".config/falkon/profiles/a", "browsedata.db").Close()
	seen, skipped := m.read()
	if len(seen) != 20_000 || len(skipped) != 1 || !errors.Is(skipped[0].Err, discovery.ErrLarge) {
		t.Errorf("%d seen, skipped %v", len(seen), skipped)
	}
}

// A row costs only itself: a newer browser may keep what this one does not know.
func TestOddRowsAndMissingColumnsAreReadOver(t *testing.T) {
	m := newMachine(t)
	m.database("create table moz_places(url text, id integer primary key, last_visit_date integer);"+
		"insert into moz_places values('"+pads+strings.Repeat("x", 5000)+"', 1, 5), (x'ff00', 2, 5), (null, 3, 5), (17, 4, 5), ('"+pads+"good', 5, 1790000000000000), ('"+pads+"ever', 6, 9223372036854775807)",
		".mozilla/firefox", "a.default", "places.sqlite").Close()
	seen, skipped := m.read()
	if len(skipped) > 0 {
		t.Errorf("skipped %v", skipped)
	}
	wants(t, seen, map[string]string{pads + "good": "history"})
}

// Nothing of what a person visited leaves but what can be a document: not in
// results, messages or errors, and not in what a run leaves.
func TestOtherAddressesGoNowhere(t *testing.T) {
	const secret = "oncology-clinic"
	m := newMachine(t)
	other := []string{
		"https://" + secret + ".example/", "https://x.example/" + secret + "/results?patient=17", "https://user:" + secret + "@pads.example.org/p/x",
		"ftp://" + secret + ".example/p/x", "https://www.instagram.com/p/" + secret + "/", "file:///home/x/" + secret + "/p/x",
		"https://pad.numerique.gouv.fr/p/" + secret, "https://x.example/" + secret, "javascript:'/p/" + secret + "'", "about:" + secret,
	}
	var firefox, chromium, bookmarks strings.Builder
	for i, address := range other {
		address = strings.ReplaceAll(address, "'", "''")
		firefox.WriteString(visit(i+1, address, secret, 1))
		chromium.WriteString(chromiumVisit(i+1, address, secret, 1, wholeChain))
		bookmarks.WriteString(fmt.Sprintf(`{"url": %q, "name": %q}, `, other[i], secret))
	}
	m.database("pragma journal_mode = wal; "+firefoxSchema+firefox.String(), ".mozilla/firefox", "a.default", "places.sqlite").Close()
	m.write("damaged", ".mozilla/firefox", "a.default", "storage", "default", "https+++"+secret+".example", "ls", "data.sqlite")
	m.check(mkfifo(m.path(".mozilla/firefox", "a.default", "storage", "default", "https+++"+secret+".test", "ls", "data.sqlite")))
	m.check(os.Symlink("data.sqlite", m.path(".mozilla/firefox", "a.default", "storage", "default", "https+++"+secret+".invalid", "ls", "data.sqlite")))
	m.write(mozLz4(t, `{"windows": [{"tabs": [{"entries": [{"url": "`+other[1]+`"}], "index": 1}]}]}`+strings.Repeat(" ", 99)), ".mozilla/firefox", "a.default", "sessionstore.jsonlz4")
	m.database(chromiumSchema+chromium.String(), chromiumRoot, "Default", "History").Close()
	m.write(`{"roots": {"other": {"children": [`+strings.TrimSuffix(bookmarks.String(), ", ")+`]}}}`, chromiumRoot, "Default", "Bookmarks")
	m.check(mkfifo(m.path(epiphanyRoot, "localstorage", "https_"+secret+".example_0.localstorage")))
	seen, skipped := m.read()
	if len(skipped) != 3 { // the pipes, and what leads to itself
		t.Errorf("skipped %v", skipped)
	}
	if said := fmt.Sprintf("%+v %+v", seen, skipped); len(seen) > 0 || strings.Contains(said, secret) {
		t.Errorf("it says %s", said)
	}
	if left := snapshot(t, m.scratch); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

// Copies of a process that was killed go at the next start; those of one that
// lives stay.
func TestCopiesOfADeadProcessGo(t *testing.T) {
	m := newMachine(t)
	for _, name := range []string{"DEAD", "ALIVE"} {
		m.check(os.MkdirAll(filepath.Join(m.scratch, name), 0o700))
		m.check(os.WriteFile(filepath.Join(m.scratch, name, "1"), []byte("a copy"), 0o600))
		m.check(os.WriteFile(filepath.Join(m.scratch, name+".lock"), nil, 0o600))
	}
	alive := flock.New(filepath.Join(m.scratch, "ALIVE.lock"))
	if locked, err := alive.TryLock(); err != nil || !locked {
		t.Fatal(locked, err)
	}
	defer alive.Unlock()
	m.read()
	left := strings.Join(snapshot(t, m.scratch), "\n")
	if strings.Contains(left, "DEAD") || !strings.Contains(left, "ALIVE"+string(filepath.Separator)+"1") {
		t.Errorf("left: %s", left)
	}
}

func TestAnInterruptionLeavesNoCopy(t *testing.T) {
	m := newMachine(t)
	m.database(firefoxSchema+visit(1, pads+"a", "", 1)+visit(2, pads+"b", "", 1), ".mozilla/firefox", "a.default", "places.sqlite").Close()
	ctx, cancel := context.WithCancel(t.Context())
	err := browsers.Read(ctx, browsers.System{OS: "linux", Home: m.home, Getenv: os.Getenv}, m.scratch, discovery.Reading{
		Kinds: allKinds(),
		See: func(discovery.Sighting) {
			if len(snapshot(t, m.scratch)) < 4 {
				t.Error("there is no copy: this test looks in the wrong place")
			}
			cancel()
		},
		Skip: func(s discovery.Skip) { t.Errorf("skipped %v", s) },
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if left := snapshot(t, m.scratch); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

// A copy goes as soon as it was read: the disk may have no room for all of them.
func TestOneCopyIsThereAtATime(t *testing.T) {
	m := newMachine(t)
	m.database(firefoxSchema+visit(1, pads+"a", "", 1), ".mozilla/firefox", "a.default", "places.sqlite").Close()
	m.database(firefoxSchema+visit(1, pads+"b", "", 1), ".mozilla/firefox", "b.default", "places.sqlite").Close()
	m.write("not a database, but long enough to be taken for one at first sight", chromiumRoot, "Default", "History")
	m.database(chromiumSchema+chromiumVisit(1, pads+"c", "", 1, wholeChain), chromiumRoot, "Profile 1", "History").Close()
	err := browsers.Read(t.Context(), browsers.System{OS: "linux", Home: m.home, Getenv: func(string) string { return "" }}, m.scratch, discovery.Reading{
		Kinds: allKinds(),
		See: func(s discovery.Sighting) {
			copies, err := filepath.Glob(filepath.Join(m.scratch, "*", "*"))
			if err != nil || len(copies) != 1 {
				t.Errorf("at %s: %v, %v", s.Address, copies, err)
			}
		},
		Skip: func(discovery.Skip) {},
	})
	m.check(err)
}

// What a page keeps in the browser is its own word: of other servers it says
// nothing, and a page that keeps more than Etherpad does is none.
func TestAPageProvesOnlyItself(t *testing.T) {
	m := newMachine(t)
	m.write("[Profile0]\nPath=a.default\n", ".mozilla/firefox", "profiles.ini")
	keep := func(folder, key, value string) {
		m.database("create table database(origin text); create table data(key text, utf16_length integer, conversion_type integer, compression_type integer, value blob);"+
			"insert into database values('https://evil.example'); insert into data values('"+key+"', 1, 1, 0, x'"+fmt.Sprintf("%x", value)+"')", ".mozilla/firefox", "a.default", "storage", "default", folder, "ls", "data.sqlite").Close()
	}
	keep("https+++evil.example", "storage-polls", `{"x": {"pollUrl": "https://intranet.example/polls/salaries", "adminUrl": "`+pads+`x"}, "y": {"pollUrl": "https://evil.example/polls/own"}}`)
	keep("https+++evil.example^userContextId=2", "recentPads", "["+strings.Repeat(`{"name": "x"}, `, 5000)+`{"name": "x"}]`)
	keep("https+++evil.example^privateBrowsingId=1", "recentPads", `[{"name": "private"}]`)
	seen, skipped := m.read()
	if len(skipped) > 0 {
		t.Errorf("skipped %v", skipped)
	}
	wants(t, seen, map[string]string{"https://evil.example/polls/own": "recent"})
}

// Browsers cut titles where they like, and write what no JSON should have.
func TestJSONIsReadAsBrowsersWriteIt(t *testing.T) {
	m := newMachine(t)
	m.write("[Profile0]\nPath=a.default\n", ".mozilla/firefox", "profiles.ini")
	m.write(mozLz4(t, `{"a": 1, "a": 2, "windows": [{"tabs": [{"entries": [{"url": "`+pads+`tab", "title": "cut \ud83d"}], "index": 1}]}]}`+strings.Repeat(" ", 99)), ".mozilla/firefox", "a.default", "sessionstore.jsonlz4")
	m.write(`{"roots": {"other": {"children": [{"url": "`+pads+`bookmark", "name": "cut \ud83d`+"\xff"+`"}]}}}`, chromiumRoot, "Default", "Bookmarks")
	seen, skipped := m.read()
	if len(skipped) > 0 {
		t.Errorf("skipped %v", skipped)
	}
	wants(t, seen, map[string]string{pads + "tab": "tab", pads + "bookmark": "bookmark"})
}
