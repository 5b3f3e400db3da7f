package poll

import (
	"cmp"
	"io"

	"github.com/padsync/padsync/documents"
)

// Documents is the kind of polls. Each is a documents.Partial.
func Documents() documents.Kind {
	return documents.Kind{
		Format: format,
		Open: func(r io.ReaderAt, size int64, l documents.Look) (documents.Document, error) {
			p, err := Decode(io.NewSectionReader(r, 0, size))
			if err != nil {
				return nil, err
			}
			return &document{look: Look{Poll: p, Saved: l.Saved, Fields: l.Parts}, id: l.Document}, nil
		},
		Forms: []documents.Form{
			{Name: "txt", Ending: ".txt"}, {Name: "html", Ending: ".html"}, {Name: "csv", Ending: ".csv"}, {Name: "ics", Ending: ".ics"},
		},
		Columns: true,
	}
}

const format = "json"

// A document is a poll as one look saw it, for readers of all kinds of documents.
type document struct {
	look Look
	id   string

	public *documents.Publication // nil: it is given to its owner
	plain  *Poll                  // if it is not nil: with its texts as they are
}

// Of is the poll of a document of this kind, which stays the document's; false for
// a document of another kind.
func Of(d documents.Document) (*Poll, bool) {
	if of, ok := d.(*document); ok {
		return of.look.Poll, true
	}
	return nil, false
}

func (d *document) Flaws() []string { return nil }

func (d *document) Write(w io.Writer, form string, l documents.Language) error {
	p := d.look.Poll
	switch form {
	case format:
		if d.public != nil {
			return documents.ErrNothing // it has more than is shown
		}
		b, err := p.Encode()
		if err == nil {
			_, err = w.Write(b)
		}
		return err
	case "txt":
		return p.writeText(w, l, d.public)
	case "html":
		return p.writeHTML(w, l, d.public, cmp.Or(d.plain, p))
	case "csv":
		return p.WriteCSV(w, l)
	case "ics":
		return p.WriteICS(w, l, d.id, d.look.Saved)
	}
	return documents.ErrNothing
}

func (d *document) Lacks() (parts []string) {
	for _, part := range d.look.Poll.Unseen {
		parts = append(parts, string(part))
	}
	return parts
}

func (d *document) Fill(earlier documents.Document) {
	if e, ok := earlier.(*document); ok {
		d.look.Fill(&e.look)
	}
}

func (d *document) Taken() (all []documents.Taken) {
	for _, t := range d.look.Poll.Taken() {
		all = append(all, documents.Taken{Saved: t.Saved, Parts: func(l documents.Language) string { return names(t.Parts, l) }})
	}
	return all
}
