package page

import (
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// known is what must be known of a page before any of it is written.
type known struct {
	lang, title string
	hosts       map[string]bool // of its own server
	admins      map[string]bool // ids that open polls' admin pages, in lower case, as servers take them for the same
}

const adminSize, keySize = 24, 20

// adminLinks are the addresses of polls' admin pages, with their ids, in all
// forms that Framadate has; keyLinks those of Pollaris, with the key of a poll, or
// of a vote in it.
var (
	adminLinks = regexp.MustCompile(`(?i)(?:[?&](?:poll|admin|sondage)=|/)([a-z0-9]{24})\b(/admin)?`)
	keyLinks   = regexp.MustCompile(`(?i)/(?:polls/[a-z0-9_-]{1,64}/votes|polls/[0-9a-f]{20})/([0-9a-f]{20})\b`)
)

// inspect reads a page once.
func inspect(r io.Reader) (*known, error) {
	k := &known{hosts: make(map[string]bool), admins: make(map[string]bool)}
	z := tokens(r)
	inTitle := false
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return k, end(z)
		}
		if kind == html.TextToken {
			text := string(z.Text())
			k.find(text)
			if inTitle && k.title == "" {
				k.title = strings.TrimSpace(text)
			}
		}
		inTitle = false
		if kind == html.CommentToken {
			k.find(string(z.Text()))
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		name, more := z.TagName()
		element := string(name)
		inTitle = element == "title"
		for name, value := range attributes(z, more) {
			k.attribute(element, name, value)
		}
	}
}

func (k *known) attribute(element, name, value string) {
	k.find(value)
	switch {
	case element == "html" && name == "lang" && len(value) < 20:
		k.lang = value
	case name == "src" && element != "img", name == "action", name == "formaction", name == "value", element == "link" && name == "href":
		if u, err := url.Parse(strings.TrimSpace(value)); err == nil && u.Host != "" {
			k.hosts[strings.ToLower(u.Hostname())] = true
		}
	}
}

// find notes the admin ids in a text. Not every id of 24 letters and digits is
// an admin id, but no page needs such an id to be readable.
func (k *known) find(text string) {
	for _, text := range []string{text, unescaped(text)} {
		for _, m := range adminLinks.FindAllStringSubmatch(text, -1) {
			if m[2] != "" || !strings.HasPrefix(m[0], "/") {
				k.admins[strings.ToLower(m[1])] = true
			}
		}
		for _, m := range keyLinks.FindAllStringSubmatch(text, -1) {
			k.admins[strings.ToLower(m[1])] = true
		}
	}
}

var escape = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// unescaped is a text without the escapes of addresses, also where a % in it
// does not begin one: "100 % sûr: /%41bc…". What was escaped twice is unescaped
// twice.
func unescaped(text string) string {
	for range 3 {
		if !strings.Contains(text, "%") {
			break
		}
		text = escape.ReplaceAllStringFunc(text, func(e string) string {
			code, _ := strconv.ParseUint(e[1:], 16, 8) // it has that form
			return string([]byte{byte(code)})
		})
	}
	return text
}

// redact puts … in place of admin ids. A text that has one in escapes is given
// without those.
func (k *known) redact(text string) string {
	if strings.Contains(text, "%") {
		plain := unescaped(text)
		if redacted := k.cut(plain); redacted != plain {
			return strings.ToValidUTF8(redacted, "\ufffd")
		}
	}
	return k.cut(text)
}

func (k *known) cut(text string) string {
	for _, size := range []int{adminSize, keySize} {
		text = k.cutOf(text, size)
	}
	return text
}

// cutOf is cut for ids of one size.
func (k *known) cutOf(text string, size int) string {
	if len(k.admins) == 0 || len(text) < size {
		return text
	}
	var b strings.Builder
	from, run := 0, 0 // what is not written yet, and how many letters and digits end here
	for i := range len(text) {
		if !alphanumeric(text[i]) {
			run = 0
			continue
		}
		if run++; run < size || i+1-size < from {
			continue
		}
		if k.admins[strings.ToLower(text[i+1-size:i+1])] {
			b.WriteString(text[from:i+1-size] + "…")
			from, run = i+1, 0
		}
	}
	return b.String() + text[from:]
}

func alphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// actions are parts of addresses at which a poll server does something, on
// whatever server.
var actions = regexp.MustCompile(`(?i)/(?:admin|action|vote)(?:/|$|\?|#)|studs\.php|exportcsv\.php|delete_|add_|remove_`)

// leads says whether an address leads to another server and only shows
// something there.
func (k *known) leads(address string) bool {
	address = strings.TrimSpace(address)
	u, err := url.Parse(address)
	if err != nil || len(address) > maxAttribute {
		return false
	}
	switch u.Scheme {
	case "mailto":
		return k.redact(address) == address
	case "http", "https":
	default:
		return false
	}
	_, err = url.PathUnescape(address)
	return err == nil && u.Host != "" && u.User == nil && !k.hosts[strings.ToLower(u.Hostname())] && !actions.MatchString(unescaped(address)) &&
		k.redact(address) == address
}
