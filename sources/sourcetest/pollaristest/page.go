package pollaristest

import (
	"strconv"
	"strings"
	"time"

	"github.com/padsync/padsync/documents/poll"
)

type pollView struct {
	page
	*Poll
	Link      string // of the page, for people
	CSV       string // "": not shown
	Admin     string // the admin link, in the page of a session that saw that page
	Flash     string
	Pinned    string // the link of the vote that was just cast
	IsClosed  bool
	Editing   bool
	New       bool // V12
	IsDate    bool
	Seen      bool // the results
	Preferred bool // there is a first choice
	Days      []dayView
	Columns   []column
	Rows      []row
	Comments  []commentView
	Vote      *inputs // nil: no form
	Comment   *inputs
}

// A dayView is a day of the list of proposals, or one that has no day.
type dayView struct {
	Legend  string
	Columns []column
}

type column struct {
	ID, K                      int
	Label                      string
	Legend                     string
	Short, Weekday, Day, Month string
	Counts                     []answers
	Yes                        string // how many, "" for none
	Radios                     []radio
	Error                      string
}

// answers are those of one kind to a proposal.
type answers struct {
	Class string
	Words string
	Names []string
}

type radio struct {
	Class   string
	Words   string
	Checked bool
}

type row struct {
	Name, Edit string
	Cells      []answers // without names
}

type commentView struct {
	*Comment
	ISO, Words string
	Delete     string // path
	Token      string
}

// classes are the words for machines.
var classes = map[poll.Answer]string{poll.Yes: "yes", poll.IfNeedBe: "maybe", poll.No: "no"}

// poll answers with the page of a poll, and takes votes and comments.
func (v *visit) poll(slug string) {
	p := v.bySlug(slug)
	if !v.shows(p) {
		return
	}
	var vote, comment *inputs
	if !v.closed(p) {
		vote, comment = voteForm(p), commentForm()
		if v.takeVote(p, nil, vote) || v.takeComment(p, comment) {
			v.redirect(v.pollPath(p))
			return
		}
	}
	v.showPoll(p, nil, vote, comment)
}

// shows says whether a poll has a page for this visitor, or answers why not.
func (v *visit) shows(p *Poll) bool {
	switch {
	case p == nil, p.Draft:
		v.notFound()
	case !v.mayRead(p):
		v.redirect(v.authenticatePath(p))
	case p.Fault == Broken:
		v.broken()
	default:
		return true
	}
	return false
}

// showPoll shows the page, that of the change of a vote if there is one.
func (v *visit) showPoll(p *Poll, edited *Vote, vote, comment *inputs) {
	view := pollView{
		page: v.page(p.Title), Poll: p, Link: v.url(v.pollPath(p)),
		IsClosed: v.closed(p), Editing: edited != nil, New: v.options.Dialect == V12, IsDate: p.Kind == poll.Date,
		Seen: v.seesResults(p), Vote: vote, Comment: comment,
	}
	if view.Seen {
		view.CSV = v.pollPath(p) + ".csv"
	}
	if v.isAdmin(p) {
		view.Admin = v.adminPath(p, "admin")
	}
	if v.session != nil {
		view.Flash, v.session.flash = v.session.flash, ""
		if own := v.session.votes[p.ID]; own != "" && view.Flash == "vote" {
			view.Pinned = v.url(v.votePath(p, own))
		}
	}
	view.Columns = v.columns(p, edited)
	for _, c := range view.Columns {
		if n := len(view.Days); n == 0 || !view.IsDate || view.Days[n-1].Legend != c.Legend {
			view.Days = append(view.Days, dayView{Legend: c.Legend})
		}
		last := &view.Days[len(view.Days)-1]
		last.Columns = append(last.Columns, c)
		view.Preferred = view.Preferred || view.Seen && c.Yes != ""
	}
	for _, vote := range p.inOrder() {
		own := edited == vote || v.session != nil && v.session.votes[p.ID] == vote.ID
		if view.Seen || own {
			view.Rows = append(view.Rows, v.row(p, vote, edited == nil && v.mayEdit(p, vote)))
		}
	}
	view.Comments = v.comments(p)
	for _, f := range []*inputs{vote, comment} {
		if f != nil {
			f.Token = v.token(f.Name)
			if f.refused {
				v.status = 422
			}
		}
	}
	v.show("poll", view)
}

func (v *visit) columns(p *Poll, edited *Vote) (columns []column) {
	for _, i := range p.columns() {
		proposal := p.Proposals[i]
		c := column{ID: proposal.ID, K: i, Label: proposal.Label, Legend: v.words.date(proposal.Date, false)}
		c.Short = v.words.date(proposal.Date, true)
		if parts := strings.SplitN(c.Short, " ", 3); len(parts) == 3 {
			c.Weekday, c.Day, c.Month = parts[0], parts[1], parts[2]
		}
		for _, a := range []poll.Answer{poll.Yes, poll.IfNeedBe, poll.No} {
			given := answers{Class: classes[a], Words: v.words.answer(a)}
			for _, vote := range p.inOrder() {
				if vote.answer(i) == a {
					given.Names = append(given.Names, vote.Name)
				}
			}
			c.Counts = append(c.Counts, given)
			if a == poll.IfNeedBe && p.NoMaybe {
				continue
			}
			checked := edited == nil && p.NoByDefault && a == poll.No || edited != nil && edited.answer(i) == a
			c.Radios = append(c.Radios, radio{Class: given.Class, Words: given.Words, Checked: checked})
		}
		if n := len(c.Counts[0].Names); n > 0 {
			c.Yes = strconv.Itoa(n)
		}
		columns = append(columns, c)
	}
	return columns
}

func (v *visit) row(p *Poll, vote *Vote, editable bool) row {
	r := row{Name: vote.Name}
	if editable {
		r.Edit = v.votePath(p, vote.ID) + "#poll"
	}
	for _, i := range p.columns() {
		a := vote.answer(i)
		r.Cells = append(r.Cells, answers{Class: classes[a], Words: v.words.answer(a)})
	}
	return r
}

func (v *visit) votePath(p *Poll, vote string) string {
	return v.pollPath(p) + "/votes/" + vote + "/edit"
}

func (v *visit) comments(p *Poll) (comments []commentView) {
	for i := range p.Comments {
		c := &p.Comments[i]
		t := c.Created.In(v.options.Zone)
		comments = append(comments, commentView{Comment: c, ISO: t.Format(atom), Words: v.words.moment(t)})
	}
	return comments
}

// atom is PHP's: seconds and an offset, which is never Z.
const atom = "2006-01-02T15:04:05-07:00"

func (v *visit) iso(t time.Time) string { return t.In(v.options.Zone).Format(atom) }
