package kinds

import (
	"net/url"
	"strings"
)

// A Likeness is how much a page looks like that of a document.
type Likeness int

const (
	Unlike Likeness = iota // pages of all kinds of servers look so
	Alike                  // it may be one
	Proof                  // nothing else looks so
)

// Parts are those of the path of an address, still escaped.
func Parts(u *url.URL) []string {
	return strings.FieldsFunc(u.EscapedPath(), func(r rune) bool { return r == '/' })
}
