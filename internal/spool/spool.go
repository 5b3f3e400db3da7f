// Package spool keeps bytes until they were received whole: in memory while
// they are few, else in a private file that no name leads to and that holds
// no plain byte.
package spool

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"

	"filippo.io/age"
	"github.com/padsync/padsync/crypto"
)

const (
	defaultMemory = 256 << 10
	budget        = 32 << 20 // bytes in memory for all spools of a Pool
)

// ErrTooLarge is the error of Receive for more bytes than it may take.
var ErrTooLarge = errors.New("too large")

// A Pool makes spools. It is safe for concurrent use, and its zero value is
// usable.
type Pool struct {
	dir    string
	memory int64

	copies sync.Pool // of *[copySize]byte
	spare  buffers

	mu   sync.Mutex // guards used
	used int64      // bytes in memory

	once   sync.Once // makes what follows
	key    key
	keyErr error
}

// key is thrown away with the Pool: then nobody can open its files.
type key struct {
	identity  age.Identity
	recipient age.Recipient
}

// New makes a Pool whose spools keep up to memory bytes each in memory (0:
// 256 KiB) as long as all of them together keep no more than 32 MiB; what is
// more goes into files in dir ("": os.TempDir).
func New(dir string, memory int64) *Pool { return &Pool{dir: dir, memory: memory} }

// ErrFolder is matched by errors of the folder for temporary files. They say
// nothing of what was to be kept, and match no error of package fs: a missing
// or closed folder would be taken for a missing or closed document.
var ErrFolder = errors.New("the folder for temporary files")

// A FolderError is an error of the folder. It matches ErrFolder and the
// system's own error.
type FolderError struct{ Err error }

func inFolder(err error) error {
	if err == nil {
		return nil
	}
	return &FolderError{err}
}

func (e *FolderError) Error() string { return fmt.Sprintf("%v: %v", ErrFolder, e.Err) }

func (e *FolderError) Is(target error) bool {
	number, system := target.(syscall.Errno)
	return target == ErrFolder || system && errors.Is(e.Err, number)
}

// Try makes a small temporary file and removes it, for callers that want to
// know before they begin that there is room. The error matches ErrFolder.
func (p *Pool) Try() error {
	f, err := newFile(p.dir)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, 4<<10))
	return inFolder(errors.Join(err, f.Close()))
}

// Receive reads r to its end, and at most max bytes: one more is ErrTooLarge.
// After an error nothing is kept. An error of r is returned as it is. The
// caller closes the Spool.
func (p *Pool) Receive(r io.Reader, max int64) (*Spool, error) {
	w := p.Create()
	n, err := p.Copy(w, io.LimitReader(r, max+min(1, maxInt-max)))
	if err == nil && n > max {
		err = ErrTooLarge
	}
	if err != nil {
		w.Discard()
		return nil, err
	}
	return w.Finish()
}

const maxInt = 1<<63 - 1

const copySize = 32 << 10

// Copy is io.Copy with a buffer that is used again: otherwise each of many
// small documents costs a new one.
func (p *Pool) Copy(dst io.Writer, src io.Reader) (int64, error) {
	buffer, ok := p.copies.Get().(*[copySize]byte)
	if !ok {
		buffer = new([copySize]byte)
	}
	defer p.copies.Put(buffer)
	return io.CopyBuffer(dst, src, buffer[:])
}

func (p *Pool) limit() int64 {
	if p.memory <= 0 {
		return defaultMemory
	}
	return p.memory
}

// reserve takes n bytes of the budget, or none.
func (p *Pool) reserve(n int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used+n > budget {
		return false
	}
	p.used += n
	return true
}

func (p *Pool) free(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used -= n
}

func (p *Pool) throwAway() (key, error) {
	p.once.Do(func() {
		id, err := crypto.Generate(false)
		if err != nil {
			p.keyErr = err
			return
		}
		p.key.identity = id
		p.key.recipient, p.keyErr = crypto.RecipientOf(id)
	})
	return p.key, p.keyErr
}

// A Spool holds bytes that were received whole. It is safe for concurrent use:
// a reader that still reads when it is closed, such as an HTTP client whose
// request was answered early, gets an error and never another document's bytes.
type Spool struct {
	size int64

	mu       sync.RWMutex // guards what follows
	r        io.ReaderAt
	sha256   [32]byte
	unhashed *[]byte // what is in memory, until somebody asks for its hash
	release  func() error
}

// Size is the number of bytes.
func (s *Spool) Size() int64 { return s.size }

// SHA256 is the hash of the bytes. It is to be asked for before Close.
func (s *Spool) SHA256() [32]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unhashed != nil {
		s.sha256, s.unhashed = sha256.Sum256(*s.unhashed), nil
	}
	return s.sha256
}

// ReadAt implements io.ReaderAt.
func (s *Spool) ReadAt(b []byte, offset int64) (int, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n, err := s.r.ReadAt(b, offset)
	if err != nil && err != io.EOF && err != os.ErrClosed {
		err = inFolder(err)
	}
	return n, err
}

// Close frees the bytes; they cannot be read afterwards. Closing again does
// nothing.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.release == nil {
		return nil
	}
	release := s.release
	s.release, s.r, s.unhashed = nil, closed{}, nil
	return release()
}

type closed struct{}

func (closed) ReadAt([]byte, int64) (int, error) { return 0, os.ErrClosed }

// file is a private temporary file.
type file struct {
	*os.File
	named bool // it could not be unlinked while it is open: Windows
}

func newFile(dir string) (*file, error) {
	f, err := os.CreateTemp(dir, "padsync-*") // its mode is 0600
	if err != nil {
		return nil, inFolder(err)
	}
	return &file{f, os.Remove(f.Name()) != nil}, nil
}

func (f *file) Close() error {
	err := f.File.Close()
	if f.named {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
