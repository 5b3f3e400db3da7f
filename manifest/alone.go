package manifest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// An Alone is what a pack tells of a version beside its files: all but where
// these lie.
type Alone struct {
	Source  Source
	ID      string
	Version DocumentVersion
}

type alone struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Source  struct {
		Kind string `json:"kind"`
		URL  string `json:"url"`
	} `json:"source"`
	ID       string            `json:"id"`
	Versions []DocumentVersion `json:"versions"`
	Private  map[string]string `json:"private"`
}

// DecodeAlone reads what EncodeAlone gave, and nothing else.
func DecodeAlone(b []byte) (*Alone, error) {
	var a alone
	if err := strict(b, &a); err != nil {
		return nil, fmt.Errorf("document.json: %w", err)
	}
	if a.Format == documentFormat && a.Version > Version {
		return nil, fmt.Errorf("document.json: format version %d: %w", a.Version, ErrUnsupported)
	}
	if a.Format != documentFormat || len(a.Versions) != 1 {
		return nil, errors.New("document.json: it does not describe one version")
	}
	read := &Alone{Source{Kind: a.Source.Kind, URL: a.Source.URL}, a.ID, a.Versions[0]}
	again, err := EncodeAlone(read.Source, a.ID, &read.Version, a.Private)
	if err != nil || !bytes.Equal(again, b) {
		return nil, errNotCanonical
	}
	// It says nothing of packs: it is checked as if all files were in one.
	h := &Header{Repository: strings.Repeat("0", 32), Sequence: 1, Sources: []Source{read.Source}, Packs: []Pack{{Key: "packs/" + strings.Repeat("0", 64) + ".tar.zst"}}}
	check := order{header: h}
	if err := h.validate(); err != nil {
		return nil, err
	}
	if err := check.next(&Document{ID: a.ID, Versions: a.Versions}); err != nil {
		return nil, err
	}
	if v := &read.Version; v.Saved == nil || v.Recovered || v.Told != nil || v.Name != VersionName(*v.Saved, v.Files) {
		return nil, errors.New("document.json: its version is incomplete or has another name")
	}
	return read, nil
}

// VersionName is the name of the version with these files.
func VersionName(saved Time, files []File) string {
	hash := sha256.New()
	for _, f := range files {
		sum, _ := hex.DecodeString(f.SHA256)
		hash.Write(sum)
	}
	return fmt.Sprintf("%s-%x", saved.Format("20060102T150405Z"), hash.Sum(nil)[:8])
}
