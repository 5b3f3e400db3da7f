package pollaristest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/documents/poll"
)

// A Poll is one poll of the server, as its database has it. Whatever is zero
// and cannot be is made by Put.
type Poll struct {
	ID    string // 20 digits, of 0–9 and a–f, as the token
	Token string // an admin's
	Slug  string // "": the ID

	Kind        poll.Kind
	Title       string
	Description string // Markdown
	Author      string
	Mail        string // the author's address
	Locale      string // in which it was made, such as "fr_FR"

	// Proposals are in the order of the database, which for those of dates is
	// not that of the page: there, dates are sorted.
	Proposals []Proposal
	Votes     []Vote
	Comments  []Comment

	Closes    string // the last day of voting, "2026-11-30"; "": none
	Password  string
	VotesOnly bool // the password is for voting alone
	Hidden    bool // results are shown to the admin alone
	Edit      Edit // "": Own
	MaxVotes  int  // how many may say yes to one proposal; 0: any number

	NoMaybe, NoByDefault        bool
	NotifyVotes, NotifyComments bool
	Draft                       bool // it was never published

	Created time.Time
	Fault   Fault

	days   []day
	number int // in the order of making
}

// A Proposal is one column.
type Proposal struct {
	ID    int
	Date  string // of a date poll: "2026-10-25"
	Label string

	day int // the id of its date
}

// A day is a date of a poll, which may be there twice.
type day struct {
	id    int
	value string
}

// A Vote is one row. Its answers are those to the poll's Proposals, in their
// order; beyond the last it gave none.
type Vote struct {
	ID      string
	Name    string
	Answers []poll.Answer
	Created time.Time // counts in seconds: the order of two within one is no order
}

// A Comment is one comment.
type Comment struct {
	ID      int
	Author  string
	Text    string // Markdown
	Created time.Time
}

// An Edit says who may change a vote.
type Edit string

const (
	Own Edit = "own" // who has its link
	No  Edit = "no"
	Any Edit = "any" // whoever sees the page; since 1.2
)

// A Fault is what is wrong with a poll.
type Fault int

const (
	None    Fault = iota
	Broken        // 500 where it is shown
	Differs       // the CSV has a vote that the page has not
	NoTable       // the CSV is 404, though the results are shown
)

// complete gives a poll what the server gives it.
func (s *Server) complete(p *Poll) {
	if p.number == 0 {
		s.rows++
		p.number = s.rows
	}
	p.ID = cmp.Or(p.ID, s.hex20())
	p.Token = cmp.Or(p.Token, s.hex20())
	p.Slug = cmp.Or(p.Slug, p.ID)
	p.Kind = cmp.Or(p.Kind, poll.Classic)
	p.Edit = cmp.Or(p.Edit, Own)
	p.Locale = cmp.Or(p.Locale, english)
	if p.Created.IsZero() {
		p.Created = made
	}
	for i := range p.Proposals {
		s.completeProposal(p, &p.Proposals[i])
	}
	if !p.Draft {
		p.days = slices.DeleteFunc(p.days, func(d day) bool { return len(p.ofDay(d.id)) == 0 })
	}
	for i := range p.Votes {
		v := &p.Votes[i]
		v.ID = cmp.Or(v.ID, s.hex20())
		if v.Created.IsZero() {
			v.Created = p.Created.Add(time.Duration(i+1) * time.Second)
		}
	}
	for i := range p.Comments {
		c := &p.Comments[i]
		c.ID = cmp.Or(c.ID, i+1)
		if c.Created.IsZero() {
			c.Created = p.Created.Add(time.Duration(i+1) * time.Second)
		}
	}
}

// made is when polls of tests were.
var made = time.Date(2026, 9, 30, 8, 0, 0, 0, time.UTC)

func (s *Server) completeProposal(p *Poll, proposal *Proposal) {
	if proposal.ID == 0 {
		s.rows++
		proposal.ID = s.rows
	}
	s.rows = max(s.rows, proposal.ID)
	if p.Kind != poll.Date {
		return
	}
	if i := slices.IndexFunc(p.days, func(d day) bool { return d.id == proposal.day && d.value == proposal.Date }); i >= 0 {
		return
	}
	if i := slices.IndexFunc(p.days, func(d day) bool { return d.value == proposal.Date }); i >= 0 {
		proposal.day = p.days[i].id
		return
	}
	proposal.day = s.addDay(p, proposal.Date)
}

func (s *Server) addDay(p *Poll, value string) int {
	s.rows++
	p.days = append(p.days, day{s.rows, value})
	return s.rows
}

func (p Poll) clone() Poll {
	p.Proposals, p.Comments, p.days = slices.Clone(p.Proposals), slices.Clone(p.Comments), slices.Clone(p.days)
	p.Votes = slices.Clone(p.Votes)
	for i := range p.Votes {
		p.Votes[i].Answers = slices.Clone(p.Votes[i].Answers)
	}
	return p
}

// columns are the indices of the proposals as pages show them.
func (p *Poll) columns() (columns []int) {
	for i := range p.Proposals {
		columns = append(columns, i)
	}
	slices.SortStableFunc(columns, func(i, j int) int { return strings.Compare(p.Proposals[i].Date, p.Proposals[j].Date) })
	return columns
}

// sortedDays are the dates as forms number them.
func (p *Poll) sortedDays() []day {
	days := slices.Clone(p.days)
	slices.SortStableFunc(days, func(d, e day) int { return strings.Compare(d.value, e.value) })
	return days
}

// ofDay are the indices of the proposals of a date, all in a poll without any.
func (p *Poll) ofDay(id int) (indices []int) {
	for i, proposal := range p.Proposals {
		if proposal.day == id {
			indices = append(indices, i)
		}
	}
	return indices
}

// labels are those of a date, or of a poll without any.
func (p *Poll) labels(day int) (labels []string) {
	for _, i := range p.ofDay(day) {
		labels = append(labels, p.Proposals[i].Label)
	}
	return labels
}

func (p *Poll) removeDay(id int) {
	for _, k := range slices.Backward(p.ofDay(id)) {
		p.remove(k)
	}
	p.days = slices.DeleteFunc(p.days, func(d day) bool { return d.id == id })
}

// inOrder is by seconds. Within one the database has no order: here the last
// comes first.
func (p *Poll) inOrder() []*Vote {
	var votes []*Vote
	for i := range p.Votes {
		votes = append(votes, &p.Votes[i])
	}
	slices.Reverse(votes)
	slices.SortStableFunc(votes, func(v, w *Vote) int { return cmp.Compare(v.Created.Unix(), w.Created.Unix()) })
	return votes
}

func (v *Vote) answer(proposal int) poll.Answer {
	if proposal < len(v.Answers) && v.Answers[proposal] != "" {
		return v.Answers[proposal]
	}
	return poll.Unknown
}

func (v *Vote) set(proposal int, a poll.Answer) {
	for len(v.Answers) <= proposal {
		v.Answers = append(v.Answers, poll.Unknown)
	}
	v.Answers[proposal] = a
}

// count is how many gave an answer to a proposal.
func (p *Poll) count(proposal int, a poll.Answer) (n int) {
	for i := range p.Votes {
		if p.Votes[i].answer(proposal) == a {
			n++
		}
	}
	return n
}

// Swap swaps two proposals, and what was answered to them, in the order of the
// database.
func (p *Poll) Swap(i, j int) {
	p.Proposals[i], p.Proposals[j] = p.Proposals[j], p.Proposals[i]
	for n := range p.Votes {
		v := &p.Votes[n]
		a, b := v.answer(i), v.answer(j)
		v.set(i, b)
		v.set(j, a)
	}
}

// remove removes a proposal, and what was answered to it.
func (p *Poll) remove(proposal int) {
	p.Proposals = slices.Delete(p.Proposals, proposal, proposal+1)
	for i := range p.Votes {
		if v := &p.Votes[i]; proposal < len(v.Answers) {
			v.Answers = slices.Delete(v.Answers, proposal, proposal+1)
		}
	}
}

// closed is from the day after the last one on.
func (v *visit) closed(p *Poll) bool {
	return p.Closes != "" && v.options.Now().In(v.options.Zone).Format(time.DateOnly) > p.Closes
}
