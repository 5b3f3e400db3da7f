package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/library"
)

// A ballot is a poll as a picture, as it was in one version. A poll has no
// revisions: its versions are the stops of its slider.
type ballot struct {
	*poll.Poll
	*poll.Summary
	Said  []string // its description, as lines
	Votes int
	Told  bool   // the votes are known
	Open  bool   // voting ends on a day that has not passed
	Best  string // the first of the words for the best choices: "" if there is none
	Bests []string
	Most  string // what the best got

	Bars     []bar
	MoreBars int
	Heads    []pollHead
	Rows     []pollRow
	MoreRows int // which only the poll's own page has
	Comments []pollComment
	Zone     string // of the times of comments, "" if there are none
	ServerTimes,
	OlderComments bool

	Stops          []pollStop
	Stop           int // the one that is shown
	Previous, Next string
	Compare        string    // the address of the comparison with the version before
	Since          time.Time // when that was saved
	Changes        []string
	Name           string // of the version that is shown
	Forms          []pollForm
	Page           string // the address of the poll's own page
}

// Last is the place of the newest stop.
func (b *ballot) Last() int { return len(b.Stops) - 1 }

// A bar is a choice and what people answered, in words and in percent.
type bar struct {
	poll.Column
	Counts     string
	Yes, Maybe string
}

type pollHead struct {
	Day, Head string
	Best      bool
	Counts    string // in words
	Yes       int
	IfNeedBe  int
}

type pollRow struct {
	Name  string
	Cells []pollCell
}

type pollCell struct {
	Answer poll.Answer
	Best   bool
}

type pollComment struct {
	Author, When string
	Text         []string // lines
}

// A pollStop is a version on the slider, at so many percent.
type pollStop struct {
	At    string
	Look  bool
	Saved time.Time
}

type pollForm struct{ Word, Name, Link string }

// What a page shows of a poll at most: its own page has all.
const (
	mostBars        = 60
	mostColumns     = 40
	mostCells       = 600
	mostBests       = 4
	mostNames       = 12
	mostPollText    = 20_000 // characters of a description
	mostCommentText = 4_000
)

// ballot is what an edition of a document shows of a poll.
func (p *page) ballot(ctx context.Context, hash string, doc *library.Document, e *library.Edition, of *poll.Poll) *ballot {
	here := "/documents/" + hash
	at := func(version string) string { return here + "?" + url.Values{"version": {version}}.Encode() }
	b := &ballot{
		Poll: of, Summary: of.Summary(documents.Language(p.Words.Text("language"))), Votes: len(of.Votes), Told: of.Votes != nil,
		Name: e.Version.Name, Page: here + "/saved?" + url.Values{"version": {e.Version.Name}}.Encode(),
	}
	if ends, err := time.ParseInLocation(time.DateOnly, of.Expires, time.Local); err == nil {
		b.Open = p.Now().Before(ends.AddDate(0, 0, 1)) && !is(of.Settings.Expired) && !is(of.Settings.Locked)
	}
	if of.Description != "" {
		b.Said = lines(of.Description, mostPollText)
	}
	p.pollBars(b)
	p.pollTable(b)
	p.pollComments(b)
	versions := doc.Record.Versions
	for i := range versions {
		v := &versions[i]
		b.Stops = append(b.Stops, pollStop{percent(i, len(versions)-1), v.Suspect != "", v.Saved})
		if v.Name != e.Version.Name {
			continue
		}
		b.Stop = i
		if i > 0 {
			b.Previous, b.Since = at(versions[i-1].Name), versions[i-1].Saved
			b.Compare = here + "/compare?" + url.Values{"from": {"version:" + versions[i-1].Name}, "to": {"version:" + v.Name}}.Encode()
			b.Changes = p.pollChanges(ctx, doc, versions[i-1].Name, of)
		}
		if i+1 < len(versions) {
			b.Next = at(versions[i+1].Name)
		}
	}
	for _, name := range e.Forms() {
		if word, known := pollForms[name]; known && (name != "ics" || slices.ContainsFunc(of.Choices, func(c poll.Choice) bool { return c.Date != "" })) {
			link := here + "/saved?" + url.Values{"version": {e.Version.Name}, "form": {name}}.Encode()
			b.Forms = append(b.Forms, pollForm{word, name, link})
		}
	}
	return b
}

// pollForms are the words for the forms of polls.
var pollForms = map[string]string{"csv": "web-poll-csv", "ics": "web-poll-ics", "html": "web-poll-html", "txt": "web-poll-txt", "json": "web-poll-json"}

func is(b *bool) bool { return b != nil && *b }

// percent is where n is among all, as an attribute of SVG has it.
func percent(n, all int) string {
	return strconv.FormatFloat(100*float64(n)/float64(max(all, 1)), 'f', 1, 64) + "%"
}

// answers are what people answered to a choice, in words.
func (p *page) answers(c *poll.Column) string {
	said := []string{p.Words.Text("web-poll-yes-count", "Count", c.Yes)}
	if c.IfNeedBe > 0 {
		said = append(said, p.Words.Text("web-poll-maybe-count", "Count", c.IfNeedBe))
	}
	if c.No > 0 {
		said = append(said, p.Words.Text("web-poll-no-count", "Count", c.No))
	}
	if c.Unknown > 0 {
		said = append(said, p.Words.Text("web-poll-unknown-count", "Count", c.Unknown))
	}
	return strings.Join(said, ", ")
}

// pollBars are the choices, the best first.
func (p *page) pollBars(b *ballot) {
	columns := slices.Clone(b.Columns[:min(len(b.Columns), len(b.Choices))])
	slices.SortStableFunc(columns, func(x, y poll.Column) int { return cmp.Or(y.Yes-x.Yes, y.IfNeedBe-x.IfNeedBe) })
	for i := range columns {
		c := &columns[i]
		if c.Best {
			b.Bests, b.Most = append(b.Bests, c.Name), p.answers(c)
		}
		if i < mostBars {
			b.Bars = append(b.Bars, bar{*c, p.answers(c), percent(c.Yes, b.Votes), percent(c.Yes+c.IfNeedBe, b.Votes)})
		}
	}
	b.MoreBars = len(columns) - len(b.Bars)
	if many := len(b.Bests) > mostBests; many {
		b.Best, b.Bests = p.Words.Text("web-poll-many-best", "Count", len(b.Bests)), nil
		b.Most = p.Words.Text("web-poll-yes-count", "Count", columns[0].Yes)
	} else if len(b.Bests) > 0 {
		b.Best = p.Words.Text("web-poll-best", "Count", len(b.Bests))
	}
	if len(b.Bests) > 1 {
		b.Most = p.Words.Text("web-poll-yes-count", "Count", columns[0].Yes)
	}
}

// pollTable is the table of votes, if a page can have it.
func (p *page) pollTable(b *ballot) {
	if len(b.Columns) > mostColumns || b.Votes == 0 {
		b.MoreRows = b.Votes
		return
	}
	for i := range b.Columns {
		c := &b.Columns[i]
		b.Heads = append(b.Heads, pollHead{c.Day, c.Head, c.Best, p.answers(c), c.Yes, c.IfNeedBe})
	}
	for _, v := range b.Poll.Votes[:min(b.Votes, mostCells/len(b.Columns))] {
		row := pollRow{Name: v.Name}
		for i := range b.Columns {
			row.Cells = append(row.Cells, pollCell{v.Answer(i), b.Columns[i].Best})
		}
		b.Rows = append(b.Rows, row)
	}
	b.MoreRows = b.Votes - len(b.Rows)
}

// pollComments are the newest. A time without a zone is the server's.
func (p *page) pollComments(b *ballot) {
	all := b.Poll.Comments
	b.OlderComments = len(all) > mostMessages
	for _, c := range all[max(len(all)-mostMessages, 0):] {
		shown := pollComment{Author: c.Author, Text: lines(c.Text, mostCommentText)}
		if t, err := time.Parse(time.RFC3339, c.Date); err == nil {
			shown.When, b.Zone = p.moment(t), zone(t)
		} else if t, err := time.ParseInLocation("2006-01-02T15:04", c.Date, time.Local); err == nil {
			shown.When, b.ServerTimes = p.moment(t), true
		} else if t, err := time.ParseInLocation(time.DateOnly, c.Date, time.Local); err == nil {
			shown.When = p.date(t, true)
		}
		b.Comments = append(b.Comments, shown)
	}
}

// zone is the name of the reader's time zone at a moment.
func zone(t time.Time) string {
	name, _ := t.Local().Zone()
	return name
}

// lines are those of the beginning of a text.
func lines(text string, most int) []string {
	return strings.Split(strings.ReplaceAll(strings.TrimSpace(cut(text, most)), "\r\n", "\n"), "\n")
}

// cut is the beginning of a text that is too long for a page.
func cut(text string, most int) string {
	if len(text) <= most || utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + " …"
}

// pollChanges says what is other than in the version before, nothing where that
// cannot be read.
func (p *page) pollChanges(ctx context.Context, doc *library.Document, before string, now *poll.Poll) (said []string) {
	e, err := doc.At(ctx, before)
	if err != nil {
		return nil
	}
	defer e.Close()
	then, ok := poll.Of(e.Document)
	if !ok {
		return nil
	}
	c := now.Since(then)
	people := func(word string, names []string) {
		if len(names) > 0 {
			said = append(said, p.Words.Text(word, "Count", len(names), "Names", p.some(names)))
		}
	}
	choices := func(word string, all []poll.Choice) {
		var names []string
		for _, one := range all {
			names = append(names, one.String())
		}
		people(word, names)
	}
	fact := func(word string, is bool) {
		if is {
			said = append(said, p.Words.Text(word))
		}
	}
	count := func(word string, n int) {
		if n > 0 {
			said = append(said, p.Words.Text(word, "Count", n))
		}
	}
	people("web-poll-voted", c.Voted)
	people("web-poll-revoted", c.Revoted)
	people("web-poll-withdrew", c.Withdrew)
	choices("web-poll-choices-added", c.ChoicesAdded)
	choices("web-poll-choices-gone", c.ChoicesGone)
	count("web-poll-comments-added", c.CommentsAdded)
	count("web-poll-comments-gone", c.CommentsGone)
	fact("web-poll-title-changed", c.Title)
	fact("web-poll-description-changed", c.Description)
	fact("web-poll-expires-changed", c.Expires)
	return said
}

// some are names in one line, and how many more there are.
func (p *page) some(names []string) string {
	shown := slices.Clone(names[:min(len(names), mostNames)])
	for i := range shown {
		shown[i] = cut(documents.OneLine(shown[i]), 80)
	}
	text := strings.Join(shown, ", ")
	if more := len(names) - len(shown); more > 0 {
		text += ", " + p.Words.Text("web-and-more", "Count", more)
	}
	return text
}

// stop leads from a place on the slider of a poll to the version that it means:
// places move as versions come, their names do not.
func (p *page) stop(w http.ResponseWriter, r *http.Request) error {
	hash := r.PathValue("hash")
	one, _, doc, err := p.open(r, hash)
	if one == nil || err != nil {
		return err
	}
	defer doc.Close()
	n, err := strconv.Atoi(r.URL.Query().Get("n"))
	if err != nil || n < 0 || n >= len(doc.Record.Versions) {
		return errNotFound
	}
	http.Redirect(w, r, "/documents/"+hash+"?"+url.Values{"version": {doc.Record.Versions[n].Name}}.Encode(), http.StatusSeeOther)
	return nil
}
