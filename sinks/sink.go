// Package sinks says what a sink is: a flat store of immutable objects.
//
// Each kind of store is a package below this one, and passes the suite in
// sinktest; memory is the shortest correct one, and the model.
package sinks

import (
	"context"
	"io"
	"iter"
	"time"
)

// A Sink is a flat store of immutable objects. Its methods may be called
// concurrently. Retries are its own affair: an error is final for this call.
//
// Keys obey CheckKey, and no key is a folder of another. The same key always
// means the same bytes. Errors match fs.ErrNotExist where an object is
// missing and fs.ErrPermission where the store forbids the call; after ctx
// has ended there is always an error. Error texts hold no secrets.
type Sink interface {
	// Put stores size bytes of r under key, durably, whole or not at all:
	// when it returns nil, the object survives a crash; when r ends early
	// or fails, or ctx ends, nothing is stored under key. It may read r
	// more than once. Putting a key again is harmless.
	Put(ctx context.Context, key string, r io.ReaderAt, size int64) error

	// Get reads length bytes from offset; length < 0 means to the end. The
	// caller closes the reader. A range that begins after the end gives no
	// bytes; one that reaches past it gives what there is.
	Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)

	// List yields the objects whose key begins with prefix, which is "" or ends
	// in a slash, in no order. After an error it stops; where a store would go
	// on for ever, the error matches ErrEndless. An object whose Put has
	// returned is in every later List.
	List(ctx context.Context, prefix string) iter.Seq2[Object, error]

	// Delete removes the object; one that is missing is fine.
	Delete(ctx context.Context, key string) error
}

// An Object is what a Sink lists of a stored object.
type Object struct {
	Key      string
	Size     int64
	Modified time.Time // by the store's clock
}
