package pollaristest

import (
	"cmp"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
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

// init is the first form of a poll, in which it is new or not.
func (v *visit) init(p *Poll) inputs {
	f := inputs{Name: "poll", Class: "form--standard"}
	f.add(input{Type: "text", Name: "title", Value: p.Title, Max: maxTitle, Required: true})
	f.add(input{Type: "textarea", Name: "description", Value: p.Description})
	f.add(input{Type: "date", Name: "closedAt", Value: p.Closes, Required: true})
	f.add(input{Type: "text", Name: "authorName", Value: p.Author, Max: maxName, Required: true})
	f.add(input{Type: "email", Name: "authorEmail", Value: p.Mail, Required: v.options.RequireMail})
	return f
}

// takeInit changes p as the form says, if that will do.
func (v *visit) takeInit(p *Poll, f *inputs) bool {
	if !v.submitted(f.Name) || !v.valid(f, "title", "description", "closedAt", "authorName", "authorEmail") {
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
	f := v.init(p)
	if v.takeInit(p, &f) {
		first := "proposals"
		if p.Kind == poll.Date {
			first = "dates"
		}
		v.next(p, first)
		return
	}
	v.form("form", f, "")
}

// next leads on to the step of this name while a poll is made, and back to
// the admin page after that.
func (v *visit) next(p *Poll, step string) {
	if v.r.URL.Query().Get("flow") == "on" || len(p.Proposals) == 0 {
		v.redirect(v.adminPath(p, step+"?flow=on"))
		return
	}
	v.redirect(v.adminPath(p, "admin"))
}

// dates are numbered as they are sorted; those that are left out are deleted.
func (v *visit) dates(p *Poll) {
	f := inputs{Name: "poll_dates"}
	days := p.sortedDays()
	values := make(map[int]string)
	var order []int
	for i, d := range days {
		order, values[i] = append(order, i), d.value
	}
	if v.submitted(f.Name) {
		order, values = v.fields.indexed("poll_dates[dates]", "[value]")
	}
	for _, i := range order {
		f.add(input{Type: "date", Name: fmt.Sprintf("dates[%d][value]", i), Value: values[i], Required: true})
	}
	f.prototype(input{Type: "date", Name: "dates[__name__][value]"})
	if v.submitted(f.Name) {
		for _, i := range order {
			if v.midnight(values[i]).IsZero() {
				f.refuse(fmt.Sprintf("dates[%d][value]", i), v.words.Refused)
			}
		}
		if v.valid(&f, `dates\]\[[0-9]+\]\[value`) {
			v.setDays(p, days, order, values)
			if v.r.URL.Query().Get("flow") == "on" || len(p.Proposals) == 0 {
				v.redirect(v.adminPath(p, "slots?flow=on"))
			} else {
				v.redirect(v.adminPath(p, "slots"))
			}
			return
		}
	}
	v.form("form", f, "")
}

func (v *visit) setDays(p *Poll, days []day, order []int, values map[int]string) {
	for i, d := range days {
		if value, kept := values[i]; kept {
			p.days[slices.Index(p.days, d)].value = value
			for _, k := range p.ofDay(d.id) {
				p.Proposals[k].Date = value
			}
			continue
		}
		for _, k := range slices.Backward(p.ofDay(d.id)) {
			p.remove(k)
		}
		p.days = slices.DeleteFunc(p.days, func(other day) bool { return other.id == d.id })
	}
	for _, i := range order {
		if i >= len(days) {
			v.addDay(p, values[i])
		}
	}
}

// slots are under the dates as these are sorted.
func (v *visit) slots(p *Poll) {
	if len(p.days) == 0 {
		v.redirect(v.adminPath(p, "dates?flow=on"))
		return
	}
	f := inputs{Name: "poll_slots"}
	days := p.sortedDays()
	type list struct {
		order  []int
		labels map[int]string
	}
	lists := make([]list, len(days))
	for i, d := range days {
		l := list{labels: make(map[int]string)}
		for j, k := range p.ofDay(d.id) {
			l.order, l.labels[j] = append(l.order, j), p.Proposals[k].Label
		}
		prefix := fmt.Sprintf("dates[%d][proposals]", i)
		if v.submitted(f.Name) {
			l.order, l.labels = v.fields.indexed("poll_slots["+"dates]"+prefix[len("dates"):], "[label]")
		}
		lists[i] = l
		f.Groups = append(f.Groups, group{Legend: v.words.date(d.value, false)})
		for _, j := range l.order {
			f.add(input{Type: "text", Name: fmt.Sprintf("%s[%d][label]", prefix, j), Value: l.labels[j], Max: maxTitle, Required: true})
		}
		f.prototype(input{Type: "text", Name: prefix + "[__name__][label]"})
	}
	if v.submitted(f.Name) {
		var known []string
		for i, l := range lists {
			known = append(known, fmt.Sprintf(`dates\]\[%d\]\[proposals\]\[[0-9]+\]\[label`, i))
			for _, j := range l.order {
				v.checkLabel(&f, fmt.Sprintf("dates[%d][proposals][%d][label]", i, j), l.labels[j])
			}
		}
		if v.valid(&f, known...) {
			for i, d := range days {
				v.setLabels(p, d, lists[i].order, lists[i].labels)
			}
			v.next(p, "summary")
			return
		}
	}
	v.form("form", f, "")
}

func (v *visit) checkLabel(f *inputs, name, label string) {
	if label == "" || utf8.RuneCountInString(label) > maxTitle {
		f.refuse(name, v.words.Refused)
	}
}

// setLabels gives a date, or a poll without any, its proposals. A date that
// has none left gets one.
func (v *visit) setLabels(p *Poll, d day, order []int, labels map[int]string) {
	old := p.ofDay(d.id)
	for j, k := range old {
		if label, kept := labels[j]; kept {
			p.Proposals[k].Label = label
		}
	}
	for j, k := range slices.Backward(old) {
		if _, kept := labels[j]; !kept {
			p.remove(k)
		}
	}
	for _, j := range order {
		if j >= len(old) {
			v.addProposal(p, d, labels[j])
		}
	}
	if p.Kind == poll.Date && len(order) == 0 {
		v.addProposal(p, d, v.words.Day)
	}
}

func (v *visit) addProposal(p *Poll, d day, label string) {
	v.rows++
	p.Proposals = append(p.Proposals, Proposal{ID: v.rows, Date: d.value, Label: label, day: d.id})
}

func (v *visit) proposals(p *Poll) {
	f := inputs{Name: "poll_proposals"}
	labels := make(map[int]string)
	var order []int
	for i, proposal := range p.Proposals {
		order, labels[i] = append(order, i), proposal.Label
	}
	if v.submitted(f.Name) {
		order, labels = v.fields.indexed("poll_proposals[proposals]", "[label]")
	}
	for _, i := range order {
		f.add(input{Type: "text", Name: fmt.Sprintf("proposals[%d][label]", i), Value: labels[i], Max: maxTitle, Required: true})
	}
	f.prototype(input{Type: "text", Name: "proposals[__name__][label]"})
	if v.submitted(f.Name) {
		for _, i := range order {
			v.checkLabel(&f, fmt.Sprintf("proposals[%d][label]", i), labels[i])
		}
		if v.valid(&f, `proposals\]\[[0-9]+\]\[label`) {
			v.setLabels(p, day{}, order, labels)
			v.next(p, "summary")
			return
		}
	}
	v.form("form", f, "")
}

// edits are who may change votes, as the form offers them.
func (v *visit) edits() []Edit {
	if v.options.Dialect == V11 {
		return []Edit{Own, No}
	}
	return []Edit{Own, No, Any}
}

func (v *visit) settings(p *Poll) {
	if len(p.Proposals) == 0 {
		v.next(p, "slots")
		return
	}
	f := inputs{Name: "poll_settings"}
	box := func(name string, on bool) { f.add(input{Type: "checkbox", Name: name, Value: "1", Checked: on}) }
	box("disableMaybe", p.NoMaybe)
	box("voteNoByDefault", p.NoByDefault)
	maxVotes := ""
	if p.MaxVotes > 0 {
		maxVotes = strconv.Itoa(p.MaxVotes)
	}
	f.add(input{Type: "number", Name: "maxVotes", Value: maxVotes})
	f.add(input{Type: "text", Name: "slug", Value: p.Slug, Max: maxSlug, Required: true, Prefix: v.url(v.root + "/polls/")})
	box("isPasswordProtected", p.Password != "")
	f.add(input{Type: "password", Name: "plainPassword[first]"})
	f.add(input{Type: "password", Name: "plainPassword[second]"})
	box("isPasswordForVotesOnly", p.VotesOnly)
	for _, e := range v.edits() {
		f.add(input{Type: "radio", Name: "editVoteMode", Value: string(e), Checked: e == p.Edit})
	}
	box("areResultsPublic", !p.Hidden)
	box("notifyOnVotes", p.NotifyVotes)
	box("notifyOnComments", p.NotifyComments)
	switch {
	case !v.takeSettings(p, &f):
		v.form("form", f, "")
	case utf8.RuneCountInString(p.Slug) > maxSlug:
		p.Slug = p.ID
		v.broken() // its database refuses what the form did not
	default:
		if p.Password != "" && !p.VotesOnly {
			v.session.unlocked[p.ID] = p.Password
		}
		v.redirect(v.adminPath(p, "summary?flow=on"))
	}
}

var slugForm = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// takeSettings: what is not sent is unchecked.
func (v *visit) takeSettings(p *Poll, f *inputs) bool {
	if !v.submitted(f.Name) || !v.valid(f, "disableMaybe", "voteNoByDefault", "maxVotes", "slug", "isPasswordProtected", `plainPassword\]\[(first|second)`,
		"isPasswordForVotesOnly", "editVoteMode", "areResultsPublic", "notifyOnVotes", "notifyOnComments") {
		return false
	}
	value := func(name string) string { return v.fields.text("poll_settings[" + name + "]") }
	q := *p
	q.NoMaybe, q.NoByDefault, q.Hidden = value("disableMaybe") != "", value("voteNoByDefault") != "", value("areResultsPublic") == ""
	q.NotifyVotes, q.NotifyComments = value("notifyOnVotes") != "", value("notifyOnComments") != ""
	q.VotesOnly, q.Edit, q.Slug = value("isPasswordForVotesOnly") != "", cmp.Or(Edit(value("editVoteMode")), No), value("slug")
	n, err := strconv.Atoi(cmp.Or(value("maxVotes"), "0"))
	q.MaxVotes = n
	if err != nil || n < 0 {
		f.refuse("maxVotes", v.words.Refused)
	}
	if taken := v.bySlug(q.Slug); !slugForm.MatchString(q.Slug) || taken != nil && taken.ID != p.ID {
		f.refuse("slug", v.words.Refused)
	}
	if !slices.Contains(v.edits(), q.Edit) {
		f.refuse("editVoteMode", v.words.Refused)
	}
	first, second := v.fields.value("poll_settings[plainPassword][first]"), v.fields.value("poll_settings[plainPassword][second]")
	switch {
	case first != second:
		f.refuse("plainPassword[first]", v.words.Refused)
	case value("isPasswordProtected") == "":
		q.Password, q.VotesOnly = "", false
	case first != "":
		q.Password = first
	}
	if f.refused {
		return false
	}
	*p = q
	return true
}
