package framadatetest

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/padsync/padsync/documents/poll"
)

// shown is the poll as pages show it.
func (a *answer) shown(p *Poll) *Poll {
	if !a.options.Twice {
		return p
	}
	q := *p
	q.Title, q.Author, q.Description = twice(p.Title), twice(p.Author), twice(p.Description)
	q.Choices, q.Votes, q.Comments = slices.Clone(p.Choices), slices.Clone(p.Votes), slices.Clone(p.Comments)
	for i, c := range p.Choices {
		q.Choices[i] = poll.Choice{Date: c.Date, Moment: twice(c.Moment), Label: twice(c.Label), Markdown: twice(c.Markdown)}
	}
	for i := range q.Votes {
		q.Votes[i].Name = twice(q.Votes[i].Name)
	}
	for i, c := range q.Comments {
		q.Comments[i] = poll.Comment{Author: twice(c.Author), Date: c.Date, Text: twice(c.Text)}
	}
	return &q
}

// twice encodes text once more, as MySQL does that takes it for latin1.
func twice(text string) string {
	var runes []rune
	for _, b := range []byte(text) {
		r := charmap.Windows1252.DecodeByte(b)
		if r == utf8.RuneError {
			r = rune(b)
		}
		runes = append(runes, r)
	}
	return string(runes)
}
