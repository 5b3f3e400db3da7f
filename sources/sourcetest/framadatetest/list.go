package framadatetest

import (
	"cmp"
	_ "embed"
	"maps"
	"slices"
	"strconv"
	"text/template"
)

// perPage is how many polls a page of the list has.
const perPage = 30

//go:embed list.tmpl
var listText string

var lists = template.Must(template.New("list").Funcs(template.FuncMap{"e": entities}).Parse(listText))

type listView struct {
	Lang  string
	Base  string
	Polls []listed
	Total int
}

type listed struct{ Title, ID, Public, Admin string }

// listPolls writes a page of the list of all polls, by title.
func (a *answer) listPolls(page string) {
	number, err := strconv.Atoi(page)
	if err != nil || number < 1 {
		number = 1
	}
	all := slices.SortedFunc(maps.Values(a.polls), func(p, q *Poll) int { return cmp.Or(cmp.Compare(p.Title, q.Title), cmp.Compare(p.ID, q.ID)) })
	v := listView{Lang: a.words("fr", "en"), Base: a.base(), Total: len(all)}
	first := min((number-1)*perPage, len(all))
	for _, p := range all[first:min(first+perPage, len(all))] {
		shown := a.view(a.shown(p), true)
		v.Polls = append(v.Polls, listed{shown.Title, p.ID, shown.Public, shown.AdminLink})
	}
	a.header.Set("Content-Type", "text/html; charset=UTF-8")
	if err := lists.Execute(&a.body, v); err != nil {
		a.status = 500 // never, unless the template is wrong
	}
}
