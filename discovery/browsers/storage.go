package browsers

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/klauspost/compress/snappy"
	"github.com/ncruces/go-sqlite3"
	"github.com/padsync/padsync/discovery"
	"github.com/syndtr/goleveldb/leveldb"
	"github.com/syndtr/goleveldb/leveldb/opt"
	"github.com/syndtr/goleveldb/leveldb/storage"
)

// What pages of servers keep in a browser.
const (
	recentPads = "recentPads"    // Etherpad's front page, from 2.4
	ownPolls   = "storage-polls" // Pollaris, for the page of one's own polls
)

const (
	mostStorage = 64 << 20  // bytes of one origin
	mostLevel   = 512 << 20 // of all origins together
	mostValue   = 8 << 20
	mostEntries = 10_000 // of one's own polls
	mostRecent  = 100    // Etherpad keeps three
)

// stored reads what a page at origin stored.
func (r *reader) stored(p profile, origin, key string, value []byte) {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || len(value) > mostValue {
		return
	}
	base := u.Scheme + "://" + u.Host
	switch key {
	case recentPads:
		var pads []struct {
			Name      string `json:"name"`
			Timestamp string `json:"timestamp"`
		}
		if unmarshal(value, &pads) != nil || len(pads) > mostRecent {
			return
		}
		for _, pad := range pads {
			name := pad.Name
			if decoded, err := url.PathUnescape(name); err == nil {
				name = decoded // as old versions kept it
			}
			if name == "" {
				continue
			}
			at, _ := time.Parse(time.RFC3339, pad.Timestamp)
			r.to.Sees(discovery.Sighting{Address: base + "/p/" + url.PathEscape(name), Last: at, Kind: "etherpad", Origin: p.origin(discovery.Recent)})
		}
	case ownPolls:
		var polls map[string]struct {
			Title    string `json:"title"`
			Date     string `json:"date"`
			PollURL  string `json:"pollUrl"`
			AdminURL string `json:"adminUrl"`
		}
		if unmarshal(value, &polls) != nil || len(polls) > mostEntries {
			return
		}
		for _, poll := range polls {
			made, _ := time.Parse(time.RFC3339, poll.Date)
			for _, address := range []string{poll.PollURL, poll.AdminURL} {
				// A page of another server proves nothing of this one.
				if at, err := url.Parse(address); err == nil && strings.EqualFold(at.Host, u.Host) {
					r.to.Sees(discovery.Sighting{Address: address, Title: poll.Title, First: made, Kind: "pollaris", Origin: p.origin(discovery.Recent)})
				}
			}
		}
	}
}

// firefoxStorage reads the local storage of the origins that have such keys.
func (r *reader) firefoxStorage(ctx context.Context, p profile) {
	for _, dir := range children(p.file("storage", "default")) {
		name := filepath.Base(dir)
		// What a private window keeps is nobody's business.
		if !strings.HasPrefix(name, "http") || strings.Contains(name, "privateBrowsingId") || ctx.Err() != nil {
			continue
		}
		if err := r.firefoxOrigin(ctx, p, filepath.Join(dir, "ls", "data.sqlite")); err != nil {
			// The folder's name says where a person was.
			r.skip(ctx, p, path.Join("storage", "default", "…", "ls", "data.sqlite"), err)
		}
	}
}

func (r *reader) firefoxOrigin(ctx context.Context, p profile, file string) error {
	if kept, err := hasStored(file); err != nil || !kept {
		return err
	}
	d, err := r.scratch.openCopy(ctx, file)
	if err != nil {
		return err
	}
	defer d.Close()
	if !d.has("database", "origin") || !d.has("data", "key", "conversion_type", "compression_type", "value") {
		return discovery.ErrUnknown
	}
	origin := ""
	err = d.each("select origin from database", func(s *sqlite3.Stmt) { origin = s.ColumnText(0) })
	if err != nil {
		return err
	}
	origin, _, _ = strings.Cut(origin, "^") // a container, or the page around a frame
	return d.each("select key, conversion_type, compression_type, value from data where "+storedKeys, func(s *sqlite3.Stmt) {
		value := s.ColumnRawBlob(3)
		if s.ColumnInt(2) == 1 {
			if n, err := snappy.DecodedLen(value); err != nil || n > mostValue {
				return
			}
			if value, err = snappy.Decode(nil, value); err != nil {
				return
			}
		}
		if s.ColumnInt(1) == 0 {
			value = fromUTF16(value)
		}
		r.stored(p, origin, s.ColumnText(0), value)
	})
}

// storedKeys picks the rows that stored takes, where the column is called key.
const storedKeys = "key in ('" + recentPads + "', '" + ownPolls + "')"

// hasStored reports whether a database, or its log, may have something for stored:
// most have not, and opening each would take long.
func hasStored(file string) (bool, error) {
	for _, name := range []string{file, file + wal} {
		b, err := readFile(name, mostStorage)
		if name != file && errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil || bytes.Contains(b, []byte(recentPads)) || bytes.Contains(b, []byte(ownPolls)) {
			return err == nil, err
		}
	}
	return false, nil
}

// fromUTF16 decodes little-endian UTF-16.
func fromUTF16(b []byte) []byte {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
	}
	return []byte(string(utf16.Decode(units)))
}

// chromiumStorage reads the local storage of all origins, which is one database.
func (r *reader) chromiumStorage(ctx context.Context, p profile) error {
	from := p.file("Local Storage", "leveldb")
	if !exists(from) {
		return nil
	}
	var err error
	for range tries {
		var dir string
		if dir, err = r.scratch.folder(); err != nil {
			return err
		}
		if err = copyLevel(dir, from); err == nil {
			err = r.level(ctx, p, dir)
		}
		err = errors.Join(err, os.RemoveAll(dir))
		if err == nil || ctx.Err() != nil || errors.Is(err, discovery.ErrLarge) {
			break
		}
	}
	if errors.Is(err, fs.ErrNotExist) { // it was compacted each time
		return discovery.ErrBusy
	}
	return err
}

// copyLevel copies a database of LevelDB, whose files do not change but for the
// end of its logs.
func copyLevel(to, from string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	left := int64(mostLevel)
	// What CURRENT names must be there, and what that names, too.
	for _, pattern := range []string{"CURRENT", "MANIFEST-*", "*.log", "*.ldb", "*.sst"} {
		for _, e := range entries {
			if fits, _ := path.Match(pattern, e.Name()); !fits {
				continue
			}
			info, err := copyFile(filepath.Join(to, e.Name()), filepath.Join(from, e.Name()), left)
			if err != nil {
				return err
			}
			left -= info.Size()
		}
	}
	return nil
}

// level reads a copy. What is damaged in it makes goleveldb panic at times.
func (r *reader) level(ctx context.Context, p profile, dir string) (err error) {
	defer func() {
		if recover() != nil {
			err = discovery.ErrDamaged
		}
	}()
	files, err := storage.OpenFile(dir, true)
	if err != nil {
		return discovery.ErrDamaged
	}
	defer files.Close()
	db, err := leveldb.Open(files, &opt.Options{ReadOnly: true, ErrorIfMissing: true, DisableBlockCache: true})
	if err != nil {
		return discovery.ErrDamaged
	}
	defer db.Close()
	all := db.NewIterator(nil, &opt.ReadOptions{DontFillCache: true})
	defer all.Release()
	for all.Next() && ctx.Err() == nil {
		origin, key, ok := levelKey(all.Key())
		if value := all.Value(); ok && len(value) > 1 {
			text := value[1:]
			if value[0] == 0 {
				text = fromUTF16(text)
			} else {
				text = fromLatin1(text)
			}
			r.stored(p, origin, key, text)
		}
	}
	if all.Error() != nil {
		return discovery.ErrDamaged
	}
	return nil
}

// levelKey splits _ORIGIN[/^0TOP] NUL 1 KEY.
func levelKey(k []byte) (origin, key string, ok bool) {
	if len(k) == 0 || k[0] != '_' {
		return "", "", false
	}
	origin, key, ok = strings.Cut(string(k[1:]), "\x00\x01")
	if !ok || key != recentPads && key != ownPolls {
		return "", "", false
	}
	origin, _, _ = strings.Cut(origin, "^") // the page around a frame
	return strings.TrimSuffix(origin, "/"), key, true
}

func fromLatin1(b []byte) []byte {
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return []byte(string(runes))
}
