package sinks

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// resumptions is how often a body that breaks off is taken up again.
const resumptions = 5

// Read is s.Get, but it asks again, a few times, for the rest of a body that
// breaks off with an error: objects do not change. The error after that is not
// one of package io.
func Read(ctx context.Context, s Sink, key string, offset, length int64) (io.ReadCloser, error) {
	body, err := s.Get(ctx, key, offset, length)
	if err != nil {
		return nil, err
	}
	return &resumed{ReadCloser: body, ctx: ctx, sink: s, key: key, offset: offset, length: length, left: resumptions}, nil
}

// A resumed body is for one reader, and so for one call's context, which it
// keeps because io.Reader takes none.
type resumed struct {
	io.ReadCloser // nil after it could not be taken up
	ctx           context.Context
	sink          Sink
	key           string
	offset        int64 // of what comes next
	length        int64 // of what is to come; < 0: to the end
	left          int   // resumptions
	broken        error // why the body broke off after what was read
}

func (r *resumed) Read(b []byte) (int, error) {
	for {
		if r.broken != nil {
			if err := r.resume(); err != nil {
				return 0, err
			}
		}
		n, err := r.ReadCloser.Read(b)
		r.offset += int64(n)
		if r.length > 0 {
			r.length = max(r.length-int64(n), 0)
		}
		if err == io.EOF {
			return n, err
		}
		if r.broken = err; n > 0 || err == nil {
			return n, nil
		}
	}
}

// resume asks for what is to come.
func (r *resumed) resume() error {
	if r.length == 0 {
		return io.EOF
	}
	if r.ReadCloser == nil || r.left == 0 || r.ctx.Err() != nil {
		return r.failure(r.broken)
	}
	r.left--
	r.ReadCloser.Close()
	var err error
	if r.ReadCloser, err = r.sink.Get(r.ctx, r.key, r.offset, r.length); err != nil {
		r.ReadCloser = nil
		return r.failure(err)
	}
	r.broken = nil
	return nil
}

func (r *resumed) failure(err error) error {
	if told, ok := errors.AsType[*Error](err); ok {
		err = told.Err
	}
	return &Error{"get", r.key, fmt.Errorf("%w: %w", ErrBroken, err)}
}

func (r *resumed) Close() error {
	if r.ReadCloser == nil {
		return nil
	}
	return r.ReadCloser.Close()
}
