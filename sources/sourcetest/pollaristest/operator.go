package pollaristest

import (
	"net/http"
	"strconv"
	"strings"
)

// perPage is how many polls a page of the list has.
const perPage = 25

type loginView struct {
	page
	Token   string
	Refused bool
}

// login answers a wrong password as it does a right one, with a redirect.
func (v *visit) login() {
	if v.r.Method != http.MethodPost {
		s := v.start()
		view := loginView{page: v.page("-"), Token: v.token("authenticate"), Refused: s.refused}
		s.refused = false
		v.show("login", view)
		return
	}
	s, o := v.start(), v.options
	if !v.accepts("authenticate", v.fields.value("_csrf_token")) || o.User == "" ||
		v.fields.value("_username") != o.User || v.fields.value("_password") != o.Password {
		s.refused = true
		v.redirect(v.root + "/login")
		return
	}
	s.operator = true
	v.renew()
	v.redirect(v.root + "/admin")
}

func (v *visit) logout() {
	if v.accepts("logout", v.fields.value("_csrf_token")) {
		v.session.operator = false
	}
	v.redirect(v.root + "/")
}

// my mails a person's admin links.
func (v *visit) my() {
	f := inputs{Name: "my_polls"}
	f.add(input{Type: "email", Name: "email", Required: true})
	if v.submitted(f.Name) && v.valid(&f) {
		v.mails++
	}
	v.form("form", f, "")
}

type listView struct {
	page
	Token string // of leaving
	Polls []listed
	Pages []int
}

type listed struct {
	Title, Author, Mail string
	ISO, Words          string
	Public, Admin       string // a draft has no public link
}

// list is of all polls. Beyond its end the last page is shown.
func (v *visit) list() {
	if v.session == nil || !v.session.operator {
		v.start()
		v.redirect(v.root + "/login")
		return
	}
	var all []*Poll
	for _, p := range v.newest() {
		q := strings.ToLower(v.r.URL.Query().Get("q"))
		if strings.Contains(strings.ToLower(p.Title+"\n"+p.Author+"\n"+p.Mail+"\n"+p.Slug), q) {
			all = append(all, p)
		}
	}
	last := max(1, (len(all)+perPage-1)/perPage)
	number, _ := strconv.Atoi(v.r.URL.Query().Get("page"))
	number = max(1, min(number, last))
	view := listView{page: v.page("-"), Token: v.token("logout")}
	for i := range last {
		view.Pages = append(view.Pages, i+1)
	}
	first := (number - 1) * perPage
	for _, p := range all[first:min(first+perPage, len(all))] {
		t := p.Created.In(v.options.Zone)
		l := listed{Title: p.Title, Author: p.Author, Mail: p.Mail, ISO: t.Format(atom), Words: v.words.moment(t), Admin: v.url(v.adminPath(p, "admin"))}
		if !p.Draft {
			l.Public = v.url(v.pollPath(p))
		}
		view.Polls = append(view.Polls, l)
	}
	v.show("list", view)
}
