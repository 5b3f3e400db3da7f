// Package pack is the packs of a repository: many members in one object, as tar
// in zstd frames, sealed as a whole in a sealed repository. A Writer cuts
// members into frames and packs and says where each lies; a Reader gives them
// back.
package pack

import (
	"context"
	"strings"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository/object"
)

// A pack's key is Prefix, its hash and Ending, and what sealed objects end with.
const (
	Prefix = "packs/"
	Ending = ".tar.zst"
)

// Windows of zstd frames, in bytes: readers of many at once need as much memory
// for each. Packs of other programs may have more than is written.
const (
	window    = 1 << 20
	maxWindow = 8 << 20
)

// A Place is where a member lies.
//
// Only the Writer that gave it writes to it. It is valid once the Writer has
// given its pack away, and does not change after that.
type Place struct {
	In     manifest.Pack
	Frame  [2]int64 // offset and length of a zstd frame in the opened pack
	Offset int64    // of the content in the decompressed frame
}

// Record is the file, lying there.
func (p *Place) Record(f manifest.File) manifest.FileRecord {
	f.Frame, f.Offset = p.Frame, p.Offset
	return manifest.FileRecord{File: f, In: p.In}
}

// Fetch reads a pack whole, as it is stored, and checks its hash. The caller
// closes it.
func Fetch(ctx context.Context, objects *object.Store, in manifest.Pack) (*spool.Spool, error) {
	hash, _, _ := strings.Cut(strings.TrimPrefix(in.Key, Prefix), ".")
	return objects.Fetch(ctx, in.Key, hash, in.Size)
}
