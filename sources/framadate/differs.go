package framadate

import (
	"slices"

	"github.com/padsync/padsync/documents/poll"
)

// differs names the first part of a poll that differs from the draft, "" if
// none does. Labels are made from the rest, and times are the server's.
func (d *draft) differs(got *poll.Poll) string {
	switch {
	case got.Title != d.Title:
		return "title"
	case got.Author != d.Author:
		return "organiser"
	case got.Description != d.Description:
		return "description"
	case !slices.EqualFunc(d.Choices, got.Choices, sameChoice):
		return "choices"
	case !slices.EqualFunc(d.Votes, got.Votes, sameVote):
		return "votes"
	case !slices.EqualFunc(d.Comments, got.Comments, sameComment):
		return "comments"
	case !d.sameSettings(got.Settings):
		return "settings"
	}
	return ""
}

func sameChoice(a, b poll.Choice) bool {
	return a.Date == b.Date && a.Moment == b.Moment && a.Markdown == b.Markdown
}

func sameVote(a, b poll.Vote) bool { return a.Name == b.Name && slices.Equal(a.Answers, b.Answers) }

func sameComment(a, b poll.Comment) bool { return a.Author == b.Author && a.Text == b.Text }

// sameSettings: a locked poll's page does not say who may change votes.
func (d *draft) sameSettings(got poll.Settings) bool {
	return on(got.Hidden) == on(d.Settings.Hidden) && on(got.Password) == on(d.Settings.Password) &&
		on(got.PublicResults) == on(d.Settings.PublicResults) && got.Mail == d.Settings.Mail &&
		(on(got.Locked) || got.Edit == d.Settings.Edit)
}
