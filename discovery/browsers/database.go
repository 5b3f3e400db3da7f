package browsers

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/padsync/padsync/discovery"
)

const (
	mostDatabase = 2 << 30 // bytes; browsers keep some hundred megabytes at most
	mostRows     = 1_000_000
	mostFound    = 20_000 // rows of one database that may be documents
	tries        = 5
	readingTime  = time.Minute // for one database: a view may have rows without end
)

// A database is an SQLite file that was copied.
type database struct {
	*sqlite3.Conn
	cancel context.CancelFunc
	name   string
	found  int // addresses that may be those of documents
}

// Close also removes the copy: the next one may need its place.
func (d *database) Close() error {
	d.cancel()
	return errors.Join(d.Conn.Close(), removeCopy(d.name))
}

func removeCopy(name string) (err error) {
	for _, beside := range []string{"", wal, journal, "-shm"} {
		if e := os.Remove(name + beside); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = e
		}
	}
	return err
}

// openCopy opens a copy of a database that a browser may be writing to.
func (s *scratch) openCopy(ctx context.Context, name string) (*database, error) {
	problem := discovery.ErrBusy
	var before state
	copied := s.file()
	for try := range tries {
		if try > 0 {
			select {
			case <-time.After(time.Duration(try) * 200 * time.Millisecond):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		now, same, err := copyDatabase(copied, name)
		if err != nil || !same {
			if err = errors.Join(err, removeCopy(copied)); err != nil {
				return nil, err
			}
			continue
		}
		d, err := open(ctx, copied)
		if err == nil || ctx.Err() != nil {
			return d, err
		}
		problem = discovery.ErrDamaged
		if now == before {
			break // nobody writes to it: it will not get better
		}
		before = now
	}
	return nil, problem
}

// A state is what shows that somebody wrote to a database.
type state struct {
	size    int64
	changed time.Time
	header  string // of the database, which counts its changes
	salts   string // of its log
}

// copyDatabase copies a database, then its log or journal, which has what is not
// in it yet. Without that the newest visits would be missing, and nothing would
// say so. It reports whether the two belong together: a log that was begun anew
// meanwhile is of a later state of the database, and a journal of an earlier one.
func copyDatabase(to, from string) (now state, same bool, err error) {
	c, err := beginCopy(to, from)
	if err != nil {
		return state{}, false, err
	}
	return c.end()
}

// A copying has copied the database itself.
type copying struct {
	to, from string
	before   state
}

func beginCopy(to, from string) (*copying, error) {
	salts, err := head(from + wal)
	if err != nil {
		return nil, err
	}
	header, err := head(from)
	if err != nil {
		return nil, err
	}
	info, err := copyFile(to, from, mostDatabase)
	if err != nil {
		return nil, err
	}
	return &copying{to, from, state{info.Size(), info.ModTime(), header, salts}}, nil
}

// end copies what lies beside the database.
func (c *copying) end() (now state, same bool, err error) {
	for _, beside := range []string{wal, journal} {
		if _, err := copyFile(c.to+beside, c.from+beside, mostDatabase); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return state{}, false, err
		}
	}
	copied, err := head(c.to + wal)
	if err != nil {
		return state{}, false, err
	}
	after, err := head(c.from + wal)
	if err != nil {
		return state{}, false, err
	}
	header, err := head(c.from)
	if err != nil {
		return state{}, false, err
	}
	info, err := os.Stat(c.from)
	if err != nil {
		return state{}, false, err
	}
	same = copied == c.before.salts && after == c.before.salts
	if after == "" { // else it may be written to at any time, from the log
		same = same && header == c.before.header && info.Size() == c.before.size && info.ModTime().Equal(c.before.changed)
	}
	return c.before, same, nil
}

const (
	wal     = "-wal"
	journal = "-journal"
)

// head is the header of a database, or of a log, which has its salts; "" if there is
// no such file.
func head(name string) (string, error) {
	f, _, err := openRegular(name, mostDatabase)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	} else if err != nil {
		return "", err
	}
	defer f.Close()
	b := make([]byte, 32)
	n, err := io.ReadFull(f, b)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return string(b[:n]), err
}

// open opens a copy, checks it, and lets nothing in it act.
func open(ctx context.Context, name string) (*database, error) {
	ctx, cancel := context.WithTimeout(ctx, readingTime)
	c, err := sqlite3.OpenContext(ctx, name)
	if err != nil {
		cancel()
		return nil, errors.Join(err, removeCopy(name))
	}
	d := &database{Conn: c, cancel: cancel, name: name}
	c.SetInterrupt(ctx)
	c.Limit(sqlite3.LIMIT_LENGTH, 16<<20)
	if err := errors.Join(c.Exec("pragma trusted_schema = off"), d.check()); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *database) check() error {
	sound := false
	err := d.each("pragma quick_check(1)", func(s *sqlite3.Stmt) { sound = s.ColumnText(0) == "ok" })
	if err == nil && !sound {
		err = discovery.ErrDamaged
	}
	return err
}

// each calls row for each row of a query.
func (d *database) each(query string, row func(*sqlite3.Stmt), args ...int64) error {
	s, _, err := d.Prepare(query)
	if err != nil {
		return err
	}
	defer s.Close()
	for i, arg := range args {
		if err := s.BindInt64(i+1, arg); err != nil {
			return err
		}
	}
	for n := 0; s.Step(); n++ {
		if n == mostRows {
			return discovery.ErrLarge
		}
		row(s)
	}
	if d.found > mostFound {
		return discovery.ErrLarge
	}
	return s.Err()
}

// finds reports whether an address in a row may be that of a document, up to
// mostFound of them.
func (d *database) finds(to discovery.Reading, address []byte) bool {
	if !to.Possible(string(address)) {
		return false
	}
	d.found++
	return d.found <= mostFound
}

// columns are those of a table; none if it is no table.
func (d *database) columns(table string) map[string]bool {
	columns := make(map[string]bool)
	isTable := false
	_ = d.each("select 1 from sqlite_schema where type = 'table' and name = '"+table+"'", func(*sqlite3.Stmt) { isTable = true })
	if isTable {
		_ = d.each("select name from pragma_table_info('"+table+"')", func(s *sqlite3.Stmt) { columns[s.ColumnText(0)] = true })
	}
	return columns
}

// has reports whether a table has all these columns.
func (d *database) has(table string, names ...string) bool {
	columns := d.columns(table)
	for _, name := range names {
		if !columns[name] {
			return false
		}
	}
	return true
}

// or is the column of a table, or a value where it has none.
func or(columns map[string]bool, name, otherwise string) string {
	if columns[name] {
		return name
	}
	return otherwise
}
