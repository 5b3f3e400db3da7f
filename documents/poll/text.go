package poll

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"github.com/padsync/padsync/documents"
)

// WriteText writes the title, what the poll says of itself, the votes and the
// comments, for people who read a terminal or compare two polls. The votes are a
// table with a line for each or, where that is too wide, a list for each choice.
func (p *Poll) WriteText(w io.Writer, l documents.Language) error { return p.writeText(w, l, nil) }

func (p *Poll) writeText(w io.Writer, l documents.Language, as *documents.Publication) error {
	words, out := wordsIn(l), bufio.NewWriter(w)
	fmt.Fprintf(out, "%s\n\n", oneLine(p.Title))
	if as != nil {
		for _, note := range as.Notes {
			fmt.Fprintf(out, "%s\n\n", oneLine(note))
		}
	}
	p.writeHead(out, words)
	switch {
	case p.Votes == nil:
		fmt.Fprintln(out, words.NotTold)
	case len(p.Votes) == 0:
		fmt.Fprintln(out, words.NoVotes)
	}
	switch {
	case p.narrow(words) && p.tableSize(words) <= maxText:
		p.writeTable(out, words, "\t")
	case p.listSize(words) <= maxText:
		p.writeList(out, words)
	default:
		p.writeTable(out, words, "  ") // spaces do not end a cell that is to be aligned
	}
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

// writeHead writes what stands between the title and the votes.
func (p *Poll) writeHead(out *bufio.Writer, words words) {
	var lines []string
	if p.Author != "" {
		lines = append(lines, words.Author+" "+oneLine(p.Author))
	}
	if p.Expires != "" {
		lines = append(lines, words.Expires+" "+words.day(p.Expires))
	}
	if lines = append(lines, words.rules(p.Settings)...); len(lines) > 0 {
		fmt.Fprintf(out, "%s\n\n", strings.Join(lines, "\n"))
	}
	description := strings.TrimSpace(strings.ToValidUTF8(p.Description, "\ufffd"))
	if description == "" {
		return
	}
	for line := range strings.Lines(description) {
		fmt.Fprintln(out, strings.TrimRightFunc(line, unicode.IsSpace))
	}
	fmt.Fprintln(out)
}

// The columns of a terminal, and those of a name in it.
const (
	textColumns = 80
	nameColumns = 16
)

// narrow says whether the table fits into a terminal. It looks at the choices
// alone: where a name decided, one vote more would change all lines.
func (p *Poll) narrow(words words) bool {
	width, longest := nameColumns, words.longest()
	for i := range p.columns() {
		width += len("  ") + max(utf8.RuneCountInString(oneLine(p.header(i))), longest)
	}
	return width <= textColumns
}

// longest is the width of the longest answer.
func (w words) longest() (longest int) {
	for _, a := range []Answer{Yes, IfNeedBe, No, Unknown} {
		longest = max(longest, utf8.RuneCountInString(w.answer(a)))
	}
	return longest
}

// writeTable ends cells with what is given.
func (p *Poll) writeTable(out *bufio.Writer, words words, end string) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for row := range p.table(words) {
		for i, cell := range row {
			row[i] = oneLine(cell)
		}
		fmt.Fprintln(table, strings.Join(row, end))
	}
	table.Flush() // its error comes from out, as those of all writes
}

// writeList writes each choice, below it how often it got which answer, which also
// says in a comparison whose votes follow, and then a line for each vote.
func (p *Poll) writeList(out *bufio.Writer, words words) {
	var names []string
	for _, v := range p.Votes {
		names = append(names, oneLine(v.Name))
	}
	width := words.longest()
	for i := range p.columns() {
		if i > 0 && len(names) > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintln(out, cmp.Or(oneLine(p.header(i)), "?"))
		if len(names) > 0 {
			fmt.Fprintln(out, "  "+p.counts(i, words))
		}
		for n, name := range names {
			fmt.Fprintf(out, "    %-*s  %s\n", width, words.answer(p.Votes[n].Answer(i)), name)
		}
	}
}

// counts are the answers to a choice: "Yes 2, No 1".
func (p *Poll) counts(column int, words words) string {
	counts := make(map[Answer]int)
	for _, v := range p.Votes {
		counts[v.Answer(column)]++
	}
	var all []string
	for _, a := range []Answer{Yes, IfNeedBe, No, Unknown} {
		if counts[a] > 0 {
			all = append(all, fmt.Sprintf("%s %d", words.answer(a), counts[a]))
		}
	}
	return strings.Join(all, ", ")
}

// maxText bounds what is written of votes, in bytes: in a table one long cell makes
// all cells above and below it as long, and a list has a name once for each choice.
const maxText = 32 << 20

// tableSize is the number of bytes of the table with its columns aligned.
func (p *Poll) tableSize(words words) int64 {
	widest, rows, sum := make([]int, p.columns()+1), int64(0), int64(0)
	for row := range p.table(words) {
		rows++
		for i, cell := range row {
			widest[i] = max(widest[i], len(cell))
		}
	}
	for _, w := range widest {
		sum += int64(w + len("  "))
	}
	return rows * sum
}

// listSize is the number of bytes of the list, but for the choices, which it has
// once.
func (p *Poll) listSize(words words) (size int64) {
	for _, v := range p.Votes {
		size += int64(len(v.Name) + 2*words.longest()) // an answer, in bytes, with the spaces around it
	}
	return size * int64(p.columns())
}

// oneLine keeps what people wrote from making or joining cells and lines:
// tabwriter.Escape is a byte that no valid text has.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(s, "\ufffd")), " ")
}
