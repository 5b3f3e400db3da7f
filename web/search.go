package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/jsonlines"
	"github.com/padsync/padsync/search"
)

// mostHits is how many documents a page of hits has.
const mostHits = 30

// found is what a search found.
type found struct {
	Places   []tab
	Hits     []hit
	Total    int
	Searched int      // documents
	Partly   []string // what was not searched as it might have been, and why
	Empty    bool     // nothing was asked
}

// A hit is a document that has what was searched for.
type hit struct {
	search.Hit
	Link string // to the moment that has it
	URL  string
	Past bool
	Chat bool
}

func (p *page) search(w http.ResponseWriter, r *http.Request) error {
	typed := r.URL.Query().Get("q")
	if len(typed) > 1000 {
		typed = typed[:1000]
	}
	q := search.Ask(typed, time.Local)
	v := view{Title: p.Words.Text("web-search"), Section: "search", Asked: typed}
	f := found{Empty: q.IsEmpty()}
	if !f.Empty {
		settings, err := p.opened(r)
		if err != nil {
			return err
		}
		results, err := settings.Find(r.Context(), q, mostHits, nil)
		if err != nil {
			return err
		}
		f.Total, f.Searched = results.Total, results.Documents
		for _, by := range results.ByName {
			f.Partly = append(f.Partly, p.Words.Text("web-by-name", "Repository", by.Shown, "Error", by.Err))
		}
		if results.Problem != nil {
			f.Partly = append(f.Partly, p.Words.Error(results.Problem))
		}
		for _, h := range results.Hits {
			l := jsonlines.NewHit(p.Setup.Kinds, h, results.Names)
			f.Hits = append(f.Hits, hit{Hit: h, Link: "/documents/" + l.Hash + moments(&h), URL: l.URL, Past: h.In == documents.InPast, Chat: h.In == documents.InChat})
		}
	}
	v.Of = f
	return p.show(w, r, http.StatusOK, "search", v)
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
