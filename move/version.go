package move

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
)

// with gives the version as sources know it. Its files are read from the
// repository when somebody reads them.
func (m *mover) with(e *Event, use func(*sources.Version) error) error {
	v := &sources.Version{ID: e.Document.ID, As: m.As, Title: e.Version.Title}
	for _, f := range m.Files(e.Document, e.Choice) {
		if f.Made {
			made, err := m.made(e, f.FileRecord)
			if err != nil {
				return err
			}
			defer made.Close()
			v.Files = append(v.Files, sources.File{Name: f.Name, Format: f.Format, Size: made.Size(), SHA256: made.SHA256(), Content: made})
			continue
		}
		content := &lazy{mover: m, record: f.FileRecord}
		defer content.close()
		file := sources.File{Name: f.Name, Format: f.Format, Size: f.Size, Content: content}
		hex.Decode(file.SHA256[:], []byte(f.SHA256)) // the reader checks it
		v.Files = append(v.Files, file)
	}
	err := use(v)
	for i := range v.Files {
		if content, ok := v.Files[i].Content.(*lazy); ok && content.failed() != nil {
			return content.failed() // the cause, in place of what use says of it
		}
	}
	return err
}

// made is a document's own file as it was at a point of its past, and with what was
// taken from earlier versions. The caller closes it.
func (m *mover) made(e *Event, own manifest.FileRecord) (*spool.Spool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	saved, err := m.reader.File(own)
	if err != nil {
		return nil, err
	}
	defer saved.Close()
	d, err := m.Read(m.reader, e.Document, e.Choice, saved, saved.Size())
	if err != nil {
		return nil, fmt.Errorf("read the saved document: %w", err)
	}
	e.Taken = library.Taken(d)
	made := m.Repository.Pool().Create()
	if err := d.Write(made, own.Format, documents.English); err != nil {
		return nil, errors.Join(err, made.Discard())
	}
	return made.Finish()
}

// A lazy file is read when somebody reads its first byte. An HTTP client may
// still read it when it is closed.
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
