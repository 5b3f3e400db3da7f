package pad

import (
	"bufio"
	"io"
	"strconv"
	"strings"
)

// WriteMarkdown writes the state as CommonMark. What would be markup but is
// text in the pad is escaped; underline and strike, which CommonMark does not
// have, are inline HTML; alignment is left out.
func (s *State) WriteMarkdown(w io.Writer) error {
	m := markdownWriter{Writer: s.writer(w)}
	for l := range s.lines() {
		m.line(&l, s.spans(&l, s.style))
	}
	m.begin(nothing)
	return m.Flush()
}

// A block is what the last written line belongs to and what has not ended yet.
type block int

const (
	nothing block = iota
	heading
	paragraph
	listItem
	code
)

type markdownWriter struct {
	*bufio.Writer
	last    block
	written block // the last one that is not nothing
	lists   []markdownList
	listed  string // the kind of the last list that is not in another
	code    []string
}

type markdownList struct {
	kind   string
	next   int    // number
	marker string // of the last item; what the item holds is indented by it
}

func (m *markdownWriter) line(l *line, spans []span) {
	text := inline(spans)
	switch {
	case l.list == "number" && l.level > 0, l.list == "bullet" && l.level > 0:
		m.begin(listItem)
		m.item(l, escapeStart(text))
	case l.head == "code":
		m.begin(code)
		m.code = append(m.code, strings.ReplaceAll(plain(spans), "\r", " "))
	case headings[l.head] != "":
		m.begin(heading)
		if strings.HasSuffix(text, "#") {
			text = text[:len(text)-1] + `\#`
		}
		m.WriteString(strings.Repeat("#", int(l.head[1]-'0')) + " " + strings.TrimSpace(text) + "\n")
	case text == "":
		m.begin(nothing)
	default:
		m.begin(paragraph)
		m.WriteString(strings.Repeat("&emsp;", l.level) + escapeStart(text))
	}
}

// begin ends the block before, unless next continues it.
func (m *markdownWriter) begin(next block) {
	switch {
	case m.last == paragraph && next == paragraph:
		m.WriteString("\\\n")
		return
	case m.last == next && next != heading:
		return
	case m.last == paragraph:
		m.WriteString("\n")
	case m.last == code:
		m.fence()
	}
	m.last = next
	if next == nothing {
		return
	}
	if m.written != nothing {
		m.WriteString("\n")
	}
	if next != listItem || m.written != listItem {
		m.listed = ""
	}
	m.lists, m.written = nil, next
}

// fence writes a code block, within a fence that none of its lines ends.
func (m *markdownWriter) fence() {
	longest := 2 // run of backticks; a fence has three at least
	for _, s := range m.code {
		for run := range strings.FieldsFuncSeq(s, func(r rune) bool { return r != '`' }) {
			longest = max(longest, len(run))
		}
	}
	fence := strings.Repeat("`", longest+1)
	m.WriteString(fence + "\n" + strings.Join(m.code, "\n") + "\n" + fence + "\n")
	m.code = nil
}

// item writes the indent of the lists that go on, the markers of those that
// begin, and the text.
func (m *markdownWriter) item(l *line, text string) {
	if len(m.lists) == 0 && m.listed == l.list {
		m.WriteString("<!-- -->\n\n") // else the list before would go on
	}
	within := len(m.lists) > 0
	resumed := len(m.lists) >= l.level
	m.lists = m.lists[:min(len(m.lists), l.level)]
	if n := len(m.lists); n == l.level && m.lists[n-1].kind != l.list {
		m.lists = m.lists[:n-1]
	}
	outer := min(len(m.lists), l.level-1)
	begins := len(m.lists) < l.level
	for len(m.lists) < l.level {
		m.lists = append(m.lists, markdownList{kind: l.list, next: l.firstNumber(resumed)})
	}
	m.listed = m.lists[0].kind
	indent, markers := 0, ""
	for i := range m.lists {
		if i >= outer {
			m.lists[i].mark()
			markers += m.lists[i].marker
		} else {
			indent += len(m.lists[i].marker)
		}
	}
	if within && begins && l.list == "number" && markers[:3] != "1. " {
		m.WriteString("\n") // such a list would not end the paragraph before
	}
	if text == "" {
		text = "&nbsp;" // an item of nothing would hold nothing
	}
	m.WriteString(strings.Repeat(" ", indent) + markers + text + "\n")
}

// mark makes the marker of the next item.
func (l *markdownList) mark() {
	if l.kind == "bullet" {
		l.marker = "- "
		return
	}
	// CommonMark takes nine digits at most.
	n := min(l.next, 999_999_999)
	l.marker = strconv.Itoa(n) + ". "
	l.next = n + 1
}
