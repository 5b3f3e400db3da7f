package browsers

import (
	"bytes"
	"context"
	"encoding/binary"
	"path/filepath"
	"slices"

	"github.com/padsync/padsync/discovery"
	"github.com/pierrec/lz4/v4"
)

const (
	mostPacked   = 64 << 20  // bytes of a compressed file
	mostUnpacked = 256 << 20 // a session with the thumbnails of hundreds of tabs has some megabytes
)

var mozLz4 = []byte("mozLz40\x00")

// unpackMozLz4 is what a file of Firefox has: a size and one block of LZ4.
func unpackMozLz4(b []byte) ([]byte, error) {
	b, ok := bytes.CutPrefix(b, mozLz4)
	if !ok || len(b) < 4 {
		return nil, discovery.ErrUnknown
	}
	// LZ4 makes of a byte 255 at most. A size that lies would fill the memory.
	size := int64(binary.LittleEndian.Uint32(b))
	b = b[4:]
	if size > mostUnpacked {
		return nil, discovery.ErrLarge
	}
	if size > int64(len(b))*255 {
		return nil, discovery.ErrDamaged
	}
	out := make([]byte, size)
	n, err := lz4.UncompressBlock(b, out)
	if err != nil || int64(n) != size {
		return nil, discovery.ErrDamaged
	}
	return out, nil
}

func readMozLz4(name string, v any) error {
	b, err := readFile(name, mostPacked)
	if err == nil {
		b, err = unpackMozLz4(b)
	}
	if err != nil {
		return err
	}
	if unmarshal(b, v) != nil {
		return discovery.ErrDamaged
	}
	return nil
}

// session reads the page that each open tab shows. The pages that it showed
// before, and closed tabs, stay alone: a person may have removed them from the
// history.
func (r *reader) session(ctx context.Context, p profile) {
	name := filepath.Join("sessionstore-backups", "recovery.jsonlz4") // of a Firefox that runs
	if !exists(p.file(name)) {
		name = "sessionstore.jsonlz4"
	}
	var saved struct {
		Windows []struct {
			Tabs []struct {
				Entries []struct {
					URL   string `json:"url"`
					Title string `json:"title"`
				} `json:"entries"`
				Index        int   `json:"index"` // from 1
				LastAccessed int64 `json:"lastAccessed"`
			} `json:"tabs"`
		} `json:"windows"`
	}
	if err := readMozLz4(p.file(name), &saved); err != nil {
		r.skip(ctx, p, name, err)
		return
	}
	for _, w := range saved.Windows {
		for _, tab := range w.Tabs {
			if tab.Index < 1 || tab.Index > len(tab.Entries) {
				continue
			}
			page := tab.Entries[tab.Index-1]
			r.to.Sees(discovery.Sighting{
				Address: page.URL, Title: page.Title, Last: unixMilli(tab.LastAccessed), Origin: p.origin(discovery.Tab),
			})
		}
	}
}

// bookmarkBackup reads the newest copy of the bookmarks that Firefox made by
// itself, where the bookmarks cannot be read.
func (r *reader) bookmarkBackup(ctx context.Context, p profile) {
	all, _ := filepath.Glob(filepath.Join(globbable(p.file("bookmarkbackups")), "bookmarks-*.jsonlz4"))
	if len(all) == 0 {
		return
	}
	newest := slices.Max(all)
	var tree firefoxNode
	if err := readMozLz4(newest, &tree); err != nil {
		r.skip(ctx, p, filepath.Base(newest), err)
		return
	}
	tree.walk(func(n *firefoxNode) {
		r.to.Sees(discovery.Sighting{Address: n.URI, Title: n.Title, First: unixMicro(n.DateAdded), Origin: p.origin(discovery.Bookmark)})
	})
}

// A firefoxNode is a folder or a bookmark of a backup of bookmarks.
type firefoxNode struct {
	Title     string        `json:"title"`
	URI       string        `json:"uri"`
	DateAdded int64         `json:"dateAdded"`
	Children  []firefoxNode `json:"children"`
}

func (n *firefoxNode) walk(each func(*firefoxNode)) {
	each(n)
	for i := range n.Children {
		n.Children[i].walk(each)
	}
}
