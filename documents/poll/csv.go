package poll

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/padsync/padsync/documents"
)

// WriteCSV writes the votes as a table, in UTF-8: a line of choices, then a
// line for each vote. What a spreadsheet would take for a formula gets an
// apostrophe in front, also within a cell after what it may cut the line at.
func (p *Poll) WriteCSV(w io.Writer, l documents.Language) error {
	out := csv.NewWriter(w)
	for row := range p.table(wordsIn(l)) {
		out.Write(harmless(row)) // its error comes from Flush
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write poll as csv: %w", err)
	}
	return nil
}

// table yields the line of choices, then a line for each vote. Each is
// overwritten by the next.
func (p *Poll) table(words words) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		columns := p.columns()
		row := []string{words.Name}
		for i := range columns {
			row = append(row, p.header(i))
		}
		for n := 0; yield(row) && n < len(p.Votes); n++ {
			row = append(row[:0], p.Votes[n].Name)
			for i := range columns {
				row = append(row, words.answer(p.Votes[n].Answer(i)))
			}
		}
	}
}

// header is the choice of a column in one line, "" beyond the last.
func (p *Poll) header(column int) string {
	if column >= len(p.Choices) {
		return ""
	}
	return p.Choices[column].String()
}

// String is the choice in one line: "2027-01-11 9h".
func (c Choice) String() string {
	day := c.Date
	if day == "" {
		day = c.Label
	}
	if day == "" {
		day = c.Markdown
	}
	return strings.TrimSpace(day + " " + c.Moment)
}

func harmless(row []string) []string {
	for i, cell := range row {
		row[i] = harmlessCell(cell)
	}
	return row
}

// What begins a formula, in one language or another, and what separates cells
// where commas do not, such as in French.
const formulas, separators = "=+-@\t\r\n＝＋－＠", ";\t\r\n"

func harmlessCell(cell string) string {
	if !strings.ContainsAny(cell, formulas) {
		return cell
	}
	var b strings.Builder
	before := ';'
	for _, r := range cell {
		if strings.ContainsRune(separators, before) && strings.ContainsRune(formulas, r) {
			b.WriteByte('\'')
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}
