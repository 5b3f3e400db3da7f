package framadate

import (
	"encoding/json"
	"slices"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources/polls"
)

// shown is what a page shows to everybody, and whether it showed more.
type shown struct {
	description string   // as Markdown again
	choices     []string // a classic poll's, as Markdown again

	rawDescription bool // the poll has its author's
	rawChoices     bool // all of them are their author's
	mail           bool // the author's address, perhaps empty
}

// partsOf gives the parts of the poll that the page and its table were joined
// to. What time does by itself, such as that the poll is over, is not a part.
func (p *page) partsOf(joined *poll.Poll) polls.Parts {
	all := polls.NewParts()
	choices, comparable := p.shownChoices(joined)
	all.Add(poll.PartTitle, true, [2]string{joined.Title, joined.Author})
	all.Add(poll.PartDescription, true, p.shown.description)
	all.Add(poll.PartChoices, comparable, choices)
	all.Add(poll.PartDescriptionMarkdown, p.shown.rawDescription, joined.Description)
	if joined.Kind == poll.Classic {
		all.Add(poll.PartChoicesMarkdown, p.shown.rawChoices, joined.Choices)
	} else {
		uncertain := func(c poll.Choice) bool { return c.Date == "" }
		all.Add(poll.PartDays, !slices.ContainsFunc(joined.Choices, uncertain), joined.Choices)
	}
	all.Add(poll.PartVotes, joined.Votes != nil, joined.Votes)
	texts, times := split(joined.Comments)
	all.Add(poll.PartComments, true, texts)
	if len(times) > 0 {
		all.Add(poll.PartTimes, !slices.Contains(times, ""), times)
	}
	addSettings(&all, joined.Settings, p.shown.mail)
	all.Add(poll.PartExpires, joined.Expires != "", joined.Expires)
	all.AddItems(joined, choices, texts)
	return all
}

func addSettings(a *polls.Parts, s poll.Settings, mail bool) {
	a.Add(poll.PartHidden, s.Hidden != nil, s.Hidden)
	a.Add(poll.PartLocked, s.Locked != nil, s.Locked)
	a.Add(poll.PartPassword, s.Password != nil, s.Password)
	if s.Password == nil || *s.Password {
		a.Add(poll.PartResults, s.PublicResults != nil, s.PublicResults)
	}
	a.Add(poll.PartEdit, s.Edit != "", s.Edit)
	a.Add(poll.PartMail, mail, s.Mail)
}

// shownChoices are the choices as every look sees them. A day that is known
// only by its words is compared by what these seem to mean, and not at all if
// the next page may use other words.
func (p *page) shownChoices(joined *poll.Poll) (choices []string, comparable bool) {
	if joined.Kind == poll.Classic {
		return p.shown.choices, true
	}
	for _, c := range joined.Choices {
		day := c.Date
		if day == "" && p.french {
			day = purgeDate(c.Label, true)
		}
		if day == "" {
			return nil, false
		}
		choices = append(choices, day+" "+c.Moment)
	}
	return choices, true
}

// split separates what people wrote from when they did.
func split(comments []poll.Comment) (texts, times []string) {
	for _, c := range comments {
		text, _ := json.Marshal([2]string{c.Author, c.Text}) // strings never fail
		texts, times = append(texts, string(text)), append(times, c.Date)
	}
	return texts, times
}
