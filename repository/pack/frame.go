package pack

import (
	"archive/tar"
	"errors"
	"fmt"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/repository/object"
)

// A frame is the zstd frame of a pack that is being written. A usual one keeps
// its tar and is compressed in one go; one that grows longer is compressed as
// it comes.
type frame struct {
	tar    *tar.Writer
	count  int64    // bytes of tar
	places []*Place // of its files

	compressor *compressor
	plain      []byte
	long       *spool.Writer // compressed bytes, nil for a usual frame
}

// header begins a member.
func (f *frame) header(m Member) error {
	header := &tar.Header{Name: m.Name, Mode: 0o600, Size: m.Size, ModTime: m.Modified.UTC().Truncate(time.Second), Format: tar.FormatPAX}
	if err := f.tar.WriteHeader(header); err != nil {
		return fmt.Errorf("write pack: %w", err)
	}
	return nil
}

// content writes the member whose header was written.
func (f *frame) content(m Member) error {
	if _, err := f.compressor.pool.Copy(f.tar, m.Content); err != nil {
		return err
	}
	return f.tar.Flush()
}

// Write takes tar.
func (f *frame) Write(b []byte) (int, error) {
	f.count += int64(len(b))
	if f.long == nil && f.count <= frameSize {
		f.plain = append(f.plain, b...)
		return len(b), nil
	}
	encoder := f.compressor.encoder
	if f.long == nil {
		f.long = f.compressor.pool.Create()
		encoder.Reset(f.long)
		if _, err := encoder.Write(f.plain); err != nil {
			return 0, err
		}
	}
	return encoder.Write(b)
}

// finish ends a long frame and gives its bytes in a pack.
func (f *frame) finish() (*spool.Spool, error) {
	f.compressor.free = append(f.compressor.free, f.plain[:0])
	if err := f.compressor.encoder.Close(); err != nil {
		return nil, errors.Join(fmt.Errorf("compress: %w", err), f.long.Discard())
	}
	return f.long.Finish()
}

// A compressor makes frames in the same memory. Only one of them may be long at
// a time.
type compressor struct {
	pool    *spool.Pool
	encoder *zstd.Encoder

	free       [][]byte // tar of frames that are done
	compressed []byte   // of the last usual frame
}

func newCompressor(pool *spool.Pool) (*compressor, error) {
	encoder, err := object.Compress(nil, window)
	return &compressor{pool: pool, encoder: encoder}, err
}

// begin begins a frame.
func (c *compressor) begin() *frame {
	f := &frame{compressor: c}
	if n := len(c.free); n > 0 {
		f.plain, c.free = c.free[n-1], c.free[:n-1]
	}
	f.tar = tar.NewWriter(f)
	return f
}

// compress ends a usual frame and gives its bytes in a pack, valid until the
// next one is compressed.
func (c *compressor) compress(f *frame) []byte {
	c.compressed = c.encoder.EncodeAll(f.plain, c.compressed[:0])
	c.free = append(c.free, f.plain[:0])
	return c.compressed
}
