package pollaris

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources"
)

// parts are what a look saw of a poll, and what it did not see.
type parts struct {
	fields, items map[string]string
	unseen        []poll.Part
}

// partsOf tells the parts of the poll that the look was joined to. What time does
// by itself, such as that the poll is over, is none.
func (k *look) partsOf(p *poll.Poll) parts {
	all := parts{fields: make(map[string]string), items: make(map[string]string)}
	organiser := k.forms != nil
	choices, comparable := k.shownChoices(p)
	shown, isShown := k.shownDescription()
	all.add(poll.PartTitle, true, p.Title)
	all.add(poll.PartAuthor, organiser, p.Author)
	all.add(poll.PartCreated, p.Created != "", p.Created)
	all.add(poll.PartDescription, isShown, shown)
	all.add(poll.PartDescriptionMarkdown, organiser, p.Description)
	all.add(poll.PartChoices, comparable, choices)
	if p.Kind == poll.Date {
		uncertain := func(c poll.Choice) bool { return c.Date == "" }
		all.add(poll.PartDays, !slices.ContainsFunc(p.Choices, uncertain), p.Choices)
	}
	votes, voted := withoutTimes(p.Votes)
	all.add(poll.PartVotes, p.Votes != nil, votes)
	switch {
	case k.page == nil && k.admin != nil: // a vote more is news, though not which
		all.add(poll.PartVoteTimes, true, k.admin.votedAt())
	case len(voted) > 0 || p.Votes == nil:
		all.add(poll.PartVoteTimes, len(voted) > 0 && !slices.Contains(voted, ""), voted)
	}
	comments, times := textsOf(p.Comments)
	all.add(poll.PartComments, true, comments)
	if len(times) > 0 {
		all.add(poll.PartTimes, !slices.Contains(times, ""), times)
	}
	all.settings(p.Settings, organiser)
	all.add(poll.PartExpires, organiser, p.Expires)
	all.addItems(p, choices, comments)
	return all
}

func (a *parts) settings(s poll.Settings, organiser bool) {
	a.add(poll.PartHidden, s.Hidden != nil, s.Hidden)
	a.add(poll.PartPassword, s.Password != nil, s.Password)
	if s.Password == nil || *s.Password {
		a.add(poll.PartResults, s.PublicResults != nil, s.PublicResults)
	}
	a.add(poll.PartEdit, s.Edit != "", s.Edit)
	a.add(poll.PartMail, organiser, s.Mail)
	a.add(poll.PartIfNeedBe, s.NoIfNeedBe != nil, s.NoIfNeedBe)
	a.add(poll.PartDefault, s.NoByDefault != nil, s.NoByDefault)
	a.add(poll.PartMaxVotes, s.MaxVotes != nil, s.MaxVotes)
	a.add(poll.PartNotify, s.NotifyVotes != nil, []*bool{s.NotifyVotes, s.NotifyComments})
}

// add takes a part that this look could see, or else says that it could not.
func (a *parts) add(part poll.Part, seen bool, value any) {
	text, err := json.Marshal(value)
	if !seen || err != nil {
		a.unseen = append(a.unseen, part)
		return
	}
	sum := sha256.Sum256(text)
	a.fields[string(part)] = hex.EncodeToString(sum[:8])
}

func (a *parts) addItems(p *poll.Poll, choices, comments []string) {
	several := map[poll.Part][]string{poll.PartComments: comments, poll.PartChoices: choices, poll.PartVotes: nil}
	for _, v := range p.Votes {
		several[poll.PartVotes] = append(several[poll.PartVotes], v.Name)
	}
	for part, items := range several {
		if text := sources.ItemsOf(items); text != "" && a.fields[string(part)] != "" {
			a.items[string(part)] = text
		}
	}
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
