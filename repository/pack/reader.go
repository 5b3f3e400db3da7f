package pack

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"slices"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository/object"
)

const (
	openPacks  = 4       // packs that a Reader keeps open
	wholeAfter = 3       // frames read from a pack before it is read whole
	maxFrame   = 1 << 20 // bytes of a decompressed frame that is kept
	maxFile    = 4 << 30 // bytes of one file
	longRead   = 1 << 20 // bytes that are read at once of a longer frame
)

// A Reader reads files out of packs: one document of a large pack by a few
// ranged reads, many by reading the pack once. It is for one goroutine.
type Reader struct {
	objects *object.Store

	// Of all reads: the packs that are kept open are read as io.ReaderAts, which
	// take no context.
	ctx context.Context

	packs   []*openPack      // the last used one first
	sealed  map[string]error // packs that no identity opens: they are not read again
	damaged map[string]bool  // packs that were read whole, and whose hash is wrong
}

// NewReader gives a Reader that reads until ctx ends. The caller closes it.
func NewReader(ctx context.Context, objects *object.Store) *Reader {
	return &Reader{objects: objects, ctx: ctx, sealed: map[string]error{}, damaged: map[string]bool{}}
}

// Close frees what the Reader keeps.
func (rd *Reader) Close() error {
	var err error
	for _, p := range rd.packs {
		err = errors.Join(err, p.close())
	}
	rd.packs = nil
	return err
}

// An openPack is a pack, opened.
type openPack struct {
	key    string
	plain  io.ReaderAt
	size   int64
	whole  *spool.Spool // once it was read whole
	frames int          // read so far

	frame [2]int64 // the one that data is of
	data  []byte
}

func (p *openPack) close() error {
	if p.whole == nil {
		return nil
	}
	return p.whole.Close()
}

// File gives a file's bytes, whose size and hash are what the manifest says:
// if they are not, the error is an object.CorruptError. The caller closes the
// Spool.
func (rd *Reader) File(f manifest.FileRecord) (*spool.Spool, error) {
	if len(f.Shares) == 0 {
		return rd.whole(f)
	}
	s, err := rd.assemble(f)
	if err != nil {
		return nil, err
	}
	return verified(f, s)
}

// Opens opens all packs of a file, and reads no more than their beginnings.
// The error matches object.ErrNoIdentity if no identity opens one of them.
func (rd *Reader) Opens(f manifest.FileRecord) error {
	for _, in := range f.Packs() {
		err := rd.insist(in, func() error {
			_, err := rd.open(in)
			return err
		})
		if err != nil {
			return rd.explain(f, err)
		}
	}
	return nil
}

// whole reads what lies in one place.
func (rd *Reader) whole(f manifest.FileRecord) (s *spool.Spool, err error) {
	err = rd.insist(f.In, func() error {
		if s, err = rd.read(f); err == nil {
			s, err = verified(f, s)
		}
		return err
	})
	if err != nil {
		return nil, rd.explain(f, err)
	}
	return s, nil
}

// insist reads a second time what is damaged, out of the pack read whole: the
// store may have given other bytes than the part that it was asked for.
func (rd *Reader) insist(in manifest.Pack, read func() error) error {
	err := read()
	if !object.IsDamaged(err) || rd.damaged[in.Key] {
		return err
	}
	again, wholeErr := rd.reopen(in)
	switch {
	case again:
		return read()
	case wholeErr == nil || rd.damaged[in.Key]:
		return err
	}
	return wholeErr
}

// reopen reads a pack whole, and reports whether that is new.
func (rd *Reader) reopen(in manifest.Pack) (bool, error) {
	i := slices.IndexFunc(rd.packs, func(p *openPack) bool { return p.key == in.Key })
	if i >= 0 && rd.packs[i].whole != nil {
		return false, nil
	}
	s, err := rd.fetchPack(in)
	if err != nil {
		return false, err
	}
	if i >= 0 {
		rd.packs = slices.Delete(rd.packs, i, i+1)
	}
	if err := rd.Keep(in, s); err != nil {
		return false, errors.Join(err, s.Close())
	}
	return true, nil
}

// fetchPack reads a pack whole. The caller closes it.
func (rd *Reader) fetchPack(in manifest.Pack) (*spool.Spool, error) {
	s, err := Fetch(rd.ctx, rd.objects, in)
	if _, corrupt := errors.AsType[*object.CorruptError](err); corrupt {
		rd.damaged[in.Key] = true
	}
	return s, err
}

// verified gives s if it is what f says, else closes it.
func verified(f manifest.FileRecord, s *spool.Spool) (*spool.Spool, error) {
	if sum := s.SHA256(); s.Size() != f.Size || hex.EncodeToString(sum[:]) != f.SHA256 {
		return nil, errors.Join(object.Damaged(f.In.Key, errors.New("a file is not what the manifest says")), s.Close())
	}
	return s, nil
}

// explain distinguishes damage from what the store or this machine did.
func (rd *Reader) explain(f manifest.FileRecord, err error) error {
	_, corrupt := errors.AsType[*object.CorruptError](err)
	switch {
	case corrupt, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case object.Gone(err):
		return object.Missing(f.In.Key, err)
	}
	return object.Reading(f.In.Key, err)
}

func (rd *Reader) read(f manifest.FileRecord) (*spool.Spool, error) {
	p, err := rd.open(f.In)
	if err != nil {
		return nil, err
	}
	if p.frame != f.Frame || p.data == nil {
		if err := rd.enter(p, f); err != nil {
			return nil, err
		}
	}
	if p.data != nil {
		if size := int64(len(p.data)); f.Offset > size || f.Size > size-f.Offset {
			return nil, object.Damaged(f.In.Key, io.ErrUnexpectedEOF)
		}
		return rd.objects.Pool.Receive(bytes.NewReader(p.data[f.Offset:f.Offset+f.Size]), f.Size)
	}
	return rd.long(p, f)
}

// open gives the pack, opened, from those that are kept or from the store.
func (rd *Reader) open(in manifest.Pack) (*openPack, error) {
	if i := slices.IndexFunc(rd.packs, func(p *openPack) bool { return p.key == in.Key }); i >= 0 {
		p := rd.packs[i]
		rd.packs = slices.Insert(slices.Delete(rd.packs, i, i+1), 0, p)
		return p, nil
	}
	if err := rd.sealed[in.Key]; err != nil {
		return nil, err
	}
	if err := rd.makeRoom(); err != nil {
		return nil, err
	}
	plain, size, err := rd.objects.Open(&object.Remote{Context: rd.ctx, Store: rd.objects, Key: in.Key}, in.Size)
	if err != nil {
		err = object.Unsealed(in.Key, err)
		if errors.Is(err, object.ErrNoIdentity) {
			rd.sealed[in.Key] = err
		}
		return nil, err
	}
	p := &openPack{key: in.Key, plain: plain, size: size}
	rd.packs = slices.Insert(rd.packs, 0, p)
	return p, nil
}

// makeRoom closes the pack that was used least recently, if there are many.
func (rd *Reader) makeRoom() error {
	if len(rd.packs) < openPacks {
		return nil
	}
	last := rd.packs[len(rd.packs)-1]
	rd.packs = rd.packs[:len(rd.packs)-1]
	return last.close()
}

// Keep gives the Reader a pack that was fetched, which it then reads from as
// long as it keeps it. The Reader closes it, unless Keep gives an error.
func (rd *Reader) Keep(in manifest.Pack, s *spool.Spool) error {
	plain, size, err := rd.objects.Open(s, s.Size())
	if err != nil {
		return object.Unsealed(in.Key, err)
	}
	if err := rd.makeRoom(); err != nil {
		return err
	}
	rd.packs = slices.Insert(rd.packs, 0, &openPack{key: in.Key, plain: plain, size: size, whole: s})
	return nil
}

// enter makes the file's frame the pack's, and keeps its data if it is short. A
// pack that is asked again and again, or for most of what it holds, is read
// whole, unless it is damaged: each sound file in it has a hash of its own.
func (rd *Reader) enter(p *openPack, f manifest.FileRecord) error {
	p.data = nil
	p.frames++
	most := f.Frame[1] > maxFrame && f.Frame[1] >= f.In.Size/2
	if (most || p.frames > wholeAfter) && p.whole == nil && !rd.damaged[p.key] {
		if err := rd.readWhole(p, f.In); err != nil && !rd.damaged[p.key] {
			return err
		}
	}
	if f.Frame[0] > p.size || f.Frame[1] > p.size-f.Frame[0] || f.Offset > maxFile || f.Size > maxFile {
		return object.Damaged(f.In.Key, errors.New("the manifest names a place where no file can be"))
	}
	p.frame = f.Frame
	if f.Frame[1] > maxFrame || f.Size > maxFrame-f.Offset {
		return nil
	}
	compressed := make([]byte, f.Frame[1])
	if _, err := p.plain.ReadAt(compressed, f.Frame[0]); err != nil && !errors.Is(err, io.EOF) {
		return object.Unsealed(f.In.Key, err)
	}
	d, err := object.Decompress(bytes.NewReader(compressed), maxWindow)
	if err != nil {
		return err
	}
	defer d.Close()
	data, err := io.ReadAll(io.LimitReader(d, maxFrame+1))
	if err != nil {
		return object.Damaged(f.In.Key, err)
	}
	if len(data) <= maxFrame {
		p.data = data
	}
	return nil
}

// readWhole exchanges the store for a local copy.
func (rd *Reader) readWhole(p *openPack, in manifest.Pack) error {
	s, err := rd.fetchPack(in)
	if err != nil {
		return err
	}
	plain, size, err := rd.objects.Open(s, s.Size())
	if err != nil {
		return errors.Join(object.Unsealed(in.Key, err), s.Close())
	}
	p.whole, p.plain, p.size = s, plain, size
	return nil
}

// long reads a file that is too long to be kept, straight from its frame.
func (rd *Reader) long(p *openPack, f manifest.FileRecord) (*spool.Spool, error) {
	frame := io.NewSectionReader(p.plain, f.Frame[0], f.Frame[1])
	d, err := object.Decompress(bufio.NewReaderSize(frame, longRead), maxWindow) // each read may be a request
	if err != nil {
		return nil, err
	}
	defer d.Close()
	content := packReader{f.In.Key, d}
	if _, err := io.CopyN(io.Discard, content, f.Offset); err != nil && err != io.EOF {
		return nil, err
	}
	return rd.objects.Pool.Receive(io.LimitReader(content, f.Size), maxFile)
}

// A packReader reads out of a pack. Its errors distinguish damage and what the
// store did from errors of whoever takes what was read.
type packReader struct {
	key string
	r   io.Reader
}

func (p packReader) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if err != nil && err != io.EOF {
		err = object.Unsealed(p.key, err)
	}
	return n, err
}
