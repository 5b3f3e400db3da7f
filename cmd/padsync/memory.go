package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/padsync/padsync/internal/durable"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/repository"
)

// A memory is what this machine remembers of one address: the repositories
// that it saw there, which are several where disks take turns. It is kept in
// the state folder, in a file that is named by a hash: an address may have a
// secret in it.
type memory struct {
	Repositories []remembered `json:"repositories"`
}

// A remembered is a repository that was at the address.
type remembered struct {
	ID     string `json:"id"`
	Sealed bool   `json:"sealed"`
}

const (
	maxMemory     = 64 << 10 // bytes
	maxRemembered = 100      // repositories at one address
)

// memory is what is remembered of the location, however it is spelt.
func (a *app) memory(l setup.Location) (m memory) {
	for _, file := range a.memoryFiles(l) {
		for _, r := range readMemory(file).Repositories {
			if !slices.Contains(m.Repositories, r) {
				m.Repositories = append(m.Repositories, r)
			}
		}
	}
	return m
}

// readMemory reads what is remembered in a file. What cannot be read is not
// remembered.
func readMemory(file string) (m memory) {
	f, err := os.Open(file)
	if err != nil {
		return m
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxMemory))
	if err != nil || json.Unmarshal(b, &m) != nil {
		return memory{}
	}
	return m
}

// sealed reports whether a sealed repository was there.
func (m memory) sealed() bool {
	return slices.ContainsFunc(m.Repositories, func(r remembered) bool { return r.Sealed })
}

// ids are those of the repositories, sealed or not, that were there.
func (m memory) ids(sealed bool) (ids []string) {
	for _, r := range m.Repositories {
		if r.Sealed == sealed {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// knows reports whether this very repository was there.
func (m memory) knows(id string) bool {
	return slices.ContainsFunc(m.Repositories, func(r remembered) bool { return r.ID == id })
}

// remember notes that the repository is there, and says so if the machine knew
// another one. Where nothing can be kept, it goes without.
func (a *app) remember(l setup.Location, r *repository.Repository) {
	m, now := a.memory(l), remembered{r.ID(), r.Sealed()}
	if now.ID == "" || a.homeless("XDG_STATE_HOME") {
		return
	}
	if len(m.Repositories) > 0 && !m.knows(now.ID) && !r.New() {
		a.note("other-repository", "Repository", l.Shown)
	}
	for _, file := range a.memoryFiles(l) {
		if m := readMemory(file); !slices.Contains(m.Repositories, now) {
			m.Repositories = append(m.Repositories, now)
			m.Repositories = m.Repositories[max(0, len(m.Repositories)-maxRemembered):]
			m.write(file)
		}
	}
}

func (m memory) write(file string) {
	text, err := json.Marshal(m)
	if err != nil {
		return
	}
	root, err := durable.OpenRoot(filepath.Dir(file))
	if err != nil {
		return
	}
	defer root.Close()
	_ = durable.Replace(root, filepath.Base(file), func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(append(text, '\n')))
		return err
	})
}

// memoryFiles are those of the location as it is spelt and, of a folder, as it
// is without symbolic links: a mount point is the same by each of its names.
func (a *app) memoryFiles(l setup.Location) []string {
	files := []string{a.memoryFile(l)}
	if l.Kind == "local" {
		l.Value = resolved(l.Value)
		files = append(files, a.memoryFile(l))
	}
	return slices.Compact(files)
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

func (a *app) memoryFile(l setup.Location) string {
	name := sha256.Sum256([]byte(l.Kind + ":" + strings.TrimRight(l.Value, "/")))
	return filepath.Join(a.stateFolder(), "repositories", fmt.Sprintf("%x.json", name[:16]))
}
