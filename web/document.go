package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// A life is one document: what is known of it, its versions, and what it said at
// the moment that is looked at.
type life struct {
	row
	Description string
	Versions    []version // the newest first
	Unread      string    // why what is saved cannot be shown
	Closed      bool      // no key is at hand
	At          moment
	Saved       string // the address of what it says at the moment
	Forms       []form // in which that can be downloaded
	Slider      *slider
	Messages    []said
	People      []string
	Poll        *ballot // of a poll
}

// A version is one that was saved.
type version struct {
	Name, Link string
	Saved      time.Time
	Characters int
	Suspect    string // why it may be a loss
	Current    bool   // it is looked at
}

// A moment is the one that is looked at.
type moment struct {
	Time   time.Time
	Newest bool // the newest that is not suspect
}

// A slider is over the revisions of a pad.
type slider struct {
	Head, Revision              int
	Previous, Next              string // addresses
	Who                         string
	Begin, End                  time.Time
	VersionBefore, VersionAfter string
	Marks                       []mark
}

// A mark is a revision to be seen on the slider, at so many percent.
type mark struct {
	At   string
	Kind string // saved, star or look
}

type form struct{ Name, Link string }

type said struct {
	Who  string
	Time time.Time
	Text string
}

// open opens what is saved of the document with this hash, with the key that is at
// hand for the request.
func (p *page) open(q *http.Request, hash string) (one *catalog.Document, r row, doc *library.Document, err error) {
	settings, err := p.opened(q)
	if err != nil {
		return nil, row{}, nil, err
	}
	one, r, err = p.documentOf(q.Context(), settings, hash)
	if err != nil {
		return nil, row{}, nil, err
	}
	doc, err = openSaved(q.Context(), settings, one.Key)
	return one, r, doc, err
}

// documentOf is the document that the catalogue has with this hash.
func (p *page) documentOf(ctx context.Context, settings *setup.Settings, hash string) (*catalog.Document, row, error) {
	known, err := settings.Catalogued(ctx)
	if err != nil {
		return nil, row{}, err
	}
	defer known.Close()
	at := slices.IndexFunc(known.All, func(d catalog.Document) bool { return known.Names.Short(setup.SourceOf(d.Key), d.ID) == hash })
	if at < 0 {
		return nil, row{}, errNotFound
	}
	runs, err := known.Catalog.Runs(ctx, 1)
	if err != nil {
		return nil, row{}, err
	}
	return &known.All[at], p.rowsOf(known, runs, &known.All[at]), nil
}

func (p *page) rowsOf(d *setup.Documents, runs []catalog.Run, one *catalog.Document) row {
	var last *catalog.Run
	if len(runs) > 0 {
		last = &runs[0]
	}
	return p.row(d, one, failures(last))
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
// the query that means it.
func pointOf(q url.Values) (point, query string) {
	switch rev, version, day := q.Get("rev"), q.Get("version"), q.Get("day"); {
	case day != "" && q.Get("go") == "day":
		return day, "?" + url.Values{"day": {day}, "go": {"day"}}.Encode()
	case version != "":
		return version, "?" + url.Values{"version": {version}}.Encode()
	case rev != "":
		return "@" + rev, "?" + url.Values{"rev": {rev}}.Encode()
	}
	return "", ""
}

func (p *page) document(w http.ResponseWriter, r *http.Request) error {
	one, row, doc, err := p.open(r, r.PathValue("hash"))
	if one == nil {
		return err
	}
	l := life{row: row, Description: one.Description}
	nothing := (*library.NothingError)(nil)
	switch {
	case errors.As(err, &nothing), errors.Is(err, repository.ErrNone):
	case closed(err):
		l.Closed = true
	case err != nil:
		l.Unread = p.Words.Error(err)
	default:
		defer doc.Close()
		if err := p.live(r, &l, doc); err != nil {
			return err
		}
	}
	template := "document"
	if l.Poll != nil {
		template = "poll"
	}
	return p.show(w, r, http.StatusOK, template, view{Title: l.Name, Section: "documents", Of: l})
}

// live tells what is saved of a document, at the moment that is asked for.
func (p *page) live(r *http.Request, l *life, doc *library.Document) error {
	here := "/documents/" + l.Hash
	point, query := pointOf(r.URL.Query())
	l.At = moment{Newest: point == ""}
	for _, v := range slices.Backward(doc.Record.Versions) {
		l.Versions = append(l.Versions, version{
			Name: v.Name, Link: here + "?" + url.Values{"version": {v.Name}}.Encode(), Saved: v.Saved,
			Characters: int(v.Facts.Length), Suspect: p.suspicion(v.Suspect),
		})
	}
	e, err := doc.At(r.Context(), point)
	switch {
	case closed(err):
		l.Closed = true
		return nil
	case errors.Is(err, context.Canceled):
		return err
	case err != nil:
		l.Unread = p.Words.Error(err)
		return nil
	}
	defer e.Close()
	l.At.Time = e.Version.Saved
	for i := range l.Versions {
		l.Versions[i].Current = l.Versions[i].Name == e.Version.Name
	}
	l.Saved = here + "/saved" + query
	for _, name := range e.Forms() {
		q := r.URL.Query()
		q.Set("form", name)
		l.Forms = append(l.Forms, form{name, here + "/saved?" + q.Encode()})
	}
	if of, ok := poll.Of(e.Document); ok {
		l.Poll = p.ballot(r.Context(), l.Hash, doc, e, of)
	}
	if of, ok := e.Document.(*pad.Document); ok {
		return p.slide(l, here, doc.Record, of)
	}
	return nil
}

func (p *page) suspicion(s string) string {
	if s == "" {
		return ""
	}
	return p.Words.Suspicion(s)
}

// slide is the slider of a pad, and what was said and by whom.
func (p *page) slide(l *life, here string, record *manifest.Record, of *pad.Document) error {
	at := func(number int) string { return here + "?rev=" + strconv.Itoa(number) }
	s := &slider{Head: of.Head(), Revision: of.Revision()}
	names := of.Pad.AuthorNames()
	for revision, err := range of.Pad.Revisions() {
		if err != nil {
			return err
		}
		if s.Begin.IsZero() {
			s.Begin = revision.Time
		}
		s.End = revision.Time
		if revision.Number == s.Revision {
			l.At.Time, s.Who = revision.Time, names[revision.Author]
		}
	}
	if s.Head > 0 {
		l.Slider = s
	}
	if s.Revision > 0 {
		s.Previous = at(s.Revision - 1)
	}
	if s.Revision < s.Head {
		s.Next = at(s.Revision + 1)
	}
	place := func(number int) string {
		return strconv.FormatFloat(100*float64(number)/float64(max(s.Head, 1)), 'f', 2, 64) + "%"
	}
	for i := range record.Versions {
		v := &record.Versions[i]
		number, err := strconv.Atoi(v.Revision)
		if err != nil || number < 0 || number > s.Head {
			continue
		}
		kind := "saved"
		if v.Suspect != "" {
			kind = "look"
		}
		s.Marks = append(s.Marks, mark{place(number), kind})
		if number < s.Revision {
			s.VersionBefore = at(number)
		}
		if number > s.Revision && s.VersionAfter == "" {
			s.VersionAfter = at(number)
		}
	}
	for _, star := range of.Pad.Saved {
		if star.Revision >= 0 && star.Revision <= s.Head {
			s.Marks = append(s.Marks, mark{place(star.Revision), "star"})
		}
	}
	for _, a := range of.Pad.Authors {
		if a.Name != "" {
			l.People = append(l.People, a.Name)
		}
	}
	for m, err := range of.Pad.Messages() {
		if err != nil {
			return err
		}
		if s.Revision < s.Head && m.Time.After(l.At.Time) {
			continue
		}
		l.Messages = append(l.Messages, said{names[m.Author], m.Time, m.Text})
	}
	if len(l.Messages) > mostMessages {
		l.Messages = l.Messages[len(l.Messages)-mostMessages:]
	}
	return nil
}

// mostMessages is how many messages of a chat a page has: the newest.
const mostMessages = 100
