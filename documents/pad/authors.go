package pad

import (
	"cmp"
	"fmt"
	"html"
	"io"
	"strconv"
	"strings"
)

// WriteAuthorsHTML writes the state as WriteHTML does, and shows who wrote
// what: each author's text is on their colour, and a legend above names them in
// the order in which they appear. An author without a name is shown by the id.
func (s *State) WriteAuthorsHTML(w io.Writer, authors []Author) error {
	h := htmlWriter{Writer: s.writer(w), authors: map[string]*pageAuthor{}}
	var style, legend strings.Builder
	style.WriteString(".authors span { padding: 0 .3em }\n")
	known := make(map[string]Author, len(authors))
	for _, a := range authors {
		known[a.ID] = a
	}
	for _, r := range s.runs {
		id := s.author(r.attribs)
		if id == "" || h.authors[id] != nil {
			continue
		}
		a := newPageAuthor(len(h.authors), id, known[id])
		h.authors[id] = a
		style.WriteString(a.style)
		legend.WriteString(a.open + a.name + "</span>\n")
	}
	h.head("", s.id, style.String())
	h.WriteString(sheet)
	if legend.Len() > 0 {
		h.WriteString(`<p class="authors">` + legend.String() + "</p>\n")
	}
	for l := range s.lines() {
		h.line(&l, s.spans(&l, s.styleAndAuthor))
	}
	return h.end()
}

// A pageAuthor is an author as a page shows one.
type pageAuthor struct {
	name  string // escaped
	open  string // the tag before their text
	style string
}

func newPageAuthor(n int, id string, a Author) *pageAuthor {
	name, class := html.EscapeString(short(cmp.Or(a.Name, id))), "a"+strconv.Itoa(n)
	p := &pageAuthor{name: name, open: `<span class="` + class + `" title="` + name + `">`}
	if c, ok := a.rgb(); ok {
		p.style = fmt.Sprintf(".%s { background: #%06x; color: %s }\n", class, c, c.ink())
	}
	return p
}

// short bounds a name, which is repeated with every part of the text.
func short(name string) string {
	const most = 100
	if r := []rune(name); len(r) > most {
		return string(r[:most]) + "…"
	}
	return name
}

// An rgb is a colour, 0xrrggbb.
type rgb uint32

// rgb is the colour that the author chose or that Etherpad gave.
func (a Author) rgb() (rgb, bool) {
	if digits, ok := strings.CutPrefix(a.Color, "#"); ok {
		n, err := strconv.ParseUint(digits, 16, 24)
		return rgb(n), err == nil
	}
	n, err := strconv.Atoi(a.Color)
	if err != nil || n >= len(palette) {
		return 0, false
	}
	return palette[n], true
}

// ink is the colour of text that can be read on c.
func (c rgb) ink() string {
	red, green, blue := c>>16, c>>8&0xff, c&0xff
	if 299*red+587*green+114*blue < 128*1000 {
		return "#fff"
	}
	return "#000"
}

// palette is what the indices of Author.Color stand for (Etherpad 1.8.14).
var palette = [...]rgb{
	0xffc7c7, 0xfff1c7, 0xe3ffc7, 0xc7ffd5, 0xc7ffff, 0xc7d5ff, 0xe3c7ff, 0xffc7f1,
	0xffa8a8, 0xffe699, 0xcfff9e, 0x99ffb3, 0xa3ffff, 0x99b3ff, 0xcc99ff, 0xff99e5,
	0xe7b1b1, 0xe9dcaf, 0xcde9af, 0xbfedcc, 0xb1e7e7, 0xc3cdee, 0xd2b8ea, 0xeec3e6,
	0xe9cece, 0xe7e0ca, 0xd3e5c7, 0xbce1c5, 0xc1e2e2, 0xc1c9e2, 0xcfc1e2, 0xe0bdd9,
	0xbaded3, 0xa0f8eb, 0xb1e7e0, 0xc3c8e4, 0xcec5e2, 0xb1d5e7, 0xcda8f0, 0xf0f0a8,
	0xf2f2a6, 0xf5a8eb, 0xc5f9a9, 0xececbb, 0xe7c4bc, 0xdaf0b2, 0xb0a0fd, 0xbce2e7,
	0xcce2bb, 0xec9afe, 0xedabbd, 0xaeaeea, 0xc4e7b1, 0xd722bb, 0xf3a5e7, 0xffa8a8,
	0xd8c0c5, 0xeaaedd, 0xadc6eb, 0xbedad1, 0xdee9af, 0xe9afc2, 0xf8d2a0, 0xb3b3e6,
}
