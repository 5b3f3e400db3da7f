package library

import (
	"bufio"
	"io"
	"strings"

	"github.com/aymanbagabas/go-udiff/lcs"
	unicodewords "github.com/clipperhouse/uax29/v2/words"
)

// A Piece is a part of a comparison of two texts.
type Piece struct {
	In   Side
	Text string
}

// A Side is where a Piece is.
type Side byte

const (
	InBoth   Side = ' '
	InBefore Side = '-'
	InAfter  Side = '+'
)

// Compare cuts two texts into pieces, at the borders of words. It looks for
// lines that differ first, then for words within them, each with a bounded
// effort: for long texts that differ everywhere it says no more than that.
func Compare(before, after string) []Piece {
	var all []Piece
	cutAndPair(&all, splitLines(before), splitLines(after), func(a, b []string) {
		cutAndPair(&all, splitWords(a), splitWords(b), func(a, b []string) {
			all = join(all, InBefore, a)
			all = join(all, InAfter, b)
		})
	})
	return all
}

// cutAndPair joins what a and b have in common to all, and calls differ for
// what is between, in order.
func cutAndPair(all *[]Piece, a, b []string, differ func(a, b []string)) {
	at := 0 // in a
	for _, d := range lcs.DiffLines(a, b) {
		*all = join(*all, InBoth, a[at:d.Start])
		differ(a[d.Start:d.End], b[d.ReplStart:d.ReplEnd])
		at = d.End
	}
	*all = join(*all, InBoth, a[at:])
}

func join(all []Piece, in Side, parts []string) []Piece {
	text := strings.Join(parts, "")
	if text == "" {
		return all
	}
	if n := len(all); n > 0 && all[n-1].In == in {
		all[n-1].Text += text
		return all
	}
	return append(all, Piece{in, text})
}

func splitLines(s string) []string { return strings.SplitAfter(s, "\n") }

// splitWords cuts lines where Unicode says that words end, so never within
// what people see as one character.
func splitWords(lines []string) (all []string) {
	for _, line := range lines {
		for word := unicodewords.FromString(line); word.Next(); {
			all = append(all, word.Value())
		}
	}
	return all
}

// A Line is a line of a comparison; Changed says that more than
// InBoth is in it.
type Line struct {
	Pieces  []Piece
	Changed bool
}

// LinesOf cuts pieces at line ends. Where only a line end came or went, a sign
// stands for it.
func LinesOf(pieces []Piece) (lines []Line) {
	var line Line
	for _, p := range pieces {
		for part := range strings.Lines(p.Text) {
			text, ended := strings.CutSuffix(part, "\n")
			if text == "" && p.In != InBoth {
				text = "¶"
			}
			if text != "" {
				line.Pieces = append(line.Pieces, Piece{p.In, text})
				line.Changed = line.Changed || p.In != InBoth
			}
			if ended {
				lines = append(lines, line)
				line = Line{}
			}
		}
	}
	if line.Pieces != nil {
		lines = append(lines, line)
	}
	return lines
}

// changeContext is how many lines around a change are shown.
const changeContext = 2

// WriteChanges writes the lines that changed, and a few around them, each piece as
// mark gives it.
func WriteChanges(w io.Writer, lines []Line, mark func(Piece) string) error {
	out := bufio.NewWriter(w)
	until := 0 // lines before it were shown or left out
	for i, l := range lines {
		if !l.Changed {
			continue
		}
		from := max(until, i-changeContext)
		if from > until {
			out.WriteString("…\n")
		}
		until = i + 1
		for until < len(lines) && until <= i+changeContext && !lines[until].Changed {
			until++
		}
		for _, l := range lines[from:until] {
			for _, p := range l.Pieces {
				out.WriteString(mark(p))
			}
			out.WriteString("\n")
		}
	}
	if until < len(lines) {
		out.WriteString("…\n")
	}
	return out.Flush()
}
