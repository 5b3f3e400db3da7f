package config

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLine bounds a line of a documents file, in bytes.
const maxLine = 8 << 10

// A Document is an entry of a documents file.
type Document struct {
	Line    int    // from 1
	Address Secret // or an id
}

// ReadDocuments yields the entries of a documents file: one on each line,
// without the white space around it. A # begins a comment at the start of a
// line or after white space; within an address it is a part of it. Blank
// lines have no entry; a byte order mark and CRLF are understood. The first
// error, an *Error where a line is at fault, is the last thing yielded.
func ReadDocuments(r io.Reader) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, maxLine)
		n := 1
		for ; lines.Scan(); n++ {
			entry, ok := readEntry(lines.Text(), n == 1)
			if !ok {
				yield(Document{}, &Error{Line: n, Problem: NotText})
				return
			}
			if entry != "" && !yield(Document{n, NewSecret(entry)}, nil) {
				return
			}
		}
		switch err := lines.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			yield(Document{}, &Error{Line: n, Problem: TooLong})
		case err != nil:
			yield(Document{}, fmt.Errorf("read documents: %w", err))
		}
	}
}

func readEntry(line string, first bool) (string, bool) {
	if first {
		line = strings.TrimPrefix(line, "\ufeff")
	}
	if !utf8.ValidString(line) {
		return "", false
	}
	blank := true // what stands before
	for i, c := range line {
		if c == '#' && blank {
			line = line[:i]
			break
		}
		blank = unicode.IsSpace(c)
	}
	line = strings.TrimSpace(line)
	return line, !strings.ContainsFunc(line, unicode.IsControl)
}
