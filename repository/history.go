package repository

import (
	"crypto/sha256"
	"encoding/hex"
	"io"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
)

const (
	// historySize is how long a history must be before a manifest has it: each
	// piece takes some 200 bytes in every manifest that has it.
	historySize = 64 << 10

	// A new piece takes in shared ones only until it is this part of the
	// history: with what is not history, a day then costs less than a tenth.
	newPart = 16
)

// A sharedPiece is one that an earlier version brought, and its pack.
type sharedPiece struct {
	manifest.Piece
	pack manifest.Pack
}

// A history is what a file shares with earlier versions.
type history struct {
	told   *manifest.History // nil: it has none
	shares []manifest.Pack   // of the pieces that lie elsewhere
}

// histories finds what each file of the version shares with those of the
// version before, which may be nil.
func (w *Run) histories(v *sources.Version, before *manifest.VersionRecord) ([]history, error) {
	all := make([]history, len(v.Files))
	for i := range v.Files {
		f := &v.Files[i]
		if f.History[1]-f.History[0] < historySize {
			continue
		}
		var err error
		if all[i], err = divide(w.repo.objects.Pool, f, w.sharable(f, before)); err != nil {
			return nil, err
		}
		all[i].told.Recipients = w.header.Readers()
	}
	return all, nil
}

// sharable are the pieces of the same file in the version before, up to the
// first whose pack is about to be deleted; none if the new version is for other
// readers than those who can read the pieces.
func (w *Run) sharable(f *sources.File, before *manifest.VersionRecord) (pieces []sharedPiece) {
	if before == nil {
		return nil
	}
	for _, old := range before.Files {
		if old.Name != f.Name || old.Format != f.Format || old.History == nil || old.History.Recipients != w.header.Readers() {
			continue
		}
		at := old.Offset + old.History.Offset // of the next piece that it brought itself
		for i, p := range old.History.Pieces {
			found := sharedPiece{p, old.In}
			if p.In != nil {
				found.pack = old.Shares[i]
			} else {
				found.In = &manifest.Place{Version: before.Name, Frame: old.Frame, Offset: at}
				at += p.Length
			}
			if at < 0 || w.condemned[found.pack.Key] {
				break
			}
			pieces = append(pieces, found)
		}
	}
	return pieces
}

// divide cuts a file's history into the pieces that it shares and a new one.
func divide(pool *spool.Pool, f *sources.File, known []sharedPiece) (history, error) {
	from, end := f.History[0], f.History[1]
	known, at, err := matching(pool, f, known)
	if err != nil {
		return history{}, err
	}
	// The new piece takes in those that are no longer than it is, so that
	// there are few, and each byte is stored anew only a few times.
	for n := len(known); n > 0; n-- {
		last, now := known[n-1].Length, end-at
		if now == 0 || last > now || last+now > (end-from)/newPart {
			break
		}
		known, at = known[:n-1], at-last
	}
	if len(known)+1 > manifest.MaxPieces {
		known, at = nil, from
	}
	h := history{told: &manifest.History{Offset: from}}
	for _, p := range known {
		h.told.Pieces = append(h.told.Pieces, p.Piece)
		h.shares = append(h.shares, p.pack)
	}
	if at < end {
		sum, err := hashOf(pool, section(f, at, end))
		if err != nil {
			return history{}, err
		}
		h.told.Pieces = append(h.told.Pieces, manifest.Piece{Length: end - at, SHA256: sum})
	}
	if len(known) > 0 {
		h.told.Stored, err = hashOf(pool, memberOf(f, h.told))
	}
	return h, err
}

// matching gives those pieces that the history begins with, and where they end.
func matching(pool *spool.Pool, f *sources.File, known []sharedPiece) ([]sharedPiece, int64, error) {
	at := f.History[0]
	for i, p := range known {
		if p.Length > f.History[1]-at {
			return known[:i], at, nil
		}
		sum, err := hashOf(pool, section(f, at, at+p.Length))
		if err != nil {
			return nil, 0, err
		}
		if sum != p.SHA256 {
			return known[:i], at, nil
		}
		at += p.Length
	}
	return known, at, nil
}

func section(f *sources.File, from, end int64) io.Reader {
	return io.NewSectionReader(f.Content, from, end-from)
}

func hashOf(pool *spool.Pool, r io.Reader) (string, error) {
	hash := sha256.New()
	_, err := pool.Copy(hash, r)
	return hex.EncodeToString(hash.Sum(nil)), err
}

// memberOf reads what of a file is stored with its version.
func memberOf(f *sources.File, h *manifest.History) io.Reader {
	if h == nil {
		return section(f, 0, f.Size)
	}
	behind := h.Offset + h.Elsewhere()
	return io.MultiReader(section(f, 0, h.Offset), section(f, behind, f.Size))
}
