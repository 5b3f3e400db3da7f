package main

import (
	"slices"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/etherpad/mypads"
	"github.com/padsync/padsync/sources/framadate"
)

// network is what all sources of a run share.
type network struct {
	client    *polite.Client
	pool      *spool.Pool
	budget    budget
	passwords passwords
	accesses  accesses
	tokens    func(base, login string) mypads.TokenKeeper
	expires   expiries
	groups    map[string]string // of MyPads to import into, by base address
	mail      string            // the organiser's of polls to be made
}

// openSource is the only place that knows every kind of source.
func (n network) openSource(kind, base string, formats []string) (sources.Source, error) {
	access := n.accesses.of(base)
	switch kind {
	case kindEtherpad:
		return etherpad.New(base, n.client, n.pool, etherpad.Options{
			Formats: formats, Access: access, Passwords: n.passwords.of(base), Tokens: n.tokens(base, access.MyPadsLogin),
			Group: n.groups[base], ExpiresAfter: n.expires[base],
		})
	case kindFramadate:
		return framadate.New(base, n.client, n.pool, framadate.Options{
			User: access.User, Password: access.Password, Passwords: n.passwords.of(base), Mail: n.mail,
		})
	}
	return nil, errKind
}

// plan puts the documents to their servers, which it sorts as manifests do:
// so the places that events tell are those in this plan. A document's Line is
// its place in all, from 1.
func (n network) plan(all []wanted, formats []string) (*backup.Plan, error) {
	p := &backup.Plan{Pool: n.pool}
	place := func(w wanted) (int, bool) {
		return slices.BinarySearchFunc(p.Sources, manifest.Source{Kind: w.kind, URL: w.base},
			func(known backup.Source, s manifest.Source) int { return known.Compare(s) })
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
		p.Sources = slices.Insert(p.Sources, at, backup.Source{Source: from, Client: client, Until: n.budget.until(w.source.Hours)})
	}
	for i, w := range all {
		at, _ := place(w)
		if w.all {
			p.Sources[at].All = true
			continue
		}
		if access := n.accesses.of(w.base); access.Operator() && w.verbatim != "" {
			w.id, w.locator = w.verbatim, w.verbatim // the API knows pads by names that servers would change
		}
		d := backup.Document{Source: at, ID: w.id, Line: i + 1}
		if w.locator != w.id {
			d.Locator = w.locator
		}
		p.Documents = append(p.Documents, d)
	}
	return p, nil
}
