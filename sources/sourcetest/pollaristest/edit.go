package pollaristest

import (
	"net/mail"
	"time"
	"unicode/utf8"

	"github.com/padsync/padsync/documents/poll"
)

const (
	maxTitle = 200
	maxSlug  = 20
)

func (v *visit) midnight(day string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, day, v.options.Zone)
	if err != nil {
		return time.Time{}
	}
	return t
}

// basics is the first form of a poll, in which it is new or not.
func (v *visit) basics(p *Poll) inputs {
	f := inputs{Name: "poll", Class: "form--standard"}
	f.add(input{Type: "text", Name: "title", Value: p.Title, Max: maxTitle, Required: true})
	f.add(input{Type: "textarea", Name: "description", Value: p.Description})
	f.add(input{Type: "date", Name: "closedAt", Value: p.Closes, Required: true})
	f.add(input{Type: "text", Name: "authorName", Value: p.Author, Max: maxName, Required: true})
	f.add(input{Type: "email", Name: "authorEmail", Value: p.Mail, Required: v.options.RequireMail})
	return f
}

// takeBasics changes p as the form says, if that will do.
func (v *visit) takeBasics(p *Poll, f *inputs) bool {
	if !v.submitted(f.Name) || !v.valid(f) {
		return false
	}
	q := *p
	q.Title, q.Description, q.Closes = v.fields.text("poll[title]"), v.fields.text("poll[description]"), v.fields.text("poll[closedAt]")
	q.Author, q.Mail = v.fields.text("poll[authorName]"), v.fields.text("poll[authorEmail]")
	if q.Title == "" || utf8.RuneCountInString(q.Title) > maxTitle {
		f.refuse("title", v.words.Refused)
	}
	if q.Author == "" || utf8.RuneCountInString(q.Author) > maxName {
		f.refuse("authorName", v.words.Refused)
	}
	if q.Closes != "" && v.midnight(q.Closes).IsZero() {
		f.refuse("closedAt", v.words.Refused)
	}
	if _, err := mail.ParseAddress(q.Mail); q.Mail == "" && v.options.RequireMail || q.Mail != "" && err != nil {
		f.refuse("authorEmail", v.words.Refused)
	}
	if f.refused {
		return false
	}
	*p = q
	return true
}

func (v *visit) edit(p *Poll) {
	f := v.basics(p)
	if v.takeBasics(p, &f) {
		first := "proposals"
		if p.Kind == poll.Date {
			first = "dates"
		}
		v.next(p, first)
		return
	}
	v.form("form", f, "")
}

// inFlow says whether the poll is being made.
func (v *visit) inFlow(p *Poll) bool {
	return v.r.URL.Query().Get("flow") == "on" || len(p.Proposals) == 0
}

// next leads on to the step of this name while a poll is made, and back to
// the admin page after that.
func (v *visit) next(p *Poll, step string) {
	if v.inFlow(p) {
		v.redirect(v.adminPath(p, step+"?flow=on"))
		return
	}
	v.redirect(v.adminPath(p, "admin"))
}
