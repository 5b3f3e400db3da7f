package config

import (
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// decoded is the text in UTF-8, without a byte order mark, of a file that is
// in UTF-8, or in UTF-16 with such a mark, as Windows' programs write it.
func decoded(r io.Reader) io.Reader {
	return transform.NewReader(r, unicode.BOMOverride(transform.Nop))
}

// unixLines is the text with a line feed in place of a carriage return, or of
// both: some programs end lines with the first alone, as old Macs did.
type unixLines struct {
	io.Reader
	returned bool // the last byte was a carriage return
}

func (u *unixLines) Read(b []byte) (int, error) {
	n, err := u.Reader.Read(b)
	kept := b[:0]
	for _, c := range b[:n] {
		again := c == '\n' && u.returned
		if u.returned = c == '\r'; u.returned {
			c = '\n'
		}
		if !again {
			kept = append(kept, c)
		}
	}
	return len(kept), err
}
