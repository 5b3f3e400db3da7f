package sinks

import (
	"context"
	"io"
)

// Body reads what Put has to store: size bytes, or an error. That is
// io.ErrUnexpectedEOF if r ends early, and that of ctx after it has ended.
func Body(ctx context.Context, r io.ReaderAt, size int64) io.ReadSeeker {
	return &body{io.NewSectionReader(r, 0, size), ctx.Err}
}

// A body is no io.ReaderAt, so that nobody reads past its checks.
type body struct {
	section *io.SectionReader
	ended   func() error
}

func (b *body) Read(p []byte) (int, error) {
	if err := b.ended(); err != nil {
		return 0, err
	}
	n, err := b.section.Read(p)
	if err == io.EOF {
		err = b.atEnd()
	}
	return n, err
}

// atEnd is io.EOF only if all was read.
func (b *body) atEnd() error {
	if read, err := b.section.Seek(0, io.SeekCurrent); err != nil || read < b.section.Size() {
		return io.ErrUnexpectedEOF
	}
	return io.EOF
}

func (b *body) Seek(offset int64, whence int) (int64, error) {
	return b.section.Seek(offset, whence)
}
