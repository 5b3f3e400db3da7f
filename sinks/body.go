package sinks

import (
	"context"
	"io"
)

// Body reads what Put has to store: size bytes, or an error. That is
// io.ErrUnexpectedEOF if r ends early, and that of ctx after it has ended.
func Body(ctx context.Context, r io.ReaderAt, size int64) io.ReadSeeker {
	return &body{*io.NewSectionReader(r, 0, size), ctx.Err}
}

type body struct {
	io.SectionReader
	ended func() error
}

func (b *body) Read(p []byte) (int, error) {
	if err := b.ended(); err != nil {
		return 0, err
	}
	n, err := b.SectionReader.Read(p)
	if err == io.EOF {
		err = b.atEnd()
	}
	return n, err
}

// atEnd is io.EOF only if all was read.
func (b *body) atEnd() error {
	if read, err := b.Seek(0, io.SeekCurrent); err != nil || read < b.Size() {
		return io.ErrUnexpectedEOF
	}
	return io.EOF
}
