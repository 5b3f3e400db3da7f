package setup

import (
	"strings"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/mirror"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/framadate"
	"github.com/padsync/padsync/sources/kinds"
	"github.com/padsync/padsync/sources/pollaris"
)

// Kinds are kinds of servers. Where an address may be of several, the first
// counts.
type Kinds []kinds.Kind

// AllKinds are those that padsync knows: the one list of them. Polls come
// first, as a pad may have the name of a script of a poll's server.
func AllKinds() Kinds { return Kinds{pollaris.Kind(), framadate.Kind(), etherpad.Kind()} }

// Named is the kind with this name.
func (k Kinds) Named(name string) (kind kinds.Kind, ok bool) {
	for _, kind := range k {
		if kind.Name == name {
			return kind, true
		}
	}
	return kinds.Kind{}, false
}

// OfDocuments are the kinds of their documents.
func (k Kinds) OfDocuments() documents.Kinds {
	all := make(documents.Kinds, len(k))
	for _, kind := range k {
		all[kind.Name] = kind.Documents
	}
	return all
}

// URL is the public address of a document for people; for a kind that only a
// newer program knows, the address of its server.
func (k Kinds) URL(from manifest.Source, id string) string {
	kind, ok := k.Named(from.Kind)
	if !ok {
		return from.URL
	}
	return kind.URL(from.URL, id)
}

// A Candidate is what an address may be the address of.
type Candidate struct {
	Kind kinds.Kind
	kinds.Address

	// Verbatim is the id as the address has it, "" if it is ID: whoever has the
	// key of the server knows the document by that.
	Verbatim string
}

// Parse gives what an address may be the address of: one candidate if that is
// certain, else several, of which the server has to say which. The last, if it
// is assumed, counts where the server is none of the others. An error matches
// sources.ErrAddress.
func (k Kinds) Parse(address string) ([]Candidate, error) {
	return k.certain(func(kinds.Kind) string { return address }, nil)
}

// ParseWithin gives what an id on a server may be of, or, where the entry is an
// address, what that may be. The kind is that of the server, "" if it is not
// known.
func (k Kinds) ParseWithin(name, base, entry string) ([]Candidate, error) {
	if kind, ok := k.Named(name); ok {
		k = Kinds{kind}
	}
	if strings.Contains(entry, "://") {
		return k.Parse(entry)
	}
	if base == "" || strings.Contains(entry, "/p/") { // no id has that in it
		return nil, sources.ErrAddress
	}
	base = strings.TrimRight(base, "/")
	return k.certain(func(kind kinds.Kind) string { return kind.Within(base, entry) }, func(kind kinds.Kind) bool { return kind.Assumed && len(k) > 1 })
}

// certain parses an address for each kind. A certain one counts alone, unless
// it is assumed.
func (k Kinds) certain(address func(kinds.Kind) string, assumed func(kinds.Kind) bool) ([]Candidate, error) {
	var found []Candidate
	for _, kind := range k {
		c, err := parse(kind, address(kind))
		if err != nil {
			continue
		}
		if assumed != nil && assumed(kind) {
			c.Certain = false
		}
		if c.Certain || len(k) == 1 {
			c.Certain = true
			return []Candidate{c}, nil
		}
		found = append(found, c)
	}
	if len(found) == 0 {
		return nil, sources.ErrAddress
	}
	if len(found) == 1 && found[0].Kind.Assumed {
		found[0].Certain = true
	}
	return found, nil
}

func parse(kind kinds.Kind, address string) (Candidate, error) {
	if kind.ParseVerbatim == nil {
		a, err := kind.Parse(address)
		return Candidate{Kind: kind, Address: a}, err
	}
	verbatim, err := kind.ParseVerbatim(address)
	if err != nil {
		return Candidate{}, err
	}
	a, err := kind.Parse(address)
	if err != nil {
		return Candidate{}, err
	}
	c := Candidate{Kind: kind, Address: a}
	if verbatim.ID != a.ID {
		c.Verbatim = verbatim.ID
	}
	return c, nil
}

// Documents are all documents that an address may be the address of, by
// whatever id: the repository knows which.
func (k Kinds) Documents(address string) []Candidate {
	var found []Candidate
	for _, kind := range k {
		for _, parse := range []func(string) (kinds.Address, error){kind.Parse, kind.ParseVerbatim} {
			if parse == nil {
				continue
			}
			if a, err := parse(address); err == nil {
				found = append(found, Candidate{Kind: kind, Address: a})
			}
		}
	}
	return found
}

// ParseGroup reads the address of a group that documents can be made in. An
// error matches sources.ErrAddress.
func (k Kinds) ParseGroup(address string) (base, group string, err error) {
	for _, kind := range k {
		if kind.ParseGroup == nil {
			continue
		}
		if base, group, err = kind.ParseGroup(address); err == nil {
			return base, group, nil
		}
	}
	return "", "", sources.ErrAddress
}

// OfGroups is the name of the kind that has groups.
func (k Kinds) OfGroups() string {
	for _, kind := range k {
		if kind.ParseGroup != nil {
			return kind.Name
		}
	}
	return ""
}

// InConfig is what a configuration may say of them.
func (k Kinds) InConfig() (all []config.Kind) {
	for _, kind := range k {
		all = append(all, config.Kind{Name: kind.Name, Expires: kind.Expires != nil, AnyBase: kind.AnyBase})
	}
	return all
}

// Places are all documents that an address may be of, as pages of a mirror have to
// know of them.
func (k Kinds) Places(address string) (all []mirror.Place) {
	for _, c := range k.Documents(address) {
		all = append(all, mirror.Place{
			Address: library.Address{Kind: c.Kind.Name, Server: manifest.Address(c.Base), ID: c.ID},
			URL:     c.Kind.URL(c.Base, c.ID), Key: c.Locator != c.ID, Certain: c.Certain,
		})
	}
	return all
}
