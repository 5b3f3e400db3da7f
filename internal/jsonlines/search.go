package jsonlines

import (
	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/search"
)

// A Hit is a line of search.
type Hit struct {
	URL     string `json:"url"`
	Source  string `json:"source"`
	Kind    string `json:"kind"`
	ID      string `json:"id"`
	Hash    string `json:"hash"`
	Name    string `json:"name"`    // what it is called
	Changed string `json:"changed"` // as far as is known

	Where   string  `json:"where"`   // name, text, past, chat or poll; "" where no words were asked for
	When    string  `json:"when"`    // past: until when the words were there; chat: when it was said
	Since   string  `json:"since"`   // past: since when
	Rev     *int    `json:"rev"`     // past: a revision that has the words
	Version string  `json:"version"` // past: the version that has them, where that is not the one that show gives
	Snippet string  `json:"snippet"`
	Pieces  []Piece `json:"pieces"` // of the snippet
}

// A Piece is a part of a snippet.
type Piece struct {
	Text string `json:"text"`
	Hit  bool   `json:"hit"`
}

// NewHit is the line of a hit.
func NewHit(kinds setup.Kinds, h search.Hit, names *library.Names) Hit {
	l := Hit{
		URL: kinds.URL(h.Source, h.ID), Source: h.Source.URL, Kind: h.Source.Kind, ID: h.ID, Hash: names.Short(h.Source, h.ID),
		Name: h.Called, Changed: Stamp(h.Changed), Where: string(h.In), Pieces: []Piece{},
	}
	switch h.In {
	case documents.InPast:
		l.When, l.Since, l.Version = Stamp(h.Until), Stamp(h.Since), h.Version
		if h.Version == "" {
			l.Rev = &h.Revision
		}
	default:
		l.When = Stamp(h.Since)
	}
	for _, p := range h.Snippet {
		l.Snippet += p.Text
		l.Pieces = append(l.Pieces, Piece(p))
	}
	return l
}
