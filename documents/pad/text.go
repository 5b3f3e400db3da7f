package pad

import (
	"io"
	"strconv"
	"strings"
)

// WriteText writes the state as Etherpad's .txt export has it, byte for byte:
// "\t* " before a bullet, "\t1. " before a numbered line (Etherpad 1.8.14 and
// 3.3.1).
func (s *State) WriteText(w io.Writer) error {
	b := s.writer(w)
	var n numbering
	for l := range s.lines() {
		b.WriteString(n.prefix(&l))
		b.WriteString(l.text.String())
		if err := b.WriteByte('\n'); err != nil {
			return err
		}
	}
	return b.Flush()
}

// A numbering counts numbered lines as Etherpad's .txt export does, with its
// quirks: it ignores "start", every other line ends all counts, and going up
// more than one level keeps the counts between.
type numbering struct {
	counts [maxLevel + 1]int
	last   int // level of the last numbered line
}

func (n *numbering) prefix(l *line) string {
	tabs := strings.Repeat("\t", l.level)
	if l.list != "number" {
		n.counts = [maxLevel + 1]int{}
	}
	switch {
	case l.list == "bullet":
		return tabs + "* "
	case l.list != "number" || l.level == 0:
		return tabs
	}
	if l.level < n.last {
		n.counts[n.last] = 0
	}
	n.last = l.level
	n.counts[l.level]++
	var b strings.Builder
	b.WriteString(tabs)
	for _, count := range n.counts[1 : l.level+1] {
		b.WriteString(strconv.Itoa(count))
		b.WriteByte('.')
	}
	return b.String() + " "
}
