package restore

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/documents/poll"
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
func (r *run) outputs(record *manifest.Record, v *manifest.VersionRecord) []output {
	if len(r.Formats) == 0 {
		var all []output
		for _, f := range v.Files {
			all = append(all, output{name: f.Name, from: f, write: copyAll})
		}
		return all
	}
	var all []output
	for i, format := range r.Formats {
		if slices.Contains(r.Formats[:i], format) {
			continue
		}
		var saved *output
		if i := slices.IndexFunc(v.Files, func(f manifest.FileRecord) bool { return f.Format == format }); i >= 0 {
			saved = &output{name: v.Files[i].Name, from: v.Files[i], write: copyAll}
		}
		if o, ok := r.made(record, v, format); ok {
			o.saved = saved
			all = append(all, o)
		} else if saved != nil {
			all = append(all, *saved)
		}
	}
	return all
}

func copyAll(w io.Writer, from io.ReaderAt, size int64) error {
	_, err := io.Copy(w, io.NewSectionReader(from, 0, size))
	return err
}

// made is what padsync makes of a pad or a poll.
func (r *run) made(record *manifest.Record, v *manifest.VersionRecord, format string) (output, bool) {
	for _, f := range v.Files {
		stem := f.Name
		if i := strings.LastIndexByte(stem, '.'); i > 0 {
			stem = stem[:i]
		}
		switch {
		case f.Format == "etherpad" && padForms[format].write != nil:
			form := padForms[format]
			return output{name: stem + form.ending, from: f, write: fromPad(form.write)}, true
		case f.Format == "json" && f.Name == "poll.json" && pollForms[format]:
			return output{name: stem + "." + format, from: f, write: r.fromPoll(record, v, format)}, true
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

func fromPad(write func(*pad.State, io.Writer) error) func(io.Writer, io.ReaderAt, int64) error {
	return func(w io.Writer, from io.ReaderAt, size int64) error {
		p, err := pad.Open(from, size)
		if err != nil {
			return fmt.Errorf("read the saved pad: %w", err)
		}
		state, err := p.At(p.Head)
		if err != nil {
			return fmt.Errorf("read the saved pad: %w", err)
		}
		return write(state, w)
	}
}

func (r *run) fromPoll(record *manifest.Record, v *manifest.VersionRecord, format string) func(io.Writer, io.ReaderAt, int64) error {
	return func(w io.Writer, from io.ReaderAt, size int64) error {
		p, err := poll.Decode(io.NewSectionReader(from, 0, size))
		if err != nil {
			return fmt.Errorf("read the saved poll: %w", err)
		}
		switch format {
		case "txt":
			return p.WriteText(w, r.Language)
		case "csv":
			return p.WriteCSV(w, r.Language)
		case "ics":
			return p.WriteICS(w, r.Language, record.ID+"@"+record.Source.Address(), v.Saved)
		}
		return p.WriteHTML(w, r.Language)
	}
}
