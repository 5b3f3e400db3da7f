package pollaristest

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"
)

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
	if !v.submitted(f.Name) || !v.valid(f) {
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
