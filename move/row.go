package move

import (
	"bytes"
	"encoding/csv"
	"io"
	"strings"
	"unicode"

	"github.com/padsync/padsync/sources"
)

// A Row is a document's line.
type Row struct {
	Kind, Old, New string
	State          State
	Lost           string // what did not come back, in words of package sources
	Admin          string // a poll's admin link: whoever has it owns the poll
}

// A State says what became of a document.
type State string

const (
	Started State = "started" // it may have been made: what follows was not written
	Moved   State = "moved"
	Found   State = "found"   // it was there already, from an earlier move
	Differs State = "differs" // it was made, but reads back differently
	Failed  State = "failed"  // it was not made

	// No table has these.
	Planned State = "planned" // Run would make it
	Left    State = "left"    // no target takes its kind

	// target is not a document's state: New is the server to which documents of
	// this kind go, Old their edition.
	target State = "target"
)

// Made says that there is nothing more to do.
func (s State) Made() bool { return s == Moved || s == Found || s == Differs }

var columns = []string{"kind", "old", "new", "state", "lost", "admin"}

// Losses are the words in Lost.
func (r Row) Losses() []sources.Loss {
	var losses []sources.Loss
	for word := range strings.FieldsSeq(r.Lost) {
		losses = append(losses, sources.Loss(word))
	}
	return losses
}

func lossesAsText(losses []sources.Loss) string {
	words := make([]string, len(losses))
	for i, loss := range losses {
		words[i] = string(loss)
	}
	return strings.Join(words, " ")
}

func (r Row) cells() []string {
	return []string{r.Kind, r.Old, r.New, string(r.State), r.Lost, r.Admin}
}

func parseRow(line []byte) (row Row, ok bool) {
	cells, err := csv.NewReader(bytes.NewReader(line)).Read()
	if err != nil || len(cells) != len(columns) {
		return Row{}, false
	}
	for i := range cells {
		cells[i] = harmed(cells[i])
	}
	return Row{cells[0], cells[1], cells[2], State(cells[3]), cells[4], cells[5]}, true
}

func writeRow(w io.Writer, cells []string) error {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = harmless(cell)
	}
	var line bytes.Buffer
	out := csv.NewWriter(&line)
	out.Write(row)
	out.Flush()
	_, err := w.Write(line.Bytes())
	return err
}

// harmless is a cell in one line that no spreadsheet takes for a formula.
func harmless(cell string) string {
	cell = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, cell)
	if cell != "" && strings.ContainsRune(formulas, rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// harmed undoes what harmless did.
func harmed(cell string) string {
	if rest, found := strings.CutPrefix(cell, "'"); found && rest != "" && strings.ContainsRune(formulas, rune(rest[0])) {
		return rest
	}
	return cell
}

const formulas = "=+-@"
