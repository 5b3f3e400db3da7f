package pack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository/object"
)

const (
	// frameSize is how many bytes of tar a frame has at most, unless it has
	// only one member. It is one block of zstd, which packs one block quicker
	// than the beginning of a second.
	frameSize = 128 << 10

	// batch is how many frames are compressed one after the other, so that the
	// compressor's tables stay in the processor's cache, which other work would
	// use in between. So many fit into a pack that is not yet full, even if
	// they do not compress.
	batch = 8

	packSize  = 6 << 20 // bytes after which a pack ends
	packLimit = 8 << 20 // bytes that a pack has at most, unless one frame has more

	// memberOverhead is what a member takes beside its content, at most: its
	// header, a PAX header with its records, and padding.
	memberOverhead = 5 * 512

	// packOverhead is room for age's header and chunks, and for tar's end.
	packOverhead = 64 << 10
)

// A Member is a file in a pack's tar.
type Member struct {
	Name     string
	Modified time.Time
	Size     int64
	Content  io.Reader // Size bytes
}

// most is how many bytes of tar it takes, at most.
func (m *Member) most() int64 { return memberOverhead + m.Size }

// Options are what a Writer works with. All are required, except Recipients
// where nothing is sealed.
type Options struct {
	Objects    *object.Store
	Recipients []crypto.Recipient
	Now        func() time.Time
	Random     io.Reader

	// Full takes a pack that is full, or that was flushed, with its bytes,
	// which it closes. The places in it are valid by then.
	Full func(manifest.Pack, *spool.Spool)
}

// A Writer writes members into one pack after the other. It is for one
// goroutine. After an error it can only be discarded.
type Writer struct {
	o       Options
	readers manifest.Hashes
	frames  *compressor
	pack    *unfinished // nil: none is being written
}

// An unfinished pack is the one that is being written.
type unfinished struct {
	object *object.Writer
	plain  int64    // bytes of the frames that are in it
	places []*Place // of the files in these frames
	frame  *frame   // that is being written, or nil
	ended  []*frame // usual ones before it, not yet compressed
}

// NewWriter gives a Writer. The caller flushes or discards it at the end.
func NewWriter(o Options) (*Writer, error) {
	frames, err := newCompressor(o.Objects.Pool)
	if err != nil {
		return nil, err
	}
	var readers []string
	for _, r := range o.Recipients {
		readers = append(readers, r.Hash())
	}
	return &Writer{o: o, readers: manifest.HashesOf(readers), frames: frames}, nil
}

// Add writes some files, and before them what tells of them, and gives the
// files' places. All stay together if they are short. A pack with a file is
// given away when it is full. One with no file is not, as nothing would name
// it.
func (w *Writer) Add(about Member, files ...Member) ([]*Place, error) {
	all := about.most()
	for _, f := range files {
		all += f.most()
	}
	if all <= frameSize { // they stay together
		if err := w.room(all); err != nil {
			return nil, err
		}
	}
	if err := w.member(about, nil); err != nil {
		return nil, err
	}
	places := make([]*Place, len(files))
	for i, f := range files {
		places[i] = new(Place)
		if err := w.member(f, places[i]); err != nil {
			return nil, err
		}
	}
	return places, nil
}

// member writes one member, in a frame of its own if it is long, and cuts the
// frame where it is full.
func (w *Writer) member(m Member, at *Place) error {
	if err := w.room(m.most()); err != nil {
		return err
	}
	f := w.pack.frame
	if err := f.header(m); err != nil {
		return err
	}
	if at != nil {
		at.Offset = f.count
		f.places = append(f.places, at)
	}
	if err := f.content(m); err != nil {
		return err
	}
	if f.count < frameSize {
		return nil
	}
	return w.cut()
}

// room makes sure that there is a pack with a frame for so many bytes of tar: a
// frame that they do not make too long, or an empty one. A new pack's frame is
// not empty: it holds the random member.
func (w *Writer) room(most int64) error {
	for {
		if err := w.ready(); err != nil {
			return err
		}
		if n := w.pack.frame.count; n == 0 || n+most <= frameSize {
			return nil
		}
		if err := w.cut(); err != nil {
			return err
		}
	}
}

// ready makes sure that there is a pack with a frame to write to.
func (w *Writer) ready() error {
	if w.pack == nil {
		return w.begin()
	}
	if w.pack.frame == nil {
		w.pack.frame = w.frames.begin()
	}
	return nil
}

// begin begins a pack with its random member.
func (w *Writer) begin() error {
	o, err := w.o.Objects.Create(w.o.Recipients...)
	if err != nil {
		return fmt.Errorf("seal pack: %w", err)
	}
	random := make([]byte, 32)
	if _, err := io.ReadFull(w.o.Random, random); err != nil {
		return errors.Join(fmt.Errorf("random value: %w", err), o.Discard())
	}
	w.pack = &unfinished{object: o, frame: w.frames.begin()}
	m := Member{Name: "padsync-pack", Modified: w.o.Now(), Size: int64(len(random)), Content: bytes.NewReader(random)}
	if err := w.pack.frame.header(m); err != nil {
		return err
	}
	return w.pack.frame.content(m)
}

// cut ends the frame, and compresses it with others once there are enough. A
// long one goes into a new pack if it would make this one too large. A pack
// that is full is given away.
func (w *Writer) cut() error {
	f := w.pack.end()
	var err error
	switch {
	case f.long != nil:
		err = w.addLong(f)
	case len(w.pack.ended) == batch:
		err = w.compress()
	}
	if err != nil {
		return err
	}
	if w.pack.plain >= packSize {
		return w.Flush()
	}
	return nil
}

// end ends the frame. A usual one waits to be compressed with others; a long one
// may be too long for the pack.
func (u *unfinished) end() *frame {
	f := u.frame
	u.frame = nil
	if f.long == nil {
		u.ended = append(u.ended, f)
	}
	return f
}

// addLong puts a long frame behind those that have ended, into a new pack if it
// would make this one too large.
func (w *Writer) addLong(f *frame) error {
	s, err := f.finish()
	if err != nil {
		return err
	}
	err = w.compress()
	if err == nil && len(w.pack.places) > 0 && w.pack.plain+s.Size()+packOverhead > packLimit {
		err = w.replace()
	}
	if err == nil {
		_, err = w.o.Objects.Pool.Copy(w.pack.object, io.NewSectionReader(s, 0, s.Size()))
	}
	if err = errors.Join(err, s.Close()); err != nil {
		return err
	}
	w.pack.add(f, s.Size())
	return nil
}

// replace gives the pack away and begins one whose first frame has only the
// random member.
func (w *Writer) replace() error {
	if err := w.Flush(); err != nil {
		return err
	}
	if err := w.begin(); err != nil {
		return err
	}
	w.pack.end()
	return w.compress()
}

// compress puts the frames that have ended into the pack.
func (w *Writer) compress() error {
	for _, f := range w.pack.ended {
		compressed := w.frames.compress(f)
		if _, err := w.pack.object.Write(compressed); err != nil {
			return fmt.Errorf("write pack: %w", err)
		}
		w.pack.add(f, int64(len(compressed)))
	}
	w.pack.ended = w.pack.ended[:0]
	return nil
}

// add notes a frame of so many bytes, which is in the pack.
func (u *unfinished) add(f *frame, size int64) {
	for _, at := range f.places {
		at.Frame = [2]int64{u.plain, size}
	}
	u.places = append(u.places, f.places...)
	u.plain += size
}

// Flush ends the pack, if one is being written, and gives it away.
func (w *Writer) Flush() error {
	if w.pack == nil {
		return nil
	}
	if err := w.finish(); err != nil {
		return errors.Join(err, w.Discard())
	}
	u := w.pack
	w.pack = nil
	s, err := u.object.Finish()
	if err != nil {
		return err
	}
	p := manifest.Pack{Key: fmt.Sprintf("%s%x%s", Prefix, s.SHA256(), w.o.Objects.Ending(Ending)), Size: s.Size(), Recipients: w.readers}
	for _, at := range u.places {
		at.In = p
	}
	w.o.Full(p, s)
	return nil
}

// finish writes tar's end. No long frame is being written.
func (w *Writer) finish() error {
	if w.pack.frame != nil {
		w.pack.end()
	}
	w.pack.frame = w.frames.begin()
	err := w.pack.frame.tar.Close()
	w.pack.end()
	if err != nil {
		return err
	}
	return w.compress()
}

// Discard frees the pack that is being written, whose places never become
// valid.
func (w *Writer) Discard() error {
	u := w.pack
	if u == nil {
		return nil
	}
	w.pack = nil
	var err error
	if u.frame != nil && u.frame.long != nil {
		err = u.frame.long.Discard()
	}
	return errors.Join(err, u.object.Discard())
}
