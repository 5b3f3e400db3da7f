package machine

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Place is where repositories can be, such as a folder or a bucket.
type Place struct {
	Kind  string // of its store
	Value string // the address without the kind; it may hold a secret

	// Folder says that the value is a path of this machine.
	Folder bool
}

// Repositories are those that the machine saw at one place, the last one last:
// several, where disks take turns.
type Repositories struct {
	Repositories []Repository `json:"repositories"`
}

// A Repository was at a place.
type Repository struct {
	ID     string `json:"id"`
	Sealed bool   `json:"sealed"`
}

const (
	maxRepositoriesFile = 64 << 10 // bytes
	maxRepositories     = 100      // at one place
	repositoriesRoom    = "repositories"
)

// Repositories are those that were at the place, however it is spelt.
func (m Machine) Repositories(at Place) (all Repositories) {
	for _, name := range repositoriesFiles(at) {
		for _, r := range m.repositoriesIn(name).Repositories {
			if !slices.Contains(all.Repositories, r) {
				all.Repositories = append(all.Repositories, r)
			}
		}
	}
	return all
}

// repositoriesIn reads a file.
func (m Machine) repositoriesIn(name string) (all Repositories) {
	f, err := os.Open(filepath.Join(m.folder, repositoriesRoom, name))
	if err != nil || m.folder == "" {
		return all
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxRepositoriesFile))
	if err != nil || json.Unmarshal(b, &all) != nil {
		return Repositories{}
	}
	return all
}

// Sealed reports whether a sealed repository was there.
func (r Repositories) Sealed() bool {
	return slices.ContainsFunc(r.Repositories, func(r Repository) bool { return r.Sealed })
}

// IDs are those of the repositories, sealed or not, that were there.
func (r Repositories) IDs(sealed bool) (ids []string) {
	for _, r := range r.Repositories {
		if r.Sealed == sealed {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// Knows reports whether this very repository was there.
func (r Repositories) Knows(id string) bool {
	return slices.ContainsFunc(r.Repositories, func(r Repository) bool { return r.ID == id })
}

// KeepRepository notes that the repository is at the place: it is the last one then.
func (m Machine) KeepRepository(at Place, now Repository) {
	for _, name := range repositoriesFiles(at) {
		all := m.repositoriesIn(name)
		if n := len(all.Repositories); n > 0 && all.Repositories[n-1] == now {
			continue
		}
		all.Repositories = append(slices.DeleteFunc(all.Repositories, func(r Repository) bool { return r == now }), now)
		all.Repositories = all.Repositories[max(0, len(all.Repositories)-maxRepositories):]
		text, err := json.Marshal(all)
		if err != nil {
			return
		}
		_ = m.replace(repositoriesRoom, name, func(w io.Writer) error {
			_, err := w.Write(append(text, '\n'))
			return err
		})
	}
}

// repositoriesFiles are named by hashes, as an address may have a secret in it:
// by the place as it is spelt and, for a folder, as it is without symbolic
// links. So a mount point is the same by each of its names.
func repositoriesFiles(at Place) []string {
	names := []string{repositoriesFile(at)}
	if at.Folder {
		at.Value = resolved(at.Value)
		names = append(names, repositoriesFile(at))
	}
	return slices.Compact(names)
}

func repositoriesFile(at Place) string {
	sum := sha256.Sum256([]byte(at.Kind + ":" + strings.TrimRight(at.Value, "/")))
	return fmt.Sprintf("%x.json", sum[:16])
}

// resolved is a path without symbolic links in as much of it as exists.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	parent := filepath.Dir(path)
	if parent == path {
		return path
	}
	return filepath.Join(resolved(parent), filepath.Base(path))
}
