package discovery

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources/kinds"
)

// A Document is one that was found, by whatever link.
type Document struct {
	Kind kinds.Kind
	Base string // the server's, as sources.Normalize gives it
	ID   string // its own, as far as its addresses show

	// Locator is what Fetch takes: perhaps of an admin link, which is not to be
	// shown.
	Locator string

	// Certain: its server is in the list of those that padsync knows, or its
	// address or the browser prove what it is. Else it may be no document at all.
	Certain bool

	Record // of all origins together

	Origins []Trace // in the order in which they were seen
}

// A Trace is what is known of a document from one origin.
type Trace struct {
	Origin
	Record
}

// A Record is what was seen of a document.
type Record struct {
	Titles      []string  // the best first
	First, Last time.Time // visits, or when it was put there; zero: not known
	Visits      int
}

// Linked says that nothing but documents, in which anybody can write, has its
// address. It is never certain.
func (d *Document) Linked() bool {
	return !slices.ContainsFunc(d.Origins, func(t Trace) bool { return t.Place != Saved })
}

// Title is the best of the Titles, "" if there is none.
func (r *Record) Title() string {
	if len(r.Titles) == 0 {
		return ""
	}
	return r.Titles[0]
}

// add adds a sighting, whose title may be "".
func (r *Record) add(s Sighting, title string) {
	r.Visits += s.Visits
	if r.First.IsZero() || !s.First.IsZero() && s.First.Before(r.First) {
		r.First = s.First
	}
	if s.Last.After(r.Last) {
		r.Last = s.Last
	}
	switch {
	case title == "" || slices.Contains(r.Titles, title) || len(r.Titles) == mostTitles:
	case s.Origin.Place == Bookmark: // a person chose it
		r.Titles = slices.Insert(r.Titles, 0, title)
	default:
		r.Titles = append(r.Titles, title)
	}
}

// Host is that of its server.
func (d *Document) Host() string {
	u, err := url.Parse(d.Base)
	if err != nil {
		return ""
	}
	return u.Host
}

// A Server is one that may be of a kind.
type Server struct {
	Kind    string
	Address string // without its scheme: http and https are one
}

// Server is that of the document.
func (d *Document) Server() Server { return Server{d.Kind.Name, manifest.Address(d.Base)} }

// Reduce makes documents of sightings: one, whatever the link. Of a poll, the
// address that can do most is kept. Said, which may be nil, has what servers said
// when they were asked whether they are of a kind. The documents are in the order
// of their addresses.
func Reduce(of []kinds.Kind, sightings []Sighting, said map[Server]bool) []Document {
	r := reduction{proven: make(map[Server]bool), said: said, found: make(map[identity]*Document)}
	var all, linked []seen
	for _, s := range sightings {
		one := seen{s, candidates(of, s)}
		if s.Origin.Place == Saved {
			linked = append(linked, one)
		} else {
			all = append(all, one)
		}
	}
	// What the browsers' recent pads say of a server holds for all its pads.
	r.placeRecent(all)
	for _, s := range all {
		for _, c := range s.candidates {
			if c.likeness == kinds.Proof {
				r.proven[c.server()] = true
			}
		}
	}
	for _, s := range all {
		r.add(s)
	}
	for _, s := range linked {
		r.link(s)
	}
	return r.documents()
}

// A reduction is what Reduce knows so far.
type reduction struct {
	proven map[Server]bool
	said   map[Server]bool
	found  map[identity]*Document
}

type identity struct {
	Server
	id string
}

// seen is a sighting with what it may be one of.
type seen struct {
	Sighting
	candidates []candidate
}

// placeRecent gives recent pads the path of their server, which the browser does
// not keep: where all other addresses of this origin have one, it is that.
func (r *reduction) placeRecent(all []seen) {
	bases := make(map[string][]string) // of pads, by origin
	for _, s := range all {
		for _, c := range s.candidates {
			if at := originOf(c.Base); c.kind.Assumed && s.Origin.Place != Recent && !slices.Contains(bases[at], c.Base) {
				bases[at] = append(bases[at], c.Base)
			}
		}
	}
	for _, s := range all {
		if s.Origin.Place != Recent {
			continue
		}
		for i, c := range s.candidates {
			if b := bases[originOf(c.Base)]; c.kind.Assumed && len(b) == 1 {
				s.candidates[i].Base = b[0]
			}
		}
	}
}

// document is the one that a candidate is, with no right but the public one if it
// is new.
func (r *reduction) document(c candidate) *Document {
	key := identity{c.server(), c.ID}
	if r.found[key] == nil {
		r.found[key] = &Document{Kind: c.kind, Base: c.Base, ID: c.ID, Locator: c.ID}
	}
	return r.found[key]
}

// add adds a sighting to its document.
func (r *reduction) add(s seen) {
	c, certain, ok := r.choose(s.candidates)
	if !ok {
		return
	}
	d := r.document(c)
	d.Certain = d.Certain || certain && !s.Doubtful
	if strings.HasPrefix(c.Base, "https:") {
		d.Base = c.Base
	}
	if c.Locator != c.ID {
		d.Locator = c.Locator
	}
	title := d.titled(s.Title)
	d.Record.add(s.Sighting, title)
	at := slices.IndexFunc(d.Origins, func(t Trace) bool { return t.Origin == s.Origin })
	if at < 0 {
		at = len(d.Origins)
		d.Origins = append(d.Origins, Trace{Origin: s.Origin})
	}
	d.Origins[at].add(s.Sighting, title)
}

// link adds what a document has a link to. Whoever wrote it says nothing else of
// what it leads to: not what its server is, nor how to get more of it.
func (r *reduction) link(s seen) {
	c, _, ok := r.choose(s.candidates)
	if !ok {
		return
	}
	d := r.document(c)
	links := 0
	for _, t := range d.Origins {
		if t.Origin == s.Origin {
			return
		}
		if t.Place == Saved {
			links++
		}
	}
	if links < mostLinks {
		d.Origins = append(d.Origins, Trace{Origin: s.Origin})
	}
}

// mostLinks is how many documents are kept that have a link to one.
const mostLinks = 5

// choose is what the address counts as: what is certain, or what looks most
// like it.
func (r *reduction) choose(all []candidate) (c candidate, certain, ok bool) {
	for _, c := range all {
		if c.likeness == kinds.Proof || c.likeness == kinds.Alike && (c.listed || r.proven[c.server()] || r.said[c.server()]) {
			return c, true, true
		}
	}
	for _, c := range all {
		if is, asked := r.said[c.server()]; !asked || is {
			return c, false, true
		}
	}
	return candidate{}, false, false
}

const (
	longestTitle = 200 // characters
	mostTitles   = 5

	shortestSecret = 16 // of what an admin link has and the public one has not
)

var address = regexp.MustCompile(`(?i)https?:`)

// titled is a title without what people cannot read; "" if it says no more than the
// id, or if it has an address, which may be a secret one.
func (d *Document) titled(title string) string {
	title = strings.Join(strings.FieldsFunc(title, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if letters := []rune(title); len(letters) > longestTitle {
		title = string(letters[:longestTitle])
	}
	if name, _, _ := strings.Cut(title, " | "); name == d.ID || address.MatchString(title) {
		return ""
	}
	return title
}

// leaveSecretsOut drops the titles that have what only the admin link has.
func (d *Document) leaveSecretsOut() {
	if d.Locator == d.ID {
		return
	}
	for part := range strings.SplitSeq(d.Locator, "/") {
		if part == d.ID || len(part) < shortestSecret {
			continue
		}
		secret := func(title string) bool { return strings.Contains(title, part) }
		d.Titles = slices.DeleteFunc(d.Titles, secret)
		for i := range d.Origins {
			d.Origins[i].Titles = slices.DeleteFunc(d.Origins[i].Titles, secret)
		}
	}
}

// documents are those that were found.
func (r *reduction) documents() []Document {
	for _, d := range r.found {
		// An admin link that somebody cut off looks like that of another document.
		if secret, _, _ := strings.Cut(d.Locator, "/"); secret != d.ID {
			delete(r.found, identity{d.Server(), secret})
		}
	}
	all := make([]Document, 0, len(r.found))
	for _, d := range r.found {
		d.leaveSecretsOut()
		all = append(all, *d)
	}
	slices.SortFunc(all, func(a, b Document) int {
		return cmp.Or(cmp.Compare(manifest.Address(a.Base), manifest.Address(b.Base)), cmp.Compare(a.Kind.Name, b.Kind.Name), cmp.Compare(a.ID, b.ID))
	})
	return all
}
