package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

// MaxPieces is how many pieces a history has at most.
const MaxPieces = 64

// A History says which bytes of a file only ever grow at their end, and which
// of them lie with other versions.
type History struct {
	Offset     int64   `json:"offset"`               // in the file
	Recipients string  `json:"recipients,omitempty"` // who can read all pieces, as Header.Readers gives it
	Stored     string  `json:"stored,omitempty"`     // SHA-256 of the member, if it is not the whole file
	Pieces     []Piece `json:"pieces"`               // one after the other, those that lie elsewhere first
}

// Readers is one hash of all the recipients, "" if there are none.
func (h *Header) Readers() string {
	if len(h.Recipients) == 0 {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.Join(h.Recipients, "\n")))
	return hex.EncodeToString(sum[:])
}

// A Piece is a part of a history.
type Piece struct {
	Length int64  `json:"length"`
	SHA256 string `json:"sha256"`
	In     *Place `json:"in,omitempty"` // nil: it is in the file's own member
}

// A Place is where a piece lies that another version brought.
type Place struct {
	Version string   `json:"version"`
	Pack    int      `json:"pack"` // place in the header's packs
	Frame   [2]int64 `json:"frame"`
	Offset  int64    `json:"offset"` // of the piece in the decompressed frame
}

// Elsewhere is how many bytes of the file lie with other versions.
func (h *History) Elsewhere() (n int64) {
	for _, p := range h.Pieces {
		if p.In != nil {
			n += p.Length
		}
	}
	return n
}

// Member is what of the file lies in its pack, as a file of its own.
func (f FileRecord) Member() FileRecord {
	if f.History != nil && f.History.Stored != "" {
		f.Size, f.SHA256 = f.Size-f.History.Elsewhere(), f.History.Stored
	}
	f.History, f.Shares = nil, nil
	return f
}

// Shared are the pieces that lie elsewhere, as files of their own.
func (f FileRecord) Shared() []FileRecord {
	shared := make([]FileRecord, len(f.Shares))
	for i, in := range f.Shares {
		p := f.History.Pieces[i]
		shared[i] = FileRecord{In: in, File: File{
			Name: f.Name, Format: f.Format, Size: p.Length, SHA256: p.SHA256,
			Pack: p.In.Pack, Frame: p.In.Frame, Offset: p.In.Offset,
		}}
	}
	return shared
}

// Packs are all packs that the file is read from.
func (f FileRecord) Packs() []Pack { return slices.Concat([]Pack{f.In}, f.Shares) }

// Relocate gives the file as a manifest has it; place says where each pack
// stands in that manifest.
func (f FileRecord) Relocate(place func(Pack) int) File {
	f.Pack = place(f.In)
	if f.History == nil {
		return f.File
	}
	h := *f.History
	h.Pieces = slices.Clone(h.Pieces)
	for i, in := range f.Shares {
		at := *h.Pieces[i].In
		at.Pack = place(in)
		h.Pieces[i].In = &at
	}
	f.History = &h
	return f.File
}

func (o *order) history(f *File) error {
	h := f.History
	if h == nil {
		return nil
	}
	if n := len(h.Pieces); n < 1 || n > MaxPieces || h.Offset < 0 || h.Offset > f.Size {
		return errHistory
	}
	if h.Recipients != "" && !isHash(h.Recipients, 64) {
		return errHistory
	}
	left, own := f.Size-h.Offset, false
	for _, p := range h.Pieces {
		if p.Length < 1 || p.Length > left || !isHash(p.SHA256, 64) {
			return errHistory
		}
		left -= p.Length
		if p.In == nil {
			own = true
		} else if own || !o.place(p.In) {
			return errHistory
		}
	}
	if elsewhere := h.Pieces[0].In != nil; elsewhere != (h.Stored != "") || elsewhere && !isHash(h.Stored, 64) {
		return errHistory
	}
	return nil
}

var errHistory = errors.New("manifest: a file's history is not possible")

func (o *order) place(p *Place) bool {
	return isVersionName(p.Version) && p.Pack >= 0 && p.Pack < len(o.header.Packs) &&
		p.Frame[0] >= 0 && p.Frame[1] >= 0 && p.Offset >= 0
}
