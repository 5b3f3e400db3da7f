package pad

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strconv"
	"strings"

	"github.com/padsync/padsync/documents"
)

// A State is what a pad held at one revision. It is safe for concurrent use.
type State struct {
	id   string
	text units
	runs []run // of text, from its start; what they do not cover is plain
	pool pool

	as *documents.Publication // nil: for who has the pad
}

// A run is so many units of text with the same attributes.
type run struct {
	attribs string
	chars   int
}

// newState gives the text the attributes of an attribution, as far as that can
// be read; whole says that all of it can, and that it covers all the text. What
// is beyond the text's end stands for nothing.
func newState(id string, text units, attribs string, p pool) (s *State, whole bool) {
	s = &State{id: id, text: text, pool: p}
	left := len(text)
	for o, err := range ops(attribs) {
		if err != nil || o.code != '+' {
			return s, false
		}
		o.chars = min(o.chars, left)
		left -= o.chars
		if o.chars > 0 {
			s.runs = append(s.runs, run{o.attribs, o.chars})
		}
	}
	return s, left == 0
}

// isPooled reports whether all attributes that the text has are in the pool.
func (s *State) isPooled() bool {
	for _, r := range s.runs {
		for n := range numbers(r.attribs) {
			if _, ok := s.pool[n]; !ok {
				return false
			}
		}
	}
	return true
}

// Text is what the state says, without any formatting.
func (s *State) Text() string { return s.text.String() }

// Attribution is what gives the text its attributes, as exports have it.
func (s *State) Attribution() string {
	var b strings.Builder
	rest := s.text
	add := func(attribs string, chars int) {
		part := rest[:min(chars, len(rest))]
		rest = rest[len(part):]
		// What ends with a line end is apart from what follows the last line
		// end.
		lines, end := 0, 0
		for i, u := range part {
			if u == '\n' {
				lines, end = lines+1, i+1
			}
		}
		if lines > 0 {
			fmt.Fprintf(&b, "%s|%s+%s", attribs, strconv.FormatInt(int64(lines), 36), strconv.FormatInt(int64(end), 36))
		}
		if end < len(part) {
			fmt.Fprintf(&b, "%s+%s", attribs, strconv.FormatInt(int64(len(part)-end), 36))
		}
	}
	for _, r := range s.runs {
		add(r.attribs, r.chars)
	}
	add("", len(rest))
	return b.String()
}

// writer bounds what is made of the state: no pad that people write becomes 16
// times its text, but a hostile one would become hundreds of times as much. The
// error beyond that matches ErrTooLarge.
func (s *State) writer(w io.Writer) *bufio.Writer {
	return bufio.NewWriter(&bounded{w, 16<<20 + 16*len(s.text)})
}

type bounded struct {
	io.Writer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, fmt.Errorf("write pad: %w", ErrTooLarge)
	}
	return b.Writer.Write(p)
}

// A line is one line of a pad.
type line struct {
	text units // without the end, and without a list's marker
	runs []run

	list   string // "bullet", "number", "indent", …; "" outside of a list
	level  int    // of the list, from 1
	start  int    // what a number should be, 0 if not known
	head   string // "h1" to "h6", "code", or ""
	align  string
	marked bool // text begins with a "*" that is not for people
}

// lines cuts the text into lines as Etherpad's exports do.
func (s *State) lines() iter.Seq[line] {
	return func(yield func(line) bool) {
		text, runs := s.text, s.runs
		if n := len(text); n > 0 && text[n-1] == '\n' {
			text = text[:n-1]
		}
		var used int // of runs[0]
		for more := true; more; {
			n := 0
			for n < len(text) && text[n] != '\n' {
				n++
			}
			more = n < len(text)
			l := line{text: text[:n]}
			l.runs, runs, used = cutRuns(runs, used, n+1)
			if len(l.runs) > 0 {
				s.analyze(&l)
			}
			if !yield(l) {
				return
			}
			text = text[min(n+1, len(text)):]
		}
	}
}

// cutRuns takes n units off runs; some units of the first run are used already.
func cutRuns(runs []run, used, n int) (cut, rest []run, restUsed int) {
	for n > 0 && len(runs) > 0 {
		r := run{runs[0].attribs, min(n, runs[0].chars-used)}
		cut = append(cut, r)
		n -= r.chars
		if used += r.chars; used == runs[0].chars {
			runs, used = runs[1:], 0
		}
	}
	return cut, runs, used
}

const (
	maxLevel = 100 // more than the 16 levels of Etherpad 1.8.14's menus
	maxValue = 100 // bytes that are read of an attribute, for each line anew
)

var listType = regexp.MustCompile(`([a-z]+)([0-9]+)`)

// analyze reads what the attributes of a line's first character say about the
// line. Etherpad puts them on a "*" that it does not show.
func (s *State) analyze(l *line) {
	var list string
	for a := range s.pool.attributes(l.runs[0].attribs) {
		value := a.value[:min(len(a.value), maxValue)]
		switch a.name {
		case "list":
			list = value
		case "start":
			l.start, _ = strconv.Atoi(value)
		case "heading":
			l.head = value
		case "heading1", "heading2":
			l.head = "h" + strings.TrimPrefix(a.name, "heading")
		case "align":
			l.align = value
		case "lmkr":
			l.marked = true
		}
	}
	l.marked = (l.marked || l.head != "" || l.align != "") && len(l.text) > 0 && l.text[0] == '*'
	if list == "" {
		return
	}
	if m := listType.FindStringSubmatch(list); m != nil {
		n, err := strconv.Atoi(m[2])
		if err != nil || n > maxLevel {
			n = maxLevel
		}
		l.list, l.level = m[1], n
	}
	l.marked = false
	l.skipMarker()
}

func (l *line) skipMarker() {
	if len(l.text) > 0 {
		l.text = l.text[1:]
		_, rest, used := cutRuns(l.runs, 0, 1)
		if used > 0 {
			rest = append([]run{{rest[0].attribs, rest[0].chars - used}}, rest[1:]...)
		}
		l.runs = rest
	}
}
