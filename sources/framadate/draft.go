package framadate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources"
)

// What the forms of Framadate 1.1 and 1.2-alpha1 take at most.
const (
	maxName   = 64     // characters of a voter's and a commentator's name
	maxAuthor = 32     // of the organiser's
	maxText   = 65_535 // bytes of any text
	maxFields = 1000   // of a form, as PHP is set up
	maxDays   = 366
	maxWide   = 255 // columns of a vote, with 1.2

	longest = 180 // days that a poll lives, where the operator has not chosen
)

// ErrTooLarge is matched by the error of an Import for a poll that has more
// choices, or longer texts, than a Framadate's forms take.
var ErrTooLarge = errors.New("larger than the server's forms take")

// ErrNoDays is matched by the error of an Import for a poll of days that were
// saved in words that padsync does not understand, or not in order.
var ErrNoDays = errors.New("the days of the poll are not certain")

// A draft is a poll as a server's forms take it and as it will read back.
type draft struct {
	poll.Poll
	losses   []sources.Loss
	id       string // that is asked for; "": the server's choice
	password string
	wide     bool            // the server stores what is beyond Unicode's first plane
	taken    map[string]bool // names and comments, collated
	numbers  map[string]int  // that were added to these
}

// A target is what a draft depends on besides the poll.
type target struct {
	wide           bool
	password, mail string // of the new poll; "" for the mail: what was saved
}

// draftOf makes the draft of a saved poll.
func draftOf(saved *poll.Poll, t target) (*draft, error) {
	d := &draft{
		Poll: poll.Poll{Kind: saved.Kind}, wide: t.wide, taken: make(map[string]bool), numbers: make(map[string]int),
		losses: []sources.Loss{LossLinks, LossOptions, LossTimes},
	}
	d.Title = d.name(saved.Title, maxText)
	d.Author = d.name(saved.Author, maxAuthor)
	d.Description = d.letters(newlines(saved.Description))
	if err := d.takeChoices(saved.Choices); err != nil {
		return nil, err
	}
	d.takeVotes(saved.Votes)
	d.takeComments(saved.Comments)
	d.takeSettings(saved, t)
	d.takeExpiry(saved, time.Now())
	if fromPollaris(saved) {
		d.takePollaris(saved, time.Now())
	}
	return d, d.checkSize()
}

// keeps says that the poll gets this id.
func (d *draft) keeps(id string) {
	d.id = id
	d.losses[slices.Index(d.losses, LossLinks)] = LossAdmin
}

// renounces says that the poll gets an id of the server's choice.
func (d *draft) renounces() {
	d.id = ""
	d.losses[slices.Index(d.losses, LossAdmin)] = LossLinks
}

func (d *draft) loses(l sources.Loss) {
	if !slices.Contains(d.losses, l) {
		d.losses = append(d.losses, l)
	}
}

// letters writes what the server cannot store as numbers. Up to 1.1 it would
// answer 500, or nothing at all where it is set up in another way.
func (d *draft) letters(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r <= 0xffff || d.wide {
			b.WriteRune(r)
			continue
		}
		d.loses(LossEmoji)
		fmt.Fprintf(&b, "&#%d;", r)
	}
	return b.String()
}

// solid avoids what PHP calls empty.
func solid(s string) string {
	switch s {
	case "":
		return "?"
	case "0":
		return "(0)"
	}
	return s
}

// trimPHP takes off what PHP's trim does.
func trimPHP(s string) string { return strings.Trim(s, " \t\r\n\x00\v") }

func (d *draft) name(saved string, size int) string {
	name := solid(trimPHP(cut(trimPHP(d.letters(saved)), size)))
	if name != trimPHP(d.letters(saved)) {
		d.loses(LossNames)
	}
	return name
}

func cut(s string, size int) string {
	if utf8.RuneCountInString(s) <= size {
		return s
	}
	return string([]rune(s)[:size])
}

func (d *draft) takeChoices(saved []poll.Choice) error {
	days, before := 0, ""
	for i, c := range saved {
		if d.Kind == poll.Classic {
			raw := c.Markdown
			if raw == "" {
				raw = c.Label
			}
			d.Choices = append(d.Choices, poll.Choice{Markdown: solid(d.choice(raw, raw))})
			continue
		}
		day, err := d.day(c)
		if err != nil || day < before {
			return fmt.Errorf("%w (choice %d)", ErrNoDays, i+1)
		}
		if day != before {
			days++
		}
		before = day
		d.Choices = append(d.Choices, poll.Choice{Date: day, Moment: d.moment(c.Moment)})
	}
	for i, c := range d.Choices {
		// A moment without words is no moment, which only a day without others
		// has.
		if c.Moment == "" && d.Kind == poll.Date && d.sharesDay(i) {
			d.Choices[i].Moment = solid("")
			d.loses(LossChoices)
		}
	}
	if fields := len(d.Choices) + days + 3; fields > maxFields || days > maxDays {
		return fmt.Errorf("%w: %d choices", ErrTooLarge, len(d.Choices))
	}
	if len(d.Choices) > maxWide && d.wide {
		return fmt.Errorf("%w: %d choices, where Framadate 1.2 takes %d", ErrTooLarge, len(d.Choices), maxWide)
	}
	return nil
}

// day is a choice's day, from the words that were shown if nothing else is
// known.
func (d *draft) day(c poll.Choice) (string, error) {
	if c.Date != "" {
		return c.Date, nil
	}
	d.loses(LossDays)
	if day := purgeDate(c.Label, true); day != "" {
		return day, nil
	}
	return "", ErrNoDays
}

func (d *draft) sharesDay(i int) bool {
	return i > 0 && d.Choices[i-1].Date == d.Choices[i].Date || i+1 < len(d.Choices) && d.Choices[i+1].Date == d.Choices[i].Date
}

// moment also avoids the comma, at which the server would split it. The server
// writes the same in its place where a column is added in the browser.
func (d *draft) moment(saved string) string {
	if saved = trimPHP(saved); saved == "" {
		return ""
	}
	return solid(d.choice(saved, strings.ReplaceAll(saved, ",", "-")))
}

// choice avoids what PHP's strip_tags would take for a tag.
func (d *draft) choice(saved, s string) string {
	var b strings.Builder
	for i, r := range s {
		if next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):]); r == '<' && !unicode.IsSpace(next) {
			r = '‹'
		}
		b.WriteRune(r)
	}
	s = b.String()
	if s != saved || s != solid(s) {
		d.loses(LossChoices)
	}
	return d.letters(s)
}

func (d *draft) takeVotes(saved []poll.Vote) {
	d.Votes = []poll.Vote{}
	if saved == nil {
		d.loses(LossVotes)
	}
	for _, v := range saved {
		if len(v.Answers) == 0 { // no form sends none
			v.Answers = slices.Repeat([]poll.Answer{poll.Unknown}, len(d.Choices))
		}
		v.Name = d.unique(d.name(v.Name, maxName))
		d.Votes = append(d.Votes, v)
	}
}

// unique adds a number to a name that the server would take for one that has
// voted before.
func (d *draft) unique(name string) string { return d.free("", name, maxName, LossNames) }

// free is the text, if need be with the first number that makes it differ from
// all earlier ones of this owner.
func (d *draft) free(owner, text string, size int, l sources.Loss) string {
	key := func(s string) string { return d.collated(owner + strings.TrimRight(s, " ")) }
	free := text
	for d.taken[key(free)] {
		d.loses(l)
		d.numbers[key(text)]++
		number := " (" + strconv.Itoa(d.numbers[key(text)]+1) + ")"
		free = trimPHP(cut(text, size-len(number))) + number
	}
	d.taken[key(free)] = true
	return free
}

// collated is the same for names that a server's database may take for one.
// Framadate 1.1's is utf8mb3_general_ci, which ignores case and accents (in
// composed letters); others ignore combining accents and take all emoji for
// one.
func (d *draft) collated(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'ß' || r == 'ẞ':
			return 'S'
		case unicode.Is(unicode.Hangul, r):
			return r
		case d.wide && r > 0xffff:
			return unicode.ReplacementChar
		case d.wide && unicode.Is(unicode.Mn, r):
			return -1
		}
		letter, _ := utf8.DecodeRuneInString(norm.NFD.String(string(r)))
		return unicode.ToUpper(letter)
	}, name)
}

// takeComments adds a number to a comment that its author has written before,
// as the server would drop it.
func (d *draft) takeComments(saved []poll.Comment) {
	d.Comments = []poll.Comment{}
	for _, c := range saved {
		author, text := d.name(c.Author, maxName), solid(d.letters(newlines(c.Text)))
		d.Comments = append(d.Comments, poll.Comment{Author: author, Text: d.free("\x00"+author+"\x00", text, maxText, LossRepeats)})
	}
}

// takeSettings never opens what was closed: a poll whose password is not
// known gets one that nobody knows. The admin link changes it.
func (d *draft) takeSettings(saved *poll.Poll, t target) {
	s, yes := saved.Settings, true
	told := func(b *bool) *bool { v := on(b); return &v }
	d.Settings = poll.Settings{Hidden: told(s.Hidden), Locked: told(s.Locked), Password: told(s.Password), Edit: cmp.Or(s.Edit, poll.EditOwn), Mail: cmp.Or(t.mail, s.Mail)}
	if s.Mail != "" && d.Settings.Mail != s.Mail {
		d.loses(LossMail)
	}
	if on(s.Password) {
		d.Settings.PublicResults = told(s.PublicResults)
		d.password = t.password
	}
	if on(s.Password) && t.password == "" {
		d.loses(LossPassword)
	}
	if saved.Votes == nil {
		d.Settings.Hidden = &yes
	}
	if onlyPublic(saved) {
		d.loses(LossPublic)
	}
}

// onlyPublic reports whether the save lacks what only an admin page has, and
// only before the end of the poll.
func onlyPublic(saved *poll.Poll) bool {
	if saved.Expires == "" && saved.Settings.Edit == "" {
		return true
	}
	if len(saved.Unseen)+len(saved.Earlier) == 0 {
		// It does not say: an older program saved it, or it was seen whole.
		return on(saved.Settings.Expired) && !fromPollaris(saved)
	}
	return slices.Contains(saved.Unseen, poll.PartDescriptionMarkdown) || slices.Contains(saved.Unseen, poll.PartChoicesMarkdown)
}

func on(b *bool) bool { return b != nil && *b }

// takeExpiry keeps the day if it is still to come; otherwise it gives the poll
// a new life. A server shifts days that it does not like.
func (d *draft) takeExpiry(saved *poll.Poll, now time.Time) {
	day := func(n int) string { return now.AddDate(0, 0, n).Format(time.DateOnly) }
	d.Expires = saved.Expires
	if d.Expires < day(0) {
		d.Expires = day(longest)
	}
	if d.Expires != saved.Expires || d.Expires <= day(1) || d.Expires > day(longest) {
		d.loses(LossExpiry)
	}
}

// checkSize: the server refuses with 500 what is more than the database takes,
// and by then there may be half a poll.
func (d *draft) checkSize() error {
	for _, text := range textsOf(&d.Poll) {
		if len(*text) > maxText {
			return fmt.Errorf("%w: a text of %d bytes", ErrTooLarge, len(*text))
		}
	}
	for _, v := range d.Votes {
		if len(v.Answers) > maxFields-3 || d.wide && len(v.Answers) > maxWide {
			return fmt.Errorf("%w: %d answers in a vote", ErrTooLarge, len(v.Answers))
		}
	}
	return nil
}
