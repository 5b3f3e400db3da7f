package config

import (
	"bufio"
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
// lines have no entry; a byte order mark and CRLF are understood. A line that
// is at fault is an *Error, and costs only itself; any other error is the last
// thing yielded.
func ReadDocuments(r io.Reader) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		lines := bufio.NewReaderSize(r, maxLine)
		for n := 1; ; n++ {
			line, whole, err := readLine(lines)
			if err != nil && err != io.EOF {
				yield(Document{}, fmt.Errorf("read documents: %w", err))
				return
			}
			entry, ok := readEntry(line, n == 1)
			on := true
			switch {
			case !whole:
				on = yield(Document{}, &Error{Line: n, Problem: TooLong})
			case !ok:
				on = yield(Document{}, &Error{Line: n, Problem: NotText})
			case entry != "":
				on = yield(Document{n, NewSecret(entry)}, nil)
			}
			if err == io.EOF || !on {
				return
			}
		}
	}
}

// readLine reads a line; of one that is too long it gives the beginning, and
// reads the rest.
func readLine(r *bufio.Reader) (line string, whole bool, err error) {
	start, err := r.ReadSlice('\n')
	line, whole = string(start), err != bufio.ErrBufferFull
	for err == bufio.ErrBufferFull {
		_, err = r.ReadSlice('\n')
	}
	return line, whole, err
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
