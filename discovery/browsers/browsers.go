package browsers

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/ncruces/go-sqlite3"
	"github.com/padsync/padsync/discovery"
)

// Read reads every profile of every browser. A file that cannot be read costs
// only itself. Copies lie in a private folder that it makes in scratch, and that is
// gone when it returns; it removes what earlier processes left there. The error is
// that of ctx or of this folder.
func Read(ctx context.Context, system System, scratch string, to discovery.Reading) error {
	s, err := newScratch(scratch)
	if err != nil {
		return err
	}
	r := reader{scratch: s, to: to, read: make(map[string]bool)}
	for _, root := range system.roots() {
		if err := r.root(ctx, root); err != nil {
			return errors.Join(err, s.close())
		}
	}
	return s.close()
}

// A reader reads profiles.
type reader struct {
	scratch *scratch
	to      discovery.Reading
	read    map[string]bool // profiles that were read: a folder may have several names
}

func (r *reader) root(ctx context.Context, at root) error {
	if info, err := os.Stat(at.dir); err != nil || !info.IsDir() {
		return nil
	}
	profiles, read := r.family(at.family)
	for _, p := range profiles(ctx, at) {
		real, err := filepath.EvalSymlinks(p.dir)
		if err != nil || r.read[real] {
			continue
		}
		r.read[real] = true
		if read(ctx, p); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// family is how profiles of a family are found, and read.
func (r *reader) family(f family) (profiles func(context.Context, root) []profile, read func(context.Context, profile)) {
	switch f {
	case chromium:
		return r.chromiumProfiles, r.chromium
	case falkon:
		return r.falkonProfiles, r.falkon
	case epiphany:
		return r.onlyProfile, r.epiphany
	case safari:
		return r.safariProfiles, r.safari
	}
	return r.firefoxProfiles, r.firefox
}

// onlyProfile is that of a browser that has one, and no name for it.
func (r *reader) onlyProfile(_ context.Context, at root) []profile {
	return []profile{{browser: at.browser, dir: at.dir}}
}

// A profile is what a browser keeps of one person.
type profile struct {
	browser, name, dir string
}

// file is the name of a file of the profile.
func (p profile) file(name ...string) string {
	return filepath.Join(append([]string{p.dir}, name...)...)
}

func (p profile) origin(place discovery.Place) discovery.Origin {
	return discovery.Origin{Place: place, Browser: p.browser, Profile: p.name}
}

// skip says that a file was not read. One that is not there is nothing to say.
func (r *reader) skip(ctx context.Context, p profile, file string, err error) {
	if system, ok := errors.AsType[*fs.PathError](err); ok {
		err = system.Err // a folder's name may say where a person was
	}
	switch _, isSQLite := errors.AsType[*sqlite3.Error](err); {
	case err == nil || errors.Is(err, fs.ErrNotExist) || ctx.Err() != nil:
		return
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, sqlite3.INTERRUPT):
		err = discovery.ErrLarge
	case isSQLite:
		err = discovery.ErrDamaged
	}
	r.to.Skip(discovery.Skip{Browser: p.browser, Profile: p.name, File: file, Err: err})
}

// visits reads rows of an address, a title, and what read takes from them for the
// last visit of the row.
func (r *reader) visits(d *database, p profile, query string, read func(row *sqlite3.Stmt, s *discovery.Sighting)) error {
	return d.each(query, func(row *sqlite3.Stmt) {
		if !d.finds(r.to, row.ColumnRawText(0)) {
			return
		}
		s := discovery.Sighting{Address: row.ColumnText(0), Title: row.ColumnText(1), Visits: 1, Origin: p.origin(discovery.History)}
		read(row, &s)
		s.First = s.Last
		r.to.See(s)
	})
}

// children are the folders in dir, in order.
func children(dir string) (all []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			all = append(all, name)
		}
	}
	return all
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// unique leaves out profiles whose folder another one before has.
func unique(all []profile) []profile {
	seen := make(map[string]bool)
	return slices.DeleteFunc(all, func(p profile) bool {
		dir := filepath.Clean(p.dir)
		again := seen[dir]
		seen[dir] = true
		return again
	})
}

// named is a profile with the name of its folder, if it has no other.
func named(browser, name, dir string) profile {
	return profile{browser, cmp.Or(name, filepath.Base(dir)), dir}
}
