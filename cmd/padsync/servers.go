package main

import (
	"slices"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/kinds"
)

// network is what all sources of a run share.
type network struct {
	kinds     setup.Kinds
	client    *polite.Client
	pool      *spool.Pool
	budget    budget
	passwords passwords
	accesses  accesses
	tokens    func(base, login string) sources.TokenKeeper
	expires   expiries
	groups    map[string]string // of MyPads to import into, by base address
	mail      string            // the organiser's of polls to be made
}

// opening is what the source of a server is opened with.
func (n network) opening(base string) kinds.Opening {
	access := n.accesses.of(base)
	o := kinds.Opening{
		Client: n.client, Pool: n.pool, Access: access, Passwords: n.passwords.of(base),
		Group: n.groups[base], Mail: n.mail, ExpiresAfter: n.expires[base],
	}
	if n.tokens != nil {
		o.Tokens = n.tokens(base, access.MyPadsLogin)
	}
	return o
}

func (n network) openSource(name, base string, formats []string) (sources.Source, error) {
	kind, ok := n.kinds.Named(name)
	if !ok {
		return nil, errKind
	}
	o := n.opening(base)
	o.Formats = formats
	return kind.Open(base, o)
}

// plan puts the documents to their servers, which it sorts as manifests do. A
// document's Line is its place in all, from 1.
func (n network) plan(all []wanted, formats []string) (*backup.Plan, error) {
	p := &backup.Plan{Pool: n.pool}
	place := func(w wanted) (int, bool) {
		return slices.BinarySearchFunc(p.Sources, manifest.Source{Kind: w.kind, URL: w.base},
			func(known *backup.Source, s manifest.Source) int { return known.Compare(s) })
	}
	for _, w := range all {
		at, known := place(w)
		if known {
			continue
		}
		from := manifest.Source{Kind: w.kind, URL: w.base, Name: w.source.Name}
		chosen := formats
		if len(chosen) == 0 {
			chosen = w.source.Formats
		}
		client, err := n.openSource(w.kind, w.base, chosen)
		if err != nil {
			return nil, message.Classed(message.Usage, err)
		}
		p.Sources = slices.Insert(p.Sources, at, &backup.Source{Source: from, Client: client, Until: n.budget.until(w.source.Hours)})
	}
	for i, w := range all {
		at, _ := place(w)
		source := p.Sources[at]
		if w.all {
			source.All = true
			continue
		}
		if access := n.accesses.of(w.base); access.Operator() && w.verbatim != "" {
			w.id, w.locator = w.verbatim, w.verbatim // the API knows pads by names that servers would change
		}
		d := backup.Document{Source: source, ID: w.id, Line: i + 1}
		if w.locator != w.id {
			d.Locator = w.locator
		}
		p.Documents = append(p.Documents, d)
	}
	return p, nil
}
