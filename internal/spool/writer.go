package spool

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"io"
	"os"

	"github.com/padsync/padsync/crypto"
)

// A Writer makes a Spool from what is written to it. It is for one goroutine.
// Either Finish or Discard ends it.
type Writer struct {
	pool     *Pool
	public   bool
	size     int64
	hash     hash.Hash // of what is in file
	buf      []byte    // while file is nil; its capacity is reserved in the pool
	reserved int64
	file     *file
	dst      io.WriteCloser // seals into file
	err      error          // the first, which stays
}

// Create begins a Spool.
func (p *Pool) Create() *Writer { return &Writer{pool: p} }

// CreateSealed begins a Spool of bytes that are sealed already: they go into
// a file as they are.
func (p *Pool) CreateSealed() *Writer { return &Writer{pool: p, public: true} }

// Write implements io.Writer. After an error, Finish fails.
func (w *Writer) Write(b []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	w.size += int64(len(b))
	if w.file == nil && w.grow(len(b)) {
		w.buf = append(w.buf, b...)
		return len(b), nil
	}
	if w.err = w.toFile(b); w.err != nil {
		return 0, w.err
	}
	return len(b), nil
}

// firstRead is what a usual document fits in.
const firstRead = 16 << 10

// ReadFrom implements io.ReaderFrom: what stays in memory is read directly into
// its place.
func (w *Writer) ReadFrom(r io.Reader) (n int64, err error) {
	for w.err == nil && w.file == nil && w.grow(max(1, firstRead-len(w.buf))) {
		got, err := r.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+got]
		w.size += int64(got)
		n += int64(got)
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
	more, err := w.pool.Copy(struct{ io.Writer }{w}, r)
	return n + more, err
}

// grow makes room for n bytes in memory if they may stay there.
func (w *Writer) grow(n int) bool {
	need, limit := int64(len(w.buf)+n), w.pool.limit()
	if need > limit {
		return false
	}
	if need <= w.reserved {
		return true
	}
	room := min(roundUp(need), limit)
	if !w.pool.reserve(room - w.reserved) {
		return false
	}
	w.reserved = room
	old := w.buf
	w.buf = append(w.pool.spare.get(room), old...)
	w.pool.spare.put(old)
	return true
}

func (w *Writer) toFile(b []byte) error {
	if w.file == nil {
		if err := w.spill(); err != nil {
			return err
		}
	}
	return w.seal(b)
}

// seal puts bytes into the file.
func (w *Writer) seal(b []byte) error {
	w.hash.Write(b)
	if _, err := w.dst.Write(b); err != nil {
		return inFolder(err)
	}
	return nil
}

// spill moves what is in memory into a file.
func (w *Writer) spill() error {
	var err error
	if w.file, err = newFile(w.pool.dir); err != nil {
		return err
	}
	if w.dst, err = w.sealer(); err != nil {
		return inFolder(err)
	}
	w.hash = sha256.New()
	if err := w.seal(w.buf); err != nil {
		return err
	}
	w.forget()
	return nil
}

func (w *Writer) sealer() (io.WriteCloser, error) {
	if w.public {
		return unsealed{w.file}, nil
	}
	k, err := w.pool.throwAway()
	if err != nil {
		return nil, err
	}
	return crypto.Seal(w.file, k.recipient)
}

// unsealed leaves the file open, as a sealer does.
type unsealed struct{ io.Writer }

func (unsealed) Close() error { return nil }

func (w *Writer) forget() {
	w.pool.free(w.reserved)
	w.pool.spare.put(w.buf)
	w.buf, w.reserved = nil, 0
}

// Size is the number of bytes written so far.
func (w *Writer) Size() int64 { return w.size }

// Finish gives what was written. After an error nothing is kept. The caller
// closes the Spool.
func (w *Writer) Finish() (*Spool, error) {
	if w.err != nil {
		err := w.err
		w.Discard()
		return nil, err
	}
	s := &Spool{size: w.size, release: w.Discard}
	if w.file == nil {
		s.unhashed = &w.buf
	} else {
		w.hash.Sum(s.sha256[:0])
	}
	var err error
	if s.r, err = w.finished(); err != nil {
		w.Discard()
		return nil, inFolder(err)
	}
	w.err = os.ErrClosed
	return s, nil
}

func (w *Writer) finished() (io.ReaderAt, error) {
	if w.file == nil {
		return bytes.NewReader(w.buf), nil
	}
	if err := w.dst.Close(); err != nil {
		return nil, err
	}
	if w.public {
		return w.file, nil
	}
	sealed, err := w.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	k, err := w.pool.throwAway()
	if err != nil {
		return nil, err
	}
	r, _, err := crypto.Open(w.file, sealed, k.identity)
	return r, err
}

// Discard frees what was written. Doing it again does nothing.
func (w *Writer) Discard() error {
	w.forget()
	w.err = os.ErrClosed
	if w.file == nil {
		return nil
	}
	f := w.file
	w.file = nil
	return f.Close()
}
