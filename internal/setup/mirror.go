package setup

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/mirror"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources"
)

var (
	// ErrNoMirror says that the configuration has no mirror.
	ErrNoMirror = errors.New("no mirror")

	// ErrMirror is matched where a mirror could not be brought up to date.
	ErrMirror = errors.New("a mirror is not up to date")
)

// A MirrorPlace is where a mirror is, and what is published there.
type MirrorPlace struct {
	Location
	config.Mirror

	names     []library.Name
	selection *library.Selection
	strict    bool // what it names must be there
}

// mirrors reads where the configuration's mirrors are.
func (s *Settings) mirrors() ([]MirrorPlace, error) {
	var all []MirrorPlace
	for i, m := range s.Config.Mirrors {
		l, err := ParseLocation(m.Address.Reveal())
		if err != nil {
			return nil, message.In(err, "at", "Place", s.place("mirror[%d].address", i))
		}
		var texts []string
		for _, d := range m.Documents {
			texts = append(texts, d.Reveal())
		}
		names, err := s.setup.Kinds.names(texts)
		if err != nil {
			return nil, message.In(err, "at", "Place", s.place("mirror[%d].documents", i))
		}
		all = append(all, MirrorPlace{Location: l, Mirror: m, names: names, selection: library.Select(names, nil)})
	}
	return all, nil
}

// Mirroring is how mirrors are written.
type Mirroring struct {
	Language documents.Language
	Words    mirror.Words
	Index    func(io.Writer, *mirror.Index) error

	// Fetched, optional, are files of this run. Sealed: others cannot be opened.
	Fetched *mirror.Fetched
	Sealed  bool

	// Search: the index searches what is published.
	Search bool

	// Observe is called, if not nil, with what a person should know of the mirror
	// at a place. Titles may be in it.
	Observe func(shown string, e mirror.Event)
}

// A Mirrored says what became of a mirror.
type Mirrored struct {
	Place   MirrorPlace
	Report  mirror.Report
	Events  map[mirror.EventKind]int
	Unfound int   // documents that the configuration names, and the repository does not have
	Err     error // nil if all that could be done was done
}

// UpdateMirrors brings all mirrors up to date with a repository, which is the
// first of the settings: documents have other names in others.
func (s *Settings) UpdateMirrors(ctx context.Context, repo *repository.Repository, m Mirroring) (all []Mirrored) {
	for _, place := range s.Mirrors {
		done := s.update(ctx, repo, m, place)
		if done.Err != nil {
			in := message.In(done.Err, "mirror-failed", "Mirror", place.Shown)
			done.Err = &message.Error{Class: mirrorClass(ctx), Cause: in, Mark: ErrMirror}
		}
		s.noteMirror(ctx, &done)
		all = append(all, done)
	}
	return all
}

// update brings one up to date.
func (s *Settings) update(ctx context.Context, repo *repository.Repository, m Mirroring, place MirrorPlace) Mirrored {
	done := Mirrored{Place: place, Events: make(map[mirror.EventKind]int)}
	var events sync.Mutex
	observe := func(e mirror.Event) {
		events.Lock()
		defer events.Unlock()
		if done.Events[e.Kind]++; m.Observe != nil {
			m.Observe(place.Shown, e)
		}
	}
	done.Report, done.Unfound, done.Err = s.updateMirror(ctx, repo, m, place, observe)
	return done
}

// noteMirror notes in the catalogue, if there is one, how a mirror was brought up to
// date. That it cannot is no reason to say that the mirror is not.
func (s *Settings) noteMirror(ctx context.Context, done *Mirrored) {
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
	defer cancel()
	c, err := s.setup.OpenCatalog(keep)
	if err != nil {
		return
	}
	defer c.Close()
	if !c.Exists() {
		return
	}
	m := catalog.Mirrored{Mirror: done.Place.Shown, Ended: time.Now(), Documents: done.Report.Documents, Written: done.Report.Written, Removed: done.Report.Removed}
	if done.Err != nil {
		f := s.failure("mirror", m.Mirror, done.Err)
		m.Error, m.Said = f.Error, f.Said
	}
	_ = c.KeepMirror(keep, m)
}

// mirrorClass: what was saved is safe, whatever becomes of a mirror.
func mirrorClass(ctx context.Context) message.Class {
	if ctx.Err() != nil {
		return message.Interrupted
	}
	return message.Incomplete
}

func (s *Settings) updateMirror(ctx context.Context, repo *repository.Repository, m Mirroring, p MirrorPlace, observe func(mirror.Event)) (mirror.Report, int, error) {
	store, err := s.mirrorStore(ctx, p)
	if err != nil {
		return mirror.Report{}, 0, err
	}
	forms := p.Formats
	if len(forms) == 0 {
		forms = []string{"html", "markdown", "ics", "csv"}
	}
	kinds := s.setup.Kinds
	report, err := mirror.Update(ctx, mirror.Options{
		Store: store, Library: s.Reading(repo, s.Repositories[0]).Library(), Pool: new(spool.Pool), Machine: s.mirrorMachine(), Program: s.setup.Program,
		Choose: func(c *repository.Contents) (func(*manifest.Record) bool, error) {
			if _, err := p.selection.Learn(repo.ID(), c); err != nil {
				return nil, err
			}
			if p.strict {
				if err := s.checkNames(&p, c); err != nil {
					return nil, err
				}
			}
			return func(r *manifest.Record) bool { return p.chooses(r) }, nil
		},
		Forms: forms, By: cmp.Or(mirror.By(p.By), mirror.ByService),
		Shown:  mirror.Shown{Addresses: p.Addresses, Private: p.Private, Versions: p.Versions, Chat: p.Chat, Voters: p.Voters},
		Places: kinds.Places, Language: m.Language, Words: m.Words, Index: m.Index, Fetched: m.Fetched, Sealed: m.Sealed,
		Search: m.Search, Observe: observe,
	})
	return *report, len(p.selection.Unfound()), err
}

func (s *Settings) mirrorStore(ctx context.Context, p MirrorPlace) (mirror.Store, error) {
	sink, err := s.openStore(ctx, Place{Location: p.Location, access: p.StoreAccess})
	if err != nil {
		return nil, err
	}
	store, ok := sink.(mirror.Store)
	if !ok {
		return nil, ErrLocation
	}
	return store, nil
}

// chooses reports whether a document is published.
func (p *MirrorPlace) chooses(r *manifest.Record) bool {
	chosen := p.All
	same := func(a string) func(string) bool {
		return func(b string) bool { return library.Fold(a) == library.Fold(b) }
	}
	if !p.selection.All() && p.selection.Has(r.Source, r.ID) {
		chosen = true
	}
	for _, tag := range r.Said.Tags {
		chosen = chosen || slices.ContainsFunc(p.Tags, same(tag))
	}
	return chosen || p.serves(r.Source)
}

// serves reports whether all of a server is published.
func (p *MirrorPlace) serves(from manifest.Source) bool {
	same := func(a, b string) bool { return library.Fold(a) == library.Fold(b) }
	host := ""
	if u, err := url.Parse(from.URL); err == nil {
		host = u.Hostname()
	}
	return slices.ContainsFunc(p.Services, func(service string) bool {
		base, err := sources.Normalize(service)
		return from.Name != "" && same(from.Name, service) || same(host, service) || from.Address() == service || err == nil && from.Address() == manifest.Address(base)
	})
}

// mayPublish reports whether a version may be published, as far as that is known
// before the repository is asked what people call the document: a tag or a name can
// be of any.
func (p *MirrorPlace) mayPublish(from manifest.Source, v *sources.Version) bool {
	if !v.Public && !p.Private {
		return false
	}
	return p.All || len(p.Tags) > 0 || p.serves(from) || slices.ContainsFunc(p.names, func(n library.Name) bool {
		return len(n.Addresses) == 0 || slices.Contains(n.Addresses, library.Address{Kind: from.Kind, Server: from.Address(), ID: v.ID})
	})
}

// mirrorMachine names this machine: by the identity that it was given for its runs,
// if it is one of many that come and go, else by what it keeps.
func (s *Settings) mirrorMachine() string {
	if given := strings.TrimSpace(s.setup.Getenv(runnerVariable)); given != "" {
		return given
	}
	if file := s.Encryption.RunnerIdentityFile; file != "" {
		if text, err := os.ReadFile(file); err == nil {
			return string(text)
		}
	}
	return cmp.Or(s.Machine.Name(), HostName())
}

// MirrorsBackups reports whether a backup brings mirrors up to date: they have the
// pages of the configuration's first repository, and of no other that an option
// names once, whose documents would be published a second time.
func (s *Settings) MirrorsBackups() bool {
	if len(s.Mirrors) == 0 || len(s.options.Repositories) == 0 || len(s.Config.Repositories) == 0 {
		return len(s.Mirrors) > 0
	}
	first, err := ParseLocation(s.Config.Repositories[0].Address.Reveal())
	return err == nil && first == s.Repositories[0].Location
}

// Fetching gives what keeps the files that a backup fetches for mirrors, where
// they cannot be read from the repository afterwards; nil where they can, or where
// there are no mirrors.
func (s *Settings) Fetching(pool *spool.Pool, sealed bool) *mirror.Fetched {
	if !s.MirrorsBackups() || !sealed || s.identitiesGiven() {
		return nil
	}
	return mirror.NewFetched(pool)
}

// KeepIn is what a backup calls with each version: it keeps the files that a mirror
// may need.
func (s *Settings) KeepIn(f *mirror.Fetched) func(manifest.Source, *sources.Version) {
	return func(from manifest.Source, v *sources.Version) {
		if !slices.ContainsFunc(s.Mirrors, func(p MirrorPlace) bool { return p.mayPublish(from, v) }) {
			return
		}
		kind, _ := s.setup.Kinds.Named(from.Kind)
		for _, file := range v.Files {
			if file.Format == kind.Documents.Format {
				f.Add(file.SHA256, file.Content, file.Size)
			}
		}
	}
}
