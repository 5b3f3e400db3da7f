package framadate

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/padsync/padsync/sources"
)

// An Address says where a poll is.
type Address struct {
	Base string // the server's, as sources.Normalize gives it

	// ID is the poll's public id. For an admin link it is the id that the
	// server would have made, the first 16 characters. If the author chose
	// another, only the server's answer has it: the Version's ID.
	ID string

	// Admin is the admin id, "" for a public link.
	Admin string

	// Certain is false for BASE/ID: any page of any server may look like that,
	// so Source.Probe asks.
	Certain bool
}

// Locator is what Fetch takes: the public id, or ADMINID/admin.
func (a Address) Locator() string {
	if a.Admin != "" {
		return a.Admin + adminSuffix
	}
	return a.ID
}

// URL is the public page of the poll, in the form that every server has.
func (a Address) URL() string { return a.Base + "/studs.php?poll=" + a.ID }

const (
	adminSuffix = "/admin"
	publicSize  = 16 // of an id that the server made
	adminSize   = publicSize + 8
)

var (
	publicID = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	adminID  = regexp.MustCompile(`^[A-Za-z0-9]{24}$`)
)

// errAddress says what was expected, and never what was given: an address is
// the key to its poll.
var errAddress = fmt.Errorf("%w: a poll's looks like https://poll.example.org/ID or …/ADMINID/admin", sources.ErrAddress)

// ParseAddress reduces any address of a poll to the poll's own: public, admin,
// vote and action links, clean or with .php, those of Framadate 0.8 too. It
// asks no server, so links that would change a poll are as good as others. An
// error matches sources.ErrAddress.
func ParseAddress(raw string) (Address, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Opaque != "" {
		return Address{}, errAddress
	}
	parts := strings.FieldsFunc(u.EscapedPath(), func(r rune) bool { return r == '/' })
	before, a, ok := splitScript(parts, u.Query())
	if !ok {
		before, a, ok = splitClean(parts)
	}
	if !ok {
		return Address{}, errAddress
	}
	if a.Base, err = sources.Normalize(u.Scheme + "://" + u.Host + "/" + strings.Join(before, "/")); err != nil {
		return Address{}, errAddress
	}
	a.Certain = a.Certain || known(u.Hostname()) && len(a.ID) == publicSize
	return a, nil
}

// known are servers where BASE/ID is a poll.
func known(host string) bool {
	return slices.Contains([]string{"framadate.org", "nuudel.digitalcourage.de"}, strings.ToLower(host))
}

// splitScript finds the poll in BASE/studs.php?poll=ID and the like; the
// second names are those of Framadate 0.8.
func splitScript(parts []string, query url.Values) (before []string, a Address, ok bool) {
	if len(parts) == 0 {
		return nil, a, false
	}
	before = parts[:len(parts)-1]
	switch parts[len(parts)-1] {
	case "studs.php":
		a, ok = public(first(query, "poll", "sondage"))
	case "adminstuds.php":
		a, ok = admin(first(query, "poll", "sondage"))
	case "exportcsv.php":
		if a, ok = admin(first(query, "admin")); !ok {
			a, ok = public(first(query, "poll", "numsondage"))
		}
	}
	return before, a, ok
}

func first(query url.Values, names ...string) string {
	for _, name := range names {
		if v := query.Get(name); v != "" {
			return v
		}
	}
	return ""
}

// splitClean finds the poll in BASE/ID, BASE/ADMINID/admin and what follows
// them: /vote/X and /action/X/Y, which may be links that delete.
func splitClean(parts []string) (before []string, a Address, ok bool) {
	for i, part := range parts {
		rest, isAdmin := parts[i+1:], false
		if len(rest) > 0 && rest[0] == "admin" {
			rest, isAdmin = rest[1:], true
		}
		view := len(rest) == 2 && rest[0] == "vote" || len(rest) >= 2 && rest[0] == "action"
		if len(rest) > 0 && !view {
			continue
		}
		if isAdmin {
			a, ok = admin(part)
		} else {
			a, ok = public(part)
			a.Certain = view
		}
		if ok {
			return parts[:i], a, true
		}
	}
	return nil, Address{}, false
}

// public makes the address of a public id; the reserved words cannot be one.
func public(id string) (Address, bool) {
	reserved := id == "admin" || id == "vote" || id == "action"
	return Address{ID: id, Certain: true}, publicID.MatchString(id) && !reserved
}

func admin(id string) (Address, bool) {
	if !adminID.MatchString(id) {
		return Address{}, false
	}
	return Address{ID: id[:publicSize], Admin: id, Certain: true}, true
}
