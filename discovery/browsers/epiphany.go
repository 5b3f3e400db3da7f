package browsers

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/ncruces/go-sqlite3"
	"github.com/padsync/padsync/discovery"
)

// epiphany reads what GNOME Web keeps.
func (r *reader) epiphany(ctx context.Context, p profile) {
	r.skip(ctx, p, "ephy-history.db", r.epiphanyHistory(ctx, p))
	r.skip(ctx, p, gvdbFile, r.epiphanyBookmarks(p))
	r.skip(ctx, p, sessionFile, r.epiphanySession(p))
	r.epiphanyStorage(ctx, p)
}

func (r *reader) epiphanyHistory(ctx context.Context, p profile) error {
	d, err := r.scratch.openCopy(ctx, p.file("ephy-history.db"))
	if err != nil {
		return err
	}
	defer d.Close()
	if !d.has("urls", "id", "url", "title") || !d.has("visits", "url", "visit_time") {
		return discovery.ErrUnknown
	}
	query := "select u.url, " + cut("u.title") + ", v.visit_time from visits v join urls u on u.id = v.url"
	return r.visits(d, p, query, func(row *sqlite3.Stmt, s *discovery.Sighting) { s.Last = unixMicro(row.ColumnInt64(2)) })
}

const (
	gvdbFile    = "bookmarks.gvdb"
	sessionFile = "session_state.xml"
)

// epiphanyBookmarks reads a table of bookmarks, whose keys are their addresses.
func (r *reader) epiphanyBookmarks(p profile) error {
	b, err := readFile(p.file(gvdbFile), mostSettings)
	if err != nil {
		return err
	}
	root, err := readGVDB(b)
	if err != nil {
		return err
	}
	bookmarks, err := root.table("bookmarks")
	if err != nil {
		return err
	}
	return bookmarks.each(func(address string, value []byte) {
		s := discovery.Sighting{Address: address, Origin: p.origin(discovery.Bookmark)}
		// A variant ends with its type, which differs among versions: here of a
		// structure that begins with a time and a title.
		if kind := value[bytes.LastIndexByte(value, 0)+1:]; bytes.HasPrefix(kind, []byte("(xs")) && len(value) > 8 {
			title, _, _ := bytes.Cut(value[8:], []byte{0})
			s.First, s.Title = unixMicro(int64(bookmarks.order.Uint64(value))), string(title)
		}
		r.to.Sees(s)
	})
}

// epiphanySession reads the page that each open tab shows; what it showed before is
// in another attribute.
func (r *reader) epiphanySession(p profile) error {
	b, err := readFile(p.file(sessionFile), mostSettings)
	if err != nil {
		return err
	}
	tokens := xml.NewDecoder(bytes.NewReader(b))
	for {
		token, err := tokens.RawToken()
		if token == nil {
			if _, bad := errors.AsType[*xml.SyntaxError](err); bad {
				return discovery.ErrDamaged
			}
			return nil
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "embed" {
			continue
		}
		s := discovery.Sighting{Origin: p.origin(discovery.Tab)}
		for _, a := range start.Attr {
			switch a.Name.Local {
			case "url":
				s.Address = a.Value
			case "title":
				s.Title = a.Value
			}
		}
		r.to.Sees(s)
	}
}

// epiphanyStorage reads the local storage, where each origin has a file that is
// named for it.
func (r *reader) epiphanyStorage(ctx context.Context, p profile) {
	files, _ := filepath.Glob(filepath.Join(globbable(p.file("localstorage")), "http*.localstorage"))
	for _, file := range files {
		if ctx.Err() != nil {
			return
		}
		// The file's name says where a person was.
		r.skip(ctx, p, path.Join("localstorage", "….localstorage"), r.epiphanyOrigin(ctx, p, file))
	}
}

func (r *reader) epiphanyOrigin(ctx context.Context, p profile, file string) error {
	origin, ok := webkitOrigin(strings.TrimSuffix(filepath.Base(file), ".localstorage"))
	if !ok {
		return nil
	}
	kept, err := hasStored(file)
	if err != nil || !kept {
		return err
	}
	d, err := r.scratch.openCopy(ctx, file)
	if err != nil {
		return err
	}
	defer d.Close()
	if !d.has("ItemTable", "key", "value") {
		return discovery.ErrUnknown
	}
	return d.each("select key, value from ItemTable where "+storedKeys, func(s *sqlite3.Stmt) {
		r.stored(p, origin, s.ColumnText(0), fromUTF16(s.ColumnRawBlob(1)))
	})
}

// webkitOrigin reads SCHEME_HOST_PORT, where 0 is the scheme's own port, and what a
// file's name cannot have is escaped as in addresses.
func webkitOrigin(name string) (origin string, ok bool) {
	scheme, rest, ok := strings.Cut(name, "_")
	last := strings.LastIndexByte(rest, '_')
	if !ok || last < 0 {
		return "", false
	}
	host, err := url.PathUnescape(rest[:last])
	if err != nil {
		return "", false
	}
	if port := rest[last+1:]; port != "0" {
		host += ":" + port
	}
	return scheme + "://" + host, true
}
