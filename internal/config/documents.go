package config

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"regexp"
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

// ReadDocuments yields the entries of a documents file: from each line its
// Addresses, in their order, or else an id, without the white space, list mark
// or quotes around it. A # begins a comment at the start of a line or after
// white space; within an address it is part of it. Blank lines, lines of a
// table that only draw it, the names of its columns and all but the address of
// a .pad file have no entry. UTF-16 with a byte order mark, a byte order mark,
// CRLF and CR are understood. A faulty line is an *Error, and costs only
// itself; any other error is the last thing yielded.
func ReadDocuments(r io.Reader) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		lines := bufio.NewReaderSize(&unixLines{Reader: decoded(r)}, maxLine)
		var l list
		for n := 1; ; n++ {
			next, whole, err := nextLine(lines)
			if err != nil && err != io.EOF {
				yield(Document{}, fmt.Errorf("read documents: %w", err))
				return
			}
			line, ok := readLine(next)
			var bad *Error
			switch {
			case !whole:
				bad = &Error{Line: n, Problem: TooLong}
			case !ok:
				bad = &Error{Line: n, Problem: NotText}
			}
			if bad != nil {
				if !yield(Document{}, bad) {
					return
				}
			} else {
				for _, entry := range l.entries(line) {
					if !yield(Document{n, NewSecret(entry)}, nil) {
						return
					}
				}
			}
			if err == io.EOF {
				return
			}
		}
	}
}

// nextLine reads a line, without its end; of one that is too long it gives the
// beginning, and reads the rest.
func nextLine(r *bufio.Reader) (line string, whole bool, err error) {
	start, err := r.ReadSlice('\n')
	line, whole = strings.TrimRight(string(start), "\n"), err != bufio.ErrBufferFull
	for err == bufio.ErrBufferFull {
		_, err = r.ReadSlice('\n')
	}
	return line, whole, err
}

// readLine is the line without its comment and the white space around it, if
// it is text.
func readLine(line string) (string, bool) {
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
	return line, !strings.ContainsFunc(line, func(c rune) bool { return c != '\t' && unicode.IsControl(c) })
}

// A list knows what earlier lines say about the next ones.
type list struct {
	begun    bool // something was read
	shortcut bool // it is a .pad file, or a .url
}

var (
	drawing = regexp.MustCompile(`^[-=|:+\s]*$`)
	mark    = regexp.MustCompile(`^(?:[-*+•–]|[0-9]{1,4}[.)])\s+(?:\[[ xX]\]\s+)?`)
	columns = regexp.MustCompile(`(?i)(?:^|[,;|\t])\s*"?(?:url|uri|lien|link|adresse|address|pad|sondage|poll)s?"?\s*(?:$|[,;|\t])`)
	several = regexp.MustCompile(`[,;|\t]`)
)

func (l *list) entries(line string) []string {
	first := !l.begun
	l.begun = l.begun || line != ""
	found := Addresses(line)
	switch {
	case len(found) > 0:
		if name, _, ok := strings.Cut(line, "="); l.shortcut && ok && !strings.EqualFold(strings.TrimSpace(name), "url") {
			return nil // such as IconFile
		}
		return found
	case first && strings.EqualFold(line, "[InternetShortcut]"):
		l.shortcut = true
		return nil
	case l.shortcut, drawing.MatchString(line), isHeader(line):
		return nil
	}
	return []string{id(line)}
}

// isHeader reports whether a line has the names of columns, and no address that
// lacks its beginning.
func isHeader(line string) bool {
	return several.MatchString(line) && columns.MatchString(line) && !strings.Contains(line, "/")
}

// id is what a line without an address names: all of it, except a list mark, a
// label after a tab, and what is around it.
func id(line string) string {
	line = line[len(mark.FindString(line)):]
	line, _, _ = strings.Cut(line, "\t")
	line = strings.TrimSpace(line)
	for open, close := range closing {
		inner, begins := strings.CutPrefix(line, string(open))
		inner, ends := strings.CutSuffix(inner, string(close))
		if inner = strings.TrimSpace(inner); begins && ends && inner != "" && !several.MatchString(string(open)) {
			return inner
		}
	}
	return line
}
