package etherpad

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/padsync/padsync/sources"
)

// An Address says where a pad is.
type Address struct {
	Base string // the server's, as sources.Normalize gives it
	ID   string // the pad's, as decoded text
}

// URL is the page of the pad. A full stop or a colon at its end is escaped: in a
// text or a list it would be taken for that of the sentence.
func (a Address) URL() string {
	id := url.PathEscape(a.ID)
	if last := len(id) - 1; last >= 0 && (id[last] == '.' || id[last] == ':') {
		id = fmt.Sprintf("%s%%%02X", id[:last], id[last])
	}
	return a.Base + "/p/" + id
}

// errAddress says what was expected, and never what was given: an address is
// the key to its pad.
var errAddress = fmt.Errorf("%w: a pad's looks like https://pad.example.org/p/NAME", sources.ErrAddress)

// ParseAddress reduces any address of a pad, such as of its page, time
// slider or an export, to the pad's own. It asks no server. An error matches
// sources.ErrAddress.
func ParseAddress(raw string) (Address, error) {
	a, err := ParseVerbatim(raw)
	if err != nil {
		return Address{}, err
	}
	if a.ID, err = cleanID(a.ID); err != nil {
		return Address{}, errAddress
	}
	return a, nil
}

// ParseVerbatim is ParseAddress, but leaves the id as it is in the address. Who
// has the API finds pads by names that servers would change today, or that lead
// elsewhere; what padsync prints of these is to be understood when it is given
// back.
func ParseVerbatim(raw string) (Address, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Opaque != "" {
		return Address{}, errAddress
	}
	path := u.RawPath
	if path == "" {
		path = u.EscapedPath()
	}
	before, id, found := splitPad(path)
	if !found {
		before, id, found = splitMyPads(path, u.RawQuery)
	}
	if !found {
		return Address{}, errAddress
	}
	if id, err = url.PathUnescape(id); err != nil {
		return Address{}, errAddress
	}
	if id == "" || len(id) > maxID || !utf8.ValidString(id) {
		return Address{}, errAddress
	}
	base, err := sources.Normalize(u.Scheme + "://" + u.Host + before)
	if err != nil {
		return Address{}, errAddress
	}
	return Address{base, id}, nil
}

// splitPad finds the pad in a path that is still escaped, so that an id may
// hold a slash: BASE/p/ID, BASE/p/ID/timeslider, BASE/p/ID[/REV]/export/TYPE,
// and BASE/ro/ID of Etherpad 1.8.
func splitPad(path string) (before, id string, found bool) {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	for i, part := range parts {
		rest := parts[i+1:]
		if len(rest) == 0 {
			break
		}
		readOnly := strings.EqualFold(part, "ro") && strings.HasPrefix(rest[0], "r.") && len(rest) == 1
		if strings.EqualFold(part, "p") && isView(rest[1:]) || readOnly {
			return "/" + strings.Join(parts[:i], "/"), rest[0], true
		}
	}
	return "", "", false
}

// isView says whether these parts may follow a pad's id. Routes of Express
// ignore case.
func isView(parts []string) bool {
	lower := func(i int) string { return strings.ToLower(parts[i]) }
	switch len(parts) {
	case 0:
		return true
	case 1:
		return slices.Contains([]string{"timeslider", "export", "import"}, lower(0))
	case 2:
		return lower(0) == "export" || lower(1) == "export"
	case 3:
		return lower(1) == "export"
	}
	return false
}

// splitMyPads finds the pad in an address of MyPads' pages:
// BASE/mypads/[index.html]?/mypads/group/GROUP/pad/view/ID.
func splitMyPads(path, query string) (before, id string, found bool) {
	before, _, found = strings.Cut(path, "/mypads")
	if !found || !strings.HasPrefix(query, "/mypads/group/") {
		return "", "", false
	}
	_, id, found = strings.Cut(query, "/pad/view/")
	if end := strings.IndexAny(id, "/?&"); end >= 0 {
		id = id[:end]
	}
	return before, id, found
}

// cleanID changes an id as a server does (Etherpad 1.8.14 to 3.3.1,
// sanitizePadId). The server would answer the id as given with a redirect,
// which for exports leads nowhere.
func cleanID(id string) (string, error) {
	if err := checkID(id); err != nil {
		return "", err
	}
	id = replaceRuns(id, isSpace)
	id = replaceRuns(id, func(r rune) bool { return r == ':' })
	return id, checkID(id)
}

// replaceRuns puts one underscore in place of each run of such characters.
func replaceRuns(s string, such func(rune) bool) string {
	if !strings.ContainsFunc(s, such) {
		return s
	}
	var b strings.Builder
	before := false
	for _, r := range s {
		now := such(r)
		switch {
		case !now:
			b.WriteRune(r)
		case !before:
			b.WriteByte('_')
		}
		before = now
	}
	return b.String()
}

// isSpace says whether JavaScript's \s matches.
func isSpace(r rune) bool {
	switch r {
	case '\u1680', '\u2028', '\u2029', '\u202f', '\u205f', '\u3000', '\ufeff', '\u00a0', ' ':
		return true
	}
	return '\t' <= r && r <= '\r' || '\u2000' <= r && r <= '\u200a'
}

// IsUnaskable says whether a pad is named "." or "..", which the API makes and
// lists, and to which no address leads.
func IsUnaskable(id string) bool { return id == "." || id == ".." }

// checkID refuses what is not a pad's id. Dots alone are not a name but a way
// to another path.
func checkID(id string) error {
	if id == "" || IsUnaskable(id) || len(id) > maxID || !utf8.ValidString(id) {
		return errAddress
	}
	return nil
}

// groupOf is the group that a pad is in, "" if it is in none.
func groupOf(id string) string {
	group, _, found := strings.Cut(id, "$")
	if !found || !strings.HasPrefix(group, "g.") {
		return ""
	}
	return group
}

// maxID is above what any server takes: 50 UTF-16 units, 19 more in a group.
const maxID = 512
