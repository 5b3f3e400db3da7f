package pad

import (
	"bufio"
	"html"
	"io"
	"slices"
	"strconv"

	"github.com/padsync/padsync/internal/stylesheet"
)

// WriteHTML writes the state as an HTML page of its own, titled with the pad's
// id. It loads nothing and runs nothing, whatever the pad holds; only http,
// https and mailto become links.
func (s *State) WriteHTML(w io.Writer) error {
	h := htmlWriter{Writer: s.writer(w)}
	h.head("", s.id, "")
	h.WriteString(sheet)
	for l := range s.lines() {
		h.line(&l, s.spans(&l, s.style))
	}
	return h.end()
}

// sheet begins a page that is the pad's text alone.
const sheet = "<main class=\"sheet\">\n"

// head begins the page, in a language or "", with style in addition to that of all
// pages.
func (h *htmlWriter) head(language, title, style string) {
	h.WriteString("<!doctype html>\n<html")
	if language != "" {
		h.WriteString(` lang="` + html.EscapeString(language) + `"`)
	}
	h.WriteString(htmlHead + "<title>" + html.EscapeString(title) + "</title>\n<style>\n" + stylesheet.Common + htmlStyle + style + "</style>\n</head>\n<body>\n")
}

func (h *htmlWriter) end() error {
	h.closeLists(0)
	h.WriteString("</main>\n</body>\n</html>\n")
	return h.Flush()
}

const htmlHead = `>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'">
`

const htmlStyle = `.sheet { max-width: 46rem; padding: clamp(1.25rem, 4vw, 2.75rem) clamp(1rem, 5vw, 3rem); background: var(--sheet); border: 1px solid var(--line); border-radius: var(--radius); font: var(--body)/1.7 var(--serif); overflow-wrap: anywhere; }
div.sheet { margin-block-start: 1.75rem; }
main.sheet { margin-block: 2rem; }
.sheet :is(p, pre, li, h1, h2, h3, h4, h5, h6) { white-space: pre-wrap; }
.sheet :is(p, pre) { margin: 0; min-height: 1.7em; }
.sheet pre { font: var(--small)/1.7 var(--mono); }
.sheet :is(h1, h2, h3, h4, h5, h6) { margin: 0; padding-block: .5em .2em; font: 700 1.0625rem/1.35 var(--serif); letter-spacing: 0; text-wrap: wrap; }
.sheet h1 { font-size: 1.6rem; }
.sheet h2 { font-size: 1.375rem; }
.sheet h3 { font-size: 1.2rem; }
.sheet :is(ol, ul) { margin: 0; padding-inline-start: 2em; }
ol ol > li::marker { content: counters(list-item, ".") ". "; }
.indent, .skip { list-style: none; }
.center { text-align: center; }
.right { text-align: right; }
.justify { text-align: justify; }
@media (max-width: 40rem) { .sheet { margin-inline: calc(-1 * var(--gutter)); padding-inline: var(--gutter); border-inline: 0; border-radius: 0; } main.sheet { margin: 0; border: 0; } }
@media (min-width: 52rem) { main.sheet { margin-inline: auto; } }
@media print { .sheet, main.sheet { max-width: none; margin-inline: 0; padding: 0; border: 0; background: none; } }
`

type htmlWriter struct {
	*bufio.Writer
	lists   []string               // kinds of the open ones; the last item of each is open
	authors map[string]*pageAuthor // by id; nil if they are not shown
	below   bool                   // the text stands below a heading of the page
	margin  string                 // to stand beside the next line
	beside  string                 // what stood there last
}

func (h *htmlWriter) line(l *line, spans []span) {
	if l.level == 0 {
		h.closeLists(0)
		tag := "p"
		if heading := h.heading(l); heading != "" {
			tag = heading
		}
		h.WriteString("<" + tag + class(l.align) + ">" + h.margin)
		h.spans(spans)
		h.WriteString("</" + tag + ">\n")
		return
	}
	h.item(l)
	h.WriteString(h.margin)
	tag := h.heading(l)
	if tag == "" {
		h.spans(spans)
		return
	}
	h.WriteString("<" + tag + ">")
	h.spans(spans)
	h.WriteString("</" + tag + ">")
}

// headings are the tags of line kinds that the plugin ep_headings2 makes.
var headings = map[string]string{"h1": "h1", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h5", "h6": "h6", "code": "pre"}

// heading is the tag of a line that is one, or code; else "". Below a heading of the
// page, those of the text are of the next level.
func (h *htmlWriter) heading(l *line) string {
	tag := headings[l.head]
	if h.below && tag != "" && tag[0] == 'h' {
		tag = "h" + string(min(tag[1]+1, '6'))
	}
	return tag
}

// class is for alignments of the plugin ep_align; left is the default.
func class(align string) string {
	if slices.Contains([]string{"center", "right", "justify"}, align) {
		return ` class="` + align + `"`
	}
	return ""
}

// item opens the item of a line, and the lists around it. There are no line
// ends within lists, as white space is shown.
func (h *htmlWriter) item(l *line) {
	resumed := len(h.lists) >= l.level // in an item that had a list before, or on its own
	h.closeLists(l.level)
	if n := len(h.lists); n == l.level {
		if h.lists[n-1] == l.list {
			h.WriteString("</li><li" + class(l.align) + ">")
			return
		}
		h.closeLists(n - 1)
	}
	for len(h.lists) < l.level {
		h.open(l.list, l.firstNumber(resumed))
		if len(h.lists) < l.level {
			h.WriteString(`<li class="skip">`)
		}
	}
	h.WriteString("<li" + class(l.align) + ">")
}

// firstNumber is what a numbered list that begins with l counts from. A
// list within an item begins anew, unless another kind of list came between:
// what "start" says there is not a number of that list in imported pads
// (Etherpad 1.8.14).
func (l *line) firstNumber(resumed bool) int {
	if l.list == "number" && l.start > 0 && (l.level == 1 || resumed) {
		return l.start
	}
	return 1
}

func (h *htmlWriter) open(kind string, first int) {
	switch {
	case kind == "number" && first != 1:
		h.WriteString(`<ol start="` + strconv.Itoa(first) + `">`)
	case kind == "number":
		h.WriteString("<ol>")
	case kind == "bullet":
		h.WriteString("<ul>")
	default:
		h.WriteString(`<ul class="indent">`)
	}
	h.lists = append(h.lists, kind)
}

// closeLists leaves n lists open.
func (h *htmlWriter) closeLists(n int) {
	if len(h.lists) <= n {
		return
	}
	for _, kind := range slices.Backward(h.lists[n:]) {
		if kind == "number" {
			h.WriteString("</li></ol>")
		} else {
			h.WriteString("</li></ul>")
		}
	}
	h.lists = h.lists[:n]
	if n == 0 {
		h.WriteString("\n")
	}
}

var tags = []struct {
	style style
	name  string
}{{underline, "u"}, {strike, "s"}, {bold, "strong"}, {italic, "em"}}

func (h *htmlWriter) spans(spans []span) {
	for i, sp := range spans {
		if sp.href != "" && (i == 0 || spans[i-1].href != sp.href) {
			h.WriteString(`<a href="` + html.EscapeString(sp.href) + `" rel="noopener noreferrer">`)
		}
		author := h.authors[sp.author]
		if author != nil {
			h.WriteString(author.open)
		}
		for _, t := range tags {
			if sp.style&t.style != 0 {
				h.WriteString("<" + t.name + ">")
			}
		}
		h.WriteString(html.EscapeString(sp.text))
		for _, t := range slices.Backward(tags) {
			if sp.style&t.style != 0 {
				h.WriteString("</" + t.name + ">")
			}
		}
		if author != nil {
			h.WriteString("</span>")
		}
		if sp.href != "" && (i+1 == len(spans) || spans[i+1].href != sp.href) {
			h.WriteString("</a>")
		}
	}
}
