package pollaris

import (
	"cmp"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources"
)

// What the forms take at most.
const (
	maxName  = 100 // characters of a name
	maxLabel = 200 // of the title and a choice
	maxSlug  = 20

	// maxFields is of a form: PHP drops what comes behind 1,000, as it is set up.
	maxFields = 990

	aMonth = 31 // days that a poll is open while it is filled
)

// ErrTooLarge is matched by the error of an Import for a poll that has more choices
// than the forms take.
var ErrTooLarge = errors.New("larger than the server's forms take")

// ErrNoDays is matched by the error of an Import for a poll of days that were saved
// in words that padsync does not understand.
var ErrNoDays = errors.New("the days of the poll are not certain")

// A draft is a poll as the forms take it, and as it will read back.
type draft struct {
	poll.Poll
	losses   []sources.Loss
	slug     string // that is asked for; "": the server's choice
	password string
	opens    string          // the closing date while it is filled, "" for never
	taken    map[string]bool // names, as the server compares them
	numbers  map[string]int  // that were put behind these
}

// A target is what a draft depends on besides the poll.
type target struct {
	password, mail string // of the new poll; "" for the mail: what was saved
}

// draftOf makes the draft of a saved poll.
func draftOf(saved *poll.Poll, id string, t target) (*draft, error) {
	d := &draft{
		Poll: poll.Poll{Kind: saved.Kind}, taken: make(map[string]bool), numbers: make(map[string]int),
		losses: []sources.Loss{LossLinks, LossTimes, LossLocale},
	}
	if slugForm.MatchString(id) && len(id) <= maxSlug && !wizard(id) {
		d.slug, d.losses[0] = id, LossAdmin
	}
	d.Title = d.label(saved.Title)
	if d.Author = "?"; saved.Author != "" { // no page but the admin's tells it apart
		d.Author = d.name(saved.Author)
	}
	d.Description = text(saved.Description)
	if strings.ContainsAny(d.Description, "#`|<") || strings.Contains(d.Description, "![") {
		d.loses(LossMarkup)
	}
	order, err := d.takeChoices(saved.Choices)
	if err != nil {
		return nil, err
	}
	d.takeVotes(saved.Votes, order)
	d.takeComments(saved.Comments)
	d.takeSettings(saved, t)
	d.takeExpiry(saved, time.Now())
	return d, nil
}

// renounces says that the poll keeps the name that the server gave it.
func (d *draft) renounces() {
	d.slug = ""
	if i := slices.Index(d.losses, LossAdmin); i >= 0 {
		d.losses[i] = LossLinks
	}
}

func (d *draft) loses(l sources.Loss) {
	if !slices.Contains(d.losses, l) {
		d.losses = append(d.losses, l)
	}
}

// line is a text of one line, without what the server takes off its ends.
func line(s string) string {
	return trimmed(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' {
			return ' '
		}
		return r
	}, s))
}

// text may have several.
func text(s string) string {
	return trimmed(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' && r != '\n' {
			return -1
		}
		return r
	}, newlines(s)))
}

func trimmed(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.In(r, unicode.Z, unicode.Cc, unicode.Cf) })
}

func cut(s string, size int) string {
	if utf8.RuneCountInString(s) <= size {
		return s
	}
	return trimmed(string([]rune(s)[:size]))
}

// label is a title or a choice, which the server wants to have some text.
func (d *draft) label(saved string) string {
	label := cmp.Or(cut(line(saved), maxLabel), "?")
	if label != line(saved) {
		d.loses(LossCut)
	}
	return label
}

func (d *draft) name(saved string) string {
	name := cmp.Or(cut(line(saved), maxName), "?")
	if name != line(saved) {
		d.loses(LossNames)
	}
	return name
}

// takeChoices sorts days as the server does, and says where each choice was before.
func (d *draft) takeChoices(saved []poll.Choice) (order []int, err error) {
	if len(saved)+2 > maxFields { // a vote also has a name and a token
		return nil, fmt.Errorf("%w: %d choices", ErrTooLarge, len(saved))
	}
	for i, c := range saved {
		if d.Kind == poll.Classic {
			c = d.classic(c)
		} else if c, err = d.slot(c); err != nil {
			return nil, fmt.Errorf("%w (choice %d)", err, i+1)
		}
		d.Choices, order = append(d.Choices, c), append(order, i)
	}
	unsorted := d.Choices
	slices.SortStableFunc(order, func(i, j int) int { return strings.Compare(unsorted[i].Date, unsorted[j].Date) })
	d.Choices = nil
	for _, i := range order {
		d.Choices = append(d.Choices, unsorted[i])
	}
	return order, nil
}

// classic is a choice as plain text, which the server shows it as: its Markdown,
// where there is some, or the target of a link were lost.
func (d *draft) classic(c poll.Choice) poll.Choice {
	if c.Markdown != "" && c.Label != "" && c.Markdown != c.Label {
		d.loses(LossMarkup)
	}
	return poll.Choice{Label: d.label(cmp.Or(c.Markdown, c.Label))}
}

// slot is a choice of a day. Each has a moment, which the server calls "Day" if
// there is none.
func (d *draft) slot(c poll.Choice) (poll.Choice, error) {
	day := c.Date
	if day == "" {
		if day = dayInWords(c.Label, true); day == "" {
			return c, ErrNoDays
		}
		d.loses(LossDays)
	}
	if line(c.Moment) == "" {
		d.loses(LossSlots)
		return poll.Choice{Date: day, Moment: "Day"}, nil
	}
	return poll.Choice{Date: day, Moment: d.label(c.Moment)}, nil
}

// takeVotes puts each answer below its choice, where it is now.
func (d *draft) takeVotes(saved []poll.Vote, order []int) {
	d.Votes = []poll.Vote{}
	if saved == nil {
		d.loses(LossVotes)
	}
	for _, v := range saved {
		answers := make([]poll.Answer, len(order))
		for i, before := range order {
			if answers[i] = poll.Unknown; before < len(v.Answers) {
				answers[i] = v.Answers[before]
			}
		}
		if len(v.Answers) > len(order) {
			d.loses(LossAnswers)
		}
		d.Votes = append(d.Votes, poll.Vote{Name: d.unique(d.name(v.Name)), Answers: answers})
	}
}

// unique is the name, with the first number behind it that makes it another than
// all before, if need be: from 1.2 on the server takes each once, whatever its case.
func (d *draft) unique(name string) string {
	key := func(s string) string { return strings.ToLower(strings.ToUpper(s)) }
	free := name
	for d.taken[key(free)] {
		d.loses(LossNames)
		d.numbers[key(name)]++
		number := " (" + strconv.Itoa(d.numbers[key(name)]+1) + ")"
		free = cut(name, maxName-len(number)) + number
	}
	d.taken[key(free)] = true
	return free
}

// takeComments: what the server makes of a comment's text is all that it shows, and
// what was saved of another's is what that had made.
func (d *draft) takeComments(saved []poll.Comment) {
	d.Comments = []poll.Comment{}
	for _, c := range saved {
		d.Comments = append(d.Comments, poll.Comment{Author: d.name(c.Author), Text: cmp.Or(text(c.Text), "?")})
		if strings.ContainsAny(c.Text, "*_#<>[]`|~\\&") {
			d.loses(LossMarkup)
		}
	}
}

// takeSettings never opens what was closed: a poll whose password is not known gets
// one that nobody knows. The admin link changes it.
func (d *draft) takeSettings(saved *poll.Poll, t target) {
	s := saved.Settings
	told := func(b *bool) *bool { v := on(b); return &v }
	d.Settings = poll.Settings{
		Hidden: told(s.Hidden), Password: told(s.Password), Edit: cmp.Or(s.Edit, poll.EditOwn), Mail: cmp.Or(t.mail, s.Mail),
		NoIfNeedBe: told(s.NoIfNeedBe), NoByDefault: told(s.NoByDefault), NotifyVotes: told(s.NotifyVotes), NotifyComments: told(s.NotifyComments),
		MaxVotes: s.MaxVotes, Draft: told(s.Draft),
	}
	if s.MaxVotes == nil {
		d.Settings.MaxVotes = new(int)
	}
	if s.MaxVotes == nil || s.NotifyVotes == nil {
		d.loses(LossOptions)
	}
	if _, err := mail.ParseAddress(d.Settings.Mail); err != nil {
		d.Settings.Mail = ""
	}
	if s.Mail != "" && d.Settings.Mail != s.Mail {
		d.loses(LossMail)
	}
	if on(s.Password) {
		d.Settings.PublicResults, d.password = told(s.PublicResults), t.password
		if t.password == "" {
			d.loses(LossPassword)
		}
	}
	if saved.Votes == nil {
		hidden := true
		d.Settings.Hidden = &hidden
	}
	if onlyPublic(saved) {
		d.loses(LossPublic)
	}
}

// onlyPublic says whether what only an admin link tells was not saved. That of a
// locked poll of a Framadate does not tell who may change votes.
func onlyPublic(saved *poll.Poll) bool {
	return saved.Settings.Edit == "" && saved.Expires == "" ||
		slices.Contains(saved.Unseen, poll.PartDescriptionMarkdown) || slices.Contains(saved.Unseen, poll.PartChoicesMarkdown)
}

func on(b *bool) bool { return b != nil && *b }

// takeExpiry: a poll that is over stays so, and is open only while it is filled. The
// server's day may be another one than here.
func (d *draft) takeExpiry(saved *poll.Poll, now time.Time) {
	day := func(n int) string { return now.UTC().AddDate(0, 0, n).Format(time.DateOnly) }
	d.Expires = saved.Expires
	switch {
	case on(saved.Settings.Locked):
		d.Expires = day(-2)
		d.loses(LossLock)
	case saved.Expires == "" && on(saved.Settings.Expired):
		d.Expires = day(-2)
		d.loses(LossExpiry)
	case saved.Expires == "" && (onlyPublic(saved) || slices.Contains(saved.Unseen, poll.PartExpires)):
		d.loses(LossExpiry)
	}
	if d.opens = d.Expires; d.Expires != "" && d.Expires <= day(1) {
		d.opens = day(aMonth)
	}
}
