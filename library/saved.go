package library

import (
	"errors"
	"io"

	"github.com/padsync/padsync/documents/page"
	"github.com/padsync/padsync/manifest"
)

// ErrNoForm says that a document has none of the forms asked for.
var ErrNoForm = errors.New("it has none of these forms")

// IsPad reports whether a saved file is a pad with its history.
func IsPad(f manifest.FileRecord) bool { return f.Format == "etherpad" }

// IsPoll reports whether a saved file is a poll's own.
func IsPoll(f manifest.FileRecord) bool { return f.Name == "poll.json" && f.Format == "json" }

// CopySaved gives what writes a saved file: unless raw, a page is made
// harmless.
func CopySaved(f manifest.FileRecord, raw bool) func(w io.Writer, from io.ReaderAt, size int64) error {
	if f.Format == "html" && !raw {
		return page.Tame
	}
	return func(w io.Writer, from io.ReaderAt, size int64) error {
		_, err := io.Copy(w, io.NewSectionReader(from, 0, size))
		return err
	}
}
