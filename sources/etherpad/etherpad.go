// Package etherpad is the source for Etherpad servers: it fetches pads by their
// public exports, and checks what comes. It never joins a pad, as that would
// create missing pads and show a visitor.
//
// What it knows of servers was seen on Etherpad 1.8.14 and 3.3.1, and MyPads
// 1.7.17.
package etherpad

import (
	"context"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/api"
	"github.com/padsync/padsync/sources/etherpad/mypads"
	"github.com/padsync/padsync/sources/etherpad/server"
)

// Options say what is fetched of each pad.
type Options struct {
	// Formats are fetched besides .etherpad, with a request each: html, txt,
	// pdf, docx, odt, doc. A format that the server does not have is left out.
	Formats []string

	// Access is what opens more than the public sees.
	Access Access

	// Passwords open pads of MyPads that ask for one, by the ids of the pads
	// or of their groups; that of "" is for all others.
	Passwords map[string]string

	// Group is the id of the group of MyPads that Import makes pads in, for
	// the account; "": pads go into no group.
	Group string

	// ExpiresAfter is how many days the server keeps a pad that nobody changes;
	// 0: as is known of it, Never: for ever.
	ExpiresAfter int

	// Tokens keeps the token of the account of MyPads; nil: it is forgotten.
	Tokens mypads.TokenKeeper
}

// A Source is one Etherpad server. It is safe for concurrent use.
type Source struct {
	server  *server.Server
	pool    *spool.Pool
	formats []format // besides .etherpad
	limit   int64    // bytes of an export
	access  Access

	lifetime lifetime // of pads

	inspector pad.Inspector

	api     *api.Client
	account *mypads.Account
	group   string // to import into
}

var (
	_ sources.Lister     = (*Source)(nil)
	_ sources.Comparer   = (*Source)(nil)
	_ sources.Expirer    = (*Source)(nil)
	_ sources.Withholder = (*Source)(nil)
)

// New makes the source for the server with this base address, as
// sources.Normalize gives it. It sends nothing. The error is for an unknown
// format or an impossible access. A caller that gives an access calls Close
// after the last Fetch.
func New(base string, client *polite.Client, pool *spool.Pool, o Options) (*Source, error) {
	formats, err := extraFormats(o.Formats)
	if err != nil {
		return nil, err
	}
	if err := checkAccess(o.Access); err != nil {
		return nil, err
	}
	if o.Group != "" && (o.Access.MyPadsLogin == "" || !mypads.IsGroupID(o.Group)) {
		return nil, mypads.ErrNoGroup
	}
	at, err := server.New(base, client, door(o.Access))
	if err != nil {
		return nil, err
	}
	s := &Source{
		server: at, pool: pool, formats: formats, limit: maxExport, access: o.Access, lifetime: lifetimeOf(base, o.ExpiresAfter),
		api: api.New(at, pool, api.Options{Key: o.Access.APIKey, ClientID: o.Access.ClientID, ClientSecret: o.Access.ClientSecret}),
		account: mypads.New(at, pool, mypads.Options{
			Login: o.Access.MyPadsLogin, Password: o.Access.MyPadsPassword, Passwords: o.Passwords, Tokens: o.Tokens,
		}),
		group: o.Group,
	}
	return s, nil
}

// Close deletes what was made on the server for this run: sessions. The Source
// can still be used.
func (s *Source) Close(ctx context.Context) error { return s.api.Close(ctx) }

// Withhold implements sources.Withholder.
func (s *Source) Withhold(id string, w sources.Withheld) { s.account.Withhold(id, w) }
