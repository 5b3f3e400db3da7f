package mirror

import (
	"bytes"
	"context"
	"errors"
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

// ErrTaken says that a place has files, and is no mirror.
var ErrTaken = errors.New("there are other files in this place")

// Claim makes a place a mirror that has no file yet, and leaves one that is; any other
// is ErrTaken. Update needs no such place: it leaves all files of others alone.
func Claim(ctx context.Context, store Store) error {
	some := false
	for o, err := range store.List(ctx, "") {
		if err != nil {
			return nameless(err)
		}
		if o.Key == StateName {
			return nil
		}
		some = true
	}
	if some {
		return ErrTaken
	}
	text := (&state{Format: stateFormat, Version: stateVersion}).encode()
	return nameless(store.Replace(ctx, StateName, bytes.NewReader(text), int64(len(text))))
}
