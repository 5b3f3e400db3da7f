package framadate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources"
)

// shown is what a page shows to everybody, and whether it showed more.
type shown struct {
	description string   // as Markdown again
	choices     []string // a classic poll's, as Markdown again

	rawDescription bool // the poll has its author's
	rawChoices     bool // all of them are their author's
	mail           bool // the author's address, perhaps empty
}

// parts are what a look saw of a poll, and what it did not see.
type parts struct {
	fields, items map[string]string
	unseen        []poll.Part
}

// partsOf gives the parts of the poll that the page and its table were joined
// to. What time does by itself, such as that the poll is over, is not a part.
func (p *page) partsOf(joined *poll.Poll) parts {
	all := parts{fields: make(map[string]string), items: make(map[string]string)}
	choices, comparable := p.shownChoices(joined)
	all.add(poll.PartTitle, true, [2]string{joined.Title, joined.Author})
	all.add(poll.PartDescription, true, p.shown.description)
	all.add(poll.PartChoices, comparable, choices)
	all.add(poll.PartDescriptionMarkdown, p.shown.rawDescription, joined.Description)
	if joined.Kind == poll.Classic {
		all.add(poll.PartChoicesMarkdown, p.shown.rawChoices, joined.Choices)
	} else {
		uncertain := func(c poll.Choice) bool { return c.Date == "" }
		all.add(poll.PartDays, !slices.ContainsFunc(joined.Choices, uncertain), joined.Choices)
	}
	all.add(poll.PartVotes, joined.Votes != nil, joined.Votes)
	texts, times := split(joined.Comments)
	all.add(poll.PartComments, true, texts)
	if len(times) > 0 {
		all.add(poll.PartTimes, !slices.Contains(times, ""), times)
	}
	all.settings(joined.Settings, p.shown.mail)
	all.add(poll.PartExpires, joined.Expires != "", joined.Expires)
	all.addItems(joined, choices, texts)
	return all
}

func (a *parts) settings(s poll.Settings, mail bool) {
	a.add(poll.PartHidden, s.Hidden != nil, s.Hidden)
	a.add(poll.PartLocked, s.Locked != nil, s.Locked)
	a.add(poll.PartPassword, s.Password != nil, s.Password)
	if s.Password == nil || *s.Password {
		a.add(poll.PartResults, s.PublicResults != nil, s.PublicResults)
	}
	a.add(poll.PartEdit, s.Edit != "", s.Edit)
	a.add(poll.PartMail, mail, s.Mail)
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

func (a *parts) addItems(joined *poll.Poll, choices, comments []string) {
	several := map[poll.Part][]string{poll.PartComments: comments, poll.PartChoices: choices, poll.PartVotes: nil}
	for _, v := range joined.Votes {
		several[poll.PartVotes] = append(several[poll.PartVotes], v.Name)
	}
	for part, items := range several {
		if text := sources.ItemsOf(items); text != "" && a.fields[string(part)] != "" {
			a.items[string(part)] = text
		}
	}
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
