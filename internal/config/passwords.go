package config

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// ReadPasswords reads a file with the passwords of documents: an id, blanks,
// and the password, on each line. The id * stands for all documents that have
// no line of their own, and is "" in what is returned. Blank lines and lines
// that begin with # are ignored; UTF-16 with a byte order mark, such a mark and
// CRLF are understood. An *Error names the faulty line.
func ReadPasswords(r io.Reader) (map[string]Secret, error) {
	all := make(map[string]Secret)
	lines := bufio.NewScanner(decoded(r))
	lines.Buffer(nil, maxLine)
	n := 1
	for ; lines.Scan(); n++ {
		line := strings.TrimLeft(lines.Text(), " \t")
		if line == "" || line[0] == '#' {
			continue
		}
		end := strings.IndexAny(line+" ", " \t")
		id, password := line[:end], strings.TrimLeft(line[end:], " \t")
		if id == "*" {
			id = ""
		}
		_, again := all[id]
		switch {
		case !utf8.ValidString(line):
			return nil, &Error{Line: n, Problem: NotText}
		case password == "":
			return nil, &Error{Line: n, Key: "password", Problem: Missing}
		case again:
			return nil, &Error{Line: n, Problem: Duplicate}
		}
		all[id] = NewSecret(password)
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, &Error{Line: n, Problem: TooLong}
	case err != nil:
		return nil, fmt.Errorf("read passwords: %w", err)
	}
	return all, nil
}
