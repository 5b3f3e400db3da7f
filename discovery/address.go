package discovery

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// longest is more than any document's address has.
const longest = 2048

// Possible reports whether an address can be a document's, by its looks alone:
// nothing else of what a person visited leaves the place where it is read.
func Possible(address string) bool {
	if len(address) > longest || !hasScheme(address) || strings.Contains(address, "%s") {
		return false
	}
	if !hasMark(address) {
		return false
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	software, known := instances()[hostOf(u)]
	if known && len(software) == 0 || !known && isLookAlike(u.Hostname()) {
		return false
	}
	parts := split(u)
	last := ""
	if len(parts) > 0 {
		last = parts[len(parts)-1]
	}
	switch {
	case slices.Contains(scripts, last):
		return u.RawQuery != ""
	case strings.HasPrefix(u.RawQuery, "/mypads/group/"):
		return strings.Contains(u.RawQuery, "/pad/view/")
	case followed(parts, "p"), followed(parts, "polls"), followed(parts, "ro"):
		return true
	case len(parts) > 1 && slices.Contains(parts[1:], "admin"):
		return isAdmin(parts[slices.Index(parts[1:], "admin")])
	case len(parts) > 2 && slices.ContainsFunc(parts[1:], func(p string) bool { return p == "vote" || p == "action" }):
		return isRandom(parts[0]) || isRandom(parts[1])
	case len(software) == 1 && software[0] == "framadate": // its author may have chosen its name
		return len(parts) == 1
	}
	// Another site's pages may look so, too; the fewer arguments, the less.
	return len(parts) <= 3 && isRandom(last) && (u.RawQuery == "" || strings.HasPrefix(u.RawQuery, "lang="))
}

// hasScheme spares the parsing of most of what a browser knows.
func hasScheme(address string) bool {
	scheme, _, found := strings.Cut(address, "://")
	return found && (strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http"))
}

// hasMark is a quick look for what Possible looks for closely.
func hasMark(address string) bool {
	path := address[strings.Index(address, "://")+3:]
	slash := strings.IndexByte(path, '/')
	if slash < 0 {
		return false
	}
	if _, known := instances()[strings.ToLower(path[:slash])]; known {
		return true
	}
	path = path[slash:]
	for _, mark := range []string{"/p/", "/P/", ".php", "/polls/", "/mypads", "/ro/", "/admin", "/vote/", "/action/"} {
		if strings.Contains(path, mark) {
			return true
		}
	}
	if end := strings.IndexAny(path, "?#"); end >= 0 {
		path = path[:end]
	}
	path = strings.TrimRight(path, "/")
	return isRandom(path[strings.LastIndexByte(path, '/')+1:])
}

// split are the parts of a path, still escaped.
func split(u *url.URL) []string {
	return strings.FieldsFunc(u.EscapedPath(), func(r rune) bool { return r == '/' })
}

// followed reports whether something stands below a part of this name.
func followed(parts []string, name string) bool {
	at := slices.IndexFunc(parts, func(p string) bool { return strings.EqualFold(p, name) })
	return at >= 0 && at < len(parts)-1
}

var scripts = []string{"studs.php", "adminstuds.php", "exportcsv.php"}

var (
	sixteen = regexp.MustCompile(`^[A-Za-z0-9]{16}$`)
	admin   = regexp.MustCompile(`^[A-Za-z0-9]{24}$`)
	hex     = regexp.MustCompile(`^[0-9a-f]*$`)
	upper   = regexp.MustCompile(`[A-Z]`)
	lower   = regexp.MustCompile(`[a-z]`)
	digit   = regexp.MustCompile(`[0-9]`)
	padID   = regexp.MustCompile(`^(?:r\.[0-9a-f]{32}|g\.[A-Za-z0-9]{16}\$.+)$`)
)

// isRandom reports whether a server of polls may have made this id: 16 letters
// and digits that are no word of any language.
func isRandom(s string) bool {
	return len(s) == 16 && sixteen.MatchString(s) && isMixed(s)
}

// isAdmin is isRandom for an admin id. Databases number what is theirs by 24
// hexadecimal digits.
func isAdmin(s string) bool {
	return len(s) == 24 && admin.MatchString(s) && isMixed(s) && !hex.MatchString(strings.ToLower(s))
}

func isMixed(s string) bool {
	return lower.MatchString(s) && (digit.MatchString(s) || upper.MatchString(s[1:]))
}
