package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/search"
)

const (
	mostHits     = 30 // documents on a page of hits
	mostHitPages = 30 // of which a search has so many
)

// found is what a search found.
type found struct {
	Places         []tab
	Sections       []section
	From, To       int // of those that were found
	Total          int
	Documents      int // that were searched, in so many versions:
	Versions       int
	Unclear        []string // what looks like a filter and is none
	Partly         []string // what was not searched as it might have been, and why
	Closed         bool     // because no key is at hand
	Empty          bool     // nothing was asked
	Previous, Next string
	Command        string
}

// A section is hits in one kind of place.
type section struct {
	Word, Means string // ids
	Hits        []hit
}

// A hit is a document that has what was searched for.
type hit struct {
	search.Hit
	Name   string // as every page has it
	Link   string // to the moment that has it
	Thread *thread
	Past   bool
	Chat   bool
	Gone   bool // its server has it no more
}

// searchable are the places that one can search in.
var searchable = []struct {
	name, word string
	places     []documents.Place
}{
	{"", "web-where-all", nil},
	{"now", "web-where-now", []documents.Place{documents.InText, search.InName}},
	{"past", "web-where-past", []documents.Place{documents.InPast}},
	{"chat", "web-where-chat", []documents.Place{documents.InChat}},
	{"polls", "web-where-polls", []documents.Place{documents.InPoll}},
}

// searchLink is the address of a search.
func searchLink(typed, where string, page int) string {
	q := url.Values{"q": {typed}}
	if where != "" {
		q.Set("where", where)
	}
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	return "/search?" + q.Encode()
}

func (p *page) search(w http.ResponseWriter, r *http.Request) error {
	typed, where := r.URL.Query().Get("q"), r.URL.Query().Get("where")
	if len(typed) > 1000 {
		typed = typed[:1000]
	}
	number, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || number < 1 || number > mostHitPages {
		number = 1
	}
	q := search.Ask(typed, time.Local)
	v := view{Title: p.Words.Text("web-search"), Section: "search", Asked: typed}
	f := found{Empty: q.IsEmpty(), Unclear: q.Unclear, Command: "padsync " + terminal.CommandLine([]string{"search", typed})}
	if f.Empty {
		v.Of = f
		return p.show(w, r, http.StatusOK, "search", v)
	}
	if len(q.In) == 0 { // what she typed goes before what she clicked
		for _, one := range searchable {
			f.Places = append(f.Places, tab{Word: one.word, Link: searchLink(typed, one.name, 1), Current: one.name == where})
			if one.name == where {
				q.In = one.places
			}
		}
	}
	if err := p.searchFor(r, q, number, &f); err != nil {
		return err
	}
	if number > 1 {
		f.Previous = searchLink(typed, where, number-1)
	}
	if f.To < f.Total && number < mostHitPages {
		f.Next = searchLink(typed, where, number+1)
	}
	v.Of = f
	return p.show(w, r, http.StatusOK, "search", v)
}

// searchFor fills in a page of what is found.
func (p *page) searchFor(r *http.Request, q *search.Question, number int, f *found) error {
	settings, err := p.opened(r)
	if err != nil {
		return err
	}
	known, err := p.known(r.Context())
	if err != nil {
		return err
	}
	results, err := settings.Find(r.Context(), q, number*mostHits, nil)
	if err != nil {
		return err
	}
	f.Total, f.Documents, f.Versions = results.Total, results.Documents, known.versions
	f.From = min((number-1)*mostHits, len(results.Hits))
	f.To = len(results.Hits)
	for _, by := range results.ByName {
		if errors.Is(by.Err, search.ErrNoIdentity) || errors.Is(by.Err, search.ErrNone) && known.isSealed(by.Shown) && !settings.OwnerGiven() {
			f.Closed = true // which the page says
			continue
		}
		f.Partly = append(f.Partly, p.Words.Text("web-by-name", "Repository", by.Shown, "Error", by.Err))
	}
	if results.Problem != nil {
		f.Partly = append(f.Partly, p.Words.Error(results.Problem))
	}
	sections := []section{{Word: "web-hits-now"}, {Word: "web-hits-past", Means: "web-hits-past-means"}, {Word: "web-hits-beside"}}
	for _, h := range results.Hits[f.From:] {
		one, at := p.hit(known, results.Names, &h), 0
		switch {
		case one.Past:
			at = 1
		case one.Chat || h.In == documents.InPoll:
			at = 2
		}
		sections[at].Hits = append(sections[at].Hits, one)
	}
	f.Sections = slices.DeleteFunc(sections, func(s section) bool { return len(s.Hits) == 0 })
	return nil
}

func (p *page) hit(known *knowledge, names *library.Names, h *search.Hit) hit {
	hash := names.Short(h.Source, h.ID)
	one := hit{Hit: *h, Name: h.Called, Link: "/documents/" + hash + moments(h), Past: h.In == documents.InPast, Chat: h.In == documents.InChat}
	here := time.Time{}
	switch {
	case one.Past:
		here = h.Until
	case one.Chat:
		here = h.Since
	}
	if row := known.find(hash); row != nil {
		one.Name, one.Thread, one.Gone = row.Name, p.threadTo(row, here), row.Verdict == gone
	}
	return one
}

// moments is the query of a document's page that shows where a hit is.
func moments(h *search.Hit) string {
	switch {
	case h.In != documents.InPast:
		return ""
	case h.Version == "":
		return "?rev=" + strconv.Itoa(h.Revision)
	case h.Whole || h.Until.IsZero():
		return "?" + url.Values{"version": {h.Version}}.Encode()
	}
	return "?" + url.Values{"day": {h.Until.Add(-time.Second).Format(time.RFC3339)}, "go": {"day"}}.Encode()
}
