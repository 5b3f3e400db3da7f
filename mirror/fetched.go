package mirror

import (
	"crypto/sha256"
	"io"
	"sync"

	"github.com/padsync/padsync/internal/spool"
)

// Fetched are files that a run has, for those who cannot open what it saved, or need
// not open it twice.
// They are in one private file, which nobody else can read. It is safe for
// concurrent use until Finish.
type Fetched struct {
	mu    sync.Mutex // guards what follows
	out   *spool.Writer
	size  int64
	files map[[sha256.Size]byte][2]int64 // offset and size, by the hash of the content
	err   error
	read  *spool.Spool
}

// NewFetched has no files yet. The caller closes it.
func NewFetched(pool *spool.Pool) *Fetched {
	return &Fetched{out: pool.Create(), files: make(map[[sha256.Size]byte][2]int64)}
}

// Add takes a file with that hash. After an error it takes no more, and Finish
// gives the error.
func (f *Fetched) Add(sum [sha256.Size]byte, content io.ReaderAt, size int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, has := f.files[sum]; has || f.err != nil {
		return
	}
	n, err := io.Copy(f.out, io.NewSectionReader(content, 0, size))
	if err == nil && n == size {
		f.files[sum] = [2]int64{f.size, size}
	}
	f.size, f.err = f.size+n, err
}

// Finish ends the adding: what was added can be read, what an error cut short
// excepted.
func (f *Fetched) Finish() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var err error
	f.read, err = f.out.Finish()
	f.out = nil
	if err != nil {
		f.files = nil
		return err
	}
	return f.err
}

// file gives one, nil if there is none.
func (f *Fetched) file(sum [sha256.Size]byte) *io.SectionReader {
	if f == nil || f.read == nil {
		return nil
	}
	at, has := f.files[sum]
	if !has {
		return nil
	}
	return io.NewSectionReader(f.read, at[0], at[1])
}

// Close frees what was added.
func (f *Fetched) Close() error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.out != nil:
		return f.out.Discard()
	case f.read != nil:
		return f.read.Close()
	}
	return nil
}
