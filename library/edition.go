package library

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
)

// An Edition is a document as it was at one point of its life. It ends with its
// Document.
type Edition struct {
	Version *manifest.VersionRecord

	// Document is nil where it can be given only as it was saved.
	Document documents.Document

	of   *Document
	kind documents.Kind
	file *spool.Spool // from which it was read, nil if from none
}

// Close frees what was read.
func (e *Edition) Close() {
	if e.file != nil {
		e.file.Close()
	}
}

// Revised is the edition at another revision of the past that its document holds. It
// is of what was read already, ends with e, and is not to be closed. The error
// matches ErrNotYet where there is no such revision.
func (e *Edition) Revised(number int) (*Edition, error) {
	other := *e
	other.file = nil
	if err := other.goTo(number); err != nil {
		return nil, err
	}
	return &other, nil
}

// goTo makes the edition one of another revision.
func (e *Edition) goTo(number int) error {
	past, ok := e.Document.(documents.Past)
	if !ok {
		return ErrNoHistory
	}
	if number < 0 || number > past.Head() {
		return &RevisionError{Revision: number, Head: past.Head()}
	}
	e.Document = past.At(number, time.Time{})
	return nil
}

// A FormError says that an edition cannot be written in a form. It matches
// ErrNoForm.
type FormError struct {
	Form  string
	Forms []string // that there are
}

func (e *FormError) Error() string { return "it has no form " + e.Form }

// Unwrap gives ErrNoForm.
func (e *FormError) Unwrap() error { return ErrNoForm }

// Write writes the edition in a form that padsync makes, or else as it was
// saved in that form, also where the form cannot be made. The error for another
// form is a *FormError.
func (e *Edition) Write(w io.Writer, form string, language documents.Language) error {
	at := slices.IndexFunc(e.Version.Files, func(f manifest.FileRecord) bool { return f.Format == form })
	saved := at >= 0 && !e.past()
	if e.makes(form) {
		out := &counting{Writer: w}
		err := e.Document.Write(out, form, language)
		standsIn := errors.Is(err, documents.ErrUnreadable) && saved && out.written == 0
		if !standsIn && !errors.Is(err, documents.ErrNothing) {
			return err
		}
	}
	if !saved {
		return e.noForm(form)
	}
	s, err := e.of.files.File(e.Version.Files[at])
	if err != nil {
		return err
	}
	defer s.Close()
	return CopySaved(e.Version.Files[at], e.of.options.Raw)(w, s, s.Size())
}

// makes reports whether a form is made of the document. The form in which it is
// saved is made where what was saved is of another time, or not all.
func (e *Edition) makes(form string) bool {
	switch {
	case e.Document == nil:
		return false
	case form == e.kind.Format:
		return e.past() || len(Taken(e.Document)) > 0
	}
	return slices.ContainsFunc(e.kind.Forms, func(f documents.Form) bool { return f.Name == form })
}

// noForm is the error for a form that the edition does not have.
func (e *Edition) noForm(form string) error {
	nothing := func(other string) bool {
		return e.makes(other) && errors.Is(e.Document.Write(io.Discard, other, documents.English), documents.ErrNothing)
	}
	return &FormError{form, slices.DeleteFunc(e.Forms(), nothing)}
}

// RawForm is the form to give of what was saved where none was asked for: the
// usual one, else the first that people can read, which is a poll's page or a
// pad's history.
func (e *Edition) RawForm(usual string) string {
	saved := e.Forms()
	for _, form := range []string{usual, "html", e.kind.Format} {
		if slices.Contains(saved, form) {
			return form
		}
	}
	return usual
}

// past says that the edition is from before the document's newest revision:
// what was saved in other forms is of another time.
func (e *Edition) past() bool {
	past, ok := e.Document.(documents.Past)
	return ok && past.Revision() != past.Head()
}

// Forms are those that Write takes.
func (e *Edition) Forms() []string {
	var forms []string
	if e.Document != nil {
		for _, form := range e.kind.Forms {
			forms = append(forms, form.Name)
		}
		slices.Sort(forms)
	}
	if e.past() {
		return append(forms, e.kind.Format)
	}
	for _, f := range e.Version.Files {
		if !slices.Contains(forms, f.Format) {
			forms = append(forms, f.Format)
		}
	}
	return forms
}

// maxCompared bounds a text that is compared, in bytes: a book has 1 MB.
const maxCompared = 8 << 20

// ErrTooLong is for a text that is too long to be compared.
var ErrTooLong = errors.New("a text is too long to be compared")

// Comparable gives the text of the document at a point, and a label for it.
func (d *Document) Comparable(ctx context.Context, point string, language documents.Language) (label, text string, err error) {
	e, err := d.At(ctx, point)
	if err != nil {
		return "", "", err
	}
	defer e.Close()
	label = e.Version.Name
	if past, ok := e.Document.(documents.Past); ok {
		label += " @" + strconv.Itoa(past.Revision())
	}
	var b bytes.Buffer
	if err := e.Write(&bounded{&b, maxCompared}, "txt", language); err != nil {
		return "", "", err
	}
	text = b.String()
	if e.kind.Columns {
		// A longer name moves a whole column.
		text = columnGap.ReplaceAllString(text, "  ")
	}
	return label, text, nil
}

var columnGap = regexp.MustCompile(`  +`)

// bounded fails where more is written than it takes.
type bounded struct {
	io.Writer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, ErrTooLong
	}
	return b.Writer.Write(p)
}

// counting counts what was written.
type counting struct {
	io.Writer
	written int
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.written += n
	return n, err
}

// until reads until ctx ends, so that an interruption ends the reading of a
// long history, now or later.
type until struct {
	ctx context.Context
	io.ReaderAt
}

func (u until) ReadAt(b []byte, offset int64) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.ReaderAt.ReadAt(b, offset)
}
