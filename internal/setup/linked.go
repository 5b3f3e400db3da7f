package setup

import (
	"context"
	"strings"

	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/discovery/files"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/search"
)

// Of one document, so much is looked at, and so many links are kept: more than
// people write, and what no document makes slow.
const (
	mostLinking = 4 << 20 // bytes
	mostLinks   = 1000
)

// readSaved reads the links in what is saved, from the indexes: no request is sent,
// and nobody is asked for a passphrase who did not name an identity for this. What
// is wrong there is no error of a look into browsers.
func (f *Finds) readSaved(ctx context.Context, to discovery.Reading) {
	s := f.settings
	if !s.MayIndex() {
		return
	}
	g := searching{settings: s, quiet: !s.identitiesGiven(), documents: make(map[library.Address]manifest.Source)}
	defer g.close()
	for _, at := range s.Repositories {
		seen := s.Machine.Repositories(at.place()).Repositories
		if len(seen) == 0 {
			continue
		}
		if err := g.index(ctx, at, seen[len(seen)-1]); err != nil {
			f.Unread = append(f.Unread, ByName{at.Shown, err})
		}
	}
	f.saved = g.documents
	for i, x := range g.indexes {
		if err := readLinks(ctx, x, to); err != nil {
			f.Unread = append(f.Unread, ByName{g.opened[i].at.Shown, err})
		}
	}
}

// readLinks reads the links in the documents of an index.
func readLinks(ctx context.Context, x *search.Index, to discovery.Reading) error {
	see := to.See
	return x.Linking(ctx, func(called, text string) error {
		if len(text) > mostLinking {
			text = text[:1+strings.LastIndexAny(text[:mostLinking], " \n")]
		}
		if strings.Contains(called, "://") {
			called = "" // it may be a secret one
		}
		links := 0
		to.See = func(s discovery.Sighting) {
			if links++; links <= mostLinks {
				see(discovery.Sighting{Address: strings.Clone(s.Address), Origin: discovery.Origin{Place: discovery.Saved, Document: strings.Clone(called)}})
			}
		}
		return files.Text(ctx, text, called, to)
	})
}

// isSaved says that a document is known by a link only, and saved already.
func (f *Finds) isSaved(d discovery.Document) bool {
	if !d.Linked() {
		return false
	}
	_, saved := f.saved[addressOf(manifest.Source{Kind: d.Kind.Name, URL: d.Base}, d.ID)]
	return saved
}
