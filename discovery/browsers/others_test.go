package browsers_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/discovery"
	"github.com/syndtr/goleveldb/leveldb"
	"howett.net/plist"
)

const epiphanyRoot = ".local/share/epiphany"

const epiphanySchema = `
	create table urls(id integer primary key, host integer, url longvarcar, title longvarcar, sync_id longvarcar, visit_count integer default 0, typed_count integer default 0, last_visit_time integer);
	create table visits(id integer primary key, url integer, visit_time integer, visit_type integer, referring_visit integer);
`

// gvdbOf is a file of GVDB with a table of bookmarks, as libgvdb writes it: each
// value is a variant of a time, a title and more.
func gvdbOf(order binary.AppendByteOrder, kind string, titles map[string]string) string {
	var b []byte
	number := func(n int) { b = order.AppendUint32(b, uint32(n)) }
	put := func(at, n int) { copy(b[at:], order.AppendUint32(nil, uint32(n))) }
	signature := "GVariant"
	if order == binary.AppendByteOrder(binary.BigEndian) {
		signature = "raVGtnai"
	}
	b = append(b, signature...)
	number(0)
	number(0)
	number(24)
	number(0) // where the table ends, see below
	// table makes a table of items, and gives where the pointers to their values are.
	table := func(kind byte, keys []string) (pointers []int) {
		begin := len(b)
		number(5 << 27) // no filters
		number(len(keys))
		for i := range keys {
			number(i)
		}
		for range keys {
			pointers = append(pointers, len(b)+16)
			number(17) // a hash, which nobody looks at
			number(math.MaxUint32)
			b = append(b, make([]byte, 16)...)
		}
		end := len(b)
		for i, key := range keys {
			at := pointers[i] - 8
			put(at, len(b))
			copy(b[at+4:], order.AppendUint16(nil, uint16(len(key))))
			b[at+6] = kind
			b = append(b, key...)
		}
		if begin == 24 {
			put(20, end)
		}
		for len(b)%8 > 0 {
			b = append(b, 0)
		}
		return append(pointers, begin, end)
	}
	outer := table('H', []string{"tags", "bookmarks"})
	var keys []string
	for address := range titles {
		keys = append(keys, address)
	}
	inner := table('v', keys)
	for _, pointer := range outer[:2] {
		put(pointer, inner[len(keys)])
		put(pointer+4, inner[len(keys)+1])
	}
	for i, address := range keys {
		put(inner[i], len(b))
		b = order.AppendUint64(b, uint64(date(7).UnixMicro()))
		b = append(b, titles[address]+"\x00id\x00\x00\x00more\x00"+kind...)
		put(inner[i]+4, len(b))
		for len(b)%8 > 0 {
			b = append(b, 0)
		}
	}
	return string(b)
}

func TestGNOMEWebIsRead(t *testing.T) {
	m := newMachine(t)
	running := m.database("pragma wal_autocheckpoint = 0; pragma journal_mode = wal; "+epiphanySchema+fmt.Sprintf(`
		insert into urls(id, url, title) values(1, '%[1]sag', 'ag | Etherpad'), (2, 'https://diary.example/', 'secret');
		insert into visits(url, visit_time) values(1, %[2]d), (1, %[3]d), (2, %[3]d);`, pads, date(2).UnixMicro(), date(4).UnixMicro()), epiphanyRoot, "ephy-history.db")
	defer running.Close()
	m.write(gvdbOf(binary.LittleEndian, "(xssxbas)", map[string]string{pads + "budget": "Le budget", "https://diary.example/": "secret"}), epiphanyRoot, "bookmarks.gvdb")
	m.write(`<?xml version="1.0"?><session><window><embed url="`+pads+`open?a=b&amp;c" title="open | Etherpad" history="`+pads+`erased"/><embed url="https://diary.example/"/></window></session>`, epiphanyRoot, "session_state.xml")
	for name, value := range map[string]string{"https_pads.example.org_0": "réunion", "http_127.0.0.1_9001": "local", "https_other_site.example_8443": "port"} {
		storage := m.database("pragma wal_autocheckpoint = 0; pragma journal_mode = wal; create table ItemTable(key text unique, value blob)", epiphanyRoot, "localstorage", name+".localstorage")
		defer storage.Close()
		m.check(storage.Exec(fmt.Sprintf("insert into ItemTable values('recentPads', x'%x')", utf16(`[{"name": "`+value+`"}]`))))
	}
	// Flatpak's, of a machine with the other order of bytes, and another version
	m.write(gvdbOf(binary.BigEndian, "(xssdbas)", map[string]string{pads + "flatpak": "Flatpak"}), ".var/app/org.gnome.Epiphany/data/epiphany", "bookmarks.gvdb")
	m.write(gvdbOf(binary.LittleEndian, "(sxx)", map[string]string{pads + "newer": "unknown"}), ".var/app/org.gnome.Epiphany/data/epiphany", "bookmarks.gvdb.new")
	seen, skipped := m.read()
	if len(skipped) > 0 {
		t.Errorf("skipped %v", skipped)
	}
	wants(t, seen, map[string]string{
		pads + "ag": "history history", pads + "budget": "bookmark", pads + "open?a=b&c": "tab", pads + "r%C3%A9union": "recent", pads + "flatpak": "bookmark",
		"http://127.0.0.1:9001/p/local": "recent", "https://other_site.example:8443/p/port": "recent",
	})
	for _, s := range seen {
		if s.Origin.Browser != "GNOME Web" || s.Origin.Profile != "" {
			t.Errorf("%+v", s)
		}
		switch s.Origin.Place {
		case discovery.History:
			if s.Title != "ag | Etherpad" || s.Visits != 1 || !s.First.Equal(s.Last) || !s.Last.Equal(date(2)) && !s.Last.Equal(date(4)) {
				t.Errorf("%+v", s)
			}
		case discovery.Bookmark:
			if !s.First.Equal(date(7)) || s.Title != "Le budget" && s.Title != "Flatpak" {
				t.Errorf("%+v", s)
			}
		}
	}
}

func TestFalkonIsRead(t *testing.T) {
	m := newMachine(t)
	root := ".config/falkon/profiles/asso"
	m.database(fmt.Sprintf("create table history(id integer primary key, url text, title text, date integer, count integer); insert into history values(1, '%sag', 'ag | Etherpad', %d, 3)",
		pads, date(4).UnixMilli()), root, "browsedata.db").Close()
	m.write(`{"roots": {"bookmark_menu": {"type": "folder", "children": [{"type": "url", "name": "Le budget", "url": "`+pads+`budget"}]}}}`, root, "bookmarks.json")
	db, err := leveldb.OpenFile(m.path(root, "Local Storage", "leveldb"), nil)
	m.check(err)
	m.check(db.Put([]byte("_https://pads.example.org\x00\x01recentPads"), []byte("\x01"+`[{"name": "recent"}]`), nil))
	m.check(db.Close())
	seen, skipped := m.read()
	if len(skipped) > 0 {
		t.Errorf("skipped %v", skipped)
	}
	wants(t, seen, map[string]string{pads + "ag": "history", pads + "budget": "bookmark", pads + "recent": "recent"})
	for _, s := range seen {
		if s.Origin.Browser != "Falkon" || s.Origin.Profile != "asso" || s.Origin.Place == discovery.History && (!s.Last.Equal(date(4)) || s.Visits != 3 || s.Title != "ag | Etherpad") {
			t.Errorf("%+v", s)
		}
	}
}

const safariRoot = "Library/Safari"

// A safariBookmark is a node of the bookmarks of Safari.
type safariBookmark struct {
	Type     string            `plist:"WebBookmarkType"`
	Title    string            `plist:"Title,omitempty"`
	URL      string            `plist:"URLString,omitempty"`
	About    map[string]string `plist:"URIDictionary,omitempty"`
	Children []safariBookmark  `plist:"Children,omitempty"`
	Added    time.Time
}

func safariList(t *testing.T, all ...safariBookmark) string {
	t.Helper()
	b, err := plist.Marshal(safariBookmark{Type: "WebBookmarkTypeList", Children: all}, plist.BinaryFormat)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSafariIsRead(t *testing.T) {
	m := newMachine(t)
	at := func(day int) float64 { return float64(date(day).Unix() - 978307200) }
	m.database(fmt.Sprintf(`pragma journal_mode = wal;
		create table history_items(id integer primary key, url text, domain_expansion text, visit_count integer);
		create table history_visits(id integer primary key, history_item integer, visit_time real, title text, load_successful boolean default 1, redirect_source integer, redirect_destination integer);
		insert into history_items values(1, '%[1]sag', 'pads', 2), (2, '%[1]sgone', 'pads', 1), (3, '%[1]sfrom', 'pads', 1), (4, 'https://diary.example/', 'diary', 1);
		insert into history_visits values(1, 1, %[2]f, 'ag | Etherpad', 1, null, null), (2, 1, %[3]f, 'ag | Etherpad', 1, null, null), (3, 2, %[3]f, '', 0, null, null),
			(4, 3, %[3]f, '', 1, null, 1), (5, 4, %[3]f, 'secret', 1, null, null)`, pads, at(2), at(4)), safariRoot, "History.db").Close()
	folder := func(title string, children ...safariBookmark) safariBookmark {
		return safariBookmark{Type: "WebBookmarkTypeList", Title: title, Children: children}
	}
	link := func(title, address string) safariBookmark {
		return safariBookmark{Type: "WebBookmarkTypeLeaf", URL: address, About: map[string]string{"title": title}, Added: date(1)}
	}
	many := make([]safariBookmark, 300) // more than one byte counts
	for i := range many {
		many[i] = link("secret", fmt.Sprintf("https://diary.example/%d", i))
	}
	m.write(safariList(t, folder("BookmarksBar", link("Le bœuf 会議", pads+"budget")), folder("com.apple.ReadingList", folder("x", link("", pads+"later"))), folder("Journal", many...)), safariRoot, "Bookmarks.plist")
	m.write(safariList(t, link("", pads+"profile")), safariRoot, "Profiles", "1F0A", "Bookmarks.plist")
	seen, skipped := m.readAs("darwin")
	if len(skipped) > 0 {
		t.Errorf("skipped %v", skipped)
	}
	wants(t, seen, map[string]string{pads + "ag": "history history", pads + "gone": "history", pads + "budget": "bookmark", pads + "later": "bookmark", pads + "profile": "bookmark"})
	for _, s := range seen {
		name := strings.TrimPrefix(s.Address, pads)
		if s.Doubtful != (name == "gone") || s.Origin.Browser != "Safari" || (name == "profile") != (s.Origin.Profile == "1F0A") {
			t.Errorf("%+v", s)
		}
		if name == "ag" && (s.Title != "ag | Etherpad" || !s.Last.Equal(date(2)) && !s.Last.Equal(date(4))) || name == "budget" && s.Title != "Le bœuf 会議" {
			t.Errorf("%+v", s)
		}
	}
}

// A file that lies about where its parts are, or that refers to itself, costs little
// and no more than itself.
func TestFilesThatLieAboutTheirPartsEnd(t *testing.T) {
	// list is a property list of these objects, the first of which has all others.
	list := func(objects ...string) string {
		b := "bplist00"
		var places []byte
		for _, o := range objects {
			places = binary.BigEndian.AppendUint32(places, uint32(len(b)))
			b += o
		}
		trailer := append(make([]byte, 6), 4, 1)
		for _, n := range []int{len(objects), 0, len(b)} {
			trailer = binary.BigEndian.AppendUint64(trailer, uint64(n))
		}
		return b + string(places) + string(trailer)
	}
	children := "\x58Children"
	bomb := []string{"\xd1\x01\x02", children, "\xa2\x03\x03"}
	for i := 3; i < 130; i += 2 {
		bomb = append(bomb, "\xd1\x01"+string([]byte{byte(i + 1)}), "\xa2"+strings.Repeat(string([]byte{byte(i + 2)}), 2))
	}
	good := safariList(t, safariBookmark{URL: pads + "x"})
	lists := map[string]string{"itself": list("\xd1\x01\x02", children, "\xa1\x00"), "twice each": list(bomb...)}
	tables := map[string]string{"table in itself": "GVariant\x00\x00\x00\x00\x00\x00\x00\x00\x18\x00\x00\x00\xff\xff\xff\x7f"}
	table := gvdbOf(binary.LittleEndian, "(xssxbas)", map[string]string{pads + "x": "x"})
	for i := range len(good) - 8 {
		for _, c := range []byte{0xff} {
			b := []byte(good)
			b[i+8] = c
			lists[fmt.Sprint("byte ", i, c)] = string(b)
		}
	}
	for i := range len(table) - 8 {
		for _, c := range []byte{0xff} {
			b := []byte(table)
			b[i+8] = c
			tables[fmt.Sprint("byte ", i, c)] = string(b)
		}
	}
	for i := range 40 {
		lists[fmt.Sprint("cut ", i)], tables[fmt.Sprint("cut ", i)] = good[:len(good)-1-i], table[:i]
	}
	m := newMachine(t)
	for name, text := range lists {
		m.write(text, safariRoot, "Bookmarks.plist")
		seen, skipped := m.readAs("darwin")
		if len(seen) > 1 || len(skipped) > 1 {
			t.Errorf("%s: %v, skipped %v", name, seen, skipped)
		}
		if (name == "itself" || name == "twice each") && (len(skipped) != 1 || !errors.Is(skipped[0].Err, discovery.ErrDamaged)) {
			t.Errorf("%s: skipped %v", name, skipped)
		}
	}
	for name, text := range tables {
		m.write(text, epiphanyRoot, "bookmarks.gvdb")
		if seen, skipped := m.read(); len(seen) > 1 || len(skipped) > 1 {
			t.Errorf("%s: %v, skipped %v", name, seen, skipped)
		}
	}
}
