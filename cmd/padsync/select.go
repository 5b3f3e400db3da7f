package main

import (
	"path"
	"slices"
	"strings"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/framadate"
)

// selection is the documents that a command line names; without any, all.
type selection struct {
	addresses []address
	patterns  []string // globs over ids
	exact     map[string]bool
}

// An address is where a document is. It is comparable.
type address struct{ kind, server, id string }

// parseSelection reads DOCUMENT…: what has :// is an address, the rest are
// ids, or globs over ids.
func (a *app) parseSelection(args []string) (*selection, error) {
	s := &selection{exact: make(map[string]bool)}
	for _, arg := range args {
		if !strings.Contains(arg, "://") {
			if _, err := path.Match(arg, ""); err == nil {
				s.patterns = append(s.patterns, whole(arg))
			}
			s.exact[arg] = true
			continue
		}
		found := addressesOf(arg)
		if len(found) == 0 {
			return nil, a.usage(sources.ErrAddress, "bad-document")
		}
		s.addresses = append(s.addresses, found...)
	}
	return s, nil
}

// addressesOf are the documents that the address may be of; which one it is,
// the repository knows.
func addressesOf(raw string) []address {
	var found []address
	if p, err := etherpad.ParseAddress(raw); err == nil {
		found = append(found, address{kindEtherpad, sources.Identity(p.Base), p.ID})
	}
	if p, err := framadate.ParseAddress(raw); err == nil {
		found = append(found, address{kindFramadate, sources.Identity(p.Base), p.ID})
	}
	return found
}

// whole lets the globs of path match slashes as any other character.
func whole(s string) string { return strings.ReplaceAll(s, "/", "\x00") }

func (s *selection) all() bool { return len(s.addresses) == 0 && len(s.exact) == 0 }

// names reports whether the selection names this very document.
func (s *selection) names(from manifest.Source, id string) bool {
	return s.exact[id] || slices.Contains(s.addresses, address{from.Kind, sources.Identity(from.URL), id})
}

// has reports whether the document is one of those named.
func (s *selection) has(from manifest.Source, id string) bool {
	if s.all() || s.names(from, id) {
		return true
	}
	return slices.ContainsFunc(s.patterns, func(p string) bool {
		ok, err := path.Match(p, whole(id))
		return err == nil && ok
	})
}
