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
	m := markdownWriter{Writer: bufio.NewWriter(w)}
	for l := range s.lines() {
		m.line(&l, s.spans(&l))
	}
	m.begin(nothing)
	return m.Flush()
}

// A block is what the last line written belongs to, and does not end yet.
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
	listed  string // the kind of the last list
	code    []string
}

type markdownList struct {
	kind   string
	next   int // number
	indent int // of what its items hold, from its own
}

func (m *markdownWriter) line(l *line, spans []span) {
	text := inline(spans)
	switch {
	case l.list == "number" && l.level > 0, l.list == "bullet" && l.level > 0:
		m.begin(listItem)
		m.WriteString(strings.TrimRight(m.item(l)+escapeStart(text), " ") + "\n")
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

// begin ends the block before, if next does not go on with it.
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
	fence := "```"
	for _, s := range m.code {
		for strings.Contains(s, fence) {
			fence += "`"
		}
	}
	m.WriteString(fence + "\n" + strings.Join(m.code, "\n") + "\n" + fence + "\n")
	m.code = nil
}

// item returns what stands before an item's text: the indent of the lists
// that go on, and the markers of those that begin.
func (m *markdownWriter) item(l *line) string {
	if len(m.lists) == 0 && m.listed == l.list {
		m.WriteString("<!-- -->\n\n") // else the list before would go on
	}
	m.listed = l.list
	resumed := len(m.lists) >= l.level
	m.lists = m.lists[:min(len(m.lists), l.level)]
	if n := len(m.lists); n == l.level && m.lists[n-1].kind != l.list {
		m.lists = m.lists[:n-1]
	}
	inside := len(m.lists)
	if inside == l.level {
		inside-- // the item is a further one
	}
	indent := 0
	for _, list := range m.lists[:inside] {
		indent += list.indent
	}
	for len(m.lists) < l.level {
		m.lists = append(m.lists, markdownList{kind: l.list, next: l.firstNumber(resumed)})
	}
	markers := ""
	for i := inside; i < l.level; i++ {
		marker := m.lists[i].marker()
		m.lists[i].indent = len(marker)
		markers += marker
	}
	return strings.Repeat(" ", indent) + markers
}

func (l *markdownList) marker() string {
	if l.kind == "bullet" {
		return "- "
	}
	// CommonMark takes nine digits at most.
	n := min(l.next, 999_999_999)
	l.next = n + 1
	return strconv.Itoa(n) + ". "
}

func plain(spans []span) string {
	var b strings.Builder
	for _, sp := range spans {
		b.WriteString(sp.text)
	}
	return b.String()
}
