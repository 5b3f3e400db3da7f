package repository

import (
	"archive/tar"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository/object"
	"github.com/padsync/padsync/sources"
)

const (
	// frameSize is how many bytes of tar a frame has at most, unless it has
	// but one member: one block of zstd, which packs one block quicker than
	// the beginning of a second.
	frameSize = 128 << 10

	// batch is how many frames are compressed one behind the other: the
	// compressor's tables then stay in the processor's cache, of which other
	// work takes its part in between. So many fit into a pack that is not yet
	// full, even if they do not compress.
	batch = 8

	packSize  = 6 << 20 // bytes after which a pack ends
	packLimit = 8 << 20 // bytes that a pack has at most, unless one frame has more

	// memberOverhead is what a member takes beside its content, at most: its
	// header, a PAX header with its records, and padding.
	memberOverhead = 5 * 512
)

// A pack is one that is being written, then one that is stored. It is for one
// goroutine until it is finished.
type pack struct {
	stored manifest.Pack // once it is

	repo   *Repository
	object *object.Writer
	plain  int64       // bytes of finished frames
	filled bool        // they hold a file
	frames *compressor // the run's
	frame  *frame      // that is being written, or nil
	ended  []*frame    // usual ones before it, not yet compressed
}

// A placed file is one in a frame that is in a pack or will be.
type placed struct {
	file   *manifest.File
	pack   *pack           // nil until the frame is in it
	shares []manifest.Pack // of the pieces that lie elsewhere
}

// newPack begins a pack with its random member. No other pack has a frame that
// is being written with the same compressor.
func (r *Repository) newPack(frames *compressor) (*pack, error) {
	o, err := r.objects.Create(r.options.Recipients...)
	if err != nil {
		return nil, fmt.Errorf("seal pack: %w", err)
	}
	random := make([]byte, 32)
	if _, err := io.ReadFull(r.options.Random, random); err != nil {
		return nil, errors.Join(fmt.Errorf("random value: %w", err), o.Discard())
	}
	p := &pack{repo: r, object: o, frames: frames}
	p.begin()
	return p, p.member("padsync-pack", r.options.Now(), int64(len(random)), func(w io.Writer) error {
		_, err := w.Write(random)
		return err
	})
}

// begin begins a frame.
func (p *pack) begin() { p.frame = p.frames.begin() }

// member writes one tar member into the frame.
func (p *pack) member(name string, modified time.Time, size int64, write func(io.Writer) error) error {
	header := &tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: modified.UTC().Truncate(time.Second), Format: tar.FormatPAX}
	if err := p.frame.tar.WriteHeader(header); err != nil {
		return fmt.Errorf("write pack: %w", err)
	}
	if err := write(p.frame.tar); err != nil {
		return err
	}
	return p.frame.tar.Flush()
}

// end ends the frame, which goes into the pack with others. One that is long
// is given back whole in its place: it may be too long for the pack.
func (p *pack) end() (long *frame) {
	f := p.frame
	p.frame = nil
	if f.long != nil {
		return f
	}
	p.ended = append(p.ended, f)
	return nil
}

// compress puts the frames that have ended into the pack.
func (p *pack) compress() error {
	for _, f := range p.ended {
		compressed := p.frames.compress(f)
		if _, err := p.object.Write(compressed); err != nil {
			return fmt.Errorf("write pack: %w", err)
		}
		p.added(f, int64(len(compressed)))
	}
	p.ended = p.ended[:0]
	return nil
}

// add puts a long frame into the pack, behind those that have ended.
func (p *pack) add(f *frame, s *spool.Spool) error {
	err := p.compress()
	if err == nil {
		_, err = p.repo.objects.Pool.Copy(p.object, io.NewSectionReader(s, 0, s.Size()))
	}
	p.added(f, s.Size())
	return errors.Join(err, s.Close())
}

// added tells the files of a frame in the pack their place.
func (p *pack) added(f *frame, size int64) {
	for _, placed := range f.files {
		placed.pack, placed.file.Frame, p.filled = p, [2]int64{p.plain, size}, true
	}
	p.plain += size
}

// finish writes tar's end and gives the pack's bytes as they are stored. No
// long frame is being written.
func (p *pack) finish() (*spool.Spool, error) {
	if p.frame != nil {
		p.end()
	}
	p.begin()
	err := p.frame.tar.Close()
	p.end()
	if err == nil {
		err = p.compress()
	}
	if err != nil {
		return nil, errors.Join(err, p.discard())
	}
	return p.object.Finish()
}

func (p *pack) discard() error {
	var err error
	if p.frame != nil && p.frame.long != nil {
		err = p.frame.long.Discard()
	}
	return errors.Join(err, p.object.Discard())
}

// documentName is what a version's first member is called.
const documentName = "document.json"

// verify reads the files of a fetched version once, before any of it goes
// into a pack: a source that broke its word must not spoil its neighbours.
func verify(pool *spool.Pool, id string, v *sources.Version) error {
	if !manifest.ValidID(id) || len(v.Files) == 0 {
		return errors.New("a fetched version has no id or no files")
	}
	names := make(map[string]bool)
	for i := range v.Files {
		f := &v.Files[i]
		if !manifest.ValidFileName(f.Name) || f.Name == documentName || names[f.Name] {
			return errors.New("a fetched file has no name of its own")
		}
		names[f.Name] = true
		if h := f.History; h[0] < 0 || h[1] < h[0] || h[1] > f.Size {
			return errors.New("a fetched file has no such history")
		}
		if s, ok := f.Content.(*spool.Spool); ok && s.Size() == f.Size && s.SHA256() == f.SHA256 {
			continue // it was hashed when it was received, and cannot change
		}
		hash := sha256.New()
		n, err := pool.Copy(hash, io.NewSectionReader(f.Content, 0, f.Size))
		if err != nil {
			return fmt.Errorf("read a fetched file: %w", err)
		}
		if n != f.Size || [32]byte(hash.Sum(nil)) != f.SHA256 {
			return errors.New("a fetched file is not what its source said")
		}
	}
	return nil
}
