package repository

import (
	"archive/tar"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/padsync/padsync/internal/spool"
)

// A frame is the zstd frame of a pack that is being written.
type frame struct {
	spool *spool.Writer
	tar   *tar.Writer
	count *counter
	files []*placed // whose place is known when the frame is in a pack
}

// A compressor makes one frame after the other of tar. Of a usual one it keeps
// the tar and compresses that at one go, which is quicker: document by
// document, its tables are no more in the processor's cache each time.
type compressor struct {
	encoder *zstd.Encoder
	to      io.Writer
	long    bool // the frame is no usual one: it is compressed as it comes

	// Memory that is used for one usual frame after the other.
	plain, compressed []byte
}

func newCompressor() (*compressor, error) {
	encoder, err := newEncoder(nil, packWindow)
	return &compressor{encoder: encoder}, err
}

// begin begins a frame, which goes to w.
func (c *compressor) begin(w io.Writer) {
	c.to, c.long, c.plain = w, false, c.plain[:0]
}

func (c *compressor) Write(b []byte) (int, error) {
	if !c.long && len(c.plain)+len(b) <= frameSize {
		c.plain = append(c.plain, b...)
		return len(b), nil
	}
	if !c.long {
		c.long = true
		c.encoder.Reset(c.to)
		if _, err := c.encoder.Write(c.plain); err != nil {
			return 0, err
		}
	}
	return c.encoder.Write(b)
}

// end finishes the frame.
func (c *compressor) end() error {
	if c.long {
		return c.encoder.Close()
	}
	c.compressed = c.encoder.EncodeAll(c.plain, c.compressed[:0])
	_, err := c.to.Write(c.compressed)
	return err
}

// A counter counts the bytes of tar in a frame.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
