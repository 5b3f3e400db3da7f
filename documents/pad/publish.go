package pad

import (
	"cmp"
	"html"
	"io"
	"strings"

	"github.com/padsync/padsync/documents"
)

var _ documents.Publishable = (*Document)(nil)

// Publish implements documents.Publishable. Its forms do not show who wrote what,
// so that names are those of the chat alone.
func (d *Document) Publish(p documents.Publication) documents.Document {
	return &published{d, &p}
}

// A published document is a pad for people who may not have all of it: it is no
// documents.Past.
type published struct {
	of *Document
	as *documents.Publication
}

// Flaws implements documents.Document.
func (d *published) Flaws() []string { return d.of.Flaws() }

// Write implements documents.Document.
func (d *published) Write(w io.Writer, form string, l documents.Language) error {
	s, err := d.of.Pad.At(d.of.revision)
	if err != nil {
		return err
	}
	chat, err := d.chat()
	if err != nil {
		return err
	}
	public := *s
	public.id, public.as = d.as.Title, d.as
	switch form {
	case "txt":
		err = public.writePublicText(w, chat, l)
	case "html":
		err = public.writePublicHTML(w, chat, l)
	case "markdown":
		err = public.writePublicMarkdown(w, chat, l)
	default:
		err = documents.ErrNothing
	}
	return err
}

// A said is a message of the chat as people see it.
type said struct{ name, when, text string }

// chat is bounded as what else is held of a pad: of a longer one the end is left
// out.
func (d *published) chat() (all []said, err error) {
	if !d.as.Chat {
		return nil, nil
	}
	names, held := d.of.Pad.AuthorNames(), 0
	for m, err := range d.of.Pad.Messages() {
		if err != nil {
			return nil, err
		}
		s := said{text: d.as.Text(m.Text)}
		if d.as.Names {
			s.name = d.as.Text(short(names[m.Author]))
		}
		if !m.Time.IsZero() {
			s.when = m.Time.Local().Format("2006-01-02 15:04")
		}
		if held += 100 + len(s.text); held > maxHeld {
			break
		}
		all = append(all, s)
	}
	return all, nil
}

func chatHead(l documents.Language) string {
	if l == documents.French {
		return "Discussion"
	}
	return "Chat"
}

// head is what stands before a message.
func (s said) head() string { return strings.TrimSpace(s.when + "  " + s.name) }

const publicStyle = `.chat p { margin-block-start: .85rem; max-width: 46rem; overflow-wrap: anywhere; }
.chat .soft { display: block; font-size: var(--tiny); }
`

func (s *State) writePublicHTML(w io.Writer, chat []said, l documents.Language) error {
	h := htmlWriter{Writer: s.writer(w), below: true}
	h.head(string(l), s.id, publicStyle)
	h.WriteString("<main>\n")
	if up := s.as.Up; up.Href != "" {
		h.WriteString(`<p class="trail"><a href="` + html.EscapeString(up.Href) + `">` + html.EscapeString(up.Text) + "</a></p>\n")
	}
	h.WriteString("<h1>" + html.EscapeString(s.id) + "</h1>\n")
	for _, note := range s.as.Notes {
		h.WriteString(`<p class="note">` + html.EscapeString(note) + "</p>\n")
	}
	h.WriteString("<div class=\"sheet\">\n")
	for l := range s.lines() {
		h.line(&l, s.spans(&l, s.style))
	}
	h.closeLists(0)
	h.WriteString("</div>\n")
	if len(chat) > 0 {
		h.WriteString("<section class=\"chat\">\n<h2>" + chatHead(l) + "</h2>\n")
		for _, m := range chat {
			h.WriteString(`<p><span class="soft">` + html.EscapeString(m.head()) + "</span>" + html.EscapeString(m.text) + "</p>\n")
		}
		h.WriteString("</section>\n")
	}
	return h.end()
}

func (s *State) writePublicMarkdown(w io.Writer, chat []said, l documents.Language) error {
	m := markdownWriter{Writer: s.writer(w)}
	paragraph := func(style style, text string) {
		text = inline([]span{{look: look{style: style}, text: oneLine(text)}})
		m.WriteString(cmp.Or(escapeStart(text), "&nbsp;") + "\n\n")
	}
	for _, note := range s.as.Notes {
		paragraph(italic, note)
	}
	for l := range s.lines() {
		m.line(&l, s.spans(&l, s.style))
	}
	m.begin(nothing)
	if len(chat) > 0 {
		m.WriteString("\n## " + chatHead(l) + "\n\n")
	}
	for _, said := range chat {
		paragraph(0, said.head()+": "+said.text)
	}
	return m.Flush()
}

func (s *State) writePublicText(w io.Writer, chat []said, l documents.Language) error {
	b := s.writer(w)
	for _, note := range s.as.Notes {
		b.WriteString(oneLine(note) + "\n\n")
	}
	var n numbering
	for l := range s.lines() {
		if _, err := b.WriteString(n.prefix(&l) + plain(s.published(s.styled(&l, func(string) look { return look{} }))) + "\n"); err != nil {
			return err // a reader of the beginning alone has enough
		}
	}
	if len(chat) > 0 {
		b.WriteString("\n" + chatHead(l) + "\n\n")
	}
	for _, m := range chat {
		b.WriteString(m.head() + ": " + oneLine(m.text) + "\n")
	}
	return b.Flush()
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// published puts what the publication has in the place of addresses into a line.
func (s *State) published(spans []span) []span {
	if s.as == nil {
		return spans
	}
	text := plain(spans)
	pieces := s.as.Pieces(text)
	if len(pieces) == 1 && pieces[0].Text == text && pieces[0].Href == "" {
		return spans
	}
	var public []span
	at := 0 // where the first span begins in text
	for _, p := range pieces {
		for len(spans) > 0 && at+len(spans[0].text) <= p.Begin {
			at += len(spans[0].text)
			spans = spans[1:]
		}
		if replaced := p.Text != text[p.Begin:p.End] || p.Href != ""; replaced {
			look := look{}
			if len(spans) > 0 {
				look = spans[0].look
			}
			public = append(public, span{look: look, text: p.Text, href: p.Href})
			continue
		}
		for i, from := 0, at; i < len(spans) && from < p.End; i++ {
			sp := spans[i]
			begin, end := max(p.Begin-from, 0), min(p.End-from, len(sp.text))
			from += len(sp.text)
			sp.text = sp.text[begin:end]
			public = append(public, sp)
		}
	}
	return public
}
