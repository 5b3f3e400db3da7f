package browsers_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/snappy"
	"github.com/ncruces/go-sqlite3"
	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/discovery/browsers"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/framadate"
	"github.com/padsync/padsync/sources/kinds"
	"github.com/padsync/padsync/sources/pollaris"
	"github.com/pierrec/lz4/v4"
	"github.com/syndtr/goleveldb/leveldb"
)

// A machine is a home folder with browsers that a test makes.
type machine struct {
	t       *testing.T
	home    string
	scratch string
}

func allKinds() []kinds.Kind {
	return []kinds.Kind{pollaris.Kind(), framadate.Kind(), etherpad.Kind()}
}

func newMachine(t *testing.T) *machine {
	return &machine{t, t.TempDir(), filepath.Join(t.TempDir(), "copies")}
}

// read reads all browsers of a machine with Linux.
func (m *machine) read() ([]discovery.Sighting, []discovery.Skip) { return m.readAs("linux") }

func (m *machine) readAs(system string) (seen []discovery.Sighting, skipped []discovery.Skip) {
	m.t.Helper()
	err := browsers.Read(m.t.Context(), browsers.System{OS: system, Home: m.home, Getenv: func(string) string { return "" }}, m.scratch, discovery.Reading{
		Kinds: allKinds(),
		See:   func(s discovery.Sighting) { seen = append(seen, s) },
		Skip:  func(s discovery.Skip) { skipped = append(skipped, s) },
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return seen, skipped
}

func (m *machine) path(name ...string) string {
	m.t.Helper()
	path := filepath.Join(append([]string{m.home}, name...)...)
	m.check(os.MkdirAll(filepath.Dir(path), 0o700))
	return path
}

func (m *machine) write(content string, name ...string) {
	m.t.Helper()
	m.check(os.WriteFile(m.path(name...), []byte(content), 0o600))
}

func (m *machine) check(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// database makes a database, or goes on with it; the test closes it.
func (m *machine) database(sql string, name ...string) *sqlite3.Conn {
	m.t.Helper()
	c, err := sqlite3.Open(m.path(name...))
	m.check(err)
	m.check(c.Exec(sql))
	return c
}

const firefoxSchema = `
	create table moz_places(id integer primary key, url text, title text, rev_host text, visit_count integer default 0, hidden integer default 0,
		typed integer default 0, frecency integer default 100, last_visit_date integer, guid text, foreign_count integer default 0);
	create table moz_historyvisits(id integer primary key, from_visit integer, place_id integer, visit_date integer, visit_type integer);
	create table moz_bookmarks(id integer primary key, type integer, fk integer, parent integer, title text, dateAdded integer, guid text);
	create index placeid on moz_historyvisits(place_id, visit_date);
	create index fromvisit on moz_historyvisits(from_visit);
	insert into moz_bookmarks values(1, 2, null, 0, '', 0, 'root________'), (2, 2, null, 1, 'menu', 0, 'menu________'),
		(3, 2, null, 1, 'tags', 0, 'tags________'), (4, 2, null, 3, 'association', 0, 'aaaaaaaaaaaa'), (5, 2, null, 2, 'Dossier', 0, 'bbbbbbbbbbbb');
`

const chromiumSchema = `
	create table urls(id integer primary key, url text, title text, visit_count integer default 0, typed_count integer default 0, last_visit_time integer default 0, hidden integer default 0);
	create table visits(id integer primary key, url integer, visit_time integer, from_visit integer, transition integer default 0);
	create index visits_url on visits(url);
`

// visit is the SQL of a visit to a page, as Firefox keeps it.
func visit(id int, address, title string, day int) string {
	at := date(day).UnixMicro()
	return fmt.Sprintf("insert into moz_places(id, url, title, visit_count, last_visit_date) values(%d, '%s', '%s', 1, %d); insert into moz_historyvisits(place_id, visit_date, visit_type) values(%d, %d, 1);",
		id, address, title, at, id, at)
}

// chromiumVisit is visit for Chromium.
func chromiumVisit(id int, address, title string, day int, transition int64) string {
	at := date(day).UnixMicro() + 11644473600_000000
	return fmt.Sprintf("insert into urls(id, url, title, visit_count, last_visit_time) values(%d, '%s', '%s', 1, %d); insert into visits(url, visit_time, transition) values(%d, %d, %d);",
		id, address, title, at, id, at, transition)
}

const wholeChain = 0x30000000

func date(day int) time.Time { return time.Date(2026, 11, day, 12, 0, 0, 0, time.UTC) }

// mozLz4 is a file of Firefox.
func mozLz4(t *testing.T, text string) string {
	t.Helper()
	packed := make([]byte, lz4.CompressBlockBound(len(text)))
	n, err := lz4.CompressBlock([]byte(text), packed, nil)
	if err != nil || n == 0 {
		t.Fatal(n, err)
	}
	return "mozLz40\x00" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(text)))) + string(packed[:n])
}

// seenAt are the places of each address that was seen.
func seenAt(all []discovery.Sighting) map[string]string {
	places := make(map[string]string)
	for _, s := range all {
		if places[s.Address] != "" {
			places[s.Address] += " "
		}
		places[s.Address] += string(s.Origin.Place)
	}
	return places
}

// wants checks which addresses were seen, and where.
func wants(t *testing.T, all []discovery.Sighting, want map[string]string) {
	t.Helper()
	got := seenAt(all)
	for address, places := range want {
		if got[address] != places {
			t.Errorf("%s was seen in %q, want %q", address, got[address], places)
		}
	}
	for address, places := range got {
		if _, ok := want[address]; !ok {
			t.Errorf("%s was seen in %q, and should not", address, places)
		}
	}
}

const pads = "https://pads.example.org/p/"

func TestFirefoxIsReadWithAllItsProfiles(t *testing.T) {
	m := newMachine(t)
	root := ".mozilla/firefox"
	elsewhere := m.path("elsewhere", "profile")
	m.write("[Install1]\nDefault=a.default\n\n[Profile0]\r\nName=travail\r\nIsRelative=1\r\nPath=Profiles/a.default\r\nDefault=1\r\n\n[Profile1]\nName=maison\nIsRelative=0\nPath="+elsewhere+"\n\n[Profile2]\nName=vide\nPath=never\n", root, "profiles.ini")
	m.database(firefoxSchema+visit(1, pads+"relative", "", 1), root, "Profiles", "a.default", "places.sqlite").Close()
	m.database(firefoxSchema+visit(1, pads+"absolute", "", 2), "elsewhere", "profile", "places.sqlite").Close()
	m.database(firefoxSchema+visit(1, pads+"unlisted", "", 3), root, "old.profile", "places.sqlite").Close()
	m.database(firefoxSchema+visit(1, pads+"grouped", "", 4), root, "Profiles", "b c", "places.sqlite").Close()
	m.database("create table Profiles(id integer primary key, path text, name text); insert into Profiles values(1, 'Profiles/b c', 'Asso')", root, "Profile Groups", "1a2b.sqlite").Close()
	for _, home := range []string{".config/mozilla/firefox", "snap/firefox/common/.mozilla/firefox", ".var/app/org.mozilla.firefox/.mozilla/firefox", ".var/app/org.mozilla.firefox/config/mozilla/firefox", ".librewolf"} {
		m.database(firefoxSchema+visit(1, pads+strings.ReplaceAll(home, "/", "-"), "", 5), home, "x.default", "places.sqlite").Close()
	}
	seen, skipped := m.read()
	if len(skipped) > 0 {
		t.Errorf("skipped %v", skipped)
	}
	profiles := make(map[string]string)
	for _, s := range seen {
		profiles[strings.TrimPrefix(s.Address, pads)] = s.Origin.Browser + " " + s.Origin.Profile
	}
	for name, want := range map[string]string{
		"relative": "Firefox travail", "absolute": "Firefox maison", "unlisted": "Firefox old.profile", "grouped": "Firefox Asso",
		".config-mozilla-firefox": "Firefox x.default", "snap-firefox-common-.mozilla-firefox": "Firefox x.default",
		".var-app-org.mozilla.firefox-.mozilla-firefox": "Firefox x.default", ".var-app-org.mozilla.firefox-config-mozilla-firefox": "Firefox x.default",
		".librewolf": "LibreWolf x.default",
	} {
		if profiles[name] != want {
			t.Errorf("%s is of %q, want %q", name, profiles[name], want)
		}
	}
}

func TestFirefoxKeepsPagesApartFromWhatLedToThem(t *testing.T) {
	m := newMachine(t)
	m.database(firefoxSchema+
		visit(1, pads+"ag-2026", "ag-2026 | Etherpad", 3)+
		"insert into moz_historyvisits(place_id, visit_date, visit_type) values(1, 1700000000000000, 1);"+
		// with space leads to with_space, for good or at times
		"insert into moz_places(id, url, hidden, last_visit_date, visit_count) values(2, '"+pads+"with%20space', 1, 1790000000000000, 1), (3, '"+pads+"with_space', 0, 1790000000000001, 1);"+
		"insert into moz_historyvisits(id, from_visit, place_id, visit_date, visit_type) values(50, 0, 2, 1790000000000000, 1), (51, 50, 3, 1790000000000001, 5);"+
		// a page that is not there
		"insert into moz_places(id, url, frecency, last_visit_date, visit_count) values(4, '"+pads+"gone', 0, 1790000000000000, 1);"+
		// a bookmark in a folder that was never visited, a tag of it, and a keyword
		"insert into moz_places(id, url, foreign_count) values(5, '"+pads+"budget', 2), (6, '"+pads+"%s', 1);"+
		"insert into moz_bookmarks values(10, 1, 5, 5, 'Le budget', 1780000000000000, 'c'), (11, 1, 5, 4, '', 1780000000000000, 'd'), (12, 1, 6, 2, 'pad', 0, 'e');",
		".mozilla/firefox", "a.default", "places.sqlite").Close()
	seen, skipped := m.read()
	if len(skipped) > 0 {
		t.Errorf("skipped %v", skipped)
	}
	wants(t, seen, map[string]string{pads + "ag-2026": "history", pads + "with_space": "history", pads + "gone": "history", pads + "budget": "bookmark"})
	for _, s := range seen {
		switch strings.TrimPrefix(s.Address, pads) {
		case "ag-2026":
			if !s.First.Equal(time.UnixMicro(1700000000000000)) || !s.Last.Equal(date(3)) || s.Title != "ag-2026 | Etherpad" || s.Doubtful {
				t.Errorf("%+v", s)
			}
		case "gone":
			if !s.Doubtful {
				t.Error("a page that is not there is taken for one")
			}
		case "budget":
			if s.Title != "Le budget" || s.Doubtful {
				t.Errorf("%+v", s)
			}
		}
	}
}

// The newest visits are only in the log of a Firefox that runs; in its first run it
// holds a lock besides.
func TestAVisitOfARunningFirefoxIsSeen(t *testing.T) {
	for name, mode := range map[string]string{"log": "pragma journal_mode = wal", "lock": "pragma locking_mode = exclusive; pragma journal_mode = wal"} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			running := m.database("pragma wal_autocheckpoint = 0; "+mode+"; "+firefoxSchema, ".mozilla/firefox", "a.default", "places.sqlite")
			defer running.Close()
			m.check(running.Exec(visit(1, pads+"now", "", 3)))
			seen, skipped := m.read()
			if len(skipped) > 0 {
				t.Errorf("skipped %v", skipped)
			}
			wants(t, seen, map[string]string{pads + "now": "history"})
			m.check(running.Exec(visit(2, pads+"later", "", 3))) // it was not disturbed
		})
	}
}

func TestOnlyThePageThatATabShowsIsRead(t *testing.T) {
	m := newMachine(t)
	session := `{"windows": [{"tabs": [{"entries": [{"url": "` + pads + `erased"}, {"url": "` + pads + `shown", "title": "shown | Etherpad"}, {"url": "` + pads + `forward"}], "index": 2, "lastAccessed": 1790000000000},
		{"entries": [], "index": 1}, {"entries": [{"url": "` + pads + `x"}], "index": 9}],
		"_closedTabs": [{"state": {"entries": [{"url": "` + pads + `closed"}], "index": 1}}]}], "_closedWindows": []}` + strings.Repeat(" ", 300)
	m.write(mozLz4(t, session), ".mozilla/firefox", "a.default", "sessionstore.jsonlz4")
	m.write(mozLz4(t, strings.Replace(session, "shown", "before", 2)), ".mozilla/firefox", "a.default", "sessionstore-backups", "previous.jsonlz4")
	m.write("[Profile0]\nPath=a.default\n", ".mozilla/firefox", "profiles.ini")
	seen, skipped := m.read()
	if len(skipped) > 0 {
		t.Errorf("skipped %v", skipped)
	}
	wants(t, seen, map[string]string{pads + "shown": "tab"})
}

func TestASizeThatLiesTakesNoMemory(t *testing.T) {
	m := newMachine(t)
	m.write("[Profile0]\nPath=a.default\n", ".mozilla/firefox", "profiles.ini")
	for size, want := range map[uint32]error{1 << 31: discovery.ErrLarge, 200 << 20: discovery.ErrDamaged} {
		m.write("mozLz40\x00"+string(binary.LittleEndian.AppendUint32(nil, size))+"\x10a", ".mozilla/firefox", "a.default", "sessionstore.jsonlz4")
		_, skipped := m.read()
		if len(skipped) != 1 || !errors.Is(skipped[0].Err, want) {
			t.Errorf("%d: %v, want %v", size, skipped, want)
		}
	}
}

func TestWhatServersKeepInFirefoxIsRead(t *testing.T) {
	m := newMachine(t)
	m.write("[Profile0]\nPath=a.default\n", ".mozilla/firefox", "profiles.ini")
	storage := func(folder, origin, key string, conversion, compression int, value []byte) {
		c := m.database("create table database(origin text); create table data(key text, utf16_length integer, conversion_type integer, compression_type integer, value blob);"+
			"insert into database values('"+origin+"')", ".mozilla/firefox", "a.default", "storage", "default", folder, "ls", "data.sqlite")
		defer c.Close()
		m.check(c.Exec(fmt.Sprintf("insert into data values('%s', 1, %d, %d, x'%x')", key, conversion, compression, value)))
	}
	recent := `[{"name": "réunion-été", "timestamp": "2026-11-20T10:00:00.000Z", "members": 2}, {"name": "caf%C3%A9"}, {"name": ""}, {"name": "100%"}]`
	storage("https+++pads.example.org", "https://pads.example.org", "recentPads", 1, 0, []byte(recent))
	storage("http+++127.0.0.1+18411^userContextId=2", "http://127.0.0.1:18411^userContextId=2", "recentPads", 1, 1, snappy.Encode(nil, []byte(recent)))
	storage("https+++other.example^partitionKey=%28https%2Clycee.example%29", "https://other.example^partitionKey=%28https%2Clycee.example%29", "recentPads", 0, 0, utf16(`[{"name": "会議"}]`))
	polls := `{"0123456789abcdef0123": {"title": "Jardin", "type": "date", "date": "2026-09-30T10:00:00+02:00", "pollUrl": "https:\/\/polls.example\/polls\/jardin", "adminUrl": "https://polls.example/polls/0123456789abcdef0123/fedcba98765432100123/admin"}}`
	storage("https+++polls.example", "https://polls.example", "storage-polls", 1, 0, []byte(polls))
	storage("https+++diary.example", "https://diary.example", "secret", 1, 0, []byte("recentPads https://pads.example.org/p/no"))
	seen, skipped := m.read()
	if len(skipped) > 0 {
		t.Errorf("skipped %v", skipped)
	}
	wants(t, seen, map[string]string{
		pads + "r%C3%A9union-%C3%A9t%C3%A9": "recent", pads + "caf%C3%A9": "recent", pads + "100%25": "recent",
		"http://127.0.0.1:18411/p/r%C3%A9union-%C3%A9t%C3%A9": "recent", "http://127.0.0.1:18411/p/caf%C3%A9": "recent", "http://127.0.0.1:18411/p/100%25": "recent",
		"https://other.example/p/%E4%BC%9A%E8%AD%B0": "recent", "https://polls.example/polls/jardin": "recent",
		"https://polls.example/polls/0123456789abcdef0123/fedcba98765432100123/admin": "recent",
	})
}

func utf16(text string) (b []byte) {
	for _, r := range text {
		b = binary.LittleEndian.AppendUint16(b, uint16(r))
	}
	return b
}

const chromiumRoot = ".config/chromium"

func TestChromiumIsReadWithAllItsProfiles(t *testing.T) {
	m := newMachine(t)
	m.write(`{"profile": {"info_cache": {"Default": {"name": "Perso"}, "Profile 1": {"name": "Bureau", "user_name": "a@b.example"}}}}`, chromiumRoot, "Local State")
	m.database(chromiumSchema+
		chromiumVisit(1, pads+"ag-2026", "ag-2026 | Etherpad", 3, wholeChain)+
		"insert into visits(url, visit_time, transition) values(1, 13300000000000000, 805306368);"+
		chromiumVisit(2, "https://short.example/p/x", "ag-2026 | Etherpad", 3, 0x10000000)+
		chromiumVisit(3, pads+"gone", "gone", 3, wholeChain)+"update urls set hidden = 1 where id = 3;"+
		"insert into urls(id, url) values(4, '"+pads+"synced')",
		chromiumRoot, "Default", "History").Close()
	bookmarks := `{"version": 1, "checksum": "", "roots": {"bookmark_bar": {"type": "folder", "children": [{"type": "folder", "name": "Asso", "children": [
		{"type": "url", "name": "Le budget", "url": "` + pads + `budget", "date_added": "13424400000000000"}, {"type": "url", "name": "x", "url": "javascript:alert(1)"}]}]},
		"other": {"children": []}, "trash": {"children": [{"type": "url", "url": "` + pads + `thrown-away"}]}, "sync_transaction_version": "1"}}`
	m.write(bookmarks, chromiumRoot, "Profile 1", "Bookmarks")
	m.write(strings.ReplaceAll(bookmarks, "budget", "account"), chromiumRoot, "Profile 1", "AccountBookmarks")
	for _, home := range []string{"snap/chromium/common/chromium/Default", ".var/app/org.chromium.Chromium/config/chromium/Default", ".config/google-chrome/Profile 3", ".config/BraveSoftware/Brave-Browser/Default", ".config/opera"} {
		m.write(strings.ReplaceAll(bookmarks, "budget", strings.ReplaceAll(home, "/", "-")), home, "Bookmarks")
	}
	seen, skipped := m.read()
	if len(skipped) > 0 {
		t.Errorf("skipped %v", skipped)
	}
	found := make(map[string]discovery.Sighting)
	for _, s := range seen {
		found[strings.TrimPrefix(s.Address, pads)] = s
	}
	if len(found) != len(seen) || len(seen) != 10 {
		t.Errorf("%d sightings of %d addresses", len(seen), len(found))
	}
	ag := found["ag-2026"]
	if !ag.Last.Equal(date(3)) || ag.First.Year() != 2022 || ag.Visits != 1 || ag.Origin != (discovery.Origin{Place: discovery.History, Browser: "Chromium", Profile: "Perso"}) {
		t.Errorf("%+v", ag)
	}
	if !found["gone"].Doubtful {
		t.Error("a page that is not there is taken for one")
	}
	if b := found["budget"]; b.Title != "Le budget" || b.Origin.Profile != "Bureau" || b.First.Year() != 2026 {
		t.Errorf("%+v", b)
	}
	for name, browser := range map[string]string{"snap-chromium-common-chromium-Default": "Chromium", ".config-google-chrome-Profile 3": "Chrome", ".config-BraveSoftware-Brave-Browser-Default": "Brave", ".config-opera": "Opera"} {
		if found[name].Origin.Browser != browser {
			t.Errorf("%s is of %+v", name, found[name].Origin)
		}
	}
}

func TestWhatServersKeepInChromiumIsReadWhileItRuns(t *testing.T) {
	m := newMachine(t)
	m.write(`{"roots": {}}`, chromiumRoot, "Default", "Bookmarks")
	dir := m.path(chromiumRoot, "Default", "Local Storage", "leveldb")
	db, err := leveldb.OpenFile(dir, nil)
	m.check(err)
	defer db.Close() // so that it has a lock while it is read
	put := func(key, value string) { m.check(db.Put([]byte(key), []byte(value), nil)) }
	put("VERSION", "1")
	put("_https://pads.example.org\x00\x01recentPads", "\x01"+`[{"name": "caf`+"\xe9"+`"}]`)
	put("_https://framed.example/^0https://lycee.example\x00\x01recentPads", "\x00"+string(utf16(`[{"name": "cœur"}]`)))
	put("_https://diary.example\x00\x01secret", "\x01recentPads "+pads+"no")
	put("_no address\x00\x01recentPads", "\x01"+`[{"name": "x"}]`)
	seen, skipped := m.read()
	if len(skipped) > 0 {
		t.Errorf("skipped %v", skipped)
	}
	wants(t, seen, map[string]string{pads + "caf%C3%A9": "recent", "https://framed.example/p/c%C5%93ur": "recent"})
}

// Where only encrypted bookmarks are left, the person has to export them.
func TestEncryptedBookmarksAreNamed(t *testing.T) {
	m := newMachine(t)
	m.write("v10...", chromiumRoot, "Default", "EncryptedBookmarks2")
	m.write(`{"roots": {}}`, chromiumRoot, "Profile 1", "Bookmarks")
	m.write("v10...", chromiumRoot, "Profile 1", "EncryptedBookmarks2")
	_, skipped := m.read()
	if len(skipped) != 1 || skipped[0].Profile != "Default" || !errors.Is(skipped[0].Err, discovery.ErrEncrypted) {
		t.Errorf("skipped %v", skipped)
	}
}

func TestEverySystemHasItsPlaces(t *testing.T) {
	bookmark := `{"roots": {"other": {"children": [{"url": "` + pads + `x"}]}}}`
	for system, homes := range map[string][]string{
		"darwin":  {"Library/Application Support/Google/Chrome/Default", "Library/Application Support/Microsoft Edge/Profile 2", "Library/Application Support/com.operasoftware.Opera"},
		"windows": {"AppData/Local/Google/Chrome/User Data/Default", "AppData/Local/Vivaldi/User Data/Default", "AppData/Roaming/Opera Software/Opera Stable"},
	} {
		m := newMachine(t)
		for _, home := range homes {
			m.write(bookmark, home, "Bookmarks")
		}
		m.database(firefoxSchema+visit(1, pads+"firefox", "", 1), map[string]string{"darwin": "Library/Application Support/Firefox", "windows": "AppData/Roaming/Mozilla/Firefox"}[system], "Profiles", "a.default-release", "places.sqlite").Close()
		if seen, skipped := m.readAs(system); len(seen) != len(homes)+1 || len(skipped) > 0 {
			t.Errorf("%s: %v, skipped %v", system, seen, skipped)
		}
	}
}

// What a browser keeps is as it was, to the byte and the time, and a lock that it
// holds stays its own.
func TestNothingIsWrittenIntoAProfile(t *testing.T) {
	m := newMachine(t)
	running := m.database("pragma journal_mode = wal; "+firefoxSchema+visit(1, pads+"a", "", 1), ".mozilla/firefox", "a.default", "places.sqlite")
	defer running.Close()
	m.database("pragma journal_mode = wal; "+firefoxSchema+visit(1, pads+"b", "", 1), ".mozilla/firefox", "closed.default", "places.sqlite").Close()
	m.write("[Profile0]\nPath=a.default\n", ".mozilla/firefox", "profiles.ini")
	m.database(chromiumSchema+chromiumVisit(1, pads+"c", "", 1, wholeChain), chromiumRoot, "Default", "History").Close()
	db, err := leveldb.OpenFile(m.path(chromiumRoot, "Default", "Local Storage", "leveldb"), nil)
	m.check(err)
	m.check(db.Close())
	before := snapshot(t, m.home)
	seen, skipped := m.read()
	if len(seen) != 3 || len(skipped) > 0 {
		t.Errorf("%v, skipped %v", seen, skipped)
	}
	if after := snapshot(t, m.home); !slices.Equal(before, after) {
		t.Errorf("before:\n%s\nafter:\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
}

// snapshot has a line for each file and folder.
func snapshot(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		line := fmt.Sprint(name, " ", info.Mode(), " ", info.ModTime().UnixNano(), " ", info.Size())
		if info.Mode().IsRegular() {
			b, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %x", b)
		}
		all = append(all, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
