package framadate

import (
	"html"
	"strings"
	"unicode"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources"
)

// What a Version of a poll may be suspect of, besides what a comparison shows.
const (
	// VotesHidden: only the admin link shows the votes.
	VotesHidden = sources.VotesHidden

	// Disagreement: the page and the table of votes differ again and again, or
	// the page shows votes while the table cannot be had.
	Disagreement sources.Suspicion = "page-and-table-differ"
)

// join makes the poll from its page and its table, which may be nil, and says
// what it may be suspect of. The page has all but certain dates: names with
// their newlines, answers without words, choices whole. The table has the days,
// and checks the rest.
func (p *page) join(t *table) (*poll.Poll, sources.Suspicion) {
	joined, suspicion := p.Poll, sources.Suspicion("")
	joined.Choices = append([]poll.Choice(nil), p.Choices...)
	switch {
	case t == nil && (p.hidden() || len(p.Votes) == 0):
		joined.Votes = nil // not shown, as opposed to no votes
		suspicion = VotesHidden
	case t == nil || !p.agrees(t):
		suspicion = Disagreement
	}
	for i := range joined.Choices {
		c := &joined.Choices[i]
		if t != nil && len(t.dates) == len(joined.Choices) && t.dates[i] != "" {
			c.Date = t.dates[i]
		}
		if c.Date != "" {
			c.Label = ""
		}
	}
	return &joined, suspicion
}

// hidden says that the page shows no votes because they are hidden.
func (p *page) hidden() bool {
	return p.adminID == "" && p.Settings.Hidden != nil && *p.Settings.Hidden
}

// agrees says whether the table has the page's columns of days and its votes,
// as far as both can be read.
func (p *page) agrees(t *table) bool {
	if len(t.rows) != len(p.Votes) || p.Kind == poll.Date && len(t.dates) != len(p.Choices) {
		return false
	}
	for i, row := range t.rows {
		if bare(row.Name) != bare(p.Votes[i].Name) || !sameAnswers(row.Answers, p.Votes[i].Answers) {
			return false
		}
	}
	return true
}

// sameAnswers compares the answers that both have: rows of both may be cut
// short.
func sameAnswers(table, page []poll.Answer) bool {
	for i := range min(len(table), len(page)) {
		if table[i] != "" && table[i] != page[i] {
			return false
		}
	}
	return true
}

// bare leaves the letters and digits of a name: tables add apostrophes, and
// drop newlines, differently in each dialect.
func bare(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, html.UnescapeString(name))
}
