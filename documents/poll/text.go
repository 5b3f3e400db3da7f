package poll

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteText writes the title, the votes as a table with a line for each, and
// the comments, for people who read a terminal or compare two polls.
func (p *Poll) WriteText(w io.Writer, l Language) error {
	words, out := l.words(), bufio.NewWriter(w)
	fmt.Fprintf(out, "%s\n\n", oneLine(p.Title))
	switch {
	case p.Votes == nil:
		fmt.Fprintln(out, words.NotTold)
	case len(p.Votes) == 0:
		fmt.Fprintln(out, words.NoVotes)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name string, cell func(column int) string) {
		fmt.Fprint(table, oneLine(name))
		for i := range p.columns() {
			fmt.Fprint(table, "\t", oneLine(cell(i)))
		}
		fmt.Fprintln(table)
	}
	row(words.Name, p.header)
	for _, v := range p.Votes {
		row(v.Name, func(column int) string { return words.answer(v.answer(column)) })
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

// oneLine keeps what people wrote from making cells and lines of its own, or
// joining them: tabwriter.Escape is a byte that no valid text has.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(s, "\ufffd")), " ")
}
