package main

import (
	"strings"

	"github.com/aymanbagabas/go-udiff/lcs"
	unicodewords "github.com/clipperhouse/uax29/v2/words"
)

// A piece is a part of a comparison of two texts.
type piece struct {
	in   side
	text string
}

// A side is where a piece is.
type side byte

const (
	inBoth   side = ' '
	inBefore side = '-'
	inAfter  side = '+'
)

// compare cuts two texts into pieces, at the borders of words. It looks for
// lines that differ first, then for words within them, each with a bounded
// effort: of long texts that differ everywhere it tells no more than that.
func compare(before, after string) []piece {
	var all []piece
	cutAndPair(&all, splitLines(before), splitLines(after), func(a, b []string) {
		cutAndPair(&all, splitWords(a), splitWords(b), func(a, b []string) {
			all = join(all, inBefore, a)
			all = join(all, inAfter, b)
		})
	})
	return all
}

// cutAndPair joins what a and b have in common to all, and calls differ for
// what is between, in order.
func cutAndPair(all *[]piece, a, b []string, differ func(a, b []string)) {
	at := 0 // in a
	for _, d := range lcs.DiffLines(a, b) {
		*all = join(*all, inBoth, a[at:d.Start])
		differ(a[d.Start:d.End], b[d.ReplStart:d.ReplEnd])
		at = d.End
	}
	*all = join(*all, inBoth, a[at:])
}

func join(all []piece, in side, parts []string) []piece {
	text := strings.Join(parts, "")
	if text == "" {
		return all
	}
	if n := len(all); n > 0 && all[n-1].in == in {
		all[n-1].text += text
		return all
	}
	return append(all, piece{in, text})
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

// A comparedLine is a line of a comparison; changed says that more than
// inBoth is in it.
type comparedLine struct {
	pieces  []piece
	changed bool
}

// comparedLines cuts pieces at line ends. Where a line end alone came or went,
// a sign stands for it.
func comparedLines(pieces []piece) (lines []comparedLine) {
	var line comparedLine
	for _, p := range pieces {
		for part := range strings.Lines(p.text) {
			text, ended := strings.CutSuffix(part, "\n")
			if text == "" && p.in != inBoth {
				text = "¶"
			}
			if text != "" {
				line.pieces = append(line.pieces, piece{p.in, text})
				line.changed = line.changed || p.in != inBoth
			}
			if ended {
				lines = append(lines, line)
				line = comparedLine{}
			}
		}
	}
	if line.pieces != nil {
		lines = append(lines, line)
	}
	return lines
}
