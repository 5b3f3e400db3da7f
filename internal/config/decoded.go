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
