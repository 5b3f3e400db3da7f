package search

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/padsync/padsync/documents"
)

// InName is the place of what a document is called: its names, title, id, tags and
// description.
const InName documents.Place = "name"

// Places are those that a question can name.
func Places() []documents.Place {
	return []documents.Place{InName, documents.InText, documents.InPast, documents.InChat, documents.InPoll}
}

// A Question is what somebody searches for. All that it names must fit.
type Question struct {
	Services []string  // parts of the addresses or names of servers, or kinds
	Tags     []string  // each whole, without case and accents
	Before   time.Time // of the last change, which is earlier; zero: any
	After    time.Time // which is not earlier
	In       []documents.Place

	// Unclear are the words that look like a filter and are none: they are
	// searched for.
	Unclear []string

	terms   []term
	authors []term
}

// A term is a word, or several that follow each other.
type term struct {
	words  []string
	prefix bool // the last one may go on
}

// Bounds on what is asked: nobody types more, and each costs.
const (
	maxTerms      = 32
	maxTermWords  = 64
	minLastPrefix = 4 // letters of the last word that may go on
	minPrefix     = 3 // of one with an asterisk
)

// Ask reads what somebody typed; nothing is wrong. Words stand for themselves,
// without case and accents; the last one may go on, if it has four letters, and
// any that ends with an asterisk. Quotes hold words that follow each other.
// service:, tag:, author:, before:, after: and in: are filters. Dates are in that
// zone.
func Ask(typed string, zone *time.Location) *Question {
	q := new(Question)
	parts := split(typed)
	for i, p := range parts {
		if p.filter != "" {
			if q.filter(p, zone) {
				continue
			}
			q.Unclear = append(q.Unclear, p.filter+":"+p.text)
			p.text = p.filter + " " + p.text
		}
		q.terms = p.add(q.terms, i == len(parts)-1)
	}
	return q
}

// IsEmpty says that nothing is asked for: there is no word and no filter but in:,
// which says where words are.
func (q *Question) IsEmpty() bool {
	return len(q.terms)+len(q.authors)+len(q.Services)+len(q.Tags) == 0 && q.Before.IsZero() && q.After.IsZero()
}

// A part is what stands between spaces, or in quotes.
type part struct {
	filter string // its name, "" for none
	text   string
	quoted bool
}

func (p *part) add(terms []term, last bool) []term {
	t := term{words: wordsOf(p.text)}
	t.words = t.words[:min(len(t.words), maxTermWords)]
	if len(t.words) == 0 || len(terms) == maxTerms {
		return terms
	}
	letters := len([]rune(t.words[len(t.words)-1]))
	t.prefix = !p.quoted && (last && letters >= minLastPrefix || strings.HasSuffix(p.text, "*") && letters >= minPrefix)
	return append(terms, t)
}

// filter takes one. It is false for what is none.
func (q *Question) filter(p part, zone *time.Location) bool {
	words := wordsOf(p.text)
	switch p.filter {
	case "service":
		if service := strings.ToLower(strings.Trim(p.text, "/")); service != "" {
			q.Services = append(q.Services, service)
			return true
		}
	case "tag":
		if len(words) > 0 {
			q.Tags = append(q.Tags, foldTag(p.text))
			return true
		}
	case "author":
		if len(words) > 0 {
			q.authors = p.add(q.authors, false)
			return true
		}
	case "before", "after":
		day, ok := parseDay(p.text, zone)
		switch {
		case !ok:
		case p.filter == "before":
			q.Before = day
		default:
			q.After = day
		}
		return ok
	case "in":
		var in []documents.Place
		for name := range strings.SplitSeq(strings.ToLower(p.text), ",") {
			if !slices.Contains(Places(), documents.Place(name)) {
				return false
			}
			in = append(in, documents.Place(name))
		}
		q.In = append(q.In, in...)
		return true
	}
	return false
}

// foldTag is a tag as it is compared.
func foldTag(tag string) string { return string(appendWords(nil, tag)) }

// parseDay reads a day, a month or a year, as its beginning.
func parseDay(text string, zone *time.Location) (time.Time, bool) {
	for _, layout := range []string{time.DateOnly, "2006-01", "2006", "2/1/2006", "2.1.2006"} {
		if day, err := time.ParseInLocation(layout, text, zone); err == nil {
			return day, true
		}
	}
	return time.Time{}, false
}

// quotes are those that begin what is quoted, and those that end it.
const opening, closing = "\"“„«", "\"”“»"

func split(typed string) (all []part) {
	rest := []rune(typed)
	for len(rest) > 0 {
		if unicode.IsSpace(rest[0]) || rest[0] == 0 {
			rest = rest[1:]
			continue
		}
		var p part
		if name, ok := filterName(rest); ok {
			p.filter, rest = name, rest[len(name)+1:]
		}
		if len(rest) > 0 && strings.ContainsRune(opening, rest[0]) {
			rest, p.quoted = rest[1:], true
			end := slices.IndexFunc(rest, func(r rune) bool { return strings.ContainsRune(closing, r) })
			if end < 0 { // not closed: to the end
				p.text, rest = string(rest), nil
			} else {
				p.text, rest = string(rest[:end]), rest[end+1:]
			}
		} else {
			end := slices.IndexFunc(rest, func(r rune) bool {
				return unicode.IsSpace(r) || r == 0 || strings.ContainsRune(opening, r)
			})
			if end < 0 {
				end = len(rest)
			}
			p.text, rest = string(rest[:end]), rest[end:]
		}
		all = append(all, p)
	}
	return all
}

// filterName is that of the filter that text begins with.
func filterName(text []rune) (string, bool) {
	for _, name := range []string{"service", "tag", "author", "before", "after", "in"} {
		if n := len(name); len(text) > n && text[n] == ':' && strings.EqualFold(string(text[:n]), name) {
			return name, true
		}
	}
	return "", false
}

// match is a term in SQLite's language of full-text search. All of it is in
// quotes, and holds letters and digits alone: so it is never wrong.
func (t *term) match() string {
	m := `"` + strings.Join(t.words, " ") + `"`
	if t.prefix {
		m += " *"
	}
	return m
}

// line is a term as a line of authors has it.
func (t *term) line() string {
	line := " " + strings.Join(t.words, " ")
	if !t.prefix {
		line += " "
	}
	return line
}

// match is all that is asked of the words, in these places; "" if it is nothing.
func (q *Question) match(in []documents.Place) string {
	var all []string
	for i := range q.terms {
		all = append(all, q.terms[i].match())
	}
	m := strings.Join(all, " AND ")
	if m == "" || len(in) == len(Places()) { // naming all columns costs as much again
		return m
	}
	names := make([]string, len(in))
	for i, c := range in {
		names[i] = string(c)
	}
	return "{" + strings.Join(names, " ") + "} : (" + m + ")"
}

// columns are the places that are asked for.
func (q *Question) columns() []documents.Place {
	if len(q.In) == 0 {
		return Places()
	}
	return slices.Compact(slices.Sorted(slices.Values(q.In)))
}
