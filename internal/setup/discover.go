package setup

import (
	"cmp"
	"context"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/discovery/browsers"
	"github.com/padsync/padsync/discovery/files"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
)

// A Find is a document that was found outside of any repository.
type Find struct {
	discovery.Document
	Hash string

	// Expires is the day from which its server may delete it if nobody changes
	// it after the last visit, "" if that is not known.
	Expires string
}

// Source is the server that has it.
func (f *Find) Source() manifest.Source { return manifest.Source{Kind: f.Kind.Name, URL: f.Base} }

// Finds are what was found.
type Finds struct {
	// All has what expires soonest first, and at the end what should have expired,
	// and what is only linked in documents.
	All []Find

	// Unread are the repositories in whose documents no links were looked for, and
	// why: the error matches search.ErrNone, ErrNoIdentity or ErrDamaged, or is
	// another one that kept their index from being read.
	Unread []ByName

	settings  *Settings
	saved     map[library.Address]manifest.Source
	sightings []discovery.Sighting
	said      map[discovery.Server]bool // by servers that were asked
}

// Discover finds documents in these files and folders, or else in the browsers
// of this machine and, as links, in what is saved, as far as there is an index of it
// that opens. No server is asked. Skip is called with each file that cannot be read.
func (s *Settings) Discover(ctx context.Context, paths []string, skip func(discovery.Skip)) (*Finds, error) {
	f := &Finds{settings: s, said: make(map[discovery.Server]bool)}
	to := discovery.Reading{Kinds: s.setup.Kinds, See: func(s discovery.Sighting) { f.sightings = append(f.sightings, s) }, Skip: skip}
	if len(paths) == 0 {
		if err := s.readBrowsers(ctx, to); err != nil {
			return nil, err
		}
		f.readSaved(ctx, to)
	}
	for _, path := range paths {
		if err := s.readPath(ctx, path, to); err != nil {
			return nil, err
		}
	}
	f.reduce()
	return f, ctx.Err()
}

// A Given text is one that somebody gives in place of the name of a file.
type Given struct {
	Name string // how messages and origins call it
	Text io.Reader
}

// DiscoverIn is Discover in texts.
func (s *Settings) DiscoverIn(ctx context.Context, all []Given, skip func(discovery.Skip)) (*Finds, error) {
	f := &Finds{settings: s, said: make(map[discovery.Server]bool)}
	to := discovery.Reading{Kinds: s.setup.Kinds, See: func(s discovery.Sighting) { f.sightings = append(f.sightings, s) }, Skip: skip}
	for _, one := range all {
		if err := files.From(ctx, one.Text, one.Name, to); err != nil && ctx.Err() == nil {
			skip(discovery.Skip{File: one.Name, Err: err})
		}
	}
	f.reduce()
	return f, ctx.Err()
}

// From are the finds of the origins that are wanted, as if nothing else had been
// looked into.
func (f *Finds) From(wanted func(discovery.Origin) bool) *Finds {
	some := *f
	some.sightings, some.said = nil, maps.Clone(f.said)
	for _, s := range f.sightings {
		if wanted(s.Origin) {
			some.sightings = append(some.sightings, s)
		}
	}
	some.reduce()
	return &some
}

// With are these finds and others of the same settings, each document once.
func (f *Finds) With(others *Finds) *Finds {
	all := *f
	all.sightings, all.said = slices.Concat(f.sightings, others.sightings), maps.Clone(f.said)
	maps.Copy(all.said, others.said)
	all.reduce()
	return &all
}

// reduce makes finds of what was seen and of what servers said.
func (f *Finds) reduce() {
	all := discovery.Reduce(f.settings.setup.Kinds, f.sightings, f.said)
	f.All = f.settings.finds(slices.DeleteFunc(all, f.isSaved), time.Now())
}

// Key is what the catalogue knows it by.
func (f *Find) Key() catalog.Key { return catalog.Key{Kind: f.Kind.Name, Base: f.Base, ID: f.ID} }

// Unknown are the finds of which this machine knows nothing yet: neither does the
// configuration name them, nor did somebody make a choice or remove them.
func (f *Finds) Unknown(ctx context.Context) ([]Find, error) {
	c, err := f.settings.setup.OpenCatalog(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	all, err := c.Documents(ctx)
	if err != nil {
		return nil, err
	}
	chosen, err := c.Chosen(ctx)
	if err != nil {
		return nil, err
	}
	configured, known := f.settings.Configured(), make(map[library.Address]bool)
	for i := range all {
		d := &all[i]
		known[place(d.Key)] = d.Choice != catalog.None || d.Removed || configured.Lists(d)
	}
	for _, d := range chosen {
		for _, k := range d.Also { // as a link shows it that was found before the document
			known[place(k)] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(f.All), func(one Find) bool {
		return known[place(one.Key())] || configured.Names(one.Key())
	}), nil
}

// KeepFound notes in the catalogue where documents that are certain were found, and
// that each backup saves those of them of which nothing was known. It gives these.
func (d *Documents) KeepFound(ctx context.Context, all, unknown []Find) (kept []catalog.Document, err error) {
	var found []catalog.Found
	for i := range all {
		if all[i].Certain {
			found = append(found, all[i].found())
		}
	}
	if err := d.Catalog.Keep(ctx, found); err != nil {
		return nil, err
	}
	var keys []catalog.Key
	for _, one := range unknown {
		if one.Certain {
			keys = append(keys, one.Key())
		}
	}
	if err := d.Catalog.ChooseNew(ctx, keys, catalog.Automatic); err != nil {
		return nil, err
	}
	for _, k := range keys {
		one, err := d.Catalog.Document(ctx, k)
		if err != nil {
			return nil, err
		}
		kept = append(kept, *one)
	}
	return kept, nil
}

// found is what the catalogue keeps of a find.
func (f *Find) found() catalog.Found {
	found := catalog.Found{Key: f.Key()}
	if f.Locator != f.ID {
		found.Address = f.Kind.Within(f.Base, f.Locator)
	}
	for _, o := range f.Origins {
		if o.Place == discovery.Saved {
			continue // it leaves the index with the document that has it
		}
		found.Origins = append(found.Origins, catalog.Origin{
			Browser: o.Browser, Profile: o.Profile, Kind: string(o.Place), File: o.File, First: o.First, Last: o.Last, Visits: o.Visits, Titles: o.Titles,
		})
	}
	return found
}

func (s *Settings) readPath(ctx context.Context, path string, to discovery.Reading) error {
	if path == input {
		return files.From(ctx, s.setup.Input, input, to)
	}
	return files.Read(ctx, path, to)
}

func (s *Settings) readBrowsers(ctx context.Context, to discovery.Reading) error {
	home, err := os.UserHomeDir()
	if err != nil {
		return ErrHomeless
	}
	copies := os.TempDir()
	if folder := s.Machine.Folder(); folder != "" {
		copies = folder
	}
	system := browsers.System{OS: runtime.GOOS, Home: home, Getenv: s.setup.Getenv}
	return browsers.Read(ctx, system, filepath.Join(copies, "discovery"), to)
}

// finds puts documents in order.
func (s *Settings) finds(all []discovery.Document, now time.Time) []Find {
	finds, expiries := make([]Find, len(all)), s.Expiries()
	for i, d := range all {
		finds[i].Document = d
		if d.Kind.Expires != nil && d.Certain {
			finds[i].Expires = d.Kind.Expires(d.Base, expiries[d.Base], d.ID, d.Last)
		}
	}
	names, _ := library.NewNames(s.lastKnown(), func(add func(manifest.Source, string)) error {
		for _, f := range finds {
			add(f.Source(), f.ID)
		}
		return nil
	})
	for i := range finds {
		finds[i].Hash = names.Short(finds[i].Source(), finds[i].ID)
	}
	today := now.UTC().Format(time.DateOnly)
	rank := func(f Find) int { // days compare as texts
		switch {
		case f.Linked():
			return 3
		case f.Expires == "":
			return 1
		case f.Expires < today:
			return 2
		}
		return 0
	}
	slices.SortStableFunc(finds, func(a, b Find) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Expires, b.Expires), b.Last.Compare(a.Last))
	})
	return finds
}
