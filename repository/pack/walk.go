package pack

import (
	"archive/tar"
	"bufio"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository/object"
)

// Walk reads a fetched pack frame by frame, since manifests give its members'
// places by frames, and gives each member with its place. What goes wrong is an
// object.CorruptError or object.ErrNoIdentity, also in each, which must only
// read.
func Walk(objects *object.Store, in manifest.Pack, stored *spool.Spool, each func(*tar.Header, Place, io.Reader) error) error {
	plain, size, err := objects.Open(stored, stored.Size())
	if err != nil {
		return object.Unsealed(in.Key, err)
	}
	d, err := object.Decompress(nil, maxWindow)
	if err != nil {
		return err
	}
	defer d.Close()
	for at := int64(0); at < size; {
		length, err := frameLength(io.NewSectionReader(plain, at, size-at))
		if err == nil {
			err = d.Reset(io.NewSectionReader(plain, at, length))
		}
		if err == nil {
			err = walkFrame(d, Place{In: in, Frame: [2]int64{at, length}}, each)
		}
		if err != nil {
			return object.Unsealed(in.Key, err)
		}
		at += length
	}
	return nil
}

func walkFrame(frame io.Reader, at Place, each func(*tar.Header, Place, io.Reader) error) error {
	count := &counter{r: frame}
	for members := tar.NewReader(count); ; {
		h, err := members.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Size > maxFile {
			continue
		}
		at.Offset = count.n
		if err := each(h, at, members); err != nil {
			return err
		}
	}
}

// A counter counts what is read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

// frameLength is how many bytes the zstd frame at the beginning of r has.
func frameLength(r io.Reader) (int64, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	begin, err := in.Peek(zstd.HeaderMaxSize)
	if err != nil && err != io.EOF {
		return 0, err
	}
	var h zstd.Header
	if err := h.Decode(begin); err != nil {
		return 0, err
	}
	length := int64(h.HeaderSize)
	if h.Skippable {
		return length + int64(h.SkippableSize), nil
	}
	if _, err := in.Discard(h.HeaderSize); err != nil {
		return 0, err
	}
	for last := false; !last; {
		var block [3]byte
		if _, err := io.ReadFull(in, block[:]); err != nil {
			return 0, err
		}
		b := uint32(block[0]) | uint32(block[1])<<8 | uint32(block[2])<<16
		n := int(b >> 3)
		if b>>1&3 == 1 { // one byte, repeated
			n = 1
		}
		if _, err := in.Discard(n); err != nil {
			return 0, err
		}
		last, length = b&1 == 1, length+3+int64(n)
	}
	if h.HasCheckSum {
		length += 4
	}
	return length, nil
}
