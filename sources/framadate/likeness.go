package framadate

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/padsync/padsync/sources/kinds"
)

// likeness is Kind.Likeness. Any page of any server may be at BASE/ID, so an id has
// to look like one that a server made, and little may stand around it.
func likeness(u *url.URL, _ string) kinds.Likeness {
	parts := kinds.Parts(u)
	script := len(parts) > 0 && slices.Contains([]string{"studs.php", "adminstuds.php", "exportcsv.php"}, parts[len(parts)-1])
	at := slices.IndexFunc(parts, func(p string) bool { return isRandom(p) || isAdmin(p) })
	if !script && at < 0 {
		return kinds.Unlike
	}
	a, err := ParseAddress(u.String())
	switch {
	case err != nil:
		return kinds.Unlike
	case script, isAdmin(a.Admin):
		return kinds.Proof
	case a.Admin != "" || !isRandom(a.ID) || parts[at] != a.ID:
		return kinds.Unlike
	case at < len(parts)-1: // its votes
		if at > 1 {
			return kinds.Unlike
		}
		return kinds.Proof
	case at > 2 || u.RawQuery != "" && !strings.HasPrefix(u.RawQuery, "lang="):
		return kinds.Unlike
	case slices.Contains(parts[:at], "p"), slices.Contains(parts[:at], "polls"): // of other kinds
		return kinds.Unlike
	}
	return kinds.Alike
}

var (
	random = regexp.MustCompile(`^[A-Za-z0-9]{16}$`)
	hexID  = regexp.MustCompile(`^[0-9A-Fa-f]*$`)
	upper  = regexp.MustCompile(`[A-Z]`)
	lower  = regexp.MustCompile(`[a-z]`)
	digit  = regexp.MustCompile(`[0-9]`)
)

// isRandom reports whether a server may have made this id, which is no word of any
// language.
func isRandom(id string) bool { return len(id) == publicSize && random.MatchString(id) && isMixed(id) }

// isAdmin is isRandom for an admin id. Databases number what is theirs by 24
// hexadecimal digits.
func isAdmin(id string) bool {
	return len(id) == adminSize && adminID.MatchString(id) && isMixed(id) && !hexID.MatchString(id)
}

func isMixed(s string) bool {
	return lower.MatchString(s) && (digit.MatchString(s) || upper.MatchString(s[1:]))
}
