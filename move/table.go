package move

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"

	"github.com/padsync/padsync/internal/durable"
	"github.com/padsync/padsync/manifest"
)

// A Table says where documents were moved to: a CSV file with a line for each,
// which is safe on disk as soon as it is written. A move that was broken off
// goes on by it; no two moves have it at once. It holds the addresses of
// documents and the admin links of polls, so nobody else may read it.
type Table struct {
	name string
	lock *flock.Flock
	file *os.File
	rows []Row
	at   map[[2]string]int // places in rows, by kind and old address
}

var (
	// ErrTable is matched by the error for a file that is not a table.
	ErrTable = errors.New("not a padsync table")

	// ErrOtherTarget says that a table is of a move to another server.
	ErrOtherTarget = errors.New("the table is of a move to another server")

	// ErrOtherEdition says that a table is of a move of other editions.
	ErrOtherEdition = errors.New("the table is of a move of other editions")

	// ErrTableInUse says that another move has the table open.
	ErrTableInUse = errors.New("another move uses the table")

	// ErrTableWrite is matched by errors of writing a row: without the table
	// nothing is moved.
	ErrTableWrite = errors.New("write the table")
)

// TableName is the usual name of the file for a table of these editions moved
// to this server: moving others is another move.
func TableName(server, edition string) string {
	host := "server"
	if u, err := url.Parse(server); err == nil && u.Host != "" {
		host = u.Host
	}
	if edition != "" {
		host += "-" + edition
	}
	return "moved-" + strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:[]\/ `, r) {
			return '_'
		}
		return r
	}, host) + ".csv"
}

// OpenTable opens the table of a move to these servers, or makes it. The
// edition says which edition of each document is moved, "" for the usual one: a
// document that was moved in one edition is not moved in the others. The caller
// closes the table.
func OpenTable(name, edition string, targets []Target) (*Table, error) {
	lock, err := lockTable(name)
	if err != nil {
		return nil, err
	}
	t := &Table{name: name, lock: lock, at: make(map[[2]string]int)}
	if err := t.open(edition, targets); err != nil {
		return nil, errors.Join(err, t.release())
	}
	return t, nil
}

// ReadTable reads the table of such a move, also while the move has it open,
// and changes nothing. Where there is none, it has no rows. Do not write or
// close it.
func ReadTable(name, edition string, targets []Target) (*Table, error) {
	t := &Table{name: name, at: make(map[[2]string]int)}
	var err error
	if t.file, err = os.Open(name); errors.Is(err, fs.ErrNotExist) {
		return t, nil
	} else if err != nil {
		return nil, err
	}
	defer t.file.Close()
	_, last, err := t.read()
	if err != nil {
		return nil, err
	}
	if row, fresh := t.fresh(last); fresh {
		t.keep(row)
	}
	_, err = t.lacking(edition, targets)
	return t, err
}

func (t *Table) open(edition string, targets []Target) error {
	if err := t.replace(durable.Create); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	var err error
	if t.file, err = os.OpenFile(t.name, os.O_RDWR, 0); err != nil {
		return err
	}
	if err := t.takeUp(); err != nil {
		return err
	}
	lacking, err := t.lacking(edition, targets)
	if err != nil {
		return err
	}
	for _, to := range lacking {
		if err := t.Write(Row{Kind: to.Kind, Old: edition, New: to.URL, State: target}); err != nil {
			return err
		}
	}
	return nil
}

// lacking are those of the targets that the table does not name yet.
func (t *Table) lacking(edition string, targets []Target) (lacking []manifest.Source, err error) {
	for _, r := range t.rows {
		if r.State == target && r.Old != edition {
			return nil, ErrOtherEdition
		}
	}
	for _, to := range targets {
		known := slices.IndexFunc(t.rows, func(r Row) bool { return r.State == target && r.Kind == to.Kind })
		switch {
		case known < 0:
			lacking = append(lacking, to.Source)
		case to.Compare(manifest.Source{Kind: to.Kind, URL: t.rows[known].New}) != 0:
			return nil, ErrOtherTarget
		}
	}
	return lacking, nil
}

// takeUp reads the rows, and makes the file end after the last whole one.
func (t *Table) takeUp() error {
	end, last, err := t.read()
	if err != nil {
		return err
	}
	if err := errors.Join(t.file.Chmod(0o600), t.file.Truncate(end)); err != nil {
		return err
	}
	if _, err := t.file.Seek(end, io.SeekStart); err != nil {
		return err
	}
	if end == 0 {
		return t.append(columns)
	}
	if row, fresh := t.fresh(last); fresh {
		return t.Write(row)
	}
	return nil
}

// fresh parses a last line without an end, and says whether to keep it.
func (t *Table) fresh(line []byte) (Row, bool) {
	row, ok := parseRow(line)
	_, known := t.Row(row.Kind, row.Old)
	return row, ok && !known
}

// maxRow is more bytes than a row has: addresses hold ids of bounded length.
const maxRow = 64 << 10

// read reads the rows and says where they end. The last line may have no end: a
// crash can leave half a row, but only of a document whose earlier row still
// stands; an editor can leave a whole row.
func (t *Table) read() (end int64, last []byte, err error) {
	in := bufio.NewReaderSize(t.file, maxRow)
	for first := true; ; first = false {
		line, err := in.ReadSlice('\n')
		switch row, ok := parseRow(line); {
		case err == io.EOF && first && !strings.HasPrefix(strings.Join(columns, ","), string(line)):
			return end, nil, ErrTable
		case err == io.EOF:
			return end, line, nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return end, nil, err
		case err != nil, !ok, first && !slices.Equal(row.cells(), columns):
			return end, nil, ErrTable
		case !first:
			t.keep(row)
		}
		end += int64(len(line))
	}
}

func (t *Table) keep(r Row) {
	key := [2]string{r.Kind, r.Old}
	if at, known := t.at[key]; known {
		t.rows[at] = r
		return
	}
	t.at[key] = len(t.rows)
	t.rows = append(t.rows, r)
}

// Row is what the table has of a document.
func (t *Table) Row(kind, old string) (Row, bool) {
	at, known := t.at[[2]string{kind, old}]
	if !known {
		return Row{}, false
	}
	return t.rows[at], true
}

// Rows are those of all documents, in the order in which they came first.
func (t *Table) Rows() []Row {
	return slices.DeleteFunc(slices.Clone(t.rows), func(r Row) bool { return r.State == target })
}

// Write adds a document's row, in place of the one that it had. When it
// returns nil, the row survives a crash.
func (t *Table) Write(r Row) error {
	if err := t.append(r.cells()); err != nil {
		return err
	}
	t.keep(r)
	return nil
}

func (t *Table) append(cells []string) error {
	err := writeRow(t.file, cells)
	if err == nil {
		err = t.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTableWrite, err)
	}
	return nil
}

// Close leaves one row for each document.
func (t *Table) Close() error {
	err := t.file.Close()
	t.file = nil
	return errors.Join(err, t.replace(durable.Replace), t.release())
}

// replace writes all rows into a new file of the table's name.
func (t *Table) replace(put func(*os.Root, string, func(io.Writer) error) error) error {
	root, err := os.OpenRoot(filepath.Dir(t.name))
	if err != nil {
		return err
	}
	defer root.Close()
	return put(root, filepath.Base(t.name), func(w io.Writer) error {
		if err := writeRow(w, columns); err != nil {
			return err
		}
		for _, r := range t.rows {
			if err := writeRow(w, r.cells()); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *Table) release() error {
	var err error
	if t.file != nil {
		err = t.file.Close()
	}
	return errors.Join(err, unlockTable(t.lock))
}
