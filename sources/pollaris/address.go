package pollaris

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/padsync/padsync/sources"
)

// An Address tells where a poll is.
type Address struct {
	Base string // the server's, as sources.Normalize gives it

	// Slug names the poll in its public address. By an admin link it is the
	// poll's id, which it is unless the author chose another one: then only the
	// server's answer, the Version's ID, tells.
	Slug string

	// ID and Token are those of an admin link, "" of any other.
	ID, Token string

	// Certain is false for BASE/polls/SLUG, as other programs may have such
	// addresses: Source.Probe asks.
	Certain bool
}

// Locator is what Fetch takes: the slug, or ID/TOKEN/admin.
func (a Address) Locator() string {
	if a.Token != "" {
		return locator{id: a.ID, token: a.Token}.String()
	}
	return a.Slug
}

// URL is the public page of the poll.
func (a Address) URL() string { return a.Base + "/polls/" + a.Slug }

var (
	slugForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`) // the server's own limit is 20, from 1.2.3 on for certain
	idForm   = regexp.MustCompile(`^[0-9a-f]{20}$`)        // of polls, tokens and votes
)

// errAddress says what was expected, and never what was given: an address is
// the key to its poll.
var errAddress = fmt.Errorf("%w: a poll's looks like https://poll.example.org/polls/NAME or …/polls/ID/TOKEN/admin", sources.ErrAddress)

// ParseAddress reduces any address of a poll to the poll's own: its page, its
// table, its form for a password, its admin link and all pages below that. Of a
// link to change a vote only the poll's page is left, as it is another person's
// key. It asks no server. An error matches sources.ErrAddress, as for pages that
// are no poll's: the forms to make one, an account's.
func ParseAddress(raw string) (Address, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Opaque != "" {
		return Address{}, errAddress
	}
	parts := strings.FieldsFunc(u.EscapedPath(), func(r rune) bool { return r == '/' })
	before, a, ok := split(parts)
	if !ok {
		return Address{}, errAddress
	}
	if n := len(before); n > 0 && before[n-1] == "index.php" {
		before = before[:n-1]
	}
	if a.Base, err = sources.Normalize(u.Scheme + "://" + u.Host + "/" + strings.Join(before, "/")); err != nil {
		return Address{}, errAddress
	}
	return a, nil
}

// split finds the poll in the last "polls" that leads to one.
func split(parts []string) (before []string, a Address, ok bool) {
	for i, part := range slices.Backward(parts) {
		if part != "polls" {
			continue
		}
		if a, ok := below(parts[i+1:]); ok {
			return parts[:i], a, true
		}
	}
	return nil, Address{}, false
}

// below reads what stands below BASE/polls.
func below(rest []string) (a Address, ok bool) {
	switch {
	case len(rest) == 1:
		slug, table := strings.CutSuffix(rest[0], ".csv")
		return Address{Slug: slug}, slugForm.MatchString(slug) && (table || !wizard(slug))
	case len(rest) == 2 && rest[1] == "authenticate":
		return Address{Slug: rest[0]}, slugForm.MatchString(rest[0])
	case len(rest) >= 3 && rest[1] == "votes":
		return Address{Slug: rest[0], Certain: true}, slugForm.MatchString(rest[0]) && idForm.MatchString(rest[2])
	case len(rest) >= 3:
		return Address{Slug: rest[0], ID: rest[0], Token: rest[1], Certain: true}, idForm.MatchString(rest[0]) && idForm.MatchString(rest[1])
	}
	return Address{}, false
}

// wizard says whether the server's own page has the address of a poll's that is
// named so. Its table has its own.
func wizard(slug string) bool { return slug == "new" || slug == "choose" }

// A locator is what Fetch calls an id: a slug, or an admin link.
type locator struct {
	slug      string // "" for an admin link, until the server tells
	id, token string
}

const adminSuffix = "/admin"

func (l locator) String() string {
	if l.token != "" {
		return l.id + "/" + l.token + adminSuffix
	}
	return l.slug
}

func parseLocator(text string) (locator, error) {
	if link, ok := strings.CutSuffix(text, adminSuffix); ok {
		id, token, _ := strings.Cut(link, "/")
		if idForm.MatchString(id) && idForm.MatchString(token) {
			return locator{id: id, token: token}, nil
		}
	}
	if slugForm.MatchString(text) {
		return locator{slug: text}, nil
	}
	return locator{}, fmt.Errorf("%w: neither a poll's name nor its admin link", sources.ErrAddress)
}
