package backup_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

// aPoll has five votes for each of four choices, and three comments.
func aPoll() framadatetest.Poll {
	p := framadatetest.Poll{ID: "AbCdEf1234567890", Admin: "AbCdEf1234567890Admin123", Poll: poll.Poll{
		Title: "Quand et où ?", Author: "Zoé", Description: "Le budget", Kind: poll.Classic, Expires: "2027-07-10",
		Choices: []poll.Choice{
			{Label: "salle", Markdown: "[salle](https://example.org/salle)"}, {Label: "plan", Markdown: "![plan](https://example.org/plan.png)"},
			{Label: "dehors", Markdown: "**dehors**"}, {Label: "ailleurs", Markdown: "ailleurs"},
		},
		Settings: poll.Settings{Mail: "zoe@example.org", Edit: poll.EditOwn},
	}}
	for _, name := range []string{"Ada", "Bob", "Chloé", "Dora", "Eve"} {
		p.Votes = append(p.Votes, poll.Vote{Name: name, Answers: []poll.Answer{poll.Yes, poll.No, poll.IfNeedBe, poll.Yes}})
	}
	for _, text := range []string{"un", "deux", "trois"} {
		p.Comments = append(p.Comments, poll.Comment{Author: "Ada", Date: "2026-11-22T11:01", Text: text})
	}
	return p
}

var (
	byAdmin  = backup.Document{ID: "AbCdEf1234567890", Locator: "AbCdEf1234567890Admin123/admin"}
	byPublic = backup.Document{ID: "AbCdEf1234567890"}
)

// versions are the suspicions of all that were saved.
func (w *world) versions() (words []string) {
	for _, v := range w.records()["AbCdEf1234567890"].Versions {
		words = append(words, v.Suspect)
	}
	return words
}

// A step changes the poll, and has a run look at it by a link.
type step struct {
	change func(*framadatetest.Poll)
	by     backup.Document
	want   []string // the suspicions of all versions afterwards
}

func (w *world) walk(t *testing.T, steps []step) {
	t.Helper()
	w.polls.Add(aPoll())
	for i, s := range steps {
		if s.change != nil {
			w.polls.Change(byPublic.ID, s.change)
		}
		for _, again := range []bool{false, true} {
			w.backup(s.by)
			if got := w.versions(); !slices.Equal(got, s.want) {
				t.Fatalf("after step %d, again %t: versions are %q, want %q", i, again, got, s.want)
			}
		}
	}
}

const sound = ""

// TestWhatALookCannotSeeIsNoChange: the other link, or the end of the poll,
// shows less.
func TestWhatALookCannotSeeIsNoChange(t *testing.T) {
	on := true
	expire := func(p *framadatetest.Poll) { p.Settings.Expired, p.Purge = &on, "2027-09-08" }
	hide := func(p *framadatetest.Poll) { p.Settings.Hidden = &on }
	comment := func(p *framadatetest.Poll) {
		p.Comments = append(p.Comments, poll.Comment{Author: "Bob", Date: "2026-11-23T11:01", Text: "et alors ?"})
	}
	endless := func(p *framadatetest.Poll) { p.Expires = "" }
	long := func(p *framadatetest.Poll) {
		for i := range p.Votes {
			p.Votes[i].Name += strings.Repeat("x", 300)
		}
	}
	fault := func(f framadatetest.Fault) func(*framadatetest.Poll) {
		return func(p *framadatetest.Poll) { comment(p); p.Fault = f }
	}
	sure := func(p *framadatetest.Poll) { p.Fault = framadatetest.None }
	one, two, three := []string{sound}, []string{sound, sound}, []string{sound, sound, sound}
	for name, steps := range map[string][]step{
		"the public link after the admin's":  {{nil, byAdmin, one}, {nil, byPublic, one}, {nil, byAdmin, one}},
		"the admin's link shows more":        {{nil, byPublic, one}, {nil, byAdmin, two}, {nil, byPublic, two}, {nil, byAdmin, two}},
		"the end of the poll":                {{nil, byAdmin, one}, {expire, byAdmin, one}, {nil, byPublic, one}},
		"the end of a poll without its day":  {{nil, byPublic, one}, {expire, byPublic, two}, {nil, byPublic, two}},
		"a change, seen by the public link":  {{nil, byAdmin, one}, {comment, byPublic, two}, {nil, byAdmin, two}, {comment, byAdmin, three}},
		"a change after the end":             {{nil, byAdmin, one}, {expire, byAdmin, one}, {comment, byAdmin, two}, {nil, byPublic, two}},
		"settings alone are more":            {{endless, byPublic, one}, {nil, byAdmin, two}, {nil, byPublic, two}},
		"long votes that are hidden later":   {{long, byAdmin, one}, {hide, byPublic, two}},
		"a table that differs for a while":   {{nil, byAdmin, one}, {fault(framadatetest.Differs), byAdmin, []string{sound, "page-and-table-differ"}}, {sure, byAdmin, []string{sound, "page-and-table-differ", sound}}, {nil, byPublic, []string{sound, "page-and-table-differ", sound}}},
		"votes that are hidden later":        {{nil, byAdmin, one}, {hide, byPublic, two}, {nil, byAdmin, two}, {comment, byPublic, three}},
		"votes that were hidden from before": {{hide, byPublic, []string{"votes-hidden"}}, {nil, byAdmin, []string{"votes-hidden", sound}}, {nil, byPublic, []string{"votes-hidden", sound}}},
	} {
		t.Run(name, func(t *testing.T) { newWorld(t).walk(t, steps) })
	}
}

// TestVotesThatFitNoMoreAreNotTakenForKnown: hidden votes that were seen are
// those for other choices.
func TestVotesThatFitNoMoreAreNotTakenForKnown(t *testing.T) {
	newWorld(t).walk(t, []step{{nil, byAdmin, []string{sound}}, {func(p *framadatetest.Poll) {
		on := true
		p.Settings.Hidden = &on
		p.Choices = append(p.Choices, poll.Choice{Label: "new", Markdown: "new"})
	}, byPublic, []string{sound, "votes-hidden"}}})
}

func TestPollThatLostMuchIsSuspect(t *testing.T) {
	without := func(n int) func(*framadatetest.Poll) {
		return func(p *framadatetest.Poll) { p.Votes = p.Votes[n:] }
	}
	column := func(p *framadatetest.Poll) {
		p.Choices = p.Choices[1:]
		for i := range p.Votes {
			p.Votes[i].Answers = p.Votes[i].Answers[1:]
		}
	}
	for name, c := range map[string]struct {
		change func(*framadatetest.Poll)
		want   string
	}{
		"a column": {column, backup.ChoicesLost},
		"a column, and another came": {func(p *framadatetest.Poll) {
			column(p)
			p.Choices = append(p.Choices, poll.Choice{Label: "new", Markdown: "new"})
		}, backup.ChoicesLost},
		"a column that came": {func(p *framadatetest.Poll) { p.Choices = append(p.Choices, poll.Choice{Label: "new", Markdown: "new"}) }, sound},
		"a vote":             {without(1), sound},
		"two votes":          {without(2), sound},
		"three votes":        {without(3), backup.VotesLost},
		"all votes":          {without(5), backup.VotesLost},
		"votes, and others came": {func(p *framadatetest.Poll) {
			without(3)(p)
			p.Votes = append(p.Votes, aPoll().Votes[0], poll.Vote{Name: "x"}, poll.Vote{Name: "y"})
		}, sound},
		"all votes and comments":        {func(p *framadatetest.Poll) { p.Votes, p.Comments = nil, nil }, backup.Emptied},
		"all comments":                  {func(p *framadatetest.Poll) { p.Comments = nil }, backup.CommentsLost},
		"a comment":                     {func(p *framadatetest.Poll) { p.Comments = p.Comments[1:] }, sound},
		"its title, and its author":     {func(p *framadatetest.Poll) { p.Title, p.Author = "x", "y" }, sound},
		"some answers, which is no one": {func(p *framadatetest.Poll) { p.Votes[0].Answers[0] = poll.Unknown }, sound},
	} {
		for _, by := range []backup.Document{byAdmin, byPublic} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t)
				w.walk(t, []step{{nil, by, []string{sound}}, {c.change, by, []string{sound, c.want}}})
				if record := w.records()[byPublic.ID]; c.want != sound && record.NewestSound() != &record.Versions[0] {
					t.Error("the good version is not the one to restore")
				}
			})
		}
	}
}

// TestLossBesideAPoorerLookIsFound: the votes were last seen by another link.
func TestLossBesideAPoorerLookIsFound(t *testing.T) {
	on, off := true, false
	newWorld(t).walk(t, []step{
		{nil, byAdmin, []string{sound}},
		{func(p *framadatetest.Poll) { p.Settings.Hidden = &on }, byPublic, []string{sound, sound}},
		{func(p *framadatetest.Poll) { p.Settings.Hidden, p.Votes = &off, p.Votes[3:] }, byPublic, []string{sound, sound, backup.VotesLost}},
	})
}
