package crypto

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

const (
	headWindow  = 16 << 10  // holds the header for some ten recipients
	wholeWindow = 128 << 10 // a file up to this size is read at once
)

// windows is an io.ReaderAt over r that answers from what it read before.
type windows struct {
	r    io.ReaderAt
	size int64

	mu    sync.Mutex // guards what follows; the windows' bytes never change
	fixed []*window  // the two ends of the file
	held  []*window  // of reads that are under way
	last  *window    // the one that was read last
}

type window struct {
	off  int64
	data []byte
}

func (w *window) covers(off, length int64) bool {
	return w != nil && w.off <= off && off+length <= w.off+int64(len(w.data))
}

// ends reads what is needed in any case: the header and the last chunk.
func (w *windows) ends() error {
	head, tail := int64(headWindow), int64(sealedChunkSize)
	if w.size <= wholeWindow {
		head, tail = w.size, 0
	}
	for _, at := range [][2]int64{{0, head}, {w.size - tail, tail}} {
		if at[1] <= 0 {
			continue
		}
		f, err := w.fetch(at[0], at[1])
		if err != nil {
			return err
		}
		w.fixed = append(w.fixed, f)
	}
	return nil
}

// hold makes sure that the range, as far as the file has it, is read from
// memory until release is called.
func (w *windows) hold(off, length int64) (release func(), err error) {
	length = min(length, w.size-off)
	if length <= 0 {
		return func() {}, nil
	}
	f := w.find(off, length)
	if f == nil {
		if f, err = w.fetch(off, length); err != nil {
			return nil, err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = f
	w.held = append(w.held, f)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		i := slices.Index(w.held, f)
		w.held = slices.Delete(w.held, i, i+1)
	}, nil
}

func (w *windows) find(off, length int64) *window {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.fixed {
		if f.covers(off, length) {
			return f
		}
	}
	for _, f := range w.held {
		if f.covers(off, length) {
			return f
		}
	}
	if w.last.covers(off, length) {
		return w.last
	}
	return nil
}

func (w *windows) fetch(off, length int64) (*window, error) {
	f := &window{off: off, data: make([]byte, length)}
	n, err := w.r.ReadAt(f.data, off)
	if n == len(f.data) {
		return f, nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return nil, fmt.Errorf("read %d sealed bytes at %d: %w", length, off, err)
}

func (w *windows) ReadAt(p []byte, off int64) (int, error) {
	if off >= w.size {
		return 0, io.EOF
	}
	want := min(int64(len(p)), w.size-off)
	f := w.find(off, want)
	if f == nil {
		// Only a long header comes here, in pieces of 4 KiB.
		var err error
		if f, err = w.fetch(off, min(max(want, sealedChunkSize), w.size-off)); err != nil {
			return 0, err
		}
		w.mu.Lock()
		w.last = f
		w.mu.Unlock()
	}
	n := copy(p[:want], f.data[off-f.off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
