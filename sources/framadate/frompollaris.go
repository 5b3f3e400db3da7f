package framadate

import (
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources"
)

// fromPollaris: no page of a Framadate tells of these rules, or a time with its zone.
func fromPollaris(saved *poll.Poll) bool {
	s := saved.Settings
	return s.NoIfNeedBe != nil || s.MaxVotes != nil || s.Draft != nil || slices.ContainsFunc(saved.Comments, func(c poll.Comment) bool {
		_, err := time.Parse(time.RFC3339, c.Date)
		return err == nil
	})
}

// takePollaris names what only a Pollaris has. Its choices are plain text, and its
// comments Markdown: here it is the other way round. It has no lock, but nobody votes
// once its last day is over.
func (d *draft) takePollaris(saved *poll.Poll, now time.Time) {
	s := saved.Settings
	if s.MaxVotes != nil && s.NotifyVotes != nil {
		d.losses = slices.DeleteFunc(d.losses, func(l sources.Loss) bool { return l == LossOptions })
	}
	if on(s.NoIfNeedBe) || on(s.NoByDefault) || on(s.NotifyVotes) || on(s.NotifyComments) || s.MaxVotes != nil && *s.MaxVotes > 0 {
		d.loses(LossRules)
	}
	if on(s.Draft) {
		d.loses(LossDraft)
	}
	marked := func(text string) bool { return strings.ContainsAny(text, "*_#<>[]`|~\\&") }
	if slices.ContainsFunc(saved.Comments, func(c poll.Comment) bool { return marked(c.Text) }) ||
		slices.ContainsFunc(saved.Choices, func(c poll.Choice) bool { return d.Kind == poll.Classic && marked(c.Label) }) {
		d.loses(LossMarkup)
	}
	over := on(s.Expired) || saved.Expires != "" && saved.Expires < now.Format(time.DateOnly)
	d.Settings.Locked = &over
}
