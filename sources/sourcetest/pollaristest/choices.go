package pollaristest

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/padsync/padsync/documents/poll"
)

// collect adds the fields path[N][last] to a form, as they are saved or, if
// that was sent, as it has them, and returns these.
func (v *visit) collect(f *inputs, path, last string, saved []string) list {
	l := listOf(saved)
	if v.submitted(f.Name) {
		l = v.fields.list(f.full(path), "["+last+"]")
	}
	i := input{Type: "text", Max: maxTitle, Required: true}
	if last == "value" {
		i = input{Type: "date", Required: true}
	}
	for _, n := range l.order {
		i.Name, i.Value = fmt.Sprintf("%s[%d][%s]", path, n, last), l.values[n]
		f.add(i)
		length := utf8.RuneCountInString(i.Value)
		if v.submitted(f.Name) && (length == 0 || i.Max > 0 && length > i.Max || i.Max == 0 && v.midnight(i.Value).IsZero()) {
			f.refuse(i.Name, v.words.Refused)
		}
	}
	i.Name, i.Value = path+"[__name__]["+last+"]", ""
	f.prototype(i)
	return l
}

// dates are numbered as they are sorted; those that are left out are deleted.
func (v *visit) dates(p *Poll) {
	f := inputs{Name: "poll_dates"}
	days := p.sortedDays()
	var saved []string
	for _, d := range days {
		saved = append(saved, d.value)
	}
	sent := v.collect(&f, "dates", "value", saved)
	if !v.submitted(f.Name) || !v.valid(&f) {
		v.form("form", f, "")
		return
	}
	v.setDays(p, days, sent)
	if v.inFlow(p) {
		v.redirect(v.adminPath(p, "slots?flow=on"))
	} else {
		v.redirect(v.adminPath(p, "slots"))
	}
}

func (v *visit) setDays(p *Poll, days []day, sent list) {
	for i, d := range days {
		value, kept := sent.values[i]
		if !kept {
			p.removeDay(d.id)
			continue
		}
		p.days[slices.Index(p.days, d)].value = value
		for _, k := range p.ofDay(d.id) {
			p.Proposals[k].Date = value
		}
	}
	for _, i := range sent.order {
		if i >= len(days) {
			v.addDay(p, sent.values[i])
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
	var sent []list
	for i, d := range days {
		f.Groups = append(f.Groups, group{Legend: v.words.date(d.value, false)})
		sent = append(sent, v.collect(&f, fmt.Sprintf("dates[%d][proposals]", i), "label", p.labels(d.id)))
	}
	if !v.submitted(f.Name) || !v.valid(&f) {
		v.form("form", f, "")
		return
	}
	for i, d := range days {
		v.setLabels(p, d, sent[i])
	}
	v.next(p, "summary")
}

// proposals are numbered as the database has them.
func (v *visit) proposals(p *Poll) {
	f := inputs{Name: "poll_proposals"}
	sent := v.collect(&f, "proposals", "label", p.labels(0))
	if !v.submitted(f.Name) || !v.valid(&f) {
		v.form("form", f, "")
		return
	}
	v.setLabels(p, day{}, sent)
	v.next(p, "summary")
}

// setLabels gives the proposals of a date, or of a poll without any, their
// labels. A date that has none left gets one.
func (v *visit) setLabels(p *Poll, d day, sent list) {
	old := p.ofDay(d.id)
	for j, k := range slices.Backward(old) {
		if label, kept := sent.values[j]; kept {
			p.Proposals[k].Label = label
		} else {
			p.remove(k)
		}
	}
	for _, j := range sent.order {
		if j >= len(old) {
			v.addProposal(p, d, sent.values[j])
		}
	}
	if p.Kind == poll.Date && len(sent.order) == 0 {
		v.addProposal(p, d, v.words.Day)
	}
}

func (v *visit) addProposal(p *Poll, d day, label string) {
	v.rows++
	p.Proposals = append(p.Proposals, Proposal{ID: v.rows, Date: d.value, Label: label, day: d.id})
}
