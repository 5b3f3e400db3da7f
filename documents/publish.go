package documents

import "strings"

// A Publishable is a document that can be given to people who have no right to
// all of it.
type Publishable interface {
	Document

	// Publish is the document as these may see it. It has none of what its saved
	// file holds beside what Write writes in other forms, and no form of it has its
	// id, nor its history.
	Publish(p Publication) Document
}

// A Publication says what people may see of a document.
type Publication struct {
	Title string   // of its pages, in place of the document's id
	Key   string   // identifies it among all others, in place of what would lead to it
	Notes []string // to stand above it
	Up    Link     // leads from its page to that of all; without an Href there is none

	Names bool // of those who wrote, voted or commented
	Chat  bool

	// Links are the places in a text of what is not to stand there, in their order
	// and apart: addresses. Nil: there are none.
	Links func(text string) []Link
}

// A Link is what stands in place of a part of a text.
type Link struct {
	Begin, End int    // in the text
	Text       string // for people
	Href       string // where it leads, relative to the page; "": nowhere
}

// Text is a text with what stands in place of its links.
func (p *Publication) Text(text string) string {
	var b strings.Builder
	for _, l := range p.Pieces(text) {
		b.WriteString(l.Text)
	}
	return b.String()
}

// Pieces are a text cut into links, and what stands between them, which has no
// Href.
func (p *Publication) Pieces(text string) (all []Link) {
	at := 0
	add := func(l Link) {
		if l.Text != "" {
			all = append(all, l)
		}
	}
	if p != nil && p.Links != nil {
		for _, l := range p.Links(text) {
			add(Link{Begin: at, End: l.Begin, Text: text[at:l.Begin]})
			add(l)
			at = l.End
		}
	}
	add(Link{Begin: at, End: len(text), Text: text[at:]})
	return all
}
