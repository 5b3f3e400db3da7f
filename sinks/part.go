package sinks

import "io"

// Part gives length bytes from offset of an object that is read from its
// beginning, all of them if length < 0: what Get promises, for a store that
// ignores ranges. What lies before is read when the first byte is asked for.
func Part(whole io.ReadCloser, offset, length int64) io.ReadCloser {
	p := &part{whole: whole, skip: max(offset, 0), rest: whole}
	if length >= 0 {
		p.rest = io.LimitReader(whole, length)
	}
	return p
}

type part struct {
	whole io.ReadCloser
	skip  int64 // bytes that lie before it and are not yet read
	rest  io.Reader
}

func (p *part) Read(b []byte) (int, error) {
	if p.skip > 0 {
		n, err := io.CopyN(io.Discard, p.whole, p.skip)
		if p.skip -= n; err != nil { // io.EOF: the object ends before
			return 0, err
		}
	}
	return p.rest.Read(b)
}

func (p *part) Close() error { return p.whole.Close() }
