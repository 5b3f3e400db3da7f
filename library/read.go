package library

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/documents/page"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// ErrNoForm says that a document has none of the forms asked for.
var ErrNoForm = errors.New("it has none of these forms")

// A File is a file to give of a choice.
type File struct {
	manifest.FileRecord

	// Made says that it is not given as it was saved: what Read gives is written
	// in its format.
	Made bool
}

// Files are those to give of a choice. At a point of a document's past, that is
// only the document's own file, as no other is of that time.
func (q *Query) Files(record *manifest.Record, c Choice) []File {
	own := ownFile(q.kind(record), c.Version)
	if c.Cut != nil {
		return []File{{*own, true}}
	}
	var all []File
	for i := range c.Version.Files {
		f := &c.Version.Files[i]
		all = append(all, File{*f, f == own && len(fillers(q.kind(record), record, c.Version)) > 0})
	}
	return all
}

// Form is a form that a document can be written in, and its own file from which
// the form is made. It is false if there is no such form.
func (q *Query) Form(record *manifest.Record, v *manifest.VersionRecord, name string) (form documents.Form, own manifest.FileRecord, ok bool) {
	kind := q.kind(record)
	file := ownFile(kind, v)
	i := slices.IndexFunc(kind.Forms, func(f documents.Form) bool { return f.Name == name })
	if file == nil || i < 0 {
		return form, own, false
	}
	return kind.Forms[i], *file, true
}

// kind is that of a document, the zero value of one that the query does not know.
func (q *Query) kind(record *manifest.Record) documents.Kind { return q.Kinds[record.Source.Kind] }

// ownFile is the one that a document of that kind is read from, nil if the
// version has none.
func ownFile(kind documents.Kind, v *manifest.VersionRecord) *manifest.FileRecord {
	i := slices.IndexFunc(v.Files, func(f manifest.FileRecord) bool { return f.Format == kind.Format })
	if kind.Open == nil || i < 0 {
		return nil
	}
	return &v.Files[i]
}

// Read reads the document of a choice from its own file, which stays open as
// long as the document is used: as it was at the choice's cut, and with what
// its look did not see. That is taken from the newest earlier versions that saw
// it and are not suspect. Where one of them cannot be read, an older one stands
// in; after a few of these, it stays unseen.
func (q *Query) Read(reader *repository.Reader, record *manifest.Record, c Choice, own io.ReaderAt, size int64) (documents.Document, error) {
	kind := q.kind(record)
	d, err := kind.Open(own, size, lookOf(record, c.Version))
	if err != nil {
		return nil, err
	}
	if partial, ok := d.(documents.Partial); ok {
		if err := fill(partial, reader, kind, record, c.Version); err != nil {
			return nil, err
		}
	}
	if past, ok := d.(documents.Past); ok && c.Cut != nil {
		d = past.At(c.Cut.Revision, c.Cut.Until)
	}
	return d, nil
}

// Use reads the document of a choice and calls use with it: with nil where it
// cannot be read, or has no file of its own. The error is that of reading the
// repository, or use's.
func (q *Query) Use(reader *repository.Reader, record *manifest.Record, c Choice, use func(documents.Document) error) error {
	own := ownFile(q.kind(record), c.Version)
	if own == nil {
		return use(nil)
	}
	s, err := reader.File(*own)
	if err != nil {
		return err
	}
	defer s.Close()
	d, err := q.Read(reader, record, c, s, s.Size())
	if errors.Is(err, documents.ErrUnreadable) {
		return use(nil)
	}
	if err != nil {
		return err
	}
	return use(d)
}

// Taken are what a document took from earlier versions.
func Taken(d documents.Document) []documents.Taken {
	if partial, ok := d.(documents.Partial); ok {
		return partial.Taken()
	}
	return nil
}

// CopySaved gives what writes a saved file as it is, except a page, which is
// made harmless unless it is to be raw.
func CopySaved(f manifest.FileRecord, raw bool) func(w io.Writer, from io.ReaderAt, size int64) error {
	if f.Format == "html" && !raw {
		return page.Tame
	}
	return func(w io.Writer, from io.ReaderAt, size int64) error {
		_, err := io.Copy(w, io.NewSectionReader(from, 0, size))
		return err
	}
}

func lookOf(record *manifest.Record, v *manifest.VersionRecord) documents.Look {
	return documents.Look{Document: record.ID + "@" + record.Source.Address(), Saved: v.Saved, Parts: v.Facts.Fields}
}

// open opens the document of a version as its look left it: nil where it cannot be
// read, or has no file of its own. The error is that of reading the repository.
func open(reader *repository.Reader, kind documents.Kind, record *manifest.Record, v *manifest.VersionRecord, use func(documents.Document) error) error {
	own := ownFile(kind, v)
	if own == nil {
		return use(nil)
	}
	s, err := reader.File(*own)
	if err != nil {
		return err
	}
	defer s.Close()
	d, err := kind.Open(s, s.Size(), lookOf(record, v))
	if err != nil {
		return use(nil)
	}
	return use(d)
}

// fill gives the document what its look did not see.
func fill(d documents.Partial, reader *repository.Reader, kind documents.Kind, record *manifest.Record, v *manifest.VersionRecord) error {
	asked := make(map[string]bool) // parts that one which could be read saw
	for _, earlier := range fillers(kind, record, v) {
		more := func(part string) bool { return earlier.Facts.Fields[part] != "" && !asked[part] }
		if !slices.ContainsFunc(d.Lacks(), more) {
			continue
		}
		err := open(reader, kind, record, earlier, func(then documents.Document) error {
			if then == nil {
				return nil
			}
			d.Fill(then)
			for part := range earlier.Facts.Fields {
				asked[part] = true
			}
			return nil
		})
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return err
		}
	}
	return nil
}

// maxFillers is how many versions are tried for a part: packs are seldom
// damaged, and hardly ever several.
const maxFillers = 3

// fillers are the versions that saw what this one did not: before it, not
// suspect, the newest few for each part, the newest of all first.
func fillers(kind documents.Kind, record *manifest.Record, v *manifest.VersionRecord) (all []*manifest.VersionRecord) {
	if len(v.Facts.Fields) == 0 {
		return nil // its looks all see the same
	}
	found, before := make(map[string]int), false
	for part := range v.Facts.Fields {
		found[part] = maxFillers
	}
	for i := range slices.Backward(record.Versions) {
		earlier := &record.Versions[i]
		if earlier.Name == v.Name {
			before = true
			continue
		}
		if !before || earlier.Suspect != "" || ownFile(kind, earlier) == nil {
			continue
		}
		more := false
		for part := range earlier.Facts.Fields {
			more = more || found[part] < maxFillers
			found[part]++
		}
		if more {
			all = append(all, earlier)
		}
	}
	return all
}
