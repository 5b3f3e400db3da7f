package poll

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/padsync/padsync/documents"
)

// WriteText writes the title, the votes as a table with a line for each, and
// the comments, for people who read a terminal or compare two polls.
func (p *Poll) WriteText(w io.Writer, l documents.Language) error { return p.writeText(w, l, nil) }

func (p *Poll) writeText(w io.Writer, l documents.Language, as *documents.Publication) error {
	words, out := wordsIn(l), bufio.NewWriter(w)
	fmt.Fprintf(out, "%s\n\n", oneLine(p.Title))
	if as != nil {
		for _, note := range as.Notes {
			fmt.Fprintf(out, "%s\n\n", oneLine(note))
		}
	}
	switch {
	case p.Votes == nil:
		fmt.Fprintln(out, words.NotTold)
	case len(p.Votes) == 0:
		fmt.Fprintln(out, words.NoVotes)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	end := "\t"
	if p.width(words) > maxAligned {
		end = "  " // spaces do not end a cell that is to be aligned
	}
	for row := range p.table(words) {
		for i, cell := range row {
			row[i] = oneLine(cell)
		}
		fmt.Fprintln(table, strings.Join(row, end))
	}
	table.Flush() // its error comes from out, as those of all writes
	if len(p.Comments) > 0 {
		fmt.Fprintf(out, "\n%s\n", words.Comments)
	}
	for _, c := range p.Comments {
		fmt.Fprintln(out, strings.TrimSpace(oneLine(c.Date+"  "+c.Author)+": "+oneLine(c.Text)))
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write poll as text: %w", err)
	}
	return nil
}

// maxAligned bounds a table whose columns are aligned, in bytes: one long cell
// makes all cells above and below it as long.
const maxAligned = 32 << 20

// width is the number of bytes of the table with its columns aligned.
func (p *Poll) width(words words) int {
	widest, rows, sum := make([]int, p.columns()+1), 0, 0
	for row := range p.table(words) {
		rows++
		for i, cell := range row {
			widest[i] = max(widest[i], len(cell))
		}
	}
	for _, w := range widest {
		sum += w + len("  ")
	}
	return rows * sum
}

// oneLine keeps what people wrote from making or joining cells and lines:
// tabwriter.Escape is a byte that no valid text has.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(s, "\ufffd")), " ")
}
