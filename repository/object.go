package repository

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sinks"
)

const (
	packsPrefix       = "packs/"
	manifestsPrefix   = "manifests/"
	checkpointsPrefix = "checkpoints/"
	partsPrefix       = "parts/"

	packEnding = ".tar.zst"
	jsonEnding = ".json.zst"
	ageEnding  = ".age"

	// maxJSON bounds a manifest, checkpoint or part as stored. Writers stay
	// under 8 MiB.
	maxJSON = 64 << 20

	// window is that of the zstd frames that are written, in bytes: readers
	// of many at once need as much memory for each. Packs of other programs
	// may have more.
	manifestWindow = 256 << 10
	packWindow     = 1 << 20
	maxWindow      = 8 << 20
)

// ending is what stands behind the name of an object of this repository.
func (r *Repository) ending(kind string) string {
	if r.head.Sealed {
		return kind + ageEnding
	}
	return kind
}

// isObject reports whether a key, without the ending of what is sealed, is of
// a manifest or checkpoint, or of a pack.
func isObject(key, prefix string) bool {
	name := strings.TrimPrefix(key, prefix)
	if prefix == packsPrefix {
		hash, ok := strings.CutSuffix(name, packEnding)
		return ok && hashForm.MatchString(hash)
	}
	id, ok := strings.CutSuffix(name, jsonEnding)
	_, _, _, isID := manifest.ParseID(id)
	return ok && isID
}

var hashForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// id gives the id in the key of a manifest or checkpoint, "" if it has none.
func (r *Repository) id(key, prefix string) string {
	id, ok := strings.CutSuffix(strings.TrimPrefix(key, prefix), r.ending(jsonEnding))
	if _, _, _, isID := manifest.ParseID(id); !ok || !isID {
		return ""
	}
	return id
}

// An objectWriter makes a JSON object as it is stored: zstd, then age.
type objectWriter struct {
	*zstd.Encoder
	seal  io.WriteCloser
	spool *spool.Writer
}

func (r *Repository) newObject() (*objectWriter, error) {
	w := &objectWriter{seal: nopCloser{}, spool: r.newSpool()}
	below := io.Writer(w.spool)
	if r.head.Sealed {
		seal, err := crypto.Seal(w.spool, ageRecipients(append(r.options.Recipients[:len(r.options.Recipients):len(r.options.Recipients)], r.options.Runner...))...)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("seal manifest: %w", err), w.discard())
		}
		w.seal, below = seal, seal
	}
	var err error
	if w.Encoder, err = newEncoder(below, manifestWindow); err != nil {
		return nil, errors.Join(err, w.discard())
	}
	return w, nil
}

// newSpool is for what is stored: in a sealed repository it is sealed already.
func (r *Repository) newSpool() *spool.Writer {
	if r.head.Sealed {
		return r.options.Pool.CreateSealed()
	}
	return r.options.Pool.Create()
}

// finish gives the object's bytes; the caller closes them.
func (w *objectWriter) finish() (*spool.Spool, error) {
	err := w.Encoder.Close()
	if err == nil {
		err = w.seal.Close()
	}
	if err != nil {
		return nil, errors.Join(err, w.spool.Discard())
	}
	return w.spool.Finish()
}

func (w *objectWriter) discard() error { return w.spool.Discard() }

func newEncoder(w io.Writer, window int) (*zstd.Encoder, error) {
	return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(window))
}

func newDecoder(r io.Reader, window uint64) (*zstd.Decoder, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
}

type nopCloser struct{}

func (nopCloser) Close() error                { return nil }
func (nopCloser) Write(b []byte) (int, error) { return len(b), nil }

func ageRecipients(recipients []crypto.Recipient) []age.Recipient {
	list := make([]age.Recipient, len(recipients))
	for i, r := range recipients {
		list[i] = r
	}
	return list
}

// fetch reads an object whole. It is a CorruptError if it has more bytes than
// limit, or if its hash does not begin with want. The caller closes the Spool.
func (r *Repository) fetch(ctx context.Context, key, want string, limit int64) (*spool.Spool, error) {
	rc, err := sinks.Read(ctx, r.sink, key, 0, -1)
	if err != nil {
		return nil, &storeError{err}
	}
	defer rc.Close()
	s, err := r.receive(storeReader{rc}, limit)
	if errors.Is(err, spool.ErrTooLarge) {
		return nil, &CorruptError{key, "damaged", err}
	}
	if err != nil {
		return nil, reading(key, err)
	}
	if sum := s.SHA256(); !strings.HasPrefix(fmt.Sprintf("%x", sum), want) {
		return nil, errors.Join(&CorruptError{key, "damaged", nil}, s.Close())
	}
	return s, nil
}

// receive spools what is stored.
func (r *Repository) receive(rc io.Reader, limit int64) (*spool.Spool, error) {
	w := r.newSpool()
	n, err := r.options.Pool.Copy(w, io.LimitReader(rc, limit+1))
	if err == nil && n > limit {
		err = spool.ErrTooLarge
	}
	if err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	return w.Finish()
}

// plain opens what is stored; without sealing it is the bytes themselves.
func (r *Repository) plain(s io.ReaderAt, size int64) (io.ReaderAt, int64, error) {
	if !r.head.Sealed {
		return s, size, nil
	}
	if len(r.options.Identities) == 0 {
		return nil, 0, ErrNoIdentity
	}
	return crypto.Open(s, size, r.options.Identities...)
}

// openJSON gives the JSON in a stored object. The caller closes it.
func (r *Repository) openJSON(s *spool.Spool) (io.ReadCloser, error) {
	plain, size, err := r.plain(s, s.Size())
	if err != nil {
		return nil, err
	}
	d, err := newDecoder(io.NewSectionReader(plain, 0, size), manifestWindow)
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

// put stores an object that is named by its hash, and gives its key.
func (r *Repository) put(ctx context.Context, prefix, kind string, s *spool.Spool) (manifest.Pack, error) {
	key := fmt.Sprintf("%s%x%s", prefix, s.SHA256(), r.ending(kind))
	if err := r.sink.Put(ctx, key, s, s.Size()); err != nil {
		return manifest.Pack{}, err
	}
	stored := manifest.Pack{Key: key, Size: s.Size()}
	if prefix == packsPrefix {
		stored.Recipients = manifest.HashesOf(r.recipientHashes())
	}
	return stored, nil
}

// A storedObject reads an object in the sink during one call of a Reader;
// each ReadAt is one Get. Its errors, but io.EOF, are storeErrors.
type storedObject struct {
	ctx  context.Context
	sink sinks.Sink
	key  string
}

func (o storedObject) ReadAt(b []byte, offset int64) (int, error) {
	rc, err := sinks.Read(o.ctx, o.sink, o.key, offset, int64(len(b)))
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

// reading names the object that was read, unless the store does.
func reading(key string, err error) error {
	if _, named := errors.AsType[*sinks.Error](err); named {
		return err
	}
	return &sinks.Error{Op: "get", Key: key, Err: err}
}

// A storeError is what a sink said, as against what is wrong with the bytes.
type storeError struct{ err error }

func (e *storeError) Error() string { return e.err.Error() }
func (e *storeError) Unwrap() error { return e.err }

// A storeReader reads a body from the store. Its errors, but io.EOF, are
// storeErrors.
type storeReader struct{ r io.Reader }

func (s storeReader) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if err != nil && err != io.EOF {
		err = &storeError{err}
	}
	return n, err
}

// alone makes damage of what the store said of one object, since it may give
// others: a disk has bad blocks, and files of another user are in a folder.
// An object that is gone may have been deleted rightly.
func alone(ctx context.Context, key string, err error) error {
	if store := (*storeError)(nil); !errors.As(err, &store) || gone(err) || ctx.Err() != nil {
		return err
	}
	return &CorruptError{key, "unreadable", err}
}

// gone reports whether the sink has no such object. A temporary folder that is
// gone is another matter.
func gone(err error) bool {
	store := (*storeError)(nil)
	return errors.As(err, &store) && errors.Is(store, fs.ErrNotExist)
}

func ignoreEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}
