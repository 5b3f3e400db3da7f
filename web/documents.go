package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/library"
)

// known are the documents that the catalogue has, and this machine's last run,
// nil if there was none. No repository is asked.
func (p *page) known(ctx context.Context) (all []row, last *catalog.Run, err error) {
	settings, err := p.settings()
	if err != nil {
		return nil, nil, err
	}
	d, err := settings.Catalogued(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer d.Close()
	runs, err := d.Catalog.Runs(ctx, 1)
	if err != nil {
		return nil, nil, err
	}
	if len(runs) > 0 {
		last = &runs[0]
	}
	return p.rows(d, last), last, nil
}

// perPage is how many documents a list has.
const perPage = 50

// A list is documents that somebody filtered.
type list struct {
	Tabs           []tab
	Rows           []row
	From, To, All  int // of those that fit
	Previous, Next string
	Filter         filter
	Services, Tags []string
	Filtered       bool
	Clear          string // the address of the list without a filter
}

// A tab is a part of the list.
type tab struct {
	Word    string // its id
	Count   int
	Link    string
	Current bool
}

// A filter is what a list shows, as its address has it.
type filter struct {
	Part, Text, Service, Tag, Order string
	Page                            int
}

func readFilter(q url.Values) filter {
	page, err := strconv.Atoi(q.Get("page"))
	if err != nil || page < 1 {
		page = 1
	}
	return filter{q.Get("part"), q.Get("text"), q.Get("service"), q.Get("tag"), q.Get("order"), page}
}

// link is the address of the list with this filter.
func (f filter) link() string {
	q := url.Values{}
	for name, value := range map[string]string{"part": f.Part, "text": f.Text, "service": f.Service, "tag": f.Tag, "order": f.Order} {
		if value != "" {
			q.Set(name, value)
		}
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
	{"elsewhere", "web-part-elsewhere", func(r *row) bool { return r.Verdict == elsewhere }},
	{"ignored", "web-part-ignored", func(r *row) bool { return r.Verdict == aside }},
}

func (p *page) documents(w http.ResponseWriter, r *http.Request) error {
	all, _, err := p.known(r.Context())
	if err != nil {
		return err
	}
	l := list{Filter: readFilter(r.URL.Query())}
	f := l.Filter
	for _, one := range all {
		l.Services, l.Tags = append(l.Services, one.Service), append(l.Tags, one.Tags...)
	}
	slices.Sort(l.Services)
	slices.Sort(l.Tags)
	l.Services, l.Tags = slices.Compact(l.Services), slices.Compact(l.Tags)
	fits := slices.DeleteFunc(all, func(one row) bool { return !f.fits(&one) })
	for _, part := range parts {
		count := 0
		for i := range fits {
			if part.has(&fits[i]) {
				count++
			}
		}
		to := f
		to.Part, to.Page = part.name, 1
		if current := f.Part == part.name; current || count > 0 {
			l.Tabs = append(l.Tabs, tab{part.word, count, to.link(), current})
		}
		if f.Part == part.name {
			l.Rows = slices.DeleteFunc(slices.Clone(fits), func(one row) bool { return !part.has(&one) })
		}
	}
	sortRows(l.Rows, f.Order)
	l.All = len(l.Rows)
	l.From = min((f.Page-1)*perPage, l.All)
	l.To = min(l.From+perPage, l.All)
	l.Rows = l.Rows[l.From:l.To]
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
	l.Filtered, l.Clear = f.Text != "" || f.Service != "" || f.Tag != "", filter{Part: f.Part, Order: f.Order}.link()
	return p.show(w, r, http.StatusOK, "documents", view{Title: p.Words.Text("web-documents"), Section: "documents", Of: l})
}

// fits says whether a document passes a filter, whatever the part.
func (f filter) fits(r *row) bool {
	if f.Service != "" && f.Service != r.Service {
		return false
	}
	if f.Tag != "" && !slices.Contains(r.Tags, f.Tag) {
		return false
	}
	text := library.Fold(f.Text)
	return text == "" || strings.Contains(library.Fold(r.Name), text) || strings.Contains(library.Fold(r.URL), text)
}

func sortRows(rows []row, order string) {
	slices.SortStableFunc(rows, func(a, b row) int {
		name := cmp.Compare(library.Fold(a.Name), library.Fold(b.Name))
		switch order {
		case "name":
			return name
		case "saved":
			return cmp.Or(b.State.Newest.Compare(a.State.Newest), name)
		}
		return cmp.Or(cmp.Compare(slices.Index(verdicts, a.Verdict), slices.Index(verdicts, b.Verdict)), name)
	})
}
