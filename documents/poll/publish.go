package poll

import (
	"slices"
	"strconv"

	"github.com/padsync/padsync/documents"
)

var _ documents.Publishable = (*document)(nil)

// Publish implements documents.Publishable. Votes without names have numbers.
func (d *document) Publish(p documents.Publication) documents.Document {
	return &document{look: Look{Poll: d.look.Poll.published(&p), Saved: d.look.Saved}, id: p.Key, public: &p, plain: d.look.Poll}
}

// published is the poll with texts as the publication has them.
func (p *Poll) published(as *documents.Publication) *Poll {
	q := *p
	q.Settings.Mail, q.Author = "", ""
	if as.Names {
		q.Author = as.Text(p.Author)
	}
	q.Title, q.Description = as.Text(p.Title), as.Text(p.Description)
	q.Choices, q.Votes, q.Comments = slices.Clone(p.Choices), slices.Clone(p.Votes), slices.Clone(p.Comments)
	for i, c := range q.Choices {
		q.Choices[i] = Choice{c.Date, as.Text(c.Moment), as.Text(c.Label), as.Text(c.Markdown)}
	}
	for i, v := range q.Votes {
		q.Votes[i].Name = strconv.Itoa(i + 1)
		if as.Names {
			q.Votes[i].Name = as.Text(v.Name)
		}
	}
	for i, c := range q.Comments {
		q.Comments[i].Author, q.Comments[i].Text = "", as.Text(c.Text)
		if as.Names {
			q.Comments[i].Author = as.Text(c.Author)
		}
	}
	return &q
}
