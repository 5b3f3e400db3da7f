package pollaristest

import (
	"time"

	"github.com/padsync/padsync/documents/poll"
)

// newPoll makes a draft, which its admin alone can see.
func (v *visit) newPoll() {
	kind := poll.Classic
	if v.r.URL.Query().Get("type") == "date" {
		kind = poll.Date
	}
	now := time.Now()
	p := Poll{
		Kind: kind, Locale: v.words.Locale, Draft: true, NotifyVotes: true, NotifyComments: true, Created: now,
	}
	f := v.basics(&Poll{Closes: now.In(v.options.Zone).AddDate(0, 1, 0).Format(time.DateOnly)})
	if !v.takeBasics(&p, &f) {
		v.form("form", f, "")
		return
	}
	v.complete(&p)
	v.polls[p.ID] = &p
	if kind == poll.Date {
		v.redirect(v.adminPath(&p, "dates?flow=on"))
	} else {
		v.redirect(v.adminPath(&p, "proposals?flow=on"))
	}
}

// summary publishes a draft.
func (v *visit) summary(p *Poll) {
	f := inputs{Name: "poll_summary"}
	switch {
	case !p.Draft:
		v.redirect(v.adminPath(p, "admin"))
	case len(p.Proposals) == 0 && p.Kind == poll.Date:
		v.redirect(v.adminPath(p, "slots?flow=on"))
	case len(p.Proposals) == 0:
		v.redirect(v.adminPath(p, "proposals?flow=on"))
	case v.submitted(f.Name) && v.valid(&f):
		p.Draft = false
		v.mail(p, true)
		v.session.admin[p.ID] = true
		v.redirect(v.adminPath(p, "complete?flow=on"))
	default:
		v.form("form", f, "")
	}
}

// completed tells the link of a poll that was published.
func (v *visit) completed(p *Poll) {
	if p.Draft {
		v.redirect(v.adminPath(p, "summary?flow=on"))
		return
	}
	v.show("complete", formView{page: v.page("-"), Link: v.url(v.pollPath(p))})
}
