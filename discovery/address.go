package discovery

import (
	"net/url"
	"slices"
	"strings"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources/kinds"
)

// longest is more than any document's address has.
const longest = 2048

// A candidate is what an address may be the address of.
type candidate struct {
	kind kinds.Kind
	kinds.Address
	likeness kinds.Likeness
	listed   bool // the list of servers says so
}

func (c candidate) server() Server { return Server{c.kind.Name, manifest.Address(c.Base)} }

// candidates are what a sighting may be one of, by its looks alone.
func candidates(all []kinds.Kind, s Sighting) (found []candidate) {
	if len(s.Address) > longest || !hasScheme(s.Address) || strings.Contains(s.Address, "%s") {
		return nil
	}
	u, err := url.Parse(s.Address)
	if err != nil || u.Host == "" || u.User != nil {
		return nil
	}
	software, listed := instances()[hostOf(u)]
	if !listed && isLookAlike(u.Hostname()) {
		return nil
	}
	title := s.Title
	if s.Doubtful {
		title = "" // it may be that of another page
	}
	for _, kind := range all {
		if listed && !slices.Contains(software, kind.Name) || s.Kind != "" && s.Kind != kind.Name || kind.Likeness == nil {
			continue
		}
		c := candidate{kind: kind, likeness: kind.Likeness(u, title), listed: listed}
		if c.likeness == kinds.Unlike && len(software) != 1 {
			continue
		}
		if c.Address, err = kind.Parse(s.Address); err != nil {
			continue
		}
		// Where a server has nothing else, a person may have chosen the name.
		if c.likeness == kinds.Unlike && (originOf(c.Base) != c.Base || slices.Contains(ownPages, strings.ToLower(c.ID))) {
			continue
		}
		if s.Kind != "" {
			c.likeness = kinds.Proof
		}
		if s.Doubtful {
			c.likeness = min(c.likeness, kinds.Alike)
		}
		found = append(found, c)
	}
	return found
}

// ownPages are pages of servers of polls that look like such polls.
var ownPages = []string{"about", "admin", "contact", "faq", "help", "home", "impressum", "index", "login", "maintenance", "my", "preferences", "privacy"}

// hasScheme spares the parsing of much of what a browser knows.
func hasScheme(address string) bool {
	scheme, _, found := strings.Cut(address, "://")
	return found && (strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http"))
}

// originOf is the beginning of an address, without the path.
func originOf(base string) string {
	scheme, rest, _ := strings.Cut(base, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}
