package setup

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/mirror"
	"github.com/padsync/padsync/repository"
)

var (
	// ErrSiteFolder is for what is not a folder in which an archive can be.
	ErrSiteFolder = errors.New("not a folder for an archive")

	// ErrSiteChoice says that nothing was chosen for an archive.
	ErrSiteChoice = errors.New("nothing is chosen")
)

// A Site is an archive that somebody asked for once: a mirror in a folder of this
// machine, which the configuration does not have. What is published is said in the
// words of a mirror, of which the address, and whether it is encrypted, count for
// nothing: who names a folder each time, and gives the key, knows.
type Site struct {
	config.Mirror
	Folder    string
	Selection *library.Selection // of documents; if it is of all, it adds none
}

// CheckSite says what is wrong with an archive before anything is opened.
func (s *Settings) CheckSite(site *Site) error {
	if !site.All && len(site.Tags) == 0 && site.Selection.All() {
		return message.Of(message.Usage, ErrSiteChoice, "site-nothing", "Folder", site.Folder)
	}
	at, err := ParseLocation(site.Folder)
	if err != nil || at.Kind != Local {
		return message.Of(message.Usage, ErrSiteFolder, "site-no-folder")
	}
	within := func(l Location) bool {
		rest, err := filepath.Rel(l.Value, at.Value)
		return l.Kind == Local && err == nil && rest != ".." && !strings.HasPrefix(rest, ".."+string(filepath.Separator))
	}
	if slices.ContainsFunc(s.Repositories, func(p Place) bool { return within(p.Location) }) {
		return message.Of(message.Usage, ErrSiteFolder, "site-in-repository", "Folder", at.Shown)
	}
	if slices.ContainsFunc(s.Mirrors, func(p MirrorPlace) bool { return within(p.Location) }) {
		return message.Of(message.Usage, ErrSiteFolder, "site-in-mirror", "Folder", at.Shown, "File", s.File)
	}
	return nil
}

// WriteSite writes an archive, or brings it up to date. A folder with other files is
// refused.
func (s *Settings) WriteSite(ctx context.Context, repo *repository.Repository, site *Site, m Mirroring) Mirrored {
	failed := func(at Location, err error) Mirrored {
		in := &message.Error{Message: message.New("site-failed", "Folder", at.Shown), Cause: err}
		if errors.Is(err, mirror.ErrTaken) {
			in.Class = message.Usage
		}
		return Mirrored{Place: MirrorPlace{Location: at}, Err: in}
	}
	at, err := ParseLocation(site.Folder)
	if err != nil {
		return failed(at, err)
	}
	if len(site.Formats) == 0 {
		site.Formats = []string{"html", "csv", "ics"}
	}
	place := MirrorPlace{Location: at, Mirror: site.Mirror, selection: site.Selection, strict: true}
	store, err := s.mirrorStore(ctx, place)
	if err == nil {
		err = mirror.Claim(ctx, store)
	}
	if err != nil {
		return failed(at, err)
	}
	m.Search = true
	done := s.update(ctx, repo, m, place)
	if done.Err != nil {
		done.Err = failed(at, done.Err).Err
	}
	return done
}

// checkNames says which of the names and tags of a place nothing has: else a slip would
// take the pages of a document away.
func (s *Settings) checkNames(p *MirrorPlace, c *repository.Contents) error {
	left := slices.Clone(p.Tags)
	for record, err := range c.All() {
		if err != nil {
			return err
		}
		if record.State == manifest.Erased || record.State == manifest.Removed {
			continue
		}
		p.selection.Has(record.Source, record.ID)
		for _, tag := range record.Said.Tags {
			left = slices.DeleteFunc(left, func(asked string) bool { return library.Fold(asked) == library.Fold(tag) })
		}
	}
	switch {
	case len(p.selection.Unfound()) > 0:
		return s.setup.Nothing(p.selection, c.Lacking())
	case len(left) > 0:
		return message.Of(message.Incomplete, ErrNothing, "site-no-tag", "Tag", left[0])
	}
	return nil
}
