// Package crypto seals what is stored, to age recipients, and opens it with
// age identities. It has no cryptography of its own: the files it writes are
// age files, and age -d opens them.
package crypto

import (
	"errors"
	"io"
	"sync/atomic"

	"filippo.io/age"
)

// Seal gives a writer whose bytes arrive in w as one age file, which all of
// the recipients can open. The file is whole when Close returned nil; w stays
// open.
func Seal(w io.Writer, recipients ...age.Recipient) (io.WriteCloser, error) {
	return age.Encrypt(w, recipients...)
}

// Open gives the plain bytes of the age file of size bytes that r holds, and
// how many there are. It reads r at most twice (for a header of usual length),
// and then once for each ReadAt, however long, unless it still has the bytes of
// the last one: so r may be a store where each ReadAt is a request. Who needs
// many bytes should ask for them in one ReadAt.
//
// What it gives is safe for concurrent use if r is. Its errors wrap those of
// r. If no identity fits, the error is an *age.NoIdentityMatchError.
func Open(r io.ReaderAt, size int64, identities ...age.Identity) (io.ReaderAt, int64, error) {
	src := &windows{r: r, size: size}
	if err := src.ends(); err != nil {
		return nil, 0, err
	}
	plain, plainSize, err := age.DecryptReaderAt(src, size, identities...)
	if err != nil {
		return nil, 0, err
	}
	chunks := max(1, (plainSize+chunkSize-1)/chunkSize)
	payload := size - plainSize - chunks*chunkOverhead
	return &opened{plain: plain, size: plainSize, src: src, payload: payload}, plainSize, nil
}

// age seals chunks of chunkSize plain bytes one by one.
const (
	chunkSize       = 64 << 10
	chunkOverhead   = 16
	sealedChunkSize = chunkSize + chunkOverhead
)

// opened reads all sealed chunks of a range at once, where age alone would
// read one after the other.
type opened struct {
	plain   io.ReaderAt
	size    int64
	src     *windows
	payload int64 // where the first sealed chunk begins

	// last is the chunk that the last short read was from: age would
	// allocate a chunk for each of them.
	last atomic.Pointer[window]
}

func (o *opened) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("read at a negative offset")
	}
	if off >= o.size {
		return 0, io.EOF
	}
	want := min(int64(len(p)), o.size-off)
	n, err := o.read(p[:want], off)
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

func (o *opened) read(p []byte, off int64) (int, error) {
	start := off - off%chunkSize
	if off+int64(len(p)) > start+chunkSize {
		return o.open(p, off)
	}
	chunk := o.last.Load()
	if !chunk.covers(off, int64(len(p))) {
		chunk = &window{start, make([]byte, min(chunkSize, o.size-start))}
		if _, err := o.open(chunk.data, start); err != nil {
			return 0, err
		}
		o.last.Store(chunk)
	}
	return copy(p, chunk.data[off-start:]), nil
}

// open reads all of p, which is within the file.
func (o *opened) open(p []byte, off int64) (int, error) {
	first := off / chunkSize
	end := (off + int64(len(p)) + chunkSize - 1) / chunkSize
	release, err := o.src.hold(o.payload+first*sealedChunkSize, (end-first)*sealedChunkSize)
	if err != nil {
		return 0, err
	}
	defer release()
	n, err := o.plain.ReadAt(p, off)
	if n == len(p) {
		err = nil // it may say io.EOF at the file's end
	}
	return n, err
}
