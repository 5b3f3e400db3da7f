package pollaris

import (
	"encoding/json"
	"slices"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources/polls"
)

// partsOf tells the parts of the poll that the look was joined to. What time does
// by itself, such as that the poll is over, is none.
func (k *look) partsOf(p *poll.Poll) polls.Parts {
	all := polls.NewParts()
	organiser := k.forms != nil
	choices, comparable := k.shownChoices(p)
	shown, isShown := k.shownDescription()
	all.Add(poll.PartTitle, true, p.Title)
	all.Add(poll.PartAuthor, organiser, p.Author)
	all.Add(poll.PartCreated, p.Created != "", p.Created)
	all.Add(poll.PartDescription, isShown, shown)
	all.Add(poll.PartDescriptionMarkdown, organiser, p.Description)
	all.Add(poll.PartChoices, comparable, choices)
	if p.Kind == poll.Date {
		uncertain := func(c poll.Choice) bool { return c.Date == "" }
		all.Add(poll.PartDays, !slices.ContainsFunc(p.Choices, uncertain), p.Choices)
	}
	votes, voted := withoutTimes(p.Votes)
	all.Add(poll.PartVotes, p.Votes != nil, votes)
	switch {
	case k.page == nil && k.admin != nil: // a vote more is news, though not which
		all.Add(poll.PartVoteTimes, true, k.admin.votedAt())
	case len(voted) > 0 || p.Votes == nil:
		all.Add(poll.PartVoteTimes, len(voted) > 0 && !slices.Contains(voted, ""), voted)
	}
	comments, times := textsOf(p.Comments)
	all.Add(poll.PartComments, true, comments)
	if len(times) > 0 {
		all.Add(poll.PartTimes, !slices.Contains(times, ""), times)
	}
	addSettings(&all, p.Settings, organiser)
	all.Add(poll.PartExpires, organiser, p.Expires)
	all.AddItems(p, choices, comments)
	return all
}

func addSettings(a *polls.Parts, s poll.Settings, organiser bool) {
	a.Add(poll.PartHidden, s.Hidden != nil, s.Hidden)
	a.Add(poll.PartPassword, s.Password != nil, s.Password)
	if s.Password == nil || *s.Password {
		a.Add(poll.PartResults, s.PublicResults != nil, s.PublicResults)
	}
	a.Add(poll.PartEdit, s.Edit != "", s.Edit)
	a.Add(poll.PartMail, organiser, s.Mail)
	a.Add(poll.PartIfNeedBe, s.NoIfNeedBe != nil, s.NoIfNeedBe)
	a.Add(poll.PartDefault, s.NoByDefault != nil, s.NoByDefault)
	a.Add(poll.PartMaxVotes, s.MaxVotes != nil, s.MaxVotes)
	a.Add(poll.PartNotify, s.NotifyVotes != nil, []*bool{s.NotifyVotes, s.NotifyComments})
}

// shownDescription is the description as every look sees it that sees it at all.
func (k *look) shownDescription() (text string, seen bool) {
	switch {
	case k.page != nil:
		return k.page.Description, true
	case k.admin != nil:
		return k.admin.Shown, true
	}
	return "", false
}

// shownChoices are the choices as every look sees them: of days, what their words
// say, as only the admin's form tells more.
func (k *look) shownChoices(p *poll.Poll) (choices []string, comparable bool) {
	for i, c := range p.Choices {
		day := c.Date
		if k.page != nil && p.Kind == poll.Date {
			if read := dayInWords(k.page.Days[i], k.page.English); read != "" {
				day = read
			}
		}
		switch {
		case p.Kind == poll.Classic:
			choices = append(choices, c.Label)
		case day == "":
			return nil, false
		default:
			choices = append(choices, day+" "+c.Moment)
		}
	}
	return choices, true
}

// withoutTimes separates what people answered from when. Votes of one second have
// no order on the server, so the answers are sorted.
func withoutTimes(votes []poll.Vote) (rows, times []string) {
	for _, v := range votes {
		times = append(times, v.Date)
		v.Date = ""
		row, _ := json.Marshal(v) // texts always can be
		rows = append(rows, string(row))
	}
	slices.Sort(rows)
	return rows, times
}

// textsOf separates what people wrote from when.
func textsOf(comments []poll.Comment) (texts, times []string) {
	for _, c := range comments {
		text, _ := json.Marshal([2]string{c.Author, c.Text}) // strings always can be
		texts, times = append(texts, string(text)), append(times, c.Date)
	}
	return texts, times
}
