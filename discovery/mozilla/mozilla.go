// Package mozilla reads what Firefox and its relatives write, wherever it lies:
// in a profile, or as a file that a person names.
package mozilla

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/padsync/padsync/discovery"
	"github.com/pierrec/lz4/v4"
)

const (
	MostPacked   = 64 << 20  // bytes of a compressed file
	mostUnpacked = 256 << 20 // a session with the thumbnails of hundreds of tabs has some megabytes
)

// Magic begins each file that Unpack takes.
const Magic = "mozLz40\x00"

// Unpack gives what is in a compressed file, .jsonlz4: a size and one block of
// LZ4. The errors are ErrUnknown, ErrLarge and ErrDamaged of discovery.
func Unpack(b []byte) ([]byte, error) {
	b, ok := bytes.CutPrefix(b, []byte(Magic))
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

// Tabs are the pages that the open tabs of a session show; the caller says
// where it lies. The pages that a tab showed before, and closed tabs, stay alone:
// a person may have removed them from the history. The error is ErrDamaged.
func Tabs(session []byte) ([]discovery.Sighting, error) {
	var saved struct {
		Windows []struct {
			Tabs []struct {
				Entries []struct {
					URL   string `json:"url"`
					Title string `json:"title"`
				} `json:"entries"`
				Index        int   `json:"index"`        // from 1
				LastAccessed int64 `json:"lastAccessed"` // in ms
			} `json:"tabs"`
		} `json:"windows"`
	}
	if unmarshal(session, &saved) != nil {
		return nil, discovery.ErrDamaged
	}
	var all []discovery.Sighting
	for _, w := range saved.Windows {
		for _, tab := range w.Tabs {
			if tab.Index < 1 || tab.Index > len(tab.Entries) {
				continue
			}
			page := tab.Entries[tab.Index-1]
			all = append(all, discovery.Sighting{Address: page.URL, Title: page.Title, Last: unixMicro(min(tab.LastAccessed, maxMicro/1000) * 1000)})
		}
	}
	return all, nil
}

// Bookmarks are those of a backup that Firefox made, by itself or because a
// person asked for one; the caller says where it lies. The error is ErrDamaged.
func Bookmarks(backup []byte) ([]discovery.Sighting, error) {
	var top node
	if unmarshal(backup, &top) != nil {
		return nil, discovery.ErrDamaged
	}
	return top.links(nil), nil
}

// A node is a folder or a bookmark.
type node struct {
	Title     string `json:"title"`
	URI       string `json:"uri"`
	DateAdded int64  `json:"dateAdded"` // in µs
	Children  []node `json:"children"`
}

func (n *node) links(all []discovery.Sighting) []discovery.Sighting {
	if n.URI != "" {
		all = append(all, discovery.Sighting{Address: n.URI, Title: n.Title, First: unixMicro(n.DateAdded)})
	}
	for i := range n.Children {
		all = n.Children[i].links(all)
	}
	return all
}

// unixMicro is the zero time for none.
func unixMicro(n int64) time.Time {
	if n <= 0 || n > maxMicro {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

const maxMicro = 253402300799_000000 // the end of the year 9999

// unmarshal reads JSON as browsers do: a title that was cut amid a letter is none
// the worse.
func unmarshal(b []byte, v any) error {
	return json.Unmarshal(b, v, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
}
