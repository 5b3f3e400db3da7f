package pollaristest

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/padsync/padsync/documents/poll"
)

const maxName = 100

func voteForm(p *Poll) *inputs {
	f := &inputs{Name: "vote"}
	f.add(input{Type: "text", Name: "authorName", Max: maxName, Required: true})
	if p.Password != "" && p.VotesOnly {
		f.add(input{Type: "password", Name: "password", Required: true})
	}
	for k := range p.Proposals {
		f.others = append(f.others, fmt.Sprintf("answers[%d][value]", k))
	}
	return f
}

func commentForm() *inputs {
	f := &inputs{Name: "comment", Class: "form--standard"}
	f.add(input{Type: "text", Name: "authorName", Max: maxName, Required: true})
	f.add(input{Type: "textarea", Name: "content", Required: true})
	return f
}

// takeVote stores a vote, a new one or another's new state, if the request
// sends one that will do.
func (v *visit) takeVote(p *Poll, edited *Vote, f *inputs) bool {
	if !v.submitted("vote") || !v.valid(f) {
		return false
	}
	vote := Vote{Name: v.fields.text("vote[authorName]"), Created: time.Now()}
	if edited != nil {
		vote.ID, vote.Created = edited.ID, edited.Created
	}
	if v.refusesName(p, edited, vote.Name) {
		f.refuse("authorName", v.words.Refused)
	}
	if p.Password != "" && p.VotesOnly && v.fields.value("vote[password]") != p.Password {
		f.refuse("password", v.words.Refused)
	}
	for k, value := range v.fields.list("vote[answers]", "[value]").values {
		a, ok := map[string]poll.Answer{"yes": poll.Yes, "maybe": poll.IfNeedBe, "no": poll.No, "": poll.Unknown}[value]
		full := a == poll.Yes && p.MaxVotes > 0 && p.count(k, poll.Yes) >= p.MaxVotes && (edited == nil || edited.answer(k) != poll.Yes)
		if !ok || a == poll.IfNeedBe && p.NoMaybe || full {
			f.refuse("", v.words.Refused)
			continue
		}
		vote.set(k, a)
	}
	if f.refused {
		return false
	}
	if edited != nil {
		*edited = vote
	} else {
		vote.ID = v.hex20()
		p.Votes = append(p.Votes, vote)
		v.mail(p, p.NotifyVotes)
	}
	v.session.votes[p.ID], v.session.flash = vote.ID, "vote"
	return true
}

// refusesName: since 1.2 a poll has no two votes of one name.
func (v *visit) refusesName(p *Poll, edited *Vote, name string) bool {
	twin := func(other Vote) bool {
		return strings.EqualFold(other.Name, name) && (edited == nil || other.ID != edited.ID)
	}
	return name == "" || utf8.RuneCountInString(name) > maxName || v.options.Dialect == V12 && slices.ContainsFunc(p.Votes, twin)
}

func (v *visit) takeComment(p *Poll, f *inputs) bool {
	if !v.submitted("comment") || !v.valid(f) {
		return false
	}
	c := Comment{Author: v.fields.text("comment[authorName]"), Text: v.fields.text("comment[content]"), Created: time.Now()}
	if c.Author == "" || utf8.RuneCountInString(c.Author) > maxName {
		f.refuse("authorName", v.words.Refused)
	}
	if c.Text == "" {
		f.refuse("content", v.words.Refused)
	}
	if f.refused {
		return false
	}
	v.rows++
	c.ID = v.rows
	p.Comments = append(p.Comments, c)
	v.mail(p, p.NotifyComments)
	v.session.flash = "comment"
	return true
}

// mail sends the organiser one, if there is an address.
func (v *visit) mail(p *Poll, wanted bool) {
	if wanted && p.Mail != "" {
		v.mails++
	}
}

// editVote shows a vote to whoever has its link, and changes it.
func (v *visit) editVote(slug, id string) {
	p := v.bySlug(slug)
	if p == nil || !slices.ContainsFunc(p.Votes, func(vote Vote) bool { return vote.ID == id }) {
		v.notFound()
		return
	}
	edited := &p.Votes[slices.IndexFunc(p.Votes, func(vote Vote) bool { return vote.ID == id })]
	f := voteForm(p)
	f.Groups[0].Inputs[0].Value = edited.Name
	switch {
	case !v.mayRead(p):
		v.redirect(v.authenticatePath(p))
	case v.closed(p), p.Edit == No && !v.isAdmin(p):
		v.redirect(v.pollPath(p))
	case v.takeVote(p, edited, f):
		v.redirect(v.pollPath(p))
	default:
		v.showPoll(p, edited, f, nil)
	}
}
