package mirror

import (
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
)

// A Place is a document that an address may be of.
type Place struct {
	library.Address
	URL     string // its public address
	Key     bool   // the address opens more than its public one
	Certain bool   // no other thing has such an address
}

func (p *Place) source() manifest.Source { return manifest.Source{Kind: p.Kind, URL: p.Server} }

// A target is a document as others' texts name it.
type target struct {
	label        string
	folder, base string // of its pages, "" if it has none
	forms        []string
}

// href leads from a page of that form in a folder that lies so deep to the target,
// "" if it has no page.
func (t *target) href(form string, depth int) string {
	for _, form := range append([]string{form, "html"}, t.forms...) {
		for _, has := range t.forms {
			if has == form {
				return strings.Repeat("../", depth) + (&url.URL{Path: t.folder}).EscapedPath() + "/" + (&url.URL{Path: t.base + endings[form]}).EscapedPath()
			}
		}
	}
	return ""
}

// A linker knows what stands in place of addresses in texts.
type linker struct {
	find      func(address string) []Place
	sum       func(manifest.Source, string) uint64
	servers   map[library.Address]bool // without ids: those of known documents
	targets   map[uint64]*target
	addresses bool // they may be seen
}

// unnamed stands in place of an address that nothing is known of.
const unnamed = "…"

// An address in a text has at least a slash; what cannot be part of it ends it.
// Spaces are those of all languages.
var (
	addressText = regexp.MustCompile(`(?i)(?:[a-z][a-z0-9+.-]{0,30}:)?[/\\]{2}[^\s\p{Z}<>"]+|(?:localhost|(?:[\pL\pM\pN_-]+\.)+[\pL\pN-]+)(?::[0-9]{1,5})?[/\\][^\s\p{Z}<>"]+|[^\s\p{Z}<>"]*https?%(?:25)*3a[^\s\p{Z}<>"]+`)
	nextAddress = regexp.MustCompile(`(?i)[,;|)\]}]https?://`)
	withScheme  = regexp.MustCompile(`(?i)^[a-z][a-z0-9+.-]{0,30}:[/\\]{2}`)
	within      = regexp.MustCompile(`(?i)https?:[/\\]{1,2}`)
)

// trailing is punctuation behind an address.
const trailing = `.,;:!?'’*_~)]}»”…` + "`"

// links gives the addresses of documents in a text, and notes which documents
// they were.
func (l *linker) links(text, form string, depth int, saw func(sum uint64)) (all []documents.Link) {
	for at := 0; ; {
		begin, end := nextWord(text, at)
		if begin == end {
			return all
		}
		for at = begin; at < end; {
			m := addressText.FindStringIndex(text[at:end])
			if m == nil {
				break
			}
			var link documents.Link
			link, at = l.address(text, at+m[0], at+m[1], form, depth, saw)
			if link.End > 0 {
				all = append(all, link)
			}
		}
		at = end
	}
}

// nextWord finds the next part of a text, from at on, that may have an address in
// it: nearly all of a text has not.
func nextWord(text string, at int) (begin, end int) {
	mark := strings.IndexAny(text[at:], `/\%`)
	if mark < 0 {
		return 0, 0
	}
	mark += at
	ends := func(r rune) bool {
		return unicode.IsSpace(r) || unicode.Is(unicode.Z, r) || strings.ContainsRune("<>\"", r)
	}
	begin = at
	if i := strings.LastIndexFunc(text[at:mark], ends); i >= 0 {
		_, n := utf8.DecodeRuneInString(text[at+i:])
		begin = at + i + n
	}
	end = len(text)
	if i := strings.IndexFunc(text[mark:], ends); i >= 0 {
		end = mark + i
	}
	return begin, end
}

// address looks at what may be one: begin and end are in the text. It gives also
// where to look on.
func (l *linker) address(text string, begin, end int, form string, depth int, saw func(sum uint64)) (link documents.Link, next int) {
	if end-begin > longestAddress {
		return documents.Link{Begin: begin, End: end, Text: unnamed}, end
	}
	if next := nextAddress.FindStringIndex(text[begin+1 : end]); next != nil {
		end = begin + 1 + next[0] + 1
	}
	stop := end
	f, known := l.resolve(text[begin:end], 0)
	if short := begin + len(strings.TrimRight(text[begin:end], trailing)); !known && short < end {
		if trimmed, _ := l.resolve(text[begin:short], 0); trimmed != nil {
			f, stop = trimmed, short
		}
	}
	if f == nil {
		return link, end
	}
	link = l.link(f, form, depth, saw)
	link.Begin, link.End = begin, stop
	return link, end
}

// A found address is of one of these documents.
type found struct {
	sums []uint64
	Place
}

func (l *linker) link(f *found, form string, depth int, saw func(uint64)) documents.Link {
	for _, sum := range f.sums {
		if saw != nil {
			saw(sum)
		}
	}
	for _, sum := range f.sums {
		if t := l.targets[sum]; t != nil {
			if l.addresses && f.URL != "" {
				return documents.Link{Text: f.URL}
			}
			return documents.Link{Text: t.label, Href: t.href(form, depth)}
		}
	}
	if l.addresses && !f.Key && f.URL != "" {
		return documents.Link{Text: f.URL}
	}
	return documents.Link{Text: unnamed}
}

const (
	deepest        = 4 // addresses in addresses
	longestAddress = 4 << 10
)

// resolve gives what an address is of, nil for one that is of no document; known
// says that it is one of the mirror's repository.
func (l *linker) resolve(address string, depth int) (f *found, known bool) {
	if depth > deepest {
		return nil, false
	}
	plain := strings.ReplaceAll(address, `\`, "/")
	// What leads elsewhere by way of another address.
	for _, text := range []string{plain, unescaped(plain)} {
		for _, m := range within.FindAllStringIndex(text, deepest) {
			if m[0] == 0 {
				continue
			}
			inner, innerKnown := l.resolve(text[m[0]:], depth+1)
			if inner != nil && (f == nil || innerKnown) {
				f, known = inner, innerKnown
			}
		}
	}
	if known {
		return f, true
	}
	if own, ownKnown := l.lookUp(plain); own != nil {
		return own, ownKnown
	}
	return f, false
}

// lookUp is resolve for the address itself.
func (l *linker) lookUp(address string) (f *found, known bool) {
	if scheme := withScheme.FindString(address); scheme != "" {
		if !strings.EqualFold(scheme, "http://") && !strings.EqualFold(scheme, "https://") {
			address = "https://" + address[len(scheme):]
		}
	} else {
		address = "https://" + strings.TrimLeft(address, "/")
	}
	for _, text := range []string{address, unescaped(address)} {
		places := l.find(text)
		for i := range places {
			p := &places[i]
			sum := l.sum(p.source(), p.ID)
			switch isKnown := l.targets[sum] != nil; {
			case isKnown && !known:
				f, known = &found{Place: *p}, true
			case known && !isKnown, !p.Certain && !isKnown && !l.servers[library.Address{Kind: p.Kind, Server: p.Server}]:
				continue
			case f == nil:
				f = &found{Place: *p}
			}
			f.sums = append(f.sums, sum)
		}
		if f != nil {
			return f, known
		}
	}
	return l.lookWithin(address)
}

// lookWithin finds the id of a known document in any address of its server.
func (l *linker) lookWithin(address string) (f *found, known bool) {
	_, rest, _ := strings.Cut(unescaped(address), "://")
	parts := strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune("/?&=#;", r) })
	for server := range l.servers {
		if len(rest) < len(server.Server) || !strings.EqualFold(rest[:len(server.Server)], server.Server) {
			continue
		}
		for _, part := range parts {
			source := manifest.Source{Kind: server.Kind, URL: server.Server}
			if sum := l.sum(source, part); l.targets[sum] != nil {
				return &found{sums: []uint64{sum}, Place: Place{Key: true}}, true
			}
		}
	}
	return nil, false
}

var escape = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// unescaped is an address without escapes; what was escaped several times is
// unescaped as often.
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
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "&amp;", "&")
}

// scrub is a text with … in place of all addresses.
func (l *linker) scrub(text string) string {
	if l.addresses {
		return text
	}
	p := documents.Publication{Links: func(text string) []documents.Link {
		all := l.links(text, "", 0, nil)
		for i := range all {
			all[i].Text, all[i].Href = unnamed, ""
		}
		return all
	}}
	return p.Text(text)
}

func depthOf(name string) int { return strings.Count(path.Clean(name), "/") }
