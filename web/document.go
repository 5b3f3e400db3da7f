package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/library"
)

// A life is one document: what is known of it, its versions, and what it said at
// the moment that is looked at.
type life struct {
	row
	Description string

	Versions []version // those of this part of the list, the newest first
	Total    int       // of all versions
	Newer    string    // addresses of the other parts
	Older    string
	Rest     int // versions that are older than these

	Unread  string // why what is saved cannot be shown
	Closed  bool   // no key is at hand
	At      moment
	Saved   string // the address of what it says at the moment
	Forms   []form // in which that can be downloaded
	Flaws   string // what of it cannot be shown
	PutBack string // the address of the plan that gives this moment back
	Compare string // with the newest, if it is not that
	Before  string // the newest, which is suspect, with the one before it
	Asks    string // the version that may be a loss, to be accepted
	Command string

	past         // of a pad
	Poll *ballot // of a poll
}

// A version is one that was saved.
type version struct {
	Name, Link string
	Saved      time.Time
	Characters int
	Suspect    string // why it may be a loss
	Current    bool   // it is looked at
	Given      bool   // it is what is given when nobody asks for a moment
	Compare    string // the address of what changed since the one before
}

// A moment is the one that is looked at.
type moment struct {
	Time   time.Time
	Newest bool // the newest that is not suspect
}

type form struct{ Name, Link string }

// open opens what is saved of the document with this hash, with the key that is at
// hand for the request.
func (p *page) open(q *http.Request, hash string) (one *catalog.Document, r row, doc *library.Document, err error) {
	settings, err := p.opened(q)
	if err != nil {
		return nil, row{}, nil, err
	}
	one, r, err = p.documentOf(q.Context(), hash)
	if err != nil {
		return nil, row{}, nil, err
	}
	doc, err = openSaved(q.Context(), settings, one.Key)
	return one, r, doc, err
}

// documentOf is what the catalogue has of the document with this hash.
func (p *page) documentOf(ctx context.Context, hash string) (*catalog.Document, row, error) {
	k, err := p.known(ctx)
	if err != nil {
		return nil, row{}, err
	}
	if at, there := k.byHash[hash]; there {
		r := k.rows[at]
		r.Suspicion = p.suspicion(r.State.Suspect)
		return &k.of[at], r, nil
	}
	// One that somebody took for no document still has a page, for who kept its address.
	settings, err := p.settings()
	if err != nil {
		return nil, row{}, err
	}
	known, err := settings.Catalogued(ctx)
	if err != nil {
		return nil, row{}, err
	}
	defer known.Close()
	at := slices.IndexFunc(known.All, func(d catalog.Document) bool { return known.Names.Short(setup.SourceOf(d.Key), d.ID) == hash })
	if at < 0 {
		return nil, row{}, errNotFound
	}
	r := p.row(known, &known.All[at], failures(k.runs))
	r.Suspicion = p.suspicion(r.State.Suspect)
	return &known.All[at], r, nil
}

func openSaved(ctx context.Context, settings *setup.Settings, k catalog.Key) (*library.Document, error) {
	reading, err := settings.Open(ctx, nil)
	if err != nil {
		return nil, err
	}
	if err := reading.AddOwner(ctx); err != nil {
		return nil, err
	}
	return reading.Library().Open(ctx, selectionOf(k), library.Options{})
}

// selectionOf means this very document, whatever it is called.
func selectionOf(k catalog.Key) *library.Selection {
	return library.Select([]library.Name{{Text: k.ID, Addresses: []library.Address{{Kind: k.Kind, Server: k.Server(), ID: k.ID}}}}, nil)
}

// pointOf is what an address asks to look at, as library.Document has it, and
// the query that means it. A revision is that of the version, if one is named.
func pointOf(q url.Values) (point, query string) {
	switch rev, version, day := q.Get("rev"), q.Get("version"), q.Get("day"); {
	case day != "" && q.Get("go") == "day":
		return day, "?" + url.Values{"day": {day}, "go": {"day"}}.Encode()
	case version != "" && rev != "":
		return version + "@" + rev, "?" + url.Values{"version": {version}, "rev": {rev}}.Encode()
	case version != "":
		return version, "?" + url.Values{"version": {version}}.Encode()
	case rev != "":
		return "@" + rev, "?" + url.Values{"rev": {rev}}.Encode()
	}
	return "", ""
}

func (p *page) document(w http.ResponseWriter, r *http.Request) error {
	hash := r.PathValue("hash")
	one, row, err := p.documentOf(r.Context(), hash)
	if err != nil {
		return err
	}
	l := life{row: row, Description: one.Description}
	point, _ := pointOf(r.URL.Query())
	closed, unread, err := p.lookAt(r, hash, point == "", func(v *volume) error { return p.live(r, &l, v) })
	if err != nil {
		return err
	}
	l.Closed, l.Unread = l.Closed || closed, l.Unread+unread
	template := "document"
	if l.Poll != nil {
		template = "poll"
	}
	return p.show(w, r, http.StatusOK, template, view{Title: l.Name, Section: "documents", Of: l})
}

// live tells what is saved of a document, at the moment that is asked for.
func (p *page) live(r *http.Request, l *life, v *volume) error {
	here, q := "/documents/"+l.Hash, r.URL.Query()
	point, query := pointOf(q)
	l.At, l.Command = moment{Newest: point == ""}, command(l.Hash, point)
	p.versions(l, v.doc, q.Get("versions"))
	of, e, err := v.at(r.Context(), point)
	switch {
	case closed(err):
		l.Closed = true
		return nil
	case errors.Is(err, library.ErrNoVersion):
		return nil
	case errors.Is(err, context.Canceled):
		return err
	case err != nil:
		l.Unread = p.Words.Error(err)
		return nil
	}
	l.At.Time = e.Version.Saved
	for i := range l.Versions {
		l.Versions[i].Current = l.Versions[i].Name == e.Version.Name
	}
	l.Saved, l.PutBack = here+"/saved"+query, here+"/put-back"+query
	for _, name := range e.Forms() {
		asked := pointQuery(query)
		asked.Set("form", name)
		l.Forms = append(l.Forms, form{name, here + "/saved?" + asked.Encode()})
	}
	if of, ok := poll.Of(e.Document); ok {
		l.Poll = p.ballot(r.Context(), l.Hash, v.doc, e, of)
	}
	if point != "" {
		l.Compare = here + "/compare?" + url.Values{"from": {pointWord(e)}}.Encode()
	}
	// What else there is to tell is the kind's own.
	if e.Document != nil {
		l.Flaws = p.Words.Flaws(strings.Join(e.Document.Flaws(), "+"))
	}
	if d, ok := e.Document.(*pad.Document); ok {
		return p.ofPad(l, q, v.doc, of, e, d)
	}
	return nil
}

// pointQuery is the query that means a point, to add to.
func pointQuery(query string) url.Values {
	q, _ := url.ParseQuery(strings.TrimPrefix(query, "?"))
	return q
}

// pointWord is how an address of a comparison names what an edition is of.
func pointWord(e *library.Edition) string {
	if d, ok := e.Document.(*pad.Document); ok && d.Revision() != d.Head() {
		return "version:" + e.Version.Name + "@" + strconv.Itoa(d.Revision())
	}
	return "version:" + e.Version.Name
}

// command is what shows the same in a terminal.
func command(hash, point string) string {
	name, revision, numbered := strings.Cut(point, "@")
	text := "padsync show " + hash
	if numbered && name == "" && isNumber(revision) {
		return text + " --rev " + revision
	}
	if point == "" || numbered || strings.ContainsFunc(point, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("'\"`$\\;&|<>()", r) }) {
		return text
	}
	return text + " --at " + point
}

func isNumber(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}

const (
	fewVersions  = 8  // are on a document's page
	someVersions = 50 // are on one that is asked for more
)

// versions are those of the part that is asked for: "" is the beginning, 1 the first
// part of the long list.
func (p *page) versions(l *life, doc *library.Document, part string) {
	here, all := "/documents/"+l.Hash, doc.Record.Versions
	chosen, skipped := library.ChooseVersion(doc.Record, false)
	l.Total = len(all)
	if newest := doc.Record.Newest(); skipped != "" && chosen != nil {
		l.Asks, l.Before = newest.Name, compareAddress(here, "version:"+chosen.Name, "version:"+newest.Name)
		l.Suspicion = p.Words.Suspicion(newest.Suspect)
	}
	number, _ := strconv.Atoi(part)
	size, skip := fewVersions, 0
	if number > 0 {
		size = someVersions
		skip = min((number-1)*size, len(all))
	}
	link := func(n int) string { return here + "?versions=" + strconv.Itoa(n) + "#versions" }
	for i := len(all) - 1 - skip; i >= 0 && len(l.Versions) < size; i-- {
		v := &all[i]
		one := version{
			Name: v.Name, Link: here + "?" + url.Values{"version": {v.Name}}.Encode(), Saved: v.Saved,
			Characters: int(v.Facts.Length), Suspect: p.suspicion(v.Suspect), Given: chosen != nil && chosen.Name == v.Name,
		}
		if i > 0 {
			one.Compare = compareAddress(here, "version:"+all[i-1].Name, "version:"+v.Name)
		}
		l.Versions = append(l.Versions, one)
	}
	l.Rest = len(all) - skip - len(l.Versions)
	if number > 1 {
		l.Newer = link(number - 1)
	}
	if l.Rest > 0 {
		l.Older = link(number + 1)
	}
}

func compareAddress(here, from, to string) string {
	return here + "/compare?" + url.Values{"from": {from}, "to": {to}}.Encode()
}

func (p *page) suspicion(s string) string {
	if s == "" {
		return ""
	}
	return p.Words.Suspicion(s)
}
