package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// What an address says of what was just done: the id of words, and of how many.
const (
	saidField  = "said"
	countField = "n"
)

// saidPrefix is what the ids of such words begin with.
const saidPrefix = "web-said-"

// sayings are the words that an address can ask for.
var sayings = []string{
	"web-said-stopped", "web-said-settings", "web-said-scheduled", "web-said-unscheduled",
	"web-said-none-ticked", "web-said-tagged", "web-said-untagged", "web-said-chosen", "web-said-chosen-configured", "web-said-kept",
	"web-said-added", "web-said-found-gone",
	"web-said-joined",
	"web-said-look-first",
	"web-said-accepted",
	"web-said-key-open",
	"web-said-key-forgotten",
	"web-said-every-night",
	"web-said-copies-back",
	"web-said-place-keeps", "web-said-place-dropped",
	"web-said-key-used",
}

// done ends a change: the browser goes on to a page, which says what was done, the
// words called said, and is what a reload asks for again. "" says nothing.
func (p *page) done(w http.ResponseWriter, r *http.Request, to, said string) error {
	return p.doneSome(w, r, to, said, -1)
}

// doneSome is done for words that count what was changed.
func (p *page) doneSome(w http.ResponseWriter, r *http.Request, to, said string, count int) error {
	u, err := url.Parse(to)
	if err != nil {
		return err
	}
	if said != "" {
		q := u.Query()
		q.Set(saidField, strings.TrimPrefix(said, saidPrefix))
		if count >= 0 {
			q.Set(countField, strconv.Itoa(count))
		}
		u.RawQuery = q.Encode()
	}
	http.Redirect(w, r, u.String(), http.StatusSeeOther)
	return nil
}

// saying is what a page says of what was just done. Only the words of sayings can
// be asked for by an address.
func (p *page) saying(r *http.Request) string {
	q := r.URL.Query()
	id := saidPrefix + q.Get(saidField)
	if !q.Has(saidField) || !slices.Contains(sayings, id) {
		return ""
	}
	count, err := strconv.Atoi(q.Get(countField))
	if err != nil || count < 0 {
		return p.Words.Text(id)
	}
	return p.Words.Text(id, "Count", count)
}
