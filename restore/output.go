package restore

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
)

// An output is a file to write, made from a saved one.
type output struct {
	name  string
	from  manifest.FileRecord
	write func(w io.Writer, from io.ReaderAt, size int64) error

	// saved is the form as it was saved, for where it cannot be made; nil:
	// it was not.
	saved *output
}

// outputs lists what to write of a version: its files, or of each form asked
// for what padsync makes itself, else what was saved in that form.
// Of a pad at a point of its past there is only what is made of its history.
func (r *run) outputs(e *Event) []output {
	files := e.Version.Files
	if e.Cut != nil {
		files = slices.DeleteFunc(slices.Clone(files), func(f manifest.FileRecord) bool { return !library.IsPad(f) })
	}
	if len(r.Formats) == 0 {
		var all []output
		for _, f := range files {
			all = append(all, r.saved(e, f))
		}
		return all
	}
	var all []output
	for i, format := range r.Formats {
		if slices.Contains(r.Formats[:i], format) {
			continue
		}
		var saved *output
		if i := slices.IndexFunc(files, func(f manifest.FileRecord) bool { return f.Format == format }); i >= 0 {
			saved = new(r.saved(e, files[i]))
		}
		if o, ok := r.made(e, format); ok && !r.Raw {
			o.saved = saved
			all = append(all, o)
		} else if saved != nil {
			all = append(all, *saved)
		}
	}
	return all
}

// saved is a saved file: as it is, but for pages, which are made harmless, and
// for a poll that is filled in from earlier versions.
func (r *run) saved(e *Event, f manifest.FileRecord) output {
	write := library.CopySaved(f, r.Raw)
	if e.Cut != nil {
		write = e.Cut.Write
	}
	if !r.Raw && library.Filled(e.Document, e.Version, f) {
		write = r.filled(e)
	}
	return output{name: f.Name, from: f, write: write}
}

// filled writes the poll with what was taken from earlier versions.
func (r *run) filled(e *Event) func(io.Writer, io.ReaderAt, int64) error {
	return func(w io.Writer, from io.ReaderAt, size int64) error {
		p, err := r.poll(e)
		if errors.Is(err, poll.ErrInvalid) {
			return library.CopySaved(manifest.FileRecord{}, true)(w, from, size) // it is given as it is
		}
		if err != nil {
			return err
		}
		b, err := p.Encode()
		if err == nil {
			_, err = w.Write(b)
		}
		return err
	}
}

// poll reads the poll of the event's version, and notes what was taken from
// earlier ones.
func (r *run) poll(e *Event) (*poll.Poll, error) {
	p, err := library.ReadPoll(r.reader, e.Document, e.Version)
	if err != nil {
		return nil, fmt.Errorf("read the saved poll: %w", err)
	}
	e.Taken = p.Taken()
	return p, nil
}

// made is what padsync makes of a pad or a poll.
func (r *run) made(e *Event, format string) (output, bool) {
	for _, f := range e.Version.Files {
		stem := f.Name
		if i := strings.LastIndexByte(stem, '.'); i > 0 {
			stem = stem[:i]
		}
		switch {
		case library.IsPad(f) && padForms[format].write != nil:
			form := padForms[format]
			return output{name: stem + form.ending, from: f, write: fromPad(form.write, e.Cut)}, true
		case library.IsPoll(f) && pollForms[format]:
			return output{name: stem + "." + format, from: f, write: r.fromPoll(e, format)}, true
		}
	}
	return output{}, false
}

// Forms are all that can be asked for: those that padsync makes itself, then
// those that are there only where they were saved.
func Forms() []string {
	return []string{"txt", "html", "markdown", "csv", "ics", "etherpad", "json", "pdf", "docx", "odt", "doc"}
}

var padForms = map[string]struct {
	ending string
	write  func(*pad.State, io.Writer) error
}{
	"txt":      {".txt", (*pad.State).WriteText},
	"html":     {".html", (*pad.State).WriteHTML},
	"markdown": {".md", (*pad.State).WriteMarkdown},
}

var pollForms = map[string]bool{"txt": true, "html": true, "csv": true, "ics": true}

func fromPad(write func(*pad.State, io.Writer) error, cut *library.Cut) func(io.Writer, io.ReaderAt, int64) error {
	return func(w io.Writer, from io.ReaderAt, size int64) error {
		p, err := pad.Open(from, size)
		if err != nil {
			return fmt.Errorf("read the saved pad: %w", err)
		}
		state, err := cut.State(p)
		if err != nil {
			return fmt.Errorf("read the saved pad: %w", err)
		}
		return write(state, w)
	}
}

func (r *run) fromPoll(e *Event, format string) func(io.Writer, io.ReaderAt, int64) error {
	return func(w io.Writer, _ io.ReaderAt, _ int64) error {
		p, err := r.poll(e)
		if err != nil {
			return err
		}
		switch format {
		case "txt":
			return p.WriteText(w, r.Language)
		case "csv":
			return p.WriteCSV(w, r.Language)
		case "ics":
			return p.WriteICS(w, r.Language, e.Document.ID+"@"+e.Document.Source.Address(), e.Version.Saved)
		}
		return p.WriteHTML(w, r.Language)
	}
}
