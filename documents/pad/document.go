package pad

import (
	"io"
	"time"

	"github.com/padsync/padsync/documents"
)

// Documents is the kind of pads: each is a *Document.
func Documents() documents.Kind {
	return documents.Kind{
		Format: format,
		Open: func(r io.ReaderAt, size int64, _ documents.Look) (documents.Document, error) {
			p, err := Open(r, size)
			if err != nil {
				return nil, err
			}
			return &Document{Pad: p, revision: p.Head}, nil
		},
		Forms: []documents.Form{
			{Name: "txt", Ending: ".txt"}, {Name: "html", Ending: ".html"}, {Name: "markdown", Ending: ".md"},
		},
		Exports: []string{"pdf", "docx", "odt", "doc"},
		HasPast: true,
	}
}

const format = "etherpad"

// A Document is a pad as it was at one revision, for readers of all kinds of
// documents: a documents.Past.
type Document struct {
	Pad *Pad

	revision int
	cut      bool      // it was asked for as it was then
	until    time.Time // if so
}

// Revision is the one that it is of.
func (d *Document) Revision() int { return d.revision }

// Head is the newest revision.
func (d *Document) Head() int { return d.Pad.Head }

// RevisionAt is the pad's.
func (d *Document) RevisionAt(moment time.Time) (number int, found bool, err error) {
	return d.Pad.RevisionAt(moment)
}

// At is the pad at another revision.
func (d *Document) At(number int, until time.Time) documents.Past {
	return &Document{Pad: d.Pad, revision: number, cut: true, until: until}
}

// Flaws are the pad's, whatever the revision.
func (d *Document) Flaws() (all []string) {
	for _, f := range d.Pad.Flaws {
		all = append(all, string(f))
	}
	return all
}

// Write writes the pad in a form. It needs no words.
func (d *Document) Write(w io.Writer, form string, _ documents.Language) error {
	if form == format {
		if d.cut {
			return d.Pad.WriteAt(w, d.revision, d.until)
		}
		_, err := io.Copy(w, io.NewSectionReader(d.Pad.export, 0, d.Pad.export.Size()))
		return err
	}
	s, err := d.Pad.At(d.revision)
	if err != nil {
		return err
	}
	switch form {
	case "txt":
		return s.WriteText(w)
	case "html":
		return s.WriteHTML(w)
	case "markdown":
		return s.WriteMarkdown(w)
	}
	return documents.ErrNothing
}
