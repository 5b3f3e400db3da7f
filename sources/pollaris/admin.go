package pollaris

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/internal/webpage"
	"github.com/padsync/padsync/sources"
)

// ErrAdminLink is matched by the error for an admin link that does not open its
// poll, which is there. It matches fs.ErrPermission.
var ErrAdminLink = fmt.Errorf("the poll is there, and its admin link is another one: %w", fs.ErrPermission)

// ErrNoPoll is matched by the error for an admin link that opens nothing, where
// nothing is at the address of its poll's id either. The poll is gone or, if its
// author chose another address, the link may be wrong: the server does not show
// which. It matches fs.ErrNotExist, as no poll has that id for its address now.
var ErrNoPoll = fmt.Errorf("neither the admin link nor the poll's id leads to a poll: %w", fs.ErrNotExist)

// forms are what two forms of the admin link hold: the poll as its author wrote
// it, and its options.
type forms struct {
	Title, Description string // the latter as its Markdown
	Author             string
	Expires            string // the closing date, "" for never
	Settings           poll.Settings
	Slug               string

	locator locator
}

func (f *forms) hidden() bool { return *f.Settings.Hidden }

// address is that of a page below the admin link. None of them changes anything
// when it is asked for.
func (l locator) address(page string) string { return "polls/" + l.id + "/" + l.token + "/" + page }

// fetchForms reads both forms.
func (s *Source) fetchForms(ctx context.Context, l locator) (*forms, error) {
	f := &forms{locator: l}
	if err := s.read(ctx, &s.organiser, l.address("settings"), f.readSettings); err != nil {
		return nil, fmt.Errorf("options of the poll: %w", err)
	}
	if err := s.read(ctx, &s.organiser, l.address("edit"), f.readEdit); err != nil {
		return nil, fmt.Errorf("texts of the poll: %w", err)
	}
	return f, nil
}

func (f *forms) readSettings(doc *goquery.Document) error {
	form := doc.Find(`form[name="poll_settings"]`)
	field := func(name string) *goquery.Selection { return form.Find(`[name="poll_settings[` + name + `]"]`) }
	is := func(name string) *bool {
		checked := field(name).Filter("[checked]").Length() > 0
		return &checked
	}
	f.Slug = field("slug").AttrOr("value", "")
	if form.Length() != 1 || !slugForm.MatchString(f.Slug) {
		return fmt.Errorf("%w: not the options of a poll", sources.ErrRefused)
	}
	public := *is("areResultsPublic")
	hidden, password := !public, is("isPasswordProtected")
	f.Settings = poll.Settings{
		Hidden: &hidden, Password: password,
		NoIfNeedBe: is("disableMaybe"), NoByDefault: is("voteNoByDefault"), NotifyVotes: is("notifyOnVotes"), NotifyComments: is("notifyOnComments"),
		Edit: map[string]poll.Edit{"no": poll.EditNone, "own": poll.EditOwn, "any": poll.EditAll}[field("editVoteMode").Filter("[checked]").AttrOr("value", "")],
	}
	if *password {
		f.Settings.PublicResults = is("isPasswordForVotesOnly")
	}
	if most, err := strconv.Atoi(field("maxVotes").AttrOr("value", "")); err == nil && most > 0 {
		f.Settings.MaxVotes = &most
	} else {
		f.Settings.MaxVotes = new(int)
	}
	return nil
}

func (f *forms) readEdit(doc *goquery.Document) error {
	form := doc.Find(`form[name="poll"]`)
	field := func(name string) *goquery.Selection { return form.Find(`[name="poll[` + name + `]"]`) }
	if form.Length() != 1 || field("title").Length() != 1 {
		return fmt.Errorf("%w: not the texts of a poll", sources.ErrRefused)
	}
	f.Title = trim(field("title").AttrOr("value", ""))
	f.Description = newlines(field("description").Text())
	f.Author = trim(field("authorName").AttrOr("value", ""))
	f.Settings.Mail = trim(field("authorEmail").AttrOr("value", ""))
	closed := field("closedAt").AttrOr("value", "")
	if f.Expires = isoDay(closed); f.Expires != closed {
		return fmt.Errorf("%w: a closing date that is none", sources.ErrRefused)
	}
	return nil
}

// isoDay is the day, "" for what is none.
func isoDay(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return ""
	}
	return t.Format(time.DateOnly)
}

// whichIsGone says of an admin link that leads to nothing what is known of its poll.
func (s *Source) whichIsGone(ctx context.Context, l locator) error {
	_, body, err := s.fetchPage(ctx, &s.visitor, l.id)
	switch {
	case err == nil:
		return errors.Join(ErrAdminLink, body.Close())
	case errors.Is(err, ErrPassword):
		return ErrAdminLink
	case errors.Is(err, fs.ErrNotExist):
		return ErrNoPoll
	}
	return err
}

// An adminPage is what the poll's admin page tells besides its forms.
type adminPage struct {
	Kind     poll.Kind
	Created  string
	Shown    string // the description, as Markdown again
	Comments []poll.Comment
	Votes    []castVote
}

// A castVote is a line of the admin page about a vote: a sentence, with the name in
// it, and perhaps when it was cast. The server does not tell the name alone.
type castVote struct{ Sentence, Date string }

// votedAt is when each vote was cast; before 1.2, in the words of the page.
func (a *adminPage) votedAt() (times []string) {
	for _, v := range a.Votes {
		times = append(times, cmp.Or(v.Date, v.Sentence))
	}
	return times
}

// fetchAdmin reads the admin page, once. The session has then seen it. Of a draft
// there is none.
func (s *Source) fetchAdmin(ctx context.Context, k *look, l locator) error {
	if k.admin != nil || k.draft {
		return nil
	}
	var read *adminPage
	var body *spool.Spool
	err := s.send(ctx, &s.organiser, l.address("admin"), nil, func(resp *http.Response) (err error) {
		if s.leads(resp, l.address("summary")) {
			k.draft = true
			return nil
		}
		body, err = s.readPage(resp, func(doc *goquery.Document) (err error) {
			read, err = parseAdmin(doc)
			return err
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("admin page of the poll: %w", err)
	}
	if body != nil {
		k.files.Hold(body)
	}
	k.admin, k.shownAdmin = read, body
	return nil
}

func parseAdmin(doc *goquery.Document) (*adminPage, error) {
	main := doc.Find("main").First()
	remembered, ok := main.Find("#remember_poll_admin").Attr("data-storage-entry-value")
	if !ok {
		return nil, fmt.Errorf("%w: not the admin page of a poll", sources.ErrRefused)
	}
	var entry struct{ Type, Date string }
	if json.Unmarshal([]byte(remembered), &entry) != nil || entry.Type != string(poll.Classic) && entry.Type != string(poll.Date) {
		return nil, fmt.Errorf("%w: not the admin page of a poll", sources.ErrRefused)
	}
	a := &adminPage{Kind: poll.Kind(entry.Type), Created: moment(entry.Date), Comments: []poll.Comment{}}
	a.Shown = webpage.Markdown(main.Find(".panel > p.text--bold + div.flow").First())
	main.Find("li").Each(func(_ int, line *goquery.Selection) {
		if line.ChildrenFiltered(`form[action*="/votes/"]`).Length() == 0 {
			return
		}
		said := line.ChildrenFiltered("span").First()
		a.Votes = append(a.Votes, castVote{trim(directText(said)), moment(said.Find("time").AttrOr("datetime", ""))})
	})
	main.Find(`article:has(form[action*="/comments/"])`).Each(func(_ int, s *goquery.Selection) {
		header := s.ChildrenFiltered("header")
		c := poll.Comment{Author: trim(header.Find("span").First().Text()), Date: moment(header.Find("time").AttrOr("datetime", ""))}
		header.Remove()
		s.ChildrenFiltered("form").Remove()
		c.Text = webpage.Markdown(s)
		a.Comments = append(a.Comments, c)
	})
	return a, nil
}

func directText(s *goquery.Selection) string {
	var b strings.Builder
	s.Contents().Each(func(_ int, c *goquery.Selection) {
		if goquery.NodeName(c) == "#text" {
			b.WriteString(c.Text())
		}
	})
	return b.String()
}

// A choiceForm is what the forms of the choices hold.
type choiceForm struct {
	Kind   poll.Kind
	Days   []string // sorted, of a poll of dates
	Labels []string // of a classic poll
	Slots  [][]string
	Words  []string // of the days that the slots are of
}

// fetchDates reads the days of a poll.
func (s *Source) fetchDates(ctx context.Context, k *look, l locator) error {
	c := &choiceForm{Kind: poll.Date}
	if err := s.read(ctx, &s.organiser, l.address("dates"), c.readDates); err != nil {
		return fmt.Errorf("days of the poll: %w", err)
	}
	k.choices = c
	return nil
}

// errUnfinished is for a draft whose author has not come to its choices.
var errUnfinished = fmt.Errorf("%w: a draft without choices", sources.ErrRefused)

// fetchChoices reads all choices of a poll whose page cannot be read. Where there are
// no such forms, the poll is there all the same.
func (s *Source) fetchChoices(ctx context.Context, k *look, l locator) error {
	err := s.fetchForm(ctx, k, l)
	if errors.Is(err, fs.ErrNotExist) || k.draft && isNoForm(err) {
		return errUnfinished
	}
	return err
}

// isNoForm says that the server answers, with something else than the form.
func isNoForm(err error) bool {
	return errors.Is(err, sources.ErrRefused) && !errors.Is(err, sources.ErrServer)
}

func (s *Source) fetchForm(ctx context.Context, k *look, l locator) error {
	if k.admin == nil || k.admin.Kind == poll.Date {
		err := s.fetchDates(ctx, k, l)
		if err == nil {
			if err = s.read(ctx, &s.organiser, l.address("slots"), k.choices.readSlots); err != nil {
				return fmt.Errorf("moments of the poll: %w", err)
			}
			return nil
		}
		if k.admin != nil || !errors.Is(err, fs.ErrNotExist) && !isNoForm(err) {
			return err
		}
	}
	k.choices = &choiceForm{Kind: poll.Classic}
	if err := s.read(ctx, &s.organiser, l.address("proposals"), k.choices.readProposals); err != nil {
		return fmt.Errorf("choices of the poll: %w", err)
	}
	return nil
}

func (c *choiceForm) readDates(doc *goquery.Document) error {
	values := fields(doc.Find(`form[name="poll_dates"]`), "poll_dates[dates]", "[value]")
	if len(values) == 0 {
		return fmt.Errorf("%w: not the days of a poll", sources.ErrRefused)
	}
	for _, value := range values {
		day := isoDay(value)
		if day == "" {
			return fmt.Errorf("%w: a day that is none", sources.ErrRefused)
		}
		c.Days = append(c.Days, day)
	}
	return nil
}

func (c *choiceForm) readSlots(doc *goquery.Document) error {
	doc.Find(`form[name="poll_slots"] fieldset`).Each(func(_ int, s *goquery.Selection) {
		c.Slots = append(c.Slots, fields(s, "poll_slots[dates]", "[label]"))
		c.Words = append(c.Words, trim(s.Find("legend").First().Text()))
	})
	if len(c.Slots) == 0 {
		return fmt.Errorf("%w: not the moments of a poll", sources.ErrRefused)
	}
	return nil
}

func (c *choiceForm) readProposals(doc *goquery.Document) error {
	c.Labels = fields(doc.Find(`form[name="poll_proposals"]`), "poll_proposals[proposals]", "[label]")
	if len(c.Labels) == 0 {
		return fmt.Errorf("%w: not the choices of a poll", sources.ErrRefused)
	}
	return nil
}

// fields are the values of a list in a form, without that which its script makes
// new ones from.
func fields(form *goquery.Selection, begin, end string) (values []string) {
	form.Find("input[name]").Each(func(_ int, s *goquery.Selection) {
		name := s.AttrOr("name", "")
		if strings.HasPrefix(name, begin) && strings.HasSuffix(name, end) && !strings.Contains(name, "__name__") {
			values = append(values, trim(s.AttrOr("value", "")))
		}
	})
	return values
}
