package pad

import (
	"html"
	"io"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"
)

const (
	handColours = 8 // as many as can be told apart and are legible on both grounds
	handLines   = 5 // kinds of underlines
)

// handStyle shows who wrote what by a line below it, whose colour and kind are the
// hand's, and by the name beside the first line of each. The colours are ours: those
// of authors may be illegible. On both grounds they have a contrast of 5.3 or more.
const handStyle = `:root { --a1: light-dark(#0b6b78, #6fcbd6); --a2: light-dark(#9a2f78, #eb9bd1); --a3: light-dark(#9a4a00, #efad6d); --a4: light-dark(#2f55b5, #9db6f5); --a5: light-dark(#3c6b2a, #9fd084); --a6: light-dark(#5f3fb0, #bda6f2); --a7: light-dark(#8f2d3a, #f29aa5); --a8: light-dark(#6a6200, #d3c95c); }
.sheet { position: relative; padding-inline-start: clamp(1rem, 18vw, 9rem); }
.h { text-decoration: underline .13em; text-underline-offset: .26em; text-decoration-skip-ink: none; }
.a1 { text-decoration-color: var(--a1); } .a2 { text-decoration-color: var(--a2); } .a3 { text-decoration-color: var(--a3); } .a4 { text-decoration-color: var(--a4); }
.a5 { text-decoration-color: var(--a5); } .a6 { text-decoration-color: var(--a6); } .a7 { text-decoration-color: var(--a7); } .a8 { text-decoration-color: var(--a8); }
.u2 { text-decoration-style: dashed; } .u3 { text-decoration-style: double; text-decoration-thickness: .07em; } .u4 { text-decoration-style: dotted; } .u5 { text-decoration-style: wavy; text-decoration-thickness: .07em; }
.m { position: absolute; inset-inline-start: .75rem; inline-size: clamp(0rem, 18vw - 1.75rem, 7.25rem); padding-block-start: .45em; font: 600 .75rem/1.5 var(--sans); text-align: end; white-space: normal; }
.m .h { text-decoration-thickness: .13em; text-underline-offset: .2em; } .m .u3, .m .u5 { text-decoration-thickness: .07em; }
.m .a1 { color: var(--a1); } .m .a2 { color: var(--a2); } .m .a3 { color: var(--a3); } .m .a4 { color: var(--a4); } .m .a5 { color: var(--a5); } .m .a6 { color: var(--a6); } .m .a7 { color: var(--a7); } .m .a8 { color: var(--a8); }
.m > b { position: absolute; clip-path: inset(50%); inline-size: 1px; block-size: 1px; overflow: hidden; }
@media (max-width: 34rem) { .sheet { padding-inline-start: 1rem; } .m { display: block; position: static; inline-size: auto; padding-block-start: .6em; text-align: start; } }
`

// HandClass are the classes of what the hand with this index in a Life wrote: its
// colour, 1 to 8, and the kind of the line below it, 1 to 5. Forty of them differ.
func HandClass(hand int) (colour, line int) {
	return hand%handColours + 1, hand%handLines + 1
}

// WriteHandsHTML writes the state as WriteHTML does, and shows who wrote what: by
// lines below the text, and by names beside it. Somebody without a name is called
// nameless, with a number where there are several.
func (s *State) WriteHandsHTML(w io.Writer, hands []Hand, nameless string) error {
	h := htmlWriter{Writer: s.writer(w), authors: map[string]*pageAuthor{}}
	h.head("", s.id, handStyle)
	h.WriteString(sheet)
	names := HandNames(hands, nameless)
	for i, hand := range hands {
		colour, line := HandClass(i)
		h.authors[hand.ID] = &pageAuthor{
			name: html.EscapeString(short(names[i])),
			open: `<span class="h a` + strconv.Itoa(colour) + ` u` + strconv.Itoa(line) + `">`,
		}
	}
	for l := range s.lines() {
		spans := s.spans(&l, s.styleAndAuthor)
		h.margin = h.names(spans)
		h.line(&l, spans)
	}
	return h.end()
}

// HandNames are the names of hands for people.
func HandNames(hands []Hand, nameless string) []string {
	names, without := make([]string, len(hands)), 0
	for i, h := range hands {
		if names[i] = h.Name; h.Name != "" {
			continue
		}
		names[i] = nameless
		if without++; without > 1 {
			names[i] += " " + strconv.Itoa(without)
		}
	}
	return names
}

// mostBeside is how many names stand beside a line.
const mostBeside = 4

// names are those of who wrote a line, unless they wrote the line before.
func (h *htmlWriter) names(spans []span) string {
	var ids []string
	var b strings.Builder
	for _, sp := range spans {
		a := h.authors[sp.author]
		if a == nil || strings.TrimSpace(sp.text) == "" {
			continue
		}
		seen := false
		for _, id := range ids {
			seen = seen || id == sp.author
		}
		if seen || len(ids) == mostBeside {
			continue
		}
		if ids = append(ids, sp.author); len(ids) > 1 {
			b.WriteString(", ")
		}
		b.WriteString(a.open + a.name + "</span>")
	}
	if len(ids) == 0 || b.String() == h.beside {
		return ""
	}
	h.beside = b.String()
	return `<span class="m">` + h.beside + "<b>: </b></span>"
}

// A Placed text knows where each part of it stands in the State that it is of.
type Placed struct {
	Text  string
	state *State
	lines []placedLine
}

type placedLine struct {
	at   int // bytes, of the line's text in Text, behind what padsync puts before it
	unit int // of the line's text in the state
}

// Placed is the text as WriteText has it. The error is that of WriteText.
func (s *State) Placed() (*Placed, error) {
	p := &Placed{state: s}
	var b strings.Builder
	out := &bounded{&b, 16<<20 + 16*len(s.text)}
	var n numbering
	unit := 0
	for l := range s.lines() {
		if _, err := io.WriteString(out, n.prefix(&l)); err != nil {
			return nil, err
		}
		whole := 0 // units of the line with its marker
		for unit+whole < len(s.text) && s.text[unit+whole] != '\n' {
			whole++
		}
		p.lines = append(p.lines, placedLine{b.Len(), unit + whole - len(l.text)})
		unit += whole + 1
		if _, err := io.WriteString(out, l.text.String()+"\n"); err != nil {
			return nil, err
		}
	}
	p.Text = b.String()
	return p, nil
}

// Unit is the place in the state, in UTF-16 units, of a place in Text, in bytes.
func (p *Placed) Unit(at int) int {
	i := sort.Search(len(p.lines), func(i int) bool { return p.lines[i].at > at }) - 1
	if i < 0 {
		return 0
	}
	unit := p.lines[i].unit
	for _, r := range p.Text[p.lines[i].at:at] {
		unit += utf16.RuneLen(r)
	}
	return min(unit, len(p.state.text))
}

// Author is the id of who wrote most of a part of the text, in UTF-16 units; "" if
// nobody is known.
func (p *Placed) Author(begin, end int) (author string) {
	written, most, at := make(map[string]int), 0, 0
	for _, r := range p.state.runs {
		if from, to := max(at, begin), min(at+r.chars, end); from < to {
			id := p.state.author(r.attribs)
			if written[id] += to - from; written[id] > most {
				author, most = id, written[id]
			}
		}
		if at += r.chars; at >= end {
			break
		}
	}
	return author
}
