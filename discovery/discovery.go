// Package discovery finds the documents whose addresses a person has somewhere:
// in browsers and in files. What reads a place yields sightings, of which only
// what can be the address of a document leaves it; Reduce makes documents of them.
package discovery

import (
	"errors"
	"time"

	"github.com/padsync/padsync/sources/kinds"
)

// A Sighting is an address in one place.
type Sighting struct {
	Address string
	Title   string // what the place calls it, "" if it says nothing

	First, Last time.Time // visits, or when it was put there; zero: not known
	Visits      int

	// Doubtful: the browser says that it showed no such page, or one that the
	// person did not ask for.
	Doubtful bool

	// Kind is that of the server whose own page keeps the address in the browser,
	// "" if none does: it proves what the document is.
	Kind string

	Origin Origin
}

// An Origin is where an address was seen.
type Origin struct {
	Place   Place
	Browser string // "" for a file
	Profile string // of the browser, as people know it
	File    string // as it was named, "" for a browser

	// Document is what people call the document in which the address is, of Saved.
	Document string
}

// A Place is a kind of origin.
type Place string

// The places.
const (
	History  Place = "history"
	Bookmark Place = "bookmark"
	Tab      Place = "tab"    // a page that stands open
	Recent   Place = "recent" // what the server's own page keeps in the browser
	File     Place = "file"
	Saved    Place = "saved" // in a document, where anybody can write
)

// A Skip is a file that was not read, or not to its end.
type Skip struct {
	Browser, Profile string // "" for a file that the caller named
	File             string
	Err              error // one of those below, or the system's
}

// Why a file is skipped.
var (
	ErrLarge     = errors.New("too large")
	ErrIrregular = errors.New("not a regular file")
	ErrDamaged   = errors.New("damaged")
	ErrBusy      = errors.New("changing all the time")
	ErrUnknown   = errors.New("of a form that is not known")
	ErrEncrypted = errors.New("encrypted by the browser")
	ErrForbidden = errors.New("kept from programs by the system")
	ErrArchive   = errors.New("an archive")
)

// A Reading is what a reader of places calls. Its functions are called by one
// goroutine.
type Reading struct {
	Kinds []kinds.Kind // of the documents that are looked for
	See   func(Sighting)
	Skip  func(Skip)
}

// Possible reports whether an address can be a document's, by its looks alone:
// nothing else of what a person visited leaves the place where it is read.
func (r Reading) Possible(address string) bool {
	return len(candidates(r.Kinds, Sighting{Address: address})) > 0
}

// Sees passes on what can be the address of a document, and nothing else.
func (r Reading) Sees(s Sighting) {
	if r.Possible(s.Address) {
		r.See(s)
	}
}
