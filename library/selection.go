package library

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// A Selection is the documents that somebody named; without a name, all. It
// learns from the documents that it is asked about, so it is for one goroutine
// at a time.
type Selection struct {
	named []*named
	names *Names // once known
}

// A Name is what somebody calls a document, or several.
type Name struct {
	Text      string
	Addresses []Address // that it may be; none: it is an id, a glob over ids, or a short name
}

// An Address is where a document is.
type Address struct{ Kind, Server, ID string }

type named struct {
	text      string
	addresses []Address // or else
	pattern   string    // a glob over ids, "" if it is not one
	isID      bool      // the repository has a document with this id: it is not a hash
	found     bool      // something fits

	state manifest.State             // of the document that has this very id, "" if there is none
	other map[Address]manifest.State // of those whose ids differ from it only in case
}

// Select is the selection of what is named so.
func Select(names []Name) *Selection {
	s := new(Selection)
	for _, name := range names {
		n := &named{text: name.Text, addresses: name.Addresses}
		if _, err := path.Match(name.Text, ""); err == nil && n.addresses == nil {
			n.pattern = whole(name.Text)
		}
		s.named = append(s.named, n)
	}
	return s
}

// whole lets the globs of path match slashes like any other character.
func whole(s string) string { return strings.ReplaceAll(s, "/", "\x00") }

// All says that no document was named.
func (s *Selection) All() bool { return len(s.named) == 0 }

// Names reports whether the selection names this very document.
func (s *Selection) Names(from manifest.Source, id string) bool {
	return s.Shows(from, id) || slices.ContainsFunc(s.named, func(n *named) bool { return s.hashed(n, from, id) })
}

// Shows reports whether the command line has the document's address or id, so
// that messages may repeat it. A hash has neither.
func (s *Selection) Shows(from manifest.Source, id string) bool {
	return slices.ContainsFunc(s.named, func(n *named) bool { return n.names(from, id) })
}

// Has reports whether the document is one of those named.
func (s *Selection) Has(from manifest.Source, id string) bool {
	has := s.All()
	for _, n := range s.named {
		if n.names(from, id) || n.matches(id) || n.spells(from, id) || s.hashed(n, from, id) {
			n.found, has = true, true
		}
	}
	return has
}

// hashForm is a short hash as messages show it.
var hashForm = regexp.MustCompile(`^[0-9a-f]{6,16}$`)

func (s *Selection) hashed(n *named, from manifest.Source, id string) bool {
	return s.names != nil && !n.isID && n.addresses == nil && hashForm.MatchString(n.text) && s.names.begins(from, id, n.text)
}

// Learn gives short names to all documents of the repository with this id, and
// learns which of those named are ids.
func (s *Selection) Learn(repository string, c *repository.Contents) (*Names, error) {
	h, err := NewNames(repository, func(add func(manifest.Source, string)) error {
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
	s.names = h
	return h, err
}

// Unfound are the names of which nothing was found, as they were given.
func (s *Selection) Unfound() (texts []string) {
	for _, n := range s.named {
		if !n.found {
			texts = append(texts, n.text)
		}
	}
	return texts
}

// learn takes note of a document of the repository whose id is one that is
// named, or differs from it only in case.
func (n *named) learn(record *manifest.Record) {
	switch at := (Address{record.Source.Kind, record.Source.Address(), record.ID}); {
	case n.names(record.Source, record.ID):
		n.state = record.State
	case n.folds(at):
		if n.other == nil {
			n.other = make(map[Address]manifest.State)
		}
		n.other[at] = record.State
	}
}

// spells reports whether the selection has the document by another spelling of
// its id.
func (s *Selection) spells(from manifest.Source, id string) bool {
	return slices.ContainsFunc(s.named, func(n *named) bool { return n.spells(from, id) })
}

// spells is true where nothing has exactly the id that was named, or where one
// of the two is no longer on its server, which then takes both for one: a
// document goes on under the spelling that its server gives.
func (n *named) spells(from manifest.Source, id string) bool {
	state, other := n.other[Address{from.Kind, from.Address(), id}]
	return other && (n.state == "" || n.state == manifest.Missing || state == manifest.Missing)
}

// folds reports whether the id is the one that is named, except for its case.
func (n *named) folds(at Address) bool {
	if n.addresses == nil {
		return strings.EqualFold(n.text, at.ID)
	}
	return slices.ContainsFunc(n.addresses, func(a Address) bool {
		return a.Kind == at.Kind && a.Server == at.Server && strings.EqualFold(a.ID, at.ID)
	})
}

func (n *named) names(from manifest.Source, id string) bool {
	if n.addresses == nil {
		return n.text == id
	}
	return slices.Contains(n.addresses, Address{from.Kind, from.Address(), id})
}

func (n *named) matches(id string) bool {
	ok, err := path.Match(n.pattern, whole(id))
	return err == nil && ok
}
