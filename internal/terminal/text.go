package terminal

import (
	"strings"
	"unicode/utf8"
)

// Table puts explanations beside what they explain, or below it where that
// leaves too few columns.
func Table(rows [][2]string, width int) string {
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
		text := Wrap(row[1], width, column)
		if n := utf8.RuneCountInString(name); n+2 <= column {
			text = name + strings.Repeat(" ", column-n) + strings.TrimLeft(text, " ")
		} else {
			text = name + "\n" + text
		}
		lines = append(lines, text)
	}
	return strings.Join(lines, "\n")
}

// Paragraphs are those of a text, each in one line.
func Paragraphs(text string) (all []string) {
	for part := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		if part = strings.Join(Words(part), " "); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// Words are the words of a text, between which a line may end: not at a
// non-breaking space, which French has before some signs.
func Words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' })
}

// Wrap puts a text into lines of so many columns, each after an indent. A word
// that is longer than that has a line of its own.
func Wrap(text string, width, indent int) string {
	var b strings.Builder
	margin := strings.Repeat(" ", indent)
	column := 0
	for _, word := range Words(text) {
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

// Indented is a text whose lines stay as they are, such as commands.
func Indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ")
}
