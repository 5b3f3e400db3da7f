package poll

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/stylesheet"
)

//go:embed poll.gohtml
var page string

// WriteHTML writes the poll as one page that needs nothing else and runs
// nothing: its title, what it says of itself, the table of votes, the comments.
func (p *Poll) WriteHTML(w io.Writer, l documents.Language) error {
	return p.writeHTML(w, l, nil, p)
}

// writeHTML makes links of what the publication has in its place in the texts as
// they are in plain.
func (p *Poll) writeHTML(w io.Writer, l documents.Language, as *documents.Publication, plain *Poll) error {
	t, err := template.New("poll").Parse(page)
	if err != nil {
		return fmt.Errorf("poll's page: %w", err)
	}
	v := p.view(wordsIn(l))
	v.Style, v.PageTitle, v.Description = template.CSS(stylesheet.Common), p.Title, as.Pieces(plain.Description)
	for i, c := range p.Comments {
		v.Comments = append(v.Comments, comment{c, as.Pieces(plain.Comments[i].Text)})
	}
	if as != nil {
		v.PageTitle, v.Up, v.Remarks = as.Title, as.Up, as.Notes
	}
	if err := t.Execute(w, v); err != nil {
		return fmt.Errorf("write poll as html: %w", err)
	}
	return nil
}

// view is what the page shows.
type view struct {
	*Poll
	Words   words
	Expires string
	Rules   []string
	Days    []day    // over the moments; none for a classic poll
	Heads   []string // one for each column
	Rows    []row
	Totals  []total
	Best    []string // the choices that most chose; none if they are many
	Most    int      // of Yes that they have
	Told    bool     // whether the votes are known
	Notes   []string // on what the server showed

	Up      documents.Link
	Remarks []string // on the page
	Style   template.CSS

	PageTitle   string
	Description []documents.Link
	Comments    []comment
}

type comment struct {
	Comment
	Text []documents.Link
}

type day struct {
	Name string
	Span int
}

type row struct {
	Name  string
	Cells []cell
}

// A cell is shown by its sign and class, and read out by its words.
type cell struct{ Class, Sign, Words string }

type total struct {
	Yes, IfNeedBe int
	Best          bool
}

func (p *Poll) view(w words) view {
	v := view{Poll: p, Words: w, Expires: w.day(p.Expires), Rules: w.rules(p.Settings), Told: p.Votes != nil}
	for _, t := range p.Taken() {
		v.Notes = append(v.Notes, fmt.Sprintf(w.Earlier, w.date(t.Saved.Local()), names(t.Parts, w.Language)))
	}
	if p.DaysDiffer {
		v.Notes = append(v.Notes, w.DaysDiffer)
	}
	columns := p.columns()
	for i := range columns {
		v.addHead(i)
	}
	v.Totals = make([]total, columns)
	for _, vote := range p.Votes {
		cells := make([]cell, columns)
		for i := range cells {
			a := vote.answer(i)
			cells[i] = w.cell(a)
			v.Totals[i].count(a)
		}
		v.Rows = append(v.Rows, row{vote.Name, cells})
	}
	markBest(v.Totals)
	for i, t := range v.Totals {
		if t.Best && i < len(p.Choices) {
			v.Best, v.Most = append(v.Best, w.choice(p.Choices[i])), t.Yes
		}
	}
	if len(v.Best) > mostBest {
		v.Best = nil
	}
	return v
}

// mostBest is how many choices can be the best: of more, nobody wants to know.
const mostBest = 3

// choice is a choice with its day in words.
func (w words) choice(c Choice) string {
	c.Date = w.day(c.Date)
	return c.String()
}

// addHead adds the head of a column; neighbours of one day share that.
func (v *view) addHead(column int) {
	if v.Kind != Date || column >= len(v.Choices) {
		v.Heads = append(v.Heads, v.header(column))
		if v.Kind == Date {
			v.Days = append(v.Days, day{"", 1})
		}
		return
	}
	c := v.Choices[column]
	v.Heads = append(v.Heads, c.Moment)
	c.Moment = ""
	name := v.Words.day(c.String())
	if n := len(v.Days); n > 0 && v.Days[n-1].Name == name {
		v.Days[n-1].Span++
		return
	}
	v.Days = append(v.Days, day{name, 1})
}

func (w words) cell(a Answer) cell {
	c := cell{Class: string(a), Words: w.answer(a)}
	switch a {
	case Yes:
		c.Sign = "✓"
	case IfNeedBe:
		c.Sign = "(✓)"
	case No:
		c.Sign = "✗"
	default:
		c.Sign = "?"
	}
	return c
}

func (t *total) count(a Answer) {
	switch a {
	case Yes:
		t.Yes++
	case IfNeedBe:
		t.IfNeedBe++
	}
}

func markBest(totals []total) {
	most := 1 // a choice that nobody made is not the best
	for _, t := range totals {
		most = max(most, t.Yes)
	}
	for i := range totals {
		totals[i].Best = totals[i].Yes == most
	}
}
