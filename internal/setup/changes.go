package setup

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/search"
)

// Changes says whether what Settings.Catalogued and Catalog.Runs give has changed, for
// those who keep it. The zero value is ready. It is safe for concurrent use. Close ends
// it.
type Changes struct {
	mu      sync.Mutex // guards what follows
	catalog *catalog.Catalog
	file    os.FileInfo // of the catalogue that is open
	opened  int         // how many were
}

// A Mark is equal to another one of one Changes only if nothing changed between
// them.
type Mark struct {
	settings *Settings
	opened   int
	version  catalog.Version
	beside   string // of besideCatalogue
}

// Mark is that of now. Who keeps what Catalogued gives takes it before. It reads a
// counter of the catalogue, and no repository.
func (c *Changes) Mark(ctx context.Context, s *Settings) (m Mark, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.open(ctx, s); err != nil {
		return m, err
	}
	m = Mark{settings: s, opened: c.opened, beside: s.besideCatalogue()}
	m.version, err = c.catalog.Version(ctx)
	return m, err
}

// open opens the catalogue, unless it is open and still the one of its name: rebuild
// puts another one there.
func (c *Changes) open(ctx context.Context, s *Settings) error {
	file, err := s.setup.CatalogFile()
	if err != nil {
		return err
	}
	now, _ := os.Stat(file)
	if c.catalog != nil && (c.file == nil && now == nil || c.file != nil && now != nil && os.SameFile(c.file, now)) {
		return nil
	}
	if err := c.close(); err != nil {
		return err
	}
	c.opened++
	c.file = now
	c.catalog, err = catalog.Open(ctx, file)
	return err
}

func (c *Changes) close() (err error) {
	if c.catalog != nil {
		err = c.catalog.Close()
	}
	c.catalog, c.file = nil, nil
	return err
}

// Close ends it.
func (c *Changes) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.close()
}

// besideCatalogue is what Catalogued reads besides the catalogue, as it is now: which
// repositories this machine knows, their indexes, and the configuration's lists.
func (s *Settings) besideCatalogue() string {
	var all strings.Builder
	folder, _ := s.setup.DataFolder()
	for _, at := range s.Repositories {
		for _, r := range s.Machine.Repositories(at.place()).Repositories {
			index := filepath.Join(folder, search.FileName(r.ID))
			for _, name := range []string{index, index + "-wal"} {
				is := stampOf(name)
				fmt.Fprintln(&all, r.ID, r.Sealed, is.size, is.time.UnixNano())
			}
		}
		fmt.Fprintln(&all)
	}
	for i := range s.Sources {
		if list := s.Sources[i].DocumentsFile; list != "" && list != input {
			is := stampOf(list)
			fmt.Fprintln(&all, is.size, is.time.UnixNano())
		}
	}
	return all.String()
}
