package repository

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
)

// documentName is the name of a version's first member.
const documentName = "document.json"

// verify reads the files of a fetched version once, before any of it goes
// into a pack: a source that broke its word must not spoil its neighbours.
func verify(pool *spool.Pool, id string, v *sources.Version) error {
	if !manifest.ValidID(id) || len(v.Files) == 0 {
		return errors.New("a fetched version has no id or no files")
	}
	names := make(map[string]bool)
	for i := range v.Files {
		f := &v.Files[i]
		if !manifest.ValidFileName(f.Name) || f.Name == documentName || names[f.Name] {
			return errors.New("a fetched file has no name of its own")
		}
		names[f.Name] = true
		if h := f.History; h[0] < 0 || h[1] < h[0] || h[1] > f.Size {
			return errors.New("a fetched file has no such history")
		}
		if s, ok := f.Content.(*spool.Spool); ok && s.Size() == f.Size && s.SHA256() == f.SHA256 {
			continue // it was hashed when it was received, and cannot change
		}
		hash := sha256.New()
		n, err := pool.Copy(hash, io.NewSectionReader(f.Content, 0, f.Size))
		if err != nil {
			return fmt.Errorf("read a fetched file: %w", err)
		}
		if n != f.Size || [32]byte(hash.Sum(nil)) != f.SHA256 {
			return errors.New("a fetched file is not what its source said")
		}
	}
	return nil
}
