package pollaris

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/internal/webpage"
	"github.com/padsync/padsync/sources"
)

// ErrShadowed is matched by the error for a poll whose page nobody can open, as
// the server's own form to make polls has its address. It matches
// sources.ErrRefused.
var ErrShadowed = fmt.Errorf("%w: the server's own page has the poll's address", sources.ErrRefused)

// A page is what a poll's own page tells.
type page struct {
	poll.Poll
	Days    []string // of the choices, by the words of the page
	Results bool     // the votes are shown
	Table   bool     // there is a link to the table
	English bool     // then its words are read
}

// fetchPage gets the poll's page, and what it tells. The caller closes the body.
func (s *Source) fetchPage(ctx context.Context, in *session, slug string) (p *page, body *spool.Spool, err error) {
	err = s.send(ctx, in, "polls/"+slug, nil, func(resp *http.Response) error {
		if s.leads(resp, "polls/"+slug+"/authenticate") {
			return ErrPassword
		}
		body, err = s.readPage(resp, func(doc *goquery.Document) (err error) {
			p, err = parsePage(doc, slug)
			return err
		})
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("page of the poll: %w", err)
	}
	return p, body, nil
}

// parsePage reads the page of a poll, of any version from 0.7 on. Answers and all
// else but days are read from what the machine wrote. An error matches
// sources.ErrRefused.
func parsePage(doc *goquery.Document, slug string) (*page, error) {
	table := doc.Find("table.proposals-table").First()
	list := doc.Find("fieldset.panel--proposal")
	title := doc.Find("main h1").First()
	if title.Length() == 0 || table.Length()+list.Length() == 0 {
		return nil, fmt.Errorf("%w: not a page of a poll", sources.ErrRefused)
	}
	if link, ok := doc.Find("#poll-public-link").Attr("value"); ok {
		if a, err := ParseAddress(link); err != nil || a.Slug != slug {
			return nil, fmt.Errorf("%w: another poll", sources.ErrRefused)
		}
	}
	p := &page{English: isEnglish(doc)}
	p.Title = trim(title.Text())
	if shown := title.Next(); shown.Is("div.flow--small") {
		p.Description = webpage.Markdown(shown)
	}
	if err := p.readChoices(doc, table, list); err != nil {
		return nil, err
	}
	if err := p.readVotes(table); err != nil {
		return nil, err
	}
	p.readComments(doc)
	p.Table = doc.Find(`a.button[href$=".csv"]`).Length() > 0
	p.Results = p.Table || len(p.Votes) > 0 || doc.Find("#results").Length() > 0
	p.readSettings(doc)
	if !p.Results {
		p.Votes = nil // not shown, which is not none
	}
	return p, nil
}

func isEnglish(doc *goquery.Document) bool {
	return strings.HasPrefix(doc.Find("html").AttrOr("lang", ""), "en")
}

// readChoices takes them from the list, which has the days in full, and compares
// them with the heads of the table, whose columns the answers are in.
func (p *page) readChoices(doc *goquery.Document, table, list *goquery.Selection) error {
	p.Kind = poll.Classic
	if doc.Find("fieldset.panel--date").Length() > 0 {
		p.Kind = poll.Date
	}
	var labels []string
	list.Each(func(_ int, s *goquery.Selection) {
		labels = append(labels, trim(s.Find("legend").First().Text()))
		p.Days = append(p.Days, trim(s.Closest("fieldset.panel--date").Find("legend").First().Text()))
	})
	var heads, days []string
	table.Find(".proposal__label").Each(func(_ int, s *goquery.Selection) {
		heads = append(heads, trim(s.Text()))
		cell := s.Closest("th")
		days = append(days, trim(cell.Find(".proposal__day-month").First().Text()+" "+cell.Find(".proposal__month").First().Text()))
	})
	switch {
	case list.Length() == 0:
		labels, p.Days = heads, days
		if table.Find(".proposal__day-month").Length() > 0 {
			p.Kind = poll.Date
		}
	case table.Length() > 0 && !slices.Equal(labels, heads):
		return fmt.Errorf("%w: its table has other columns than its list", sources.ErrRefused)
	}
	if len(labels) == 0 {
		return fmt.Errorf("%w: a poll without choices", sources.ErrRefused)
	}
	for i, label := range labels {
		c := poll.Choice{Label: label}
		if p.Kind == poll.Date {
			c = poll.Choice{Moment: label, Date: dayInWords(p.Days[i], p.English)}
			if c.Date == "" {
				c.Label = p.Days[i]
			}
		}
		p.Choices = append(p.Choices, c)
	}
	return nil
}

// readVotes reads the rows that have a name: heads, sums and the visitor's own row
// have none.
func (p *page) readVotes(table *goquery.Selection) (err error) {
	p.Votes = []poll.Vote{}
	table.Find("tr").Each(func(_ int, row *goquery.Selection) {
		name := row.Find(".proposals-table__author:not(.proposals-table__author--new)").First()
		if name.Length() == 0 {
			return
		}
		v := poll.Vote{Name: trim(nameOf(name.Nodes[0])), Answers: []poll.Answer{}}
		row.ChildrenFiltered("td").Each(func(_ int, cell *goquery.Selection) {
			v.Answers = append(v.Answers, cellAnswer(cell))
		})
		if len(v.Answers) != len(p.Choices) {
			err = fmt.Errorf("%w: a vote of %d answers to %d choices", sources.ErrRefused, len(v.Answers), len(p.Choices))
		}
		p.Votes = append(p.Votes, v)
	})
	return err
}

// nameOf is the text of what shows a name, without the link to change the vote
// that may be beside it.
func nameOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for child := range n.ChildNodes() {
		switch child.Data {
		case "a":
			if child.Type == html.ElementNode && changesVote(child) {
				continue
			}
		case "button", "form", "svg":
			if child.Type == html.ElementNode {
				continue
			}
		}
		b.WriteString(nameOf(child))
	}
	return b.String()
}

// changesVote says whether a link leads to a vote. Others may be around a name.
func changesVote(a *html.Node) bool {
	return slices.ContainsFunc(a.Attr, func(at html.Attribute) bool { return at.Key == "href" && strings.Contains(at.Val, "/votes/") })
}

func cellAnswer(cell *goquery.Selection) poll.Answer {
	vote := cell.Find("span.vote").First()
	switch {
	case vote.HasClass("vote--yes"):
		return poll.Yes
	case vote.HasClass("vote--maybe"):
		return poll.IfNeedBe
	case vote.HasClass("vote--no"):
		return poll.No
	}
	return poll.Unknown
}

func (p *page) readComments(doc *goquery.Document) {
	p.Comments = []poll.Comment{}
	doc.Find(`main article[id^="comment-"]`).Each(func(_ int, s *goquery.Selection) {
		header := s.ChildrenFiltered("header")
		p.Comments = append(p.Comments, poll.Comment{
			Author: trim(header.Find("span").First().Text()),
			Date:   moment(header.Find("time").AttrOr("datetime", "")),
			Text:   webpage.Markdown(s.ChildrenFiltered("div.flow")),
		})
	})
}

// moment reads a time with its offset, and is "" for any other.
func moment(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 0 || t.Year() > 9999 {
		return ""
	}
	again := t.Format(time.RFC3339)
	if _, err := time.Parse(time.RFC3339, again); err != nil {
		return ""
	}
	return again
}

// readSettings reads what the page tells of the rules: while the poll is open, by
// its form to vote.
func (p *page) readSettings(doc *goquery.Document) {
	form := doc.Find(`form[name="vote"]`)
	is := func(b bool) *bool { return &b }
	open := form.Length() > 0
	p.Settings.Hidden = is(!p.Results)
	p.Settings.Expired = is(!open && doc.Find("main p.text--danger").Length() > 0)
	if doc.Find(`.proposals-table__author a[href*="/votes/"], tr:has(.proposals-table__author) > th a[href*="/votes/"]`).Length() > 0 {
		p.Settings.Edit = poll.EditAll
	}
	if !open {
		return
	}
	p.Settings.Password = is(form.Find(`input[name="vote[password]"]`).Length() > 0)
	if *p.Settings.Password {
		p.Settings.PublicResults = is(true)
	}
	answers := func(of string) *goquery.Selection {
		return form.Find(`input[name^="vote[answers]"][value="` + of + `"]`)
	}
	if answers("yes").Length() > 0 {
		p.Settings.NoIfNeedBe = is(answers("maybe").Length() == 0)
		p.Settings.NoByDefault = is(answers("no").Filter("[checked]").Length() == answers("no").Length())
	}
}

// In English, days are "Sunday 25 October 2026", and over a table "Sun 25 Oct 2026".
var dayForm = regexp.MustCompile(`^(?:(\p{L}+),? )?(\d{1,2}) (\p{L}+)\.? (\d{4})$`)

// dayInWords reads a day, and is "" for what is not certain.
func dayInWords(words string, english bool) string {
	m := dayForm.FindStringSubmatch(strings.Join(strings.Fields(words), " "))
	if m == nil || !english || len(m[3]) < 3 {
		return ""
	}
	t, err := time.Parse("2 Jan 2006", m[2]+" "+m[3][:3]+" "+m[4])
	if err != nil {
		return ""
	}
	month := strings.ToLower(t.Month().String())
	if written := strings.ToLower(m[3]); !strings.HasPrefix(month, written) && written != "sept" {
		return ""
	}
	if weekday := strings.ToLower(t.Weekday().String()); !strings.HasPrefix(weekday, strings.ToLower(m[1])) {
		return ""
	}
	return t.Format(time.DateOnly)
}

// trim takes off the white space of the template.
func trim(s string) string { return strings.Trim(newlines(s), " \t\n") }

func newlines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// openPage gets the poll's page, with its password if it asks for one and that is
// known, and keeps it. The session then opens the table, too.
func (s *Source) openPage(ctx context.Context, k *look) error {
	p, body, err := s.fetchPage(ctx, k.session, k.slug)
	if password := s.password(k.slug); errors.Is(err, ErrPassword) && password != "" {
		if err = s.unlock(ctx, k, password); err == nil {
			p, body, err = s.fetchPage(ctx, k.session, k.slug)
		}
		if errors.Is(err, ErrPassword) {
			return ErrWrongPassword
		}
		if err == nil {
			k.session.unlocked(k.slug)
		}
	}
	if err != nil {
		return err
	}
	if k.session.isUnlocked(k.slug) { // then the page does not tell
		asks, public := true, false
		p.Settings.Password, p.Settings.PublicResults = &asks, &public
	}
	k.page = p
	if k.session == &s.organiser {
		return s.addCleaned(k, body)
	}
	k.files.Add("page.html", "html", body)
	return nil
}

// addCleaned keeps a page that an admin's session was shown. It takes the body.
func (s *Source) addCleaned(k *look, body *spool.Spool) error {
	k.files.Hold(body)
	clean, err := s.cleaned(body, k.forms.locator)
	if err != nil {
		return err
	}
	k.files.Add("page.html", "html", clean)
	return nil
}
