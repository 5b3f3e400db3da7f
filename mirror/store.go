package mirror

import (
	"context"
	"io"
	"iter"

	"github.com/padsync/padsync/sinks"
)

// A Store is a place of files that people open, and that they and padsync
// change: unlike in a sinks.Sink, a name does not always mean the same bytes. The
// same names are possible, Get, List and Delete are those of a Sink, and so are
// errors. Files that others put there are listed as well.
type Store interface {
	// Replace stores size bytes of r under a name, whatever was there before. The
	// file is whole when it returns nil. As far as the store can, it is else as it
	// was.
	Replace(ctx context.Context, name string, r io.ReaderAt, size int64) error

	Get(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error)
	List(ctx context.Context, prefix string) iter.Seq2[sinks.Object, error]
	Delete(ctx context.Context, name string) error
}
