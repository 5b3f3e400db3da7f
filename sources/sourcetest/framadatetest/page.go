package framadatetest

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/padsync/padsync/documents/poll"
)

//go:embed page.tmpl
var pageText string

// The template escapes by itself where Framadate does: e is PHP's
// htmlentities, and s its htmlspecialchars.
var pages = template.Must(template.New("page").Funcs(template.FuncMap{"e": entities, "s": special, "on": on}).Parse(pageText))

// view is what the template shows.
type view struct {
	*Poll
	Main        string // "poll", "password" or "error"
	Lang        string
	IsAdmin     bool
	Asks        bool // for the password, to vote
	Base        string
	Public      string // link
	AdminLink   string
	Yes         string // what stands before a choice in the form
	Message     string
	Old, Latest bool // R103, DEV12
	Columns     []column
	Days        []span
	Months      []span
	Rows        []row
	Comments    []comment
	Expiry      string
	Control     string
	Deletion    string // in words
	Rules       []rule
}

type column struct {
	Headers, Shown, Label, HTML, Delete, Title string

	Full bool
}

type span struct {
	Name  string
	Width int
}

type row struct {
	Name, Edit, Delete string
	Cells              []cell
}

type cell struct{ Class, Headers, Words string }

type comment struct {
	Date, Author string
	Text         string // HTML
}

type rule struct {
	Value    int
	Selected bool
}

// page writes the poll's page.
func (a *answer) page(p *Poll, isAdmin bool) {
	if p.Fault == Broken || len(p.Choices) == 0 {
		a.status = http.StatusInternalServerError
		return
	}
	v := a.view(a.shown(p), isAdmin)
	if !isAdmin && !a.mayRead(p) {
		v.Main = "password"
	}
	a.write(v)
}

// refusal writes Framadate's page for errors.
func (a *answer) refusal(french, english string) {
	a.write(&view{Main: "error", Lang: a.words("fr", "en"), Message: a.words(french, english), Poll: new(Poll)})
}

func (a *answer) write(v *view) {
	a.header.Set("Content-Type", "text/html; charset=UTF-8")
	a.header.Set("Cache-Control", "no-store, no-cache, must-revalidate")
	if a.options.Dialect == HEAD11 {
		a.header.Set("X-Robots-Tag", "noindex, nofollow, nosnippet, noarchive")
	}
	if err := pages.Execute(&a.body, v); err != nil {
		a.status = http.StatusInternalServerError // never, unless the template is wrong
	}
}

func (a *answer) view(p *Poll, isAdmin bool) *view {
	v := &view{
		Poll: p, Main: "poll", Lang: a.words("fr", "en"), IsAdmin: isAdmin,
		Asks:   !isAdmin && p.Password != "" && !a.unlocked[a.session+" "+p.ID],
		Base:   a.base(),
		Old:    a.options.Dialect == R103,
		Latest: a.options.Dialect == DEV12,
		Yes:    a.words("Voter « oui » pour ", `Vote "yes" for `),
		Expiry: a.date(p.Expires), Control: control(p),
	}
	if p.Purge != "" {
		v.Deletion = a.day(p.Purge) + " " + a.month(p.Purge)
	}
	v.Public, v.AdminLink = v.Base+"/"+p.ID, v.Base+"/"+p.Admin+"/admin"
	if a.options.Scripts {
		v.Public, v.AdminLink = v.Base+"/studs.php?poll="+p.ID, v.Base+"/adminstuds.php?poll="+p.Admin
	}
	for i, c := range p.Choices {
		v.Columns = append(v.Columns, a.column(v, i, c))
	}
	if p.Kind == poll.Date {
		v.Days = a.spans(p, a.day)
		v.Months = a.spans(p, a.month)
	}
	if isAdmin || !on(p.Settings.Hidden) {
		for i, vote := range p.Votes {
			v.Rows = append(v.Rows, a.row(v, i, vote))
		}
	}
	for _, c := range p.Comments {
		v.Comments = append(v.Comments, comment{a.commentDate(c.Date), c.Author, strings.ReplaceAll(special(c.Text), "\n", "<br />\n")})
	}
	for _, n := range []int{0, 1, 3, 2} {
		v.Rules = append(v.Rules, rule{n, n == rules(p.Settings)})
	}
	return v
}

func rules(s poll.Settings) int {
	switch {
	case on(s.Locked):
		return 0
	case s.Edit == poll.EditNone:
		return 1
	case s.Edit == poll.EditOwn:
		return 3
	}
	return 2
}

func (a *answer) column(v *view, i int, c poll.Choice) column {
	raw := a.raw(v.Poll, c)
	col := column{Headers: "C" + strconv.Itoa(i), Label: shownLabel(c), HTML: shownHTML(c), Title: raw}
	if v.Kind == poll.Date {
		col.Headers, col.Shown = fmt.Sprintf("M0 D0 H%d", i), c.Moment
		col.Title = a.day(c.Date) + " " + a.month(c.Date) + " - " + c.Moment
	}
	if v.Kind == poll.Classic && v.Latest {
		if col.Label == "" {
			col.Label = fmt.Sprintf("%de option", i+1)
		}
		col.Title = col.Label // without its markup
	}
	encoded := base64.RawURLEncoding.EncodeToString([]byte(raw))
	col.Delete = v.AdminLink + "/action/" + entities("delete_column") + "/" + encoded
	if a.options.Scripts {
		col.Delete = v.AdminLink + "&amp;delete_column=" + encoded
	}
	col.Full = full(v.Poll, i)
	return col
}

// full says whether a choice has all the votes that it may have.
func full(p *Poll, choice int) bool {
	votes := 0
	for _, v := range p.Votes {
		if choice < len(v.Answers) && v.Answers[choice] == poll.Yes {
			votes++
		}
	}
	return p.ValueMax > 0 && votes >= p.ValueMax
}

// raw is what the server's database has: a day's midnight, and a moment.
func (a *answer) raw(p *Poll, c poll.Choice) string {
	if p.Kind == poll.Classic {
		if c.Markdown != "" {
			return c.Markdown
		}
		return c.Label
	}
	t, err := time.ParseInLocation(time.DateOnly, c.Date, a.options.Zone)
	if err != nil {
		return "@"
	}
	return strconv.FormatInt(t.Unix(), 10) + "@" + c.Moment
}

var (
	image = regexp.MustCompile(`^!\[(.*)\]\((.*)\)$`)
	link  = regexp.MustCompile(`^\[(.*)\]\((.*)\)$`)
)

// shownLabel is a choice without markup: of an image nothing is left.
func shownLabel(c poll.Choice) string {
	inner := c.Markdown
	if m := link.FindStringSubmatch(inner); m != nil {
		inner = m[1]
	}
	if image.MatchString(inner) {
		return ""
	}
	return c.Label
}

func shownHTML(c poll.Choice) string {
	if m := image.FindStringSubmatch(c.Markdown); m != nil {
		return `<img src="` + special(m[2]) + `" alt="` + special(m[1]) + `" />`
	}
	if m := link.FindStringSubmatch(c.Markdown); m != nil {
		return `<a href="` + special(m[2]) + `">` + shownHTML(poll.Choice{Label: m[1], Markdown: m[1]}) + `</a>`
	}
	if c.Markdown != "" && c.Markdown != c.Label {
		return "<strong>" + special(c.Label) + "</strong>"
	}
	return special(c.Label)
}

func (a *answer) row(v *view, i int, vote poll.Vote) row {
	r := row{
		Name:   vote.Name,
		Edit:   fmt.Sprintf("%s/vote/Vote%012d#edit", v.Public, i),
		Delete: v.AdminLink + "/action/" + entities("delete_vote") + "/" + base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(i+1))),
	}
	classes := map[poll.Answer]string{poll.Yes: "bg-success text-success", poll.IfNeedBe: "bg-warning text-warning", poll.No: "bg-danger text-danger"}
	for n, given := range vote.Answers {
		c := cell{Class: classes[given], Words: a.answer(given)}
		if c.Class == "" {
			c.Class = "bg-info"
		}
		if n < len(v.Columns) {
			c.Headers = v.Columns[n].Headers
		}
		r.Cells = append(r.Cells, c)
	}
	return r
}

// spans joins neighbours of one name.
func (a *answer) spans(p *Poll, name func(string) string) (spans []span) {
	for i, c := range p.Choices {
		if i > 0 && name(c.Date) == name(p.Choices[i-1].Date) {
			spans[len(spans)-1].Width++
			continue
		}
		spans = append(spans, span{name(c.Date), 1})
	}
	return spans
}

// day and month are words, in French only from HEAD11 on, as before it they
// come from the server's system.
func (a *answer) day(date string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return ""
	}
	if a.french && a.options.Dialect >= HEAD11 {
		days := [...]string{"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."}
		return days[t.Weekday()] + " " + strconv.Itoa(t.Day())
	}
	return t.Format("Mon 2")
}

func (a *answer) month(date string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return ""
	}
	if a.french && a.options.Dialect >= HEAD11 {
		months := [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
		return months[t.Month()-1] + " " + strconv.Itoa(t.Year())
	}
	return t.Format("January 2006")
}

func (a *answer) commentDate(date string) string {
	t, err := time.Parse("2006-01-02T15:04", date)
	switch {
	case err != nil:
		return ""
	case a.options.Dialect == DEV12:
		return t.Format("Monday 2 January 2006")
	case !a.french && a.options.Dialect <= R1119:
		return t.Format("01/02/2006 15:04")
	}
	return t.Format("02-01-2006 15:04")
}
