package poll

import (
	"maps"
	"slices"
	"time"
)

// A Part is something of a poll that not every look at it sees: which page a
// server shows depends on the link, and on whether the poll is over.
type Part string

// The parts.
const (
	PartTitle       Part = "title"       // and author, where every look tells that
	PartDescription Part = "description" // as it is shown
	PartChoices     Part = "choices"     // as they are shown

	// What the server made the description and the choices from.
	PartDescriptionMarkdown Part = "description-markdown"
	PartChoicesMarkdown     Part = "choices-markdown"

	PartDays     Part = "days" // of the choices, for certain
	PartVotes    Part = "votes"
	PartComments Part = "comments"
	PartTimes    Part = "times" // of the comments

	PartHidden   Part = "hidden"
	PartLocked   Part = "locked"
	PartPassword Part = "password"
	PartResults  Part = "results" // whether they are public though there is a password
	PartEdit     Part = "edit"
	PartMail     Part = "mail"
	PartExpires  Part = "expires"

	// What only some servers have.
	PartAuthor    Part = "author" // where not every look tells it
	PartCreated   Part = "created"
	PartVoteTimes Part = "vote-times"
	PartIfNeedBe  Part = "if-need-be" // whether it may be answered
	PartDefault   Part = "default"    // answer of the form to vote
	PartMaxVotes  Part = "max-votes"
	PartNotify    Part = "notify" // the author of votes and comments
)

// A Look is a poll as one look saw it, with hashes of the parts that it saw.
type Look struct {
	Poll   *Poll
	Saved  time.Time
	Fields map[string]string
}

// same says whether both looks saw a part, and the same.
func (l *Look) same(earlier *Look, part Part) bool {
	hash := l.Fields[string(part)]
	return hash != "" && hash == earlier.Fields[string(part)]
}

// Fill takes from an earlier look what this one's poll says it did not see, as
// far as it still fits, and returns these parts. They move from the poll's
// Unseen to its Earlier.
func (l *Look) Fill(earlier *Look) []Part {
	var filled, unseen []Part
	for _, part := range l.Poll.Unseen {
		if earlier.Fields[string(part)] == "" || !l.take(part, earlier) {
			unseen = append(unseen, part)
			continue
		}
		filled = append(filled, part)
		if l.Poll.Earlier == nil {
			l.Poll.Earlier = make(map[Part]time.Time)
		}
		l.Poll.Earlier[part] = earlier.Saved.UTC().Truncate(time.Second)
	}
	l.Poll.Unseen = unseen
	return filled
}

// take says whether there was anything to take.
func (l *Look) take(part Part, earlier *Look) bool {
	now, then := l.Poll, earlier.Poll
	switch part {
	case PartDescriptionMarkdown:
		if !l.same(earlier, PartDescription) {
			return false // it was written anew: what is shown is closer to it
		}
		now.Description = then.Description
	case PartChoicesMarkdown, PartDays:
		return l.takeChoices(earlier)
	case PartVotes:
		return l.takeVotes(earlier)
	case PartTimes:
		return now.takeTimes(then)
	case PartHidden:
		now.Settings.Hidden = then.Settings.Hidden
	case PartLocked:
		now.Settings.Locked = then.Settings.Locked
	case PartPassword:
		now.Settings.Password = then.Settings.Password
	case PartResults:
		now.Settings.PublicResults = then.Settings.PublicResults
	case PartEdit:
		now.Settings.Edit = then.Settings.Edit
	case PartMail:
		now.Settings.Mail = then.Settings.Mail
	case PartExpires:
		now.Expires = then.Expires
	case PartAuthor:
		now.Author = then.Author
	case PartCreated:
		now.Created = then.Created
	case PartVoteTimes:
		return now.takeVoteTimes(then)
	case PartIfNeedBe:
		now.Settings.NoIfNeedBe = then.Settings.NoIfNeedBe
	case PartDefault:
		now.Settings.NoByDefault = then.Settings.NoByDefault
	case PartMaxVotes:
		now.Settings.MaxVotes = then.Settings.MaxVotes
	case PartNotify:
		now.Settings.NotifyVotes, now.Settings.NotifyComments = then.Settings.NotifyVotes, then.Settings.NotifyComments
	default:
		return false
	}
	return true
}

// takeChoices gives each choice its Markdown, or its day.
func (l *Look) takeChoices(earlier *Look) (taken bool) {
	columns := l.columnsOf(earlier)
	for i := range l.Poll.Choices {
		if columns[i] < 0 {
			continue
		}
		now, then := &l.Poll.Choices[i], earlier.Poll.Choices[columns[i]]
		if then.Markdown != "" && l.Poll.Kind == Classic {
			now.Markdown, taken = then.Markdown, true
		}
		if then.Date != "" && now.Date == "" {
			now.Date, now.Label, taken = then.Date, "", true
		}
	}
	return taken
}

// takeVotes puts each answer below the choice that it was given to. A newer
// choice has no answers.
func (l *Look) takeVotes(earlier *Look) bool {
	if earlier.Poll.Votes == nil {
		return false
	}
	columns := l.columnsOf(earlier)
	if !slices.ContainsFunc(columns, func(column int) bool { return column >= 0 }) {
		return false
	}
	whole := l.same(earlier, PartChoices)
	l.Poll.Votes = []Vote{}
	for _, v := range earlier.Poll.Votes {
		if whole { // also a row that is longer or shorter than the head
			l.Poll.Votes = append(l.Poll.Votes, v)
			continue
		}
		answers := make([]Answer, len(columns))
		for i, column := range columns {
			answers[i] = Unknown
			if column >= 0 {
				answers[i] = v.Answer(column)
			}
		}
		l.Poll.Votes = append(l.Poll.Votes, Vote{v.Name, v.Date, answers})
	}
	return true
}

// columnsOf finds for each choice the same one in an earlier look, -1 if that
// does not have it.
func (l *Look) columnsOf(earlier *Look) []int {
	whole := l.same(earlier, PartChoices) && len(l.Poll.Choices) == len(earlier.Poll.Choices)
	columns, taken := make([]int, len(l.Poll.Choices)), make(map[int]bool)
	places := make(map[Choice][]int)
	for i, c := range earlier.Poll.Choices {
		places[c.identity()] = append(places[c.identity()], i)
	}
	for i, c := range l.Poll.Choices {
		columns[i] = -1
		if whole {
			columns[i] = i
			continue
		}
		for _, place := range places[c.identity()] {
			if !taken[place] {
				columns[i], taken[place] = place, true
				break
			}
		}
	}
	return columns
}

// identity is what every look sees of a choice.
func (c Choice) identity() Choice {
	if c.Date != "" {
		return Choice{Date: c.Date, Moment: c.Moment}
	}
	return Choice{Label: c.Label, Moment: c.Moment}
}

// takeTimes gives comments the times of the same comments in an earlier look.
func (p *Poll) takeTimes(then *Poll) (taken bool) {
	times := make(map[Comment][]string)
	for _, c := range then.Comments {
		key := Comment{Author: c.Author, Text: c.Text}
		times[key] = append(times[key], c.Date)
	}
	for i, c := range p.Comments {
		key := Comment{Author: c.Author, Text: c.Text}
		if known := times[key]; c.Date == "" && len(known) > 0 {
			p.Comments[i].Date, times[key], taken = known[0], known[1:], true
		}
	}
	return taken
}

// takeVoteTimes gives votes the times of those of the same names.
func (p *Poll) takeVoteTimes(then *Poll) (taken bool) {
	times := make(map[string][]string)
	for _, v := range then.Votes {
		times[v.Name] = append(times[v.Name], v.Date)
	}
	for i, v := range p.Votes {
		known := times[v.Name]
		if len(known) == 0 {
			continue
		}
		if v.Date == "" {
			p.Votes[i].Date = known[0]
		}
		times[v.Name], taken = known[1:], taken || p.Votes[i].Date != "" // they may have come with the votes
	}
	return taken
}

// A Taken is what was taken from one version.
type Taken struct {
	Saved time.Time
	Parts []Part // sorted
}

// Taken are the poll's Earlier parts by version, the newest first.
func (p *Poll) Taken() (all []Taken) {
	for _, part := range slices.Sorted(maps.Keys(p.Earlier)) {
		saved := p.Earlier[part]
		i := slices.IndexFunc(all, func(t Taken) bool { return t.Saved.Equal(saved) })
		if i < 0 {
			i, all = len(all), append(all, Taken{Saved: saved})
		}
		all[i].Parts = append(all[i].Parts, part)
	}
	slices.SortFunc(all, func(a, b Taken) int { return b.Saved.Compare(a.Saved) })
	return all
}
