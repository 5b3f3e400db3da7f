package main

import (
	"errors"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources"
)

// selection is the documents that a command line names; without any, all.
type selection struct {
	app    *app
	named  []*named
	hashes *library.Names // once known
}

// named is one DOCUMENT of a command line.
type named struct {
	text      string
	addresses []address // or else
	pattern   string    // a glob over ids, "" if it is none
	isID      bool      // the repository has a document of this id: it is no hash
	found     bool      // something fits

	state manifest.State             // of the document that has this very id, "" if there is none
	other map[address]manifest.State // of those whose ids differ from it in case alone
}

// An address is where a document is. It is comparable.
type address struct{ kind, server, id string }

// parseSelection reads DOCUMENT…: what has :// is an address, the rest are
// ids, globs over ids, or, where no id fits, the hashes that messages show.
func (a *app) parseSelection(args []string) (*selection, error) {
	s := &selection{app: a}
	for _, arg := range args {
		n := &named{text: arg}
		if strings.Contains(arg, "://") {
			for _, address := range orText(config.Argument(arg), arg) {
				if hasUser(address) {
					return nil, message.Of(message.Usage, errUser, "user-in-address")
				}
				n.addresses = append(n.addresses, a.addressesOf(address)...)
			}
			if len(n.addresses) == 0 {
				return nil, message.Of(message.Usage, sources.ErrAddress, "bad-document")
			}
		} else if _, err := path.Match(arg, ""); err == nil {
			n.pattern = whole(arg)
		}
		s.named = append(s.named, n)
	}
	return s, nil
}

// addressesOf are the documents that the address may be of; which one it is,
// the repository knows.
func (a *app) addressesOf(raw string) []address {
	var found []address
	for _, c := range a.kinds.Documents(raw) {
		found = append(found, address{c.Kind.Name, manifest.Address(c.Base), c.ID})
	}
	return found
}

// whole lets the globs of path match slashes as any other character.
func whole(s string) string { return strings.ReplaceAll(s, "/", "\x00") }

func (s *selection) all() bool { return len(s.named) == 0 }

// names reports whether the selection names this very document.
func (s *selection) names(from manifest.Source, id string) bool {
	return s.shows(from, id) || slices.ContainsFunc(s.named, func(n *named) bool { return s.hashed(n, from, id) })
}

// shows reports whether the command line has the document's address or id, so
// that messages may repeat it. A hash tells neither.
func (s *selection) shows(from manifest.Source, id string) bool {
	return slices.ContainsFunc(s.named, func(n *named) bool { return n.names(from, id) })
}

// has reports whether the document is one of those named.
func (s *selection) has(from manifest.Source, id string) bool {
	has := s.all()
	for _, n := range s.named {
		if n.names(from, id) || n.matches(id) || n.spells(from, id) || s.hashed(n, from, id) {
			n.found, has = true, true
		}
	}
	return has
}

// hashForm is a short hash as messages show it.
var hashForm = regexp.MustCompile(`^[0-9a-f]{6,16}$`)

func (s *selection) hashed(n *named, from manifest.Source, id string) bool {
	return s.hashes != nil && !n.isID && n.addresses == nil && hashForm.MatchString(n.text) && s.hashes.Begins(from, id, n.text)
}

// hashesOf gives short names to all documents of the repository, and learns
// which of those named are ids.
func (s *selection) hashesOf(r *reading, c *repository.Contents) (*library.Names, error) {
	h, err := library.NewNames(r.ID(), func(add func(manifest.Source, string)) error {
		for record, err := range c.Documents() {
			if err != nil {
				return err
			}
			add(record.Source, record.ID)
			for _, n := range s.named {
				n.learn(record)
				n.isID = n.isID || n.names(record.Source, record.ID) || n.matches(record.ID)
			}
		}
		return nil
	})
	s.hashes = h
	return h, err
}

// tellUnfound says which of those named nothing was found for. Something was
// for the others, so the rest is done.
func (a *app) tellUnfound(s *selection) error {
	var err error
	for _, n := range s.named {
		if !n.found {
			a.note("nothing-fits-this", "Document", withoutUser(n.text))
			err = message.Quiet(message.Incomplete, s.schemeless(errIncomplete))
		}
	}
	return err
}

// schemeless is that nothing was found for some, with what to type instead of
// the first one that is an address but for its https://.
func (s *selection) schemeless(err error) error {
	for _, n := range s.named {
		if address, ok := s.app.completed(n.text); ok && !n.found {
			return &schemelessError{address, err}
		}
	}
	return err
}

// learn takes note of a document of the repository whose id is one that is
// named, or differs from it in case alone.
func (n *named) learn(record *manifest.Record) {
	switch at := (address{record.Source.Kind, record.Source.Address(), record.ID}); {
	case n.names(record.Source, record.ID):
		n.state = record.State
	case n.folds(at):
		if n.other == nil {
			n.other = make(map[address]manifest.State)
		}
		n.other[at] = record.State
	}
}

// spells reports whether the selection has the document by another spelling of
// its id.
func (s *selection) spells(from manifest.Source, id string) bool {
	return slices.ContainsFunc(s.named, func(n *named) bool { return n.spells(from, id) })
}

// spells is so where nothing has the very id that was named, or where one of the
// two is no more on its server, which then takes both for one: a document goes
// on under the spelling that its server gives.
func (n *named) spells(from manifest.Source, id string) bool {
	state, other := n.other[address{from.Kind, from.Address(), id}]
	return other && (n.state == "" || n.state == manifest.Missing || state == manifest.Missing)
}

// folds reports whether the id is that which is named, but for its case.
func (n *named) folds(at address) bool {
	if n.addresses == nil {
		return strings.EqualFold(n.text, at.id)
	}
	return slices.ContainsFunc(n.addresses, func(a address) bool {
		return a.kind == at.kind && a.server == at.server && strings.EqualFold(a.id, at.id)
	})
}

func (n *named) names(from manifest.Source, id string) bool {
	if n.addresses == nil {
		return n.text == id
	}
	return slices.Contains(n.addresses, address{from.Kind, from.Address(), id})
}

func (n *named) matches(id string) bool {
	ok, err := path.Match(n.pattern, whole(id))
	return err == nil && ok
}

// nothing is the problem that no document is what was asked for. Where lists
// of documents are lacking, they may tell of it.
func (a *app) nothing(s *selection, lacking int) error {
	switch cause := s.schemeless(errNothing); {
	case lacking > 0 && s.all():
		return a.lackingLists(lacking)
	case lacking > 0:
		return message.Of(message.Failed, errors.Join(errLacking, cause), "nothing-fits-lacking")
	default:
		return message.Of(message.Failed, cause, "nothing-fits")
	}
}
