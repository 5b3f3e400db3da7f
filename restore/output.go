package restore

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
)

// An output is a file to write, made from a saved one.
type output struct {
	name  string
	from  manifest.FileRecord
	write func(w io.Writer, from io.ReaderAt, size int64) error

	// saved is the form as it was saved, for where it cannot be made; nil: it
	// was not saved.
	saved *output
}

// outputs lists what to write of a version: its files, or for each form asked
// for what padsync makes itself, else what was saved in that form. For a
// document at a point of its past there is only what is made from its history.
func (r *run) outputs(e *Event) []output {
	files := r.Files(e.Document, e.Choice)
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
		if i := slices.IndexFunc(files, func(f library.File) bool { return f.Format == format }); i >= 0 {
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

// saved is a saved file: as it is, except pages, which are made harmless, and
// what is of another point of its past, or filled in from earlier versions.
func (r *run) saved(e *Event, f library.File) output {
	copied := output{name: f.Name, from: f.FileRecord, write: library.CopySaved(f.FileRecord, r.Raw)}
	switch {
	case e.Cut != nil:
		return output{name: f.Name, from: f.FileRecord, write: r.writes(e, f.Format)}
	case f.Made && !r.Raw:
		return output{name: f.Name, from: f.FileRecord, write: r.writes(e, f.Format), saved: &copied}
	}
	return copied
}

// made is what padsync makes of a document.
func (r *run) made(e *Event, format string) (output, bool) {
	form, own, ok := r.Form(e.Document, e.Version, format)
	stem := own.Name
	if i := strings.LastIndexByte(stem, '.'); i > 0 {
		stem = stem[:i]
	}
	return output{name: stem + form.Ending, from: own, write: r.writes(e, format)}, ok
}

// writes gives what writes a document in a form, from its own file, and notes what
// was taken from earlier versions.
func (r *run) writes(e *Event, format string) func(io.Writer, io.ReaderAt, int64) error {
	return func(w io.Writer, from io.ReaderAt, size int64) error {
		d, err := r.Read(r.reader, e.Document, e.Choice, from, size)
		if err != nil {
			return fmt.Errorf("read the saved document: %w", err)
		}
		e.Taken = library.Taken(d)
		return d.Write(w, format, r.Language)
	}
}
