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
	*Summary
	Words words
	Days  []day // over the moments; none for a classic poll
	Rows  []row
	Best  []string // the choices that most chose; none if they are many
	Most  int      // of Yes that they have
	Told  bool     // whether the votes are known

	Up      documents.Link
	Remarks []string // on the page
	Style   template.CSS

	Expires     string
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

func (p *Poll) view(w words) view {
	v := view{Poll: p, Summary: p.summary(w), Words: w, Told: p.Votes != nil}
	v.Expires = v.Summary.Expires
	for i, c := range v.Columns {
		if p.Kind == Date {
			v.addDay(c.Day)
		}
		if c.Best && i < len(p.Choices) {
			v.Best, v.Most = append(v.Best, c.Name), c.Yes
		}
	}
	for _, vote := range p.Votes {
		cells := make([]cell, len(v.Columns))
		for i := range cells {
			cells[i] = w.cell(vote.Answer(i))
		}
		v.Rows = append(v.Rows, row{vote.Name, cells})
	}
	if len(v.Best) > mostBest {
		v.Best = nil
	}
	return v
}

// mostBest is how many choices can be the best: of more, nobody wants to know.
const mostBest = 3

// addDay adds the day of a column; neighbours of one day share that.
func (v *view) addDay(name string) {
	if n := len(v.Days); n > 0 && name != "" && v.Days[n-1].Name == name {
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
