package poll

import (
	"cmp"
	"time"

	"github.com/padsync/padsync/documents"
)

// Texts tells each of the poll's texts by itself: what it asks, its choices, the
// names of those who voted, and the comments. A poll holds no past.
func (d *document) Texts(marks []documents.Mark, tell func(documents.Text) error) (held []bool, err error) {
	held = make([]bool, len(marks))
	for _, text := range d.look.Poll.texts() {
		if text.Text == "" {
			continue
		}
		if err := tell(text); err != nil {
			return held, err
		}
	}
	return held, nil
}

func (p *Poll) texts() (all []documents.Text) {
	add := func(text, date string) {
		all = append(all, documents.Text{In: documents.InPoll, Text: text, Since: parseTime(date)})
	}
	add(p.Title, "")
	add(p.Description, "")
	for _, c := range p.Choices {
		switch label := cmp.Or(c.Markdown, c.Label, c.Date); c.Moment {
		case "":
			add(label, "")
		default:
			add(label+" "+c.Moment, "")
		}
	}
	for _, v := range p.Votes {
		add(v.Name, v.Date)
	}
	for _, c := range p.Comments {
		text := c.Text
		if c.Author != "" {
			text = c.Author + ": " + text
		}
		add(text, c.Date)
	}
	return append(all, documents.Text{In: documents.InAuthor, Text: p.Author})
}

// parseTime reads a date as a Comment has it: where no zone is known, as if it
// were UTC.
func parseTime(date string) time.Time {
	for _, layout := range []string{time.DateOnly, minutes, time.RFC3339} {
		if t, err := time.Parse(layout, date); err == nil {
			return t
		}
	}
	return time.Time{}
}
