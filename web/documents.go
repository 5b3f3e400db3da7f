package web

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/library"
)

// perPage is how many documents a list has.
const perPage = 50

// A list is documents that somebody filtered.
type list struct {
	Tabs           []tab
	Table          table
	From, To, All  int // of those that fit
	Previous, Next string
	Filter         filter
	Services, Tags []string
	States         []option
	Orders         []option
	Filtered       bool
	Clear          string // the address of the list without a filter
	Here           string // its own
	Few            bool   // there are so few that nothing is to be chosen among them

	// What was typed into the bar below, and what is wrong with it.
	Tagged, Wrong string
	Every         bool
}

// A table is documents, a line for each.
type table struct {
	Rows   []line
	Boxes  bool            // each can be ticked
	Ticked map[string]bool // those that are, by their hashes
	Back   string          // where a name that is changed leads back to
}

// A line is a document in a table.
type line struct {
	row
	Thread *thread
}

// lines are rows for people.
func (p *page) lines(k *knowledge, places []int) []line {
	all := make([]line, len(places))
	for i, at := range places {
		all[i].row = k.rows[at]
		all[i].Thread = p.threadOf(&all[i].row)
	}
	return all
}

// A tab is a part of the list.
type tab struct {
	Word    string // its id
	Count   int
	Link    string
	Current bool
}

// An option is something to be chosen.
type option struct{ Name, Word string }

// A filter is what a list shows, as its address has it.
type filter struct {
	Part, Text, Service, Tag, State, Order string
	Page                                   int
}

func readFilter(q url.Values) filter {
	page, err := strconv.Atoi(q.Get("page"))
	if err != nil || page < 1 {
		page = 1
	}
	return filter{q.Get("part"), q.Get("text"), q.Get("service"), q.Get("tag"), q.Get("state"), q.Get("order"), page}
}

// Fields are those of its address that say something, but for the page.
func (f filter) Fields() map[string]string {
	all := map[string]string{"part": f.Part, "text": f.Text, "service": f.Service, "tag": f.Tag, "state": f.State, "order": f.Order}
	maps.DeleteFunc(all, func(_, value string) bool { return value == "" })
	return all
}

// link is the address of the list with this filter.
func (f filter) link() string {
	q := url.Values{}
	for name, value := range f.Fields() {
		q.Set(name, value)
	}
	if f.Page > 1 {
		q.Set("page", strconv.Itoa(f.Page))
	}
	if len(q) == 0 {
		return "/documents"
	}
	return "/documents?" + q.Encode()
}

// parts of the list, in the order of its tabs.
var parts = []struct {
	name, word string
	has        func(*row) bool
}{
	{"", "web-part-all", func(*row) bool { return true }},
	{"look", "web-part-look", (*row).asks},
	{"automatic", "web-part-automatic", func(r *row) bool { return r.Choice == string(catalog.Automatic) }},
	{"manual", "web-part-manual", func(r *row) bool { return r.Choice == string(catalog.Manual) }},
	{"new", "web-part-new", func(r *row) bool { return r.Verdict == unchosen }},
	{"elsewhere", "web-part-elsewhere", func(r *row) bool { return r.Choice == setup.Elsewhere }},
	{"ignored", "web-part-ignored", func(r *row) bool { return r.Verdict == aside }},
}

func (p *page) documents(w http.ResponseWriter, r *http.Request) error {
	k, err := p.known(r.Context())
	if err != nil {
		return err
	}
	return p.showList(w, r, http.StatusOK, p.list(k, readFilter(r.URL.Query())))
}

func (p *page) showList(w http.ResponseWriter, r *http.Request, status int, l *list) error {
	return p.show(w, r, status, "documents", view{Title: p.Words.Text("web-documents"), Section: "documents", Of: l})
}

// list is what a filter leaves, a page of it.
func (p *page) list(k *knowledge, f filter) *list {
	l := &list{Filter: f, Services: k.services, Tags: k.tags, States: states, Few: len(k.rows) < fewDocuments}
	for _, o := range orders {
		l.Orders = append(l.Orders, option{o.name, o.word})
	}
	for _, chosen := range []struct {
		name string
		of   *[]string
	}{{f.Service, &l.Services}, {f.Tag, &l.Tags}} {
		if chosen.name != "" && !slices.Contains(*chosen.of, chosen.name) {
			*chosen.of = append(slices.Clone(*chosen.of), chosen.name)
		}
	}
	counts, places := make([]int, len(parts)), []int(nil)
	f.each(k, func(at int, r *row) {
		for i := range parts {
			if !parts[i].has(r) {
				continue
			}
			counts[i]++
			if parts[i].name == f.Part {
				places = append(places, at)
			}
		}
	})
	for i, part := range parts {
		to := f
		to.Part, to.Page = part.name, 1
		if current := f.Part == part.name; current || counts[i] > 0 {
			l.Tabs = append(l.Tabs, tab{part.word, counts[i], to.link(), current})
		}
	}
	l.All = len(places)
	l.From = min((f.Page-1)*perPage, l.All)
	l.To = min(l.From+perPage, l.All)
	l.Here = f.link()
	l.Table = table{Rows: p.lines(k, places[l.From:l.To]), Boxes: !l.Few, Back: l.Here}
	if l.From > 0 {
		to := f
		to.Page--
		l.Previous = to.link()
	}
	if l.To < l.All {
		to := f
		to.Page++
		l.Next = to.link()
	}
	l.Filtered, l.Clear = f.Text != "" || f.Service != "" || f.Tag != "" || f.State != "", filter{Part: f.Part, Order: f.Order}.link()
	return l
}

// each calls do with each row that passes the filter, whatever its part, in order.
func (f filter) each(k *knowledge, do func(at int, r *row)) {
	text := library.Fold(f.Text)
	for _, at := range k.in(f.Order) {
		r := &k.rows[at]
		switch {
		case f.Service != "" && f.Service != r.Service:
		case f.Tag != "" && !slices.Contains(r.Tags, f.Tag):
		case f.State != "" && f.State != string(r.Verdict):
		case text != "" && !strings.Contains(r.folded, text):
		default:
			do(at, r)
		}
	}
}

// rows are all that a filter leaves.
func (f filter) rows(k *knowledge) (all []*row) {
	for _, part := range parts {
		if part.name == f.Part {
			f.each(k, func(_ int, r *row) {
				if part.has(r) {
					all = append(all, r)
				}
			})
		}
	}
	return all
}

// What the bar below a list does with the documents that are ticked.
const (
	doSave  = "save"
	doTag   = "tag"
	doUntag = "untag"
)

// change does something with the documents that are ticked, or with all that fit.
func (p *page) change(w http.ResponseWriter, r *http.Request) error {
	k, err := p.known(r.Context())
	if err != nil {
		return err
	}
	f := readFilter(r.PostForm)
	chosen, ticked := []*row(nil), make(map[string]bool)
	every := r.PostForm.Get("every") != ""
	if every {
		chosen = f.rows(k)
	} else {
		for _, hash := range r.PostForm["document"] {
			if one := k.find(hash); one != nil && !ticked[hash] {
				chosen, ticked[hash] = append(chosen, one), true
			}
		}
	}
	if len(chosen) == 0 {
		return p.done(w, r, f.link(), "web-said-none-ticked")
	}
	do := r.PostForm.Get("do")
	var change catalog.Change
	switch do {
	case doSave:
		return p.saveThese(w, r, chosen)
	case doTag, doUntag:
		change.Tag = readTags(r.PostForm.Get("tags"))
		if err = change.Valid(); len(change.Tag) == 0 {
			err = errNoTag
		}
		if do == doUntag {
			change.Tag, change.Untag = nil, change.Tag
		}
	case string(catalog.Automatic), string(catalog.Manual), string(catalog.Ignored):
		change.Choice = new(catalog.Choice(do))
	default:
		return errForm
	}
	keys := make([]catalog.Key, len(chosen))
	for i, one := range chosen {
		keys[i] = one.key
	}
	if err == nil {
		err = p.say(r.Context(), keys, change)
	}
	if wrong := p.wrongTag(err); wrong != "" {
		l := p.list(k, f)
		l.Tagged, l.Wrong, l.Every, l.Table.Ticked = r.PostForm.Get("tags"), wrong, every, ticked
		return p.showList(w, r, http.StatusUnprocessableEntity, l)
	}
	if err != nil {
		return err
	}
	said := map[string]string{doTag: "web-said-tagged", doUntag: "web-said-untagged"}[do]
	if said == "" {
		said = "web-said-chosen"
	}
	if do == string(catalog.Manual) && slices.ContainsFunc(chosen, func(r *row) bool { return r.Configured }) {
		said = "web-said-chosen-configured"
	}
	return p.doneSome(w, r, f.link(), said, len(chosen))
}

// saveThese is what the form does that saves documents that somebody chose.
func (p *page) saveThese(w http.ResponseWriter, r *http.Request, chosen []*row) error {
	to := r.Clone(r.Context())
	to.URL, to.PostForm = &url.URL{Path: "/save"}, url.Values{}
	for _, one := range chosen {
		to.PostForm.Add("document", one.Hash)
	}
	p.mux.ServeHTTP(w, to)
	return nil
}
