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

// A linker knows what stands in place of addresses in texts. It is for one goroutine
// at a time.
type linker struct {
	find      func(address string) []Place
	sum       func(manifest.Source, string) uint64
	servers   map[library.Address]bool // without ids: those of known documents
	targets   map[uint64]*target
	addresses bool // they may be seen

	skipped []uint64 // documents that the last address may be of, and nothing says so yet
}

// unnamed stands in place of an address that nothing is known of.
const unnamed = "…"

// An address in a text has at least a slash; what cannot be part of it ends it.
// Spaces are those of all languages.
var (
	addressText = regexp.MustCompile(`(?i)(?:[a-z][a-z0-9+.-]{0,30}:)?[/\\]{2}[^\s\p{Z}<>"]+|(?:localhost|(?:[\pL\pM\pN\p{Cf}_-]+[.。．｡])+[\pL\pN\p{Cf}-]+\.?)(?::[0-9]{1,5})?(?:[/\\]|%(?:25)*2f)[^\s\p{Z}<>"]+|[^\s\p{Z}<>"]*https?%(?:25)*3a[^\s\p{Z}<>"]+`)
	nextAddress = regexp.MustCompile(`(?i)[,;|)\]}]https?://`)
	withScheme  = regexp.MustCompile(`(?i)^[a-z][a-z0-9+.-]{0,30}:[/\\]{2,}`)
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
	f, known := l.resolve(text[begin:end])
	if short := begin + len(strings.TrimRight(text[begin:end], trailing)); !known && short < end {
		if trimmed, _ := l.resolve(text[begin:short]); trimmed != nil {
			f, stop = trimmed, short
		}
	}
	if f == nil {
		for _, sum := range l.skipped {
			if saw != nil {
				saw(sum) // once it is known, the page is to be made anew
			}
		}
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
	maxWithin      = 16 // addresses in one
	longestAddress = 4 << 10
)

// resolve gives what an address is of, nil for one that is of no document; known
// says that it is one of the mirror's repository. What leads elsewhere by way of
// more addresses than people write is not published.
func (l *linker) resolve(address string) (f *found, known bool) {
	l.skipped = l.skipped[:0]
	// A backslash is a slash to browsers, and hides the sign after it in Markdown.
	spellings := []string{strings.ReplaceAll(address, `\`, "/")}
	if strings.Contains(address, `\`) {
		spellings = append(spellings, strings.ReplaceAll(address, `\`, ""))
	}
	for _, plain := range spellings {
		if u := unescaped(plain); u != plain {
			spellings = append(spellings, u)
		}
	}
	for _, text := range spellings {
		inner := within.FindAllStringIndex(text, maxWithin+1)
		if len(inner) > maxWithin {
			return &found{Place: Place{Key: true}}, true
		}
		for _, m := range inner {
			if m[0] == 0 {
				continue
			}
			if other, otherKnown := l.lookUp(text[m[0]:]); other != nil && (f == nil || otherKnown) {
				f, known = other, otherKnown
			}
		}
	}
	for _, text := range spellings {
		if known {
			break
		}
		if own, ownKnown := l.lookUp(text); own != nil && (f == nil || ownKnown || text == spellings[0]) {
			f, known = own, ownKnown
		}
	}
	return f, known
}

// lookUp is resolve for the address itself.
func (l *linker) lookUp(address string) (f *found, known bool) {
	if scheme := withScheme.FindString(address); scheme != "" {
		rest := address[len(scheme):] // browsers take any number of slashes for two
		if address = "https://" + rest; strings.HasPrefix(strings.ToLower(scheme), "http:") {
			address = "http://" + rest
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
				l.skipped = append(l.skipped, sum)
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

// scrub is a text with … in place of all addresses, or, where they may be seen, of
// those that open more than public ones.
func (l *linker) scrub(text string) string {
	p := documents.Publication{Links: func(text string) []documents.Link {
		all := l.links(text, "", 0, nil)
		for i := range all {
			if all[i].Href = ""; !l.addresses || all[i].Text == "" {
				all[i].Text = unnamed
			}
		}
		return all
	}}
	return p.Text(text)
}

func depthOf(name string) int { return strings.Count(path.Clean(name), "/") }
