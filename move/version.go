package move

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
)

// with gives the version as sources know it. Its files are read from the
// repository when they are.
func (m *mover) with(e *Event, use func(*sources.Version) error) error {
	v := &sources.Version{ID: e.Document.ID, Title: e.Version.Title}
	if e.Cut != nil {
		return m.withCut(e, v, use)
	}
	for _, f := range e.Version.Files {
		if library.Filled(e.Document, e.Version, f) {
			file, err := m.filled(e, f)
			if err != nil {
				return err
			}
			v.Files = append(v.Files, file)
			continue
		}
		content := &lazy{mover: m, record: f}
		defer content.close()
		file := sources.File{Name: f.Name, Format: f.Format, Size: f.Size, Content: content}
		hex.Decode(file.SHA256[:], []byte(f.SHA256)) // the reader checks it
		v.Files = append(v.Files, file)
	}
	err := use(v)
	for i := range v.Files {
		if content, ok := v.Files[i].Content.(*lazy); ok && content.failed() != nil {
			return content.failed() // what use says of it is not the cause
		}
	}
	return err
}

// filled is a poll's own file, with what was taken from earlier versions.
func (m *mover) filled(e *Event, f manifest.FileRecord) (sources.File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, err := library.ReadPoll(m.reader, e.Document, e.Version)
	if err != nil {
		return sources.File{}, fmt.Errorf("read the saved poll: %w", err)
	}
	e.Taken = p.Taken()
	b, err := p.Encode()
	return sources.File{Name: f.Name, Format: f.Format, Size: int64(len(b)), SHA256: sha256.Sum256(b), Content: bytes.NewReader(b)}, err
}

// withCut gives a pad as it was at a point of its past.
func (m *mover) withCut(e *Event, v *sources.Version, use func(*sources.Version) error) error {
	i := slices.IndexFunc(e.Version.Files, library.IsPad)
	whole := e.Version.Files[i]
	m.mu.Lock()
	file, err := m.reader.File(whole)
	m.mu.Unlock()
	if err != nil {
		return err
	}
	cut, err := e.Cut.Export(m.Repository.Pool(), file)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	defer cut.Close()
	v.Files = []sources.File{{
		Name: whole.Name, Format: whole.Format, Size: cut.Size(), SHA256: cut.SHA256(), Content: cut,
	}}
	return use(v)
}

// A lazy file is read when its first byte is. An HTTP client may still read it
// when it is closed.
type lazy struct {
	mover  *mover
	record manifest.FileRecord
	file   *spool.Spool // guarded by mover.mu, as is err
	err    error
}

func (l *lazy) ReadAt(b []byte, offset int64) (int, error) {
	l.mover.mu.Lock()
	defer l.mover.mu.Unlock()
	if l.file == nil && l.err == nil {
		l.file, l.err = l.mover.reader.File(l.record)
	}
	if l.err != nil {
		return 0, l.err
	}
	return l.file.ReadAt(b, offset)
}

func (l *lazy) failed() error {
	l.mover.mu.Lock()
	defer l.mover.mu.Unlock()
	return l.err
}

func (l *lazy) close() {
	l.mover.mu.Lock()
	defer l.mover.mu.Unlock()
	if l.file != nil {
		l.file.Close()
	}
	l.file, l.err = nil, os.ErrClosed
}
