package framadate

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources"
)

// A table is what an export as CSV has.
type table struct {
	dates []string // a date poll's, one for each column, "" if not certain
	rows  []poll.Vote
}

// parseTable reads an export of a poll of this kind, in any of the dialects; it
// reads dates and answers only in French. With Framadate 1.0 to 1.2-alpha1
// every line ends with a comma, 1.2 begins with a BOM, up to 1.1.19 a classic
// poll's head is unquoted, so that commas in choices split it; and nothing says
// how many columns a vote has.
func parseTable(r io.Reader, kind poll.Kind, french bool) (*table, error) {
	lines := csv.NewReader(r)
	lines.FieldsPerRecord = -1
	lines.LazyQuotes = true
	head, err := readLine(lines)
	if err != nil {
		return nil, err
	}
	t := new(table)
	if kind == poll.Date {
		for _, cell := range head {
			t.dates = append(t.dates, readDate(cell, french))
		}
		if _, err := readLine(lines); err != nil { // moments
			return nil, err
		}
	}
	for {
		line, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, tableError(err)
		}
		t.rows = append(t.rows, readVote(line))
	}
}

// readLine reads a line of the head: its cells but the first and the last.
func readLine(lines *csv.Reader) ([]string, error) {
	line, err := lines.Read()
	if err != nil {
		return nil, tableError(err)
	}
	if len(line) < 3 || strings.TrimPrefix(line[0], "\ufeff") != "" || line[len(line)-1] != "" {
		return nil, fmt.Errorf("%w: not a table of votes", sources.ErrRefused)
	}
	return line[1 : len(line)-1], nil
}

func readVote(line []string) poll.Vote {
	v := poll.Vote{Name: line[0]}
	for _, cell := range line[1:max(1, len(line)-1)] {
		v.Answers = append(v.Answers, frenchAnswer(cell))
	}
	return v
}

// tableError leaves out the csv package's text, which may quote a line.
func tableError(err error) error {
	if parse := new(csv.ParseError); errors.As(err, &parse) || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: not a table of votes", sources.ErrRefused)
	}
	return err
}

// frenchAnswer reads the words of all dialects; "unkown" is Framadate's own
// spelling up to 1.1.17. Any other is "".
func frenchAnswer(word string) poll.Answer {
	switch word {
	case "Oui":
		return poll.Yes
	case "Si nécessaire":
		return poll.IfNeedBe
	case "Non":
		return poll.No
	case "Inconnu", "unkown", "":
		return poll.Unknown
	}
	return ""
}

// readDate reads 2027-01-11, or in French 11/01/2027, into the former. Any
// other is "", such as 1/11/27 of the English 1.1.19.
func readDate(s string, french bool) string {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t.Format(time.DateOnly)
	}
	if t, err := time.Parse("02/01/2006", s); err == nil && french {
		return t.Format(time.DateOnly)
	}
	return ""
}
