package pollaris

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/polls"
)

// A table is what an export as CSV tells.
type table struct {
	dates []string // nil: a classic poll's
	heads []string
	rows  [][]string // the name, and answers in words
}

// fetchTable gets the poll's table, and keeps it; there is none if its page has no
// link to it, or the server has hidden the results since.
func (s *Source) fetchTable(ctx context.Context, k *look) (err error) {
	if !k.page.Table {
		return nil
	}
	var body *spool.Spool
	err = s.send(ctx, k.session, "polls/"+k.slug+".csv", nil, func(resp *http.Response) error {
		if resp.StatusCode == http.StatusNotFound {
			return nil
		}
		if err := checkStatus(resp); err != nil {
			return err
		}
		disposition := strings.ToLower(resp.Header.Get("Content-Disposition"))
		if !polls.IsType(resp, "text/csv") || !strings.HasPrefix(disposition, "attachment") {
			return fmt.Errorf("%w: not a table", sources.ErrRefused)
		}
		if body, err = polls.Receive(s.pool, resp, lineEnd); err != nil {
			return err
		}
		if k.table, err = parseTable(io.NewSectionReader(body, 0, body.Size())); err != nil {
			return errors.Join(err, body.Close())
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("table of the poll: %w", err)
	}
	if body != nil {
		k.files.Add("poll.csv", "csv", body)
	}
	return nil
}

// parseTable reads an export. As no name is blank, a second line whose first cell
// is has the moments below the days of the first.
func parseTable(r io.Reader) (*table, error) {
	lines := csv.NewReader(r)
	lines.FieldsPerRecord = -1
	lines.LazyQuotes = true
	all, err := lines.ReadAll()
	if parse := new(csv.ParseError); errors.As(err, &parse) {
		return nil, errTable // its text may quote a line
	}
	if err != nil {
		return nil, err
	}
	if len(all) == 0 || len(all[0]) < 2 || all[0][0] != "" {
		return nil, errTable
	}
	t := &table{heads: all[0][1:], rows: all[1:]}
	if len(t.rows) > 0 && len(t.rows[0]) > 1 && t.rows[0][0] == "" {
		t.dates, t.heads, t.rows = t.heads, t.rows[0][1:], t.rows[1:]
	}
	return t, nil
}

var errTable = fmt.Errorf("%w: not a table of votes", sources.ErrRefused)

// agrees says whether the table has the page's columns and votes. Answers are
// compared where they are in English: those of the table are words.
func (t *table) agrees(p *page) bool {
	if len(t.heads) != len(p.Choices) || len(t.rows) != len(p.Votes) || (t.dates != nil) != (p.Kind == poll.Date) || t.dates != nil && len(t.dates) != len(t.heads) {
		return false
	}
	for i, c := range p.Choices {
		label := c.Label
		if p.Kind == poll.Date {
			label = c.Moment
		}
		if bare(t.heads[i]) != bare(label) {
			return false
		}
	}
	for i, row := range t.rows {
		v := p.Votes[i]
		if len(row) != len(v.Answers)+1 || bare(row[0]) != bare(v.Name) {
			return false
		}
		for j, word := range row[1:] {
			if answer, known := englishAnswer(word); p.English && known && answer != v.Answers[j] {
				return false
			}
		}
	}
	return true
}

// englishAnswer reads a word of the table. It only checks what the page says.
func englishAnswer(word string) (answer poll.Answer, known bool) {
	switch word {
	case "Yes":
		return poll.Yes, true
	case "If needed":
		return poll.IfNeedBe, true
	case "No":
		return poll.No, true
	case "":
		return poll.Unknown, true
	}
	return "", false
}

// bare leaves the letters and digits of a text: a table has an apostrophe before
// what a spreadsheet would take for a formula.
func bare(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text)
}
