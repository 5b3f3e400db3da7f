package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// A task is what somebody wants to do, and the commands for it.
type task struct {
	title    string
	commands []*cobra.Command
}

// help writes what cmd does and takes, in the user's language, as wide as the
// terminal.
func (a *app) help(cmd *cobra.Command, _ []string) {
	cmd.InitDefaultHelpFlag() // merges it, if help was asked for by its command
	out := cmd.OutOrStdout()
	width := a.width(out)
	section := func(title, text string) { fmt.Fprintf(out, "\n%s\n%s\n", title, text) }
	fmt.Fprintln(out, wrap(cmd.Short, width, 0))
	section(a.text("help-usage"), wrap(a.usageLine(cmd), width, 2))
	for _, paragraph := range paragraphs(cmd.Long) {
		fmt.Fprintf(out, "\n%s\n", wrap(paragraph, width, 0))
	}
	if cmd.HasAvailableSubCommands() {
		for _, t := range a.tasks {
			var rows [][2]string
			for _, sub := range t.commands {
				rows = append(rows, [2]string{sub.Name(), sub.Short})
			}
			section(t.title, table(rows, width))
		}
	}
	if cmd.Example != "" {
		section(a.text("help-examples"), indented(cmd.Example))
	}
	section(a.text("help-options"), table(optionRows(cmd.Flags()), width))
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(out, "\n%s\n", wrap(a.text("help-variables"), width, 0))
		section(a.text("help-exit-codes"), table(a.exitRows(), width))
	}
}

// width is how many columns out has.
func (a *app) width(out io.Writer) int {
	const usual, least = 80, 30
	if f, ok := out.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return max(columns, least)
		}
	}
	if columns, err := strconv.Atoi(a.getenv("COLUMNS")); err == nil && columns > 0 {
		return max(columns, least)
	}
	return usual
}

// optionRows are options with their values, and what they do, in the order in
// which they were declared.
func optionRows(flags *pflag.FlagSet) (rows [][2]string) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, does := pflag.UnquoteUsage(f)
		name := "    --" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", --" + f.Name
		}
		rows = append(rows, [2]string{strings.TrimSpace(name + " " + value), does})
		if f.Shorthand == "" {
			rows[len(rows)-1][0] = "    " + rows[len(rows)-1][0]
		}
	})
	return rows
}

// table puts what explains beside what is explained, or below it where that
// leaves too few columns.
func table(rows [][2]string, width int) string {
	const margin, least, most = 2, 28, 30
	left := 0
	for _, row := range rows {
		if n := utf8.RuneCountInString(row[0]); n <= most {
			left = max(left, n)
		}
	}
	column := margin + left + 2
	if width-column < least {
		column = 6
	}
	var lines []string
	for _, row := range rows {
		name := strings.Repeat(" ", margin) + row[0]
		text := wrap(row[1], width, column)
		if n := utf8.RuneCountInString(name); n+2 <= column {
			text = name + strings.Repeat(" ", column-n) + strings.TrimLeft(text, " ")
		} else {
			text = name + "\n" + text
		}
		lines = append(lines, text)
	}
	return strings.Join(lines, "\n")
}

// paragraphs are those of a text, each in one line.
func paragraphs(text string) (all []string) {
	for part := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		if part = strings.Join(spaced(part), " "); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// spaced are the words of a text, between which a line may end: not at a
// non-breaking space, which French has before some signs.
func spaced(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' })
}

// wrap puts a text into lines of so many columns, each after an indent. A word
// that is longer than that has a line of its own.
func wrap(text string, width, indent int) string {
	var b strings.Builder
	margin := strings.Repeat(" ", indent)
	column := 0
	for _, word := range spaced(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case column == 0:
			b.WriteString(margin)
			column = indent
		case column+1+n > width:
			b.WriteString("\n" + margin)
			column = indent
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

// indented is a text whose lines stay as they are, such as commands.
func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ")
}

func (a *app) usageLine(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() {
		return cmd.CommandPath() + " " + a.text("help-command")
	}
	return strings.TrimSuffix(cmd.UseLine(), " [flags]") + " " + a.text("help-option")
}
