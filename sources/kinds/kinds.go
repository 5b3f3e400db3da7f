// Package kinds says what a kind of server is: how its addresses, servers and
// documents are recognised and opened, and what its documents can be given as.
// Each kind has a package of its own beside this one.
package kinds

import (
	"context"
	"net/url"
	"time"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
)

// A Kind is all that the rest of padsync has to know of a kind of server. Each
// package of a kind makes its own; the list of all is in internal/setup. A
// field is required unless it says that it is optional.
type Kind struct {
	Name string // in manifests and configurations, such as "etherpad"

	// Parse reads the address of a document: of its page, or of any other page
	// that belongs to it. It asks no server. An error matches sources.ErrAddress.
	Parse func(address string) (Address, error)

	// ParseVerbatim, optional, reads ids that Parse would change or refuse and
	// that padsync prints all the same: who has the key of a server finds
	// documents by such ids.
	ParseVerbatim func(address string) (Address, error)

	// Likeness, optional, is how much a page that somebody saw looks like that of a
	// document, by its address and its title ("" if not known): without it, none is
	// found where people have been. It asks no server, and is quick, as it is asked
	// of all that a browser knows. What is Unlike stays there, unless the server is
	// known to have documents of this kind alone.
	Likeness func(u *url.URL, title string) Likeness

	// Within is the address of the document with this id on the server at base.
	Within func(base, id string) string

	// Assumed: if nobody says of which kind a server is, and it is of no other,
	// an id on it is taken for one of this kind.
	Assumed bool

	// URL is the public address of a document for people.
	URL func(base, id string) string

	// Probe asks the server, with requests that change nothing, whether it is
	// of this kind; the locator is that of a document that may be there, "" for
	// none. Opening's Client and Pool are used, and what opens the server. An
	// error says that nobody can know now.
	Probe func(ctx context.Context, base, locator string, o Opening) (bool, error)

	// Open makes the source of the server at base, and sends nothing. The error
	// is for an impossible Opening.
	Open func(base string, o Opening) (sources.Source, error)

	// Documents is the kind of its documents.
	Documents documents.Kind

	// Expires, optional, is the day from which the server may delete the
	// document id that was last modified then, as sources.Expirer has it, where
	// the configuration says that it keeps documents for so many days.
	Expires func(base string, after int, id string, modified time.Time) string

	// ParseGroup, optional, reads the address of a group on a server in which a
	// sources.Importer can make documents; GroupURL is that address.
	ParseGroup func(address string) (base, group string, err error)
	GroupURL   func(base, group string) string

	// AnyBase: a server may be at an address that ends like that of a pad.
	AnyBase bool

	// Finds: its Importer finds what an earlier Import made. WantsMail: it may
	// want the address of an organiser, and its error then matches sources.ErrMail.
	Finds, WantsMail bool

	// Takes, optional, are the names of other kinds whose documents its Importer
	// takes, too.
	Takes []string
}

// An Address is where a document is.
type Address struct {
	Base    string // the server's, as sources.Normalize gives it
	ID      string // the document's own, as far as its address shows
	Locator string // what Fetch takes

	// Certain: no document of another kind has such an address.
	Certain bool
}

// An Opening is what is needed to open a source.
type Opening struct {
	Client *polite.Client
	Pool   *spool.Pool
	Access sources.Access

	// Passwords open documents that ask for one, by the documents' ids, or
	// those of their groups; that of "" is tried on all others.
	Passwords map[string]string

	Formats []string // to fetch besides what is always fetched

	// ExpiresAfter is how many days the server keeps a document that nobody
	// changes; 0: as is known of it, sources.Never: for ever.
	ExpiresAfter int

	Tokens sources.TokenKeeper // nil: tokens are forgotten

	Group string // that documents are made in, "" for none
	Mail  string // of the organiser of what is made; "": as it was saved
}
