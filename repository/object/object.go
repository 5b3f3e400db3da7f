// Package object is what a repository stores under one key: bytes that never
// change, in a sealed repository an age file. It reads them whole or in parts,
// and keeps what is wrong with the bytes apart from what the store says.
package object

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sinks"
)

// A Store is the objects of one repository. It is safe for concurrent use
// while nobody changes it.
type Store struct {
	Sink       sinks.Sink
	Pool       *spool.Pool
	Sealed     bool           // the objects are age files
	Identities []age.Identity // to read with
}

// Ending is what the name of an object of this kind ends with.
func (s *Store) Ending(kind string) string {
	if s.Sealed {
		return kind + AgeEnding
	}
	return kind
}

// AgeEnding is what the keys of sealed objects end with.
const AgeEnding = ".age"

// Create begins an object. What is written to it is sealed to these recipients;
// in a Store that is not sealed it stays plain.
func (s *Store) Create(to ...crypto.Recipient) (*Writer, error) {
	w := &Writer{spool: s.spool()}
	w.Writer = w.spool
	if !s.Sealed {
		return w, nil
	}
	recipients := make([]age.Recipient, len(to))
	for i, r := range to {
		recipients[i] = r
	}
	seal, err := crypto.Seal(w.spool, recipients...)
	if err != nil {
		return nil, errors.Join(err, w.spool.Discard())
	}
	w.Writer, w.seal = seal, seal
	return w, nil
}

// spool is for what is stored: in a sealed repository that is sealed already.
func (s *Store) spool() *spool.Writer {
	if s.Sealed {
		return s.Pool.CreateSealed()
	}
	return s.Pool.Create()
}

// A Writer makes an object as it is stored. Either Finish or Discard ends it.
type Writer struct {
	io.Writer
	seal  io.Closer // nil: it is not sealed
	spool *spool.Writer
}

// Size is how many bytes are to be stored so far.
func (w *Writer) Size() int64 { return w.spool.Size() }

// Finish gives the object's bytes; the caller closes them. After an error
// nothing is kept.
func (w *Writer) Finish() (*spool.Spool, error) {
	if w.seal != nil {
		if err := w.seal.Close(); err != nil {
			return nil, errors.Join(err, w.Discard())
		}
	}
	return w.spool.Finish()
}

// Discard frees what was written. Doing it again does nothing.
func (w *Writer) Discard() error { return w.spool.Discard() }

// Fetch reads an object whole, as it is stored. It is a CorruptError if it has
// more bytes than limit, or if its hash does not begin with want. The caller
// closes the Spool.
func (s *Store) Fetch(ctx context.Context, key, want string, limit int64) (*spool.Spool, error) {
	rc, err := sinks.Read(ctx, s.Sink, key, 0, -1)
	if err != nil {
		return nil, &storeError{err}
	}
	defer rc.Close()
	stored, err := s.receive(storeReader{rc}, limit)
	if errors.Is(err, spool.ErrTooLarge) {
		return nil, Damaged(key, err)
	}
	if err != nil {
		return nil, Reading(key, err)
	}
	if sum := stored.SHA256(); !strings.HasPrefix(fmt.Sprintf("%x", sum), want) {
		return nil, errors.Join(Damaged(key, nil), stored.Close())
	}
	return stored, nil
}

func (s *Store) receive(rc io.Reader, limit int64) (*spool.Spool, error) {
	w := s.spool()
	n, err := s.Pool.Copy(w, io.LimitReader(rc, limit+1))
	if err == nil && n > limit {
		err = spool.ErrTooLarge
	}
	if err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	return w.Finish()
}

// Open gives the plain bytes of what is stored, and how many there are; without
// sealing they are the bytes themselves. Unsealed says what its error is.
func (s *Store) Open(stored io.ReaderAt, size int64) (io.ReaderAt, int64, error) {
	if !s.Sealed {
		return stored, size, nil
	}
	if len(s.Identities) == 0 {
		return nil, 0, ErrNoIdentity
	}
	return crypto.Open(stored, size, s.Identities...)
}

// A Remote reads an object in the store; each ReadAt is one request. FromStore
// knows what the store said.
type Remote struct {
	Context context.Context // that of the call which reads: io.ReaderAt takes none
	Store   *Store
	Key     string
}

// ReadAt implements io.ReaderAt.
func (r *Remote) ReadAt(b []byte, offset int64) (int, error) {
	rc, err := sinks.Read(r.Context, r.Store.Sink, r.Key, offset, int64(len(b)))
	if err != nil {
		return 0, &storeError{err}
	}
	defer rc.Close()
	n, err := io.ReadFull(rc, b)
	switch {
	case err == io.ErrUnexpectedEOF, err == io.EOF: // it is shorter
		err = io.EOF
	case err != nil:
		err = &storeError{err}
	}
	return n, err
}

// Compress begins a zstd frame. A reader needs as much memory as the window has
// bytes.
func Compress(w io.Writer, window int) (*zstd.Encoder, error) {
	return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(window))
}

// Decompress reads zstd frames that ask for no more memory than window. The
// caller closes the Decoder.
func Decompress(r io.Reader, window uint64) (*zstd.Decoder, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
}
