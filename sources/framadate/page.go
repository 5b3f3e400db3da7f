package framadate

import (
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/webpage"
	"github.com/padsync/padsync/sources"
)

// A page is what a poll's page says, public or admin.
type page struct {
	poll.Poll        // without what only the table has
	publicID  string // as the server writes it
	adminID   string // "" on a public page
	control   string // sent with a vote for these choices
	french    bool   // then its dates, and its table, are read
	shown     shown
}

// results is the table of votes: not the first table, as a description in
// Markdown may have one too.
const results = "form#poll_form table.results"

// parsePage reads the page of a poll in any of the dialects. Its selectors hold
// from Framadate 1.0.3 to 1.2-alpha1; nothing is read from words of a language.
// An error matches fs.ErrNotExist for Framadate's page that a poll does not
// exist, ErrPassword for the page that asks for a password, and
// sources.ErrRefused for any other.
func parsePage(r io.Reader) (*page, error) {
	root, err := webpage.Parse(r)
	if err != nil {
		return nil, fmt.Errorf("%w: not a page: %w", sources.ErrRefused, err)
	}
	doc := goquery.NewDocumentFromNode(root)
	if doc.Find(results).Length() != 1 {
		return nil, notPoll(doc)
	}
	p := &page{
		french:  attr(doc.Selection, "html", "lang") == "fr",
		control: attr(doc.Selection, `form#poll_form input[name="control"]`, "value"),
	}
	if err := p.readIDs(doc); err != nil {
		return nil, err
	}
	p.readHead(doc)
	p.readChoices(doc)
	p.readVotes(doc)
	p.readComments(doc)
	p.readSettings(doc)
	return p, nil
}

// notPoll says which of Framadate's other pages this is. Status is 200 for
// all of them.
func notPoll(doc *goquery.Document) error {
	asks := func(_ int, form *goquery.Selection) bool {
		return form.Find(`input[name="poll"]`).Length() > 0 && form.Find(`input[name="password"]`).Length() > 0
	}
	if doc.Find("form").FilterFunction(asks).Length() > 0 {
		return ErrPassword
	}
	ours := doc.Find(`header select[name="lang"], link[href$="/css/datepicker3.css"]`).Length() > 0
	if ours && doc.Find("main div.alert.alert-warning h2").Length() > 0 && doc.Find("table").Length() == 0 {
		return fmt.Errorf("the server has no such poll: %w", fs.ErrNotExist)
	}
	return fmt.Errorf("%w: not a page of a poll", sources.ErrRefused)
}

func (p *page) readIDs(doc *goquery.Document) error {
	link, err := ParseAddress(attr(doc.Selection, "input#public-link", "value"))
	if err != nil {
		return fmt.Errorf("%w: a poll without its link", sources.ErrRefused)
	}
	p.publicID = link.ID
	if value, ok := doc.Find("input#admin-link").Attr("value"); ok {
		link, err := ParseAddress(value)
		if err != nil || link.Admin == "" {
			return fmt.Errorf("%w: a poll without its admin link", sources.ErrRefused)
		}
		p.adminID = link.Admin
	}
	return nil
}

// readHead reads what is above the table: from the admin page's form if it
// is there, as an expired poll has none, else as it is shown.
func (p *page) readHead(doc *goquery.Document) {
	p.Title = formOrText(doc, "input#newtitle", "#title-form h3")
	p.Author = formOrText(doc, "input#newname", "#name-form p.form-control-static")
	if p.adminID != "" {
		p.Settings.Mail = formOrText(doc, "input#admin_mail", "#email-form p")
		p.shown.mail = doc.Find("input#admin_mail, #email-form p").Length() > 0
	}
	description := doc.Find(".poll-description").First()
	p.shown.description = shownDescription(description)
	p.Description = p.shown.description
	p.shown.rawDescription = description.Is("pre") || p.Description == "" // the former up to 1.0.3
	if raw := doc.Find("textarea#newdescription"); raw.Length() > 0 {
		p.Description, p.shown.rawDescription = newlines(raw.Text()), true
	}
	p.Expires = readDate(attr(doc.Selection, "input#newexpirationdate", "value"), p.french)
}

// shownDescription is what is shown of the author's text: up to 1.0.3 the text
// itself, from 1.1 on what the server made of his Markdown, as Markdown again.
func shownDescription(shown *goquery.Selection) string {
	if shown.Is("pre") {
		return newlines(shown.Text())
	}
	return webpage.Markdown(shown)
}

func (p *page) readComments(doc *goquery.Document) {
	p.Comments = []poll.Comment{}
	doc.Find("#comments_list > form > div.comment").Each(func(_ int, s *goquery.Selection) {
		p.Comments = append(p.Comments, poll.Comment{
			Author: trim(s.ChildrenFiltered("b").First().Text()),
			Date:   commentDate(trim(s.ChildrenFiltered(".comment_date").Text())),
			Text:   newlines(s.ChildrenFiltered("span:not(.comment_date)").Last().Text()),
		})
	})
}

// commentDate reads 22-11-2026 11:01, which is so in French up to 1.1.19.
// What 1.2 writes instead has the month's name, and is left out.
func commentDate(s string) string {
	t, err := time.Parse("02-01-2006 15:04", s)
	if err != nil {
		return ""
	}
	return t.Format("2006-01-02T15:04")
}

func (p *page) readSettings(doc *goquery.Document) {
	s, has := &p.Settings, func(selector string) *bool {
		found := doc.Find(selector).Length() > 0
		return &found
	}
	over := doc.Find("main > div.alert.alert-danger:not([id])")
	p.Purge = purgeDate(trim(over.ChildrenFiltered("p").Last().Text()), p.french)
	expired := over.Length() > 0
	s.Expired = &expired
	if p.adminID == "" {
		// The words "results are hidden"; icons have a class.
		s.Hidden = has("h3:not(#title-form h3) > i:not([class])")
		s.Password = has(`.password_request input[name="password"]`)
		if *s.Password {
			s.PublicResults = s.Password
		} else if !*s.Expired {
			s.Locked = has("table.results:not(:has(#vote-form))")
		}
		return
	}
	// What is not there, as on pages of polls that are over, is not known.
	if *has("input#hidden") {
		s.Hidden = has("input#hidden[checked]")
	}
	if *has("#removePassword, #resultsPubliclyVisible") {
		s.Password = has("#removePassword")
	}
	if on(s.Password) {
		s.PublicResults = has("#resultsPubliclyVisible[checked]")
	}
	if rules, ok := doc.Find("select#rules option[selected]").Attr("value"); ok {
		locked := rules == "0"
		s.Locked = &locked
		s.Edit = map[string]poll.Edit{"1": poll.EditNone, "2": poll.EditAll, "3": poll.EditOwn}[rules]
	}
}

// formOrText is the value of an input, or else the text that stands directly
// in what shows it: the buttons beside it are elements of their own.
func formOrText(doc *goquery.Document, input, shown string) string {
	if value, ok := doc.Find(input).Attr("value"); ok {
		return trim(value)
	}
	return directText(doc.Find(shown).First())
}

func directText(s *goquery.Selection) string {
	var b strings.Builder
	s.Contents().Each(func(_ int, c *goquery.Selection) {
		if goquery.NodeName(c) == "#text" {
			b.WriteString(c.Text())
		}
	})
	return trim(newlines(b.String()))
}

func attr(s *goquery.Selection, selector, name string) string {
	return s.Find(selector).AttrOr(name, "")
}

// trim takes off the white space of the template.
func trim(s string) string { return strings.Trim(s, " \t\r\n") }

func newlines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// readVotes reads the rows of votes; the form and the totals are not among
// them.
func (p *page) readVotes(doc *goquery.Document) {
	p.Votes = []poll.Vote{}
	doc.Find(results + " > tbody > tr:not(#vote-form):not(#addition)").Each(func(_ int, row *goquery.Selection) {
		name := row.ChildrenFiltered("th.bg-info").First()
		if name.Length() == 0 {
			return
		}
		v := poll.Vote{Name: directText(name), Answers: []poll.Answer{}}
		row.ChildrenFiltered("td[headers]").Each(func(_ int, cell *goquery.Selection) {
			v.Answers = append(v.Answers, cellAnswer(cell))
		})
		p.Votes = append(p.Votes, v)
	})
}

func cellAnswer(cell *goquery.Selection) poll.Answer {
	switch {
	case cell.HasClass("bg-success"):
		return poll.Yes
	case cell.HasClass("bg-warning"):
		return poll.IfNeedBe
	case cell.HasClass("bg-danger"):
		return poll.No
	}
	return poll.Unknown
}
