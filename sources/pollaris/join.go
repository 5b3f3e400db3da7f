package pollaris

import (
	"slices"
	"strings"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources"
)

// What a Version of a poll may be suspect of, besides what shows by comparison.
const (
	// VotesHidden: only the admin link shows the votes.
	VotesHidden = sources.VotesHidden

	// VotesUnseen: the admin link shows all but the answers, and the poll's page,
	// which has these, could not be read.
	VotesUnseen = sources.VotesUnseen

	// Disagreement: the page and the table of votes differ, again and again, or
	// the table cannot be had though the page has a link to it.
	Disagreement sources.Suspicion = "page-and-table-differ"
)

// join makes the poll of all that was seen, and says what it may be suspect of.
func (k *look) join() (*poll.Poll, sources.Suspicion) {
	joined, suspicion := new(poll.Poll), sources.Suspicion("")
	if k.page != nil {
		*joined = k.page.Poll
		joined.Choices = slices.Clone(joined.Choices)
		joined.Votes = slices.Clone(joined.Votes)
		switch {
		case !k.page.Results:
			suspicion = VotesHidden
		case k.page.Table && (k.table == nil || !k.table.agrees(k.page)):
			suspicion = Disagreement
		}
	}
	if k.forms != nil {
		k.forms.fill(joined)
	}
	switch {
	case k.page != nil:
		k.joinDays(joined)
		k.joinTimes(joined)
	case k.draft:
		draft := true
		joined.Settings.Draft = &draft
		joined.Votes, joined.Comments = []poll.Vote{}, []poll.Comment{}
	default:
		joined.Comments = k.admin.Comments
		suspicion = VotesUnseen
	}
	if k.page == nil {
		joined.Kind = k.choices.Kind
		joined.Choices, joined.DaysDiffer = k.choices.all()
	}
	if k.admin != nil {
		joined.Created = k.admin.Created
	}
	return joined, suspicion
}

// fill puts what the forms hold in place of what the page shows.
func (f *forms) fill(p *poll.Poll) {
	expired := p.Settings.Expired
	p.Title, p.Description, p.Author, p.Expires, p.Settings = f.Title, f.Description, f.Author, f.Expires, f.Settings
	p.Settings.Expired = expired
}

// joinDays gives the choices their days: those of the admin's form win, then the
// words of the page, then the table. It notes where they are not the same.
func (k *look) joinDays(p *poll.Poll) {
	if p.Kind != poll.Date {
		return
	}
	told := make([]string, len(p.Choices))
	if k.table != nil && len(k.table.dates) == len(p.Choices) {
		for i, day := range k.table.dates {
			told[i] = isoDay(day)
		}
	}
	var form map[string]string // days of the form, by the words of the page
	if k.choices != nil {
		form = k.choices.days(k.page)
	}
	for i := range p.Choices {
		c := &p.Choices[i]
		known := []string{form[k.page.Days[i]], dayInWords(k.page.Days[i], k.page.English), told[i]}
		known = slices.DeleteFunc(known, func(day string) bool { return day == "" })
		if len(known) == 0 {
			continue
		}
		c.Date, c.Label = known[0], ""
		p.DaysDiffer = p.DaysDiffer || slices.ContainsFunc(known, func(day string) bool { return day != known[0] })
	}
}

// days are those of the form that the page shows in these words. Both are in their
// order; where they are not as many, only words that can be read tell.
func (c *choiceForm) days(p *page) map[string]string {
	form := slices.Compact(slices.Sorted(slices.Values(c.Days)))
	shown := slices.Compact(slices.Clone(p.Days))
	days := make(map[string]string)
	for i, words := range shown {
		day := dayInWords(words, p.English)
		switch {
		case slices.Contains(form, day):
			days[words] = day
		case len(form) == len(shown):
			days[words] = form[i]
		}
	}
	return days
}

// all are the choices of a poll whose page cannot be read. The days of the form
// are sorted as the slots are; one of them is not certain if its words say
// otherwise.
func (c *choiceForm) all() (choices []poll.Choice, differ bool) {
	for _, label := range c.Labels {
		choices = append(choices, poll.Choice{Label: label})
	}
	days := slices.Sorted(slices.Values(c.Days))
	for i, slots := range c.Slots {
		read := dayInWords(c.Words[i], true)
		day := read
		if len(days) == len(c.Slots) {
			day = days[i]
		}
		differ = differ || read != "" && read != day
		for _, slot := range slots {
			choice := poll.Choice{Date: day, Moment: slot}
			if day == "" {
				choice.Label = c.Words[i]
			}
			choices = append(choices, choice)
		}
	}
	return choices, differ
}

// joinTimes gives votes their times, where each line of the admin page can only be
// about its vote: the server writes names in sentences.
func (k *look) joinTimes(p *poll.Poll) {
	if k.admin == nil || len(k.admin.Votes) != len(p.Votes) {
		return
	}
	for i, cast := range k.admin.Votes {
		if !strings.Contains(cast.Sentence, p.Votes[i].Name) {
			return
		}
	}
	for i, cast := range k.admin.Votes {
		p.Votes[i].Date = cast.Date
	}
}
