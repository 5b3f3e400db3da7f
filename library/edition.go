package library

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
)

// An Edition is a document as it was at one point of its life. It ends with its
// Document.
type Edition struct {
	Version *manifest.VersionRecord

	Pad      *pad.Pad   // nil of a poll, and of what is no whole pad
	State    *pad.State // nil if no text can be made: pad.At says why
	Revision int        // of the pad that the state is of
	Until    time.Time  // the moment that was asked for, zero if none was
	Poll     *poll.Poll // nil of a pad

	document *Document
	file     *spool.Spool // that it was read from, nil if none was
}

// Close lets go of what was read.
func (e *Edition) Close() {
	if e.file != nil {
		e.file.Close()
	}
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

var padForms = map[string]func(*pad.State, io.Writer) error{
	"txt": (*pad.State).WriteText, "html": (*pad.State).WriteHTML, "markdown": (*pad.State).WriteMarkdown,
}

var pollForms = map[string]func(*poll.Poll, io.Writer, poll.Language) error{
	"txt": (*poll.Poll).WriteText, "html": (*poll.Poll).WriteHTML, "csv": (*poll.Poll).WriteCSV,
}

// Forms are those that Write makes of pads and of polls.
func Forms() []string {
	forms := slices.Sorted(maps.Keys(padForms))
	for _, form := range slices.Sorted(maps.Keys(pollForms)) {
		if !slices.Contains(forms, form) {
			forms = append(forms, form)
		}
	}
	return forms
}

// Write writes the edition in a form that padsync makes, or else as it was
// saved in that form. The error for another form is a *FormError.
func (e *Edition) Write(w io.Writer, form string, language poll.Language) error {
	at := slices.IndexFunc(e.Version.Files, func(f manifest.FileRecord) bool { return f.Format == form })
	switch {
	case e.Pad != nil && padForms[form] != nil && e.State != nil:
		return padForms[form](e.State, w)
	case e.Pad != nil && padForms[form] != nil && (at < 0 || e.past()):
		_, err := e.Pad.At(e.Revision)
		return err
	case e.past() && form == "etherpad":
		return e.Pad.WriteAt(w, e.Revision, e.Until)
	case e.Poll != nil && pollForms[form] != nil:
		return pollForms[form](e.Poll, w, language)
	case e.Poll != nil && form == "json" && len(e.Poll.Earlier) > 0:
		b, err := e.Poll.Encode()
		if err != nil {
			return err
		}
		_, err = w.Write(b)
		return err
	}
	if at < 0 || e.past() {
		return &FormError{form, e.Forms()}
	}
	s, err := e.document.files.File(e.Version.Files[at])
	if err != nil {
		return err
	}
	defer s.Close()
	return CopySaved(e.Version.Files[at], e.document.options.Raw)(w, s, s.Size())
}

// RawForm is the form to give of what was saved where none was asked for: the
// usual one, else the first that people can read: of a poll its page, of a pad
// its history.
func (e *Edition) RawForm(usual string) string {
	saved := e.Forms()
	for _, form := range []string{usual, "html", "etherpad"} {
		if slices.Contains(saved, form) {
			return form
		}
	}
	return usual
}

// past says that the edition is of a pad before its newest revision: what was
// saved in other forms is not of then.
func (e *Edition) past() bool { return e.Pad != nil && e.Revision != e.Pad.Head }

// Forms are those that Write takes.
func (e *Edition) Forms() []string {
	var forms []string
	switch {
	case e.Pad != nil:
		forms = slices.Sorted(maps.Keys(padForms))
	case e.Poll != nil:
		forms = slices.Sorted(maps.Keys(pollForms))
	}
	if e.past() {
		return append(forms, "etherpad")
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
func (d *Document) Comparable(ctx context.Context, point string, language poll.Language) (label, text string, err error) {
	e, err := d.At(ctx, point)
	if err != nil {
		return "", "", err
	}
	defer e.Close()
	label = e.Version.Name
	if e.Pad != nil {
		label += " @" + strconv.Itoa(e.Revision)
	}
	var b bytes.Buffer
	if err := e.Write(&bounded{&b, maxCompared}, "txt", language); err != nil {
		return "", "", err
	}
	text = b.String()
	if e.Poll != nil {
		// A longer name moves a whole column.
		text = columnGap.ReplaceAllString(text, "  ")
	}
	return label, text, nil
}

var columnGap = regexp.MustCompile(`  +`)

// bounded fails where more is written than it may take.
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

// until reads until ctx ends, so that an interruption ends what reads through
// a long history, now or later.
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
