package pollaristest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/padsync/padsync/documents/poll"
)

type adminView struct {
	page
	*Poll
	Public, Link string
	Entry        string // what a browser remembers, as JSON
	Below        string // path of the pages of the admin
	ClosesISO    string
	ClosesWords  string
	Days         []dayView
	IsDate       bool
	Options      []string
	Votes        []adminVote
	Comments     []commentView
}

type adminVote struct {
	Says, ISO, Words string
	Edit, Delete     string
	Token            string
}

// adminPages answers whoever has the token; all others learn nothing.
func (v *visit) adminPages(id, token, name, rows, row string) {
	p := v.polls[id]
	isDate := p != nil && p.Kind == poll.Date
	switch {
	case rows != "" && v.r.Method != http.MethodPost:
		v.notAllowed()
	case p == nil, p.Token != token:
		v.notFound()
	case rows != "":
		v.deleteRow(p, rows, row)
	case name == "admin":
		v.admin(p)
	case name == "deletion":
		v.delete(p)
	case name == "edit":
		v.edit(p)
	case name == "settings":
		v.settings(p)
	case name == "summary":
		v.summary(p)
	case name == "complete":
		v.completed(p)
	case isDate && name == "dates":
		v.dates(p)
	case isDate && name == "slots":
		v.slots(p)
	case !isDate && name == "proposals":
		v.proposals(p)
	default:
		v.notFound()
	}
}

func (v *visit) admin(p *Poll) {
	if p.Draft {
		v.redirect(v.adminPath(p, "summary?flow=on"))
		return
	}
	if p.Fault == Broken {
		v.broken()
		return
	}
	v.start().admin[p.ID] = true
	view := adminView{
		page: v.page("-"), Poll: p, Public: v.pollPath(p), Link: v.url(v.adminPath(p, "admin")), Entry: v.entry(p),
		Below: strings.TrimSuffix(v.adminPath(p, ""), "/"), IsDate: p.Kind == poll.Date, Comments: v.comments(p),
		Options: []string{"-", "-", "-", "-", "-"}, // words of a language
	}
	if p.Closes != "" {
		view.ClosesISO, view.ClosesWords = v.iso(v.midnight(p.Closes)), v.words.date(p.Closes, false)
	}
	for _, c := range v.columns(p, nil) {
		if n := len(view.Days); n == 0 || view.Days[n-1].Legend != c.Legend {
			view.Days = append(view.Days, dayView{Legend: c.Legend})
		}
		last := &view.Days[len(view.Days)-1]
		last.Columns = append(last.Columns, c)
	}
	for _, vote := range p.inOrder() {
		view.Votes = append(view.Votes, v.adminVote(p, vote))
	}
	for i := range view.Comments {
		c := &view.Comments[i]
		c.Delete, c.Token = v.adminPath(p, "comments/"+strconv.Itoa(c.ID)+"/deletion"), v.token("delete comment")
	}
	v.show("admin", view)
}

// adminVote: before 1.2 the time was words alone.
func (v *visit) adminVote(p *Poll, vote *Vote) adminVote {
	t := vote.Created.In(v.options.Zone)
	a := adminVote{
		Says: fmt.Sprintf(v.words.Voted, vote.Name), Words: v.words.moment(t),
		Edit: v.votePath(p, vote.ID) + "#poll", Delete: v.adminPath(p, "votes/"+vote.ID+"/deletion"), Token: v.token("delete vote"),
	}
	if v.options.Dialect == V12 {
		a.ISO = t.Format(atom)
	}
	return a
}

// entry is JSON as PHP writes it.
func (v *visit) entry(p *Poll) string {
	b, err := json.Marshal(struct {
		Title    string `json:"title"`
		Type     string `json:"type"`
		Date     string `json:"date"`
		Author   string `json:"author"`
		PollURL  string `json:"pollUrl"`
		AdminURL string `json:"adminUrl"`
	}{p.Title, string(p.Kind), v.iso(p.Created), p.Author, v.url(v.pollPath(p)), v.url(v.adminPath(p, "admin"))})
	if err != nil {
		panic(err) // never: they are strings
	}
	return strings.ReplaceAll(ascii(string(b)), "/", `\/`)
}

// ascii writes what is beyond it as JSON's \u.
func ascii(s string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		if unit < utf8.RuneSelf {
			b.WriteByte(byte(unit))
		} else {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// deleteRow answers a bad token as it does a good one.
func (v *visit) deleteRow(p *Poll, rows, row string) {
	vote := slices.IndexFunc(p.Votes, func(vote Vote) bool { return vote.ID == row })
	comment := slices.IndexFunc(p.Comments, func(c Comment) bool { return strconv.Itoa(c.ID) == row })
	token := v.fields.value("_csrf_token")
	switch {
	case rows == "votes" && vote < 0, rows == "comments" && comment < 0:
		v.notFound()
		return
	case rows == "votes" && v.accepts("delete vote", token):
		p.Votes = slices.Delete(p.Votes, vote, vote+1)
		v.deleted++
	case rows == "comments" && v.accepts("delete comment", token):
		p.Comments = slices.Delete(p.Comments, comment, comment+1)
		v.deleted++
	}
	v.redirect(v.adminPath(p, "admin"))
}

// delete asks on GET, and deletes on POST.
func (v *visit) delete(p *Poll) {
	f := inputs{Name: "poll_deletion"}
	if v.submitted(f.Name) && v.valid(&f) {
		delete(v.polls, p.ID)
		v.deleted++
		v.redirect(v.root + "/")
		return
	}
	v.form("form", f, "")
}
