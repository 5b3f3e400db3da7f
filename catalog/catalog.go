// Package catalog is what a person knows of their documents, beside what
// repositories hold: what they call them, which of them each backup saves,
// where they were found, and how this machine's runs ended. It is one SQLite
// file, as sensitive as a list of addresses.
//
// What a repository says is noted, and changes what is called how; it never
// changes which documents are saved, nor how they are reached.
package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"

	"github.com/padsync/padsync/internal/durable"
)

var (
	// ErrNewer is for a catalogue that a newer program wrote.
	ErrNewer = errors.New("a newer padsync wrote the catalogue")

	// ErrDamaged is for a file that is no catalogue, or is one in part.
	ErrDamaged = errors.New("the catalogue is damaged")
)

// A Catalog is the one of a person on a machine. It is safe for concurrent use,
// also by several processes.
type Catalog struct {
	file string

	mu sync.Mutex // guards db
	db *sql.DB    // nil while there is no file
}

// Open opens the catalogue in the file. Where there is none, it is empty, and
// the first change makes the file. An error matches ErrNewer, ErrDamaged or one
// of package fs.
func Open(ctx context.Context, file string) (*Catalog, error) {
	c := &Catalog{file: file}
	if _, err := c.reader(ctx); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return c, nil
}

// Exists says whether there is a file.
func (c *Catalog) Exists() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.db != nil
}

// File is where the catalogue is.
func (c *Catalog) File() string { return c.file }

// Close ends its use.
func (c *Catalog) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.db == nil {
		return nil
	}
	defer func() { c.db = nil }()
	return c.db.Close()
}

// reader gives the database. The error matches fs.ErrNotExist while there is
// none: another process may make it at any time.
func (c *Catalog) reader(ctx context.Context) (*sql.DB, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.db != nil {
		return c.db, nil
	}
	switch info, err := os.Stat(c.file); {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(): // to open a pipe would wait
		return nil, ErrDamaged
	}
	db, err := open(ctx, c.file)
	if err != nil {
		return nil, err
	}
	c.db = db
	return db, nil
}

// writer gives the database, and makes it if there is none.
func (c *Catalog) writer(ctx context.Context) (*sql.DB, error) {
	db, err := c.reader(ctx)
	if !errors.Is(err, fs.ErrNotExist) {
		return db, err
	}
	if err := create(ctx, c.file); err != nil {
		return nil, err
	}
	return c.reader(ctx)
}

// A Version is equal to another one of the same Catalog only if nothing outside of
// it changed the file between them.
type Version struct {
	connection any // as SQLite counts for each, and database/sql may make another one
	data       int64
}

// Version is that of the file as it is now, the zero one while there is none. It is
// quick: nothing but a counter is read.
func (c *Catalog) Version(ctx context.Context) (v Version, err error) {
	db, err := c.reader(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return v, nil
	}
	if err != nil {
		return v, err
	}
	connection, err := db.Conn(ctx)
	if err != nil {
		return v, known(err)
	}
	defer connection.Close() // which gives it back
	if err = connection.Raw(func(of any) error { v.connection = of; return nil }); err == nil {
		err = connection.QueryRowContext(ctx, `pragma data_version`).Scan(&v.data)
	}
	return v, known(err)
}

// change calls do in a transaction. What it did is there after a crash, all of
// it or nothing.
func (c *Catalog) change(ctx context.Context, do func(*tx) error) error {
	db, err := c.writer(ctx)
	if err != nil {
		return err
	}
	return transact(ctx, db, do)
}

// view calls do in a transaction in which nothing changes, if there is a file.
func (c *Catalog) view(ctx context.Context, do func(*tx) error) error {
	db, err := c.reader(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return within(ctx, db, &sql.TxOptions{ReadOnly: true}, do)
}

func transact(ctx context.Context, db *sql.DB, do func(*tx) error) error {
	return within(ctx, db, nil, do)
}

func within(ctx context.Context, db *sql.DB, o *sql.TxOptions, do func(*tx) error) error {
	begun, err := db.BeginTx(ctx, o)
	if err != nil {
		return known(err)
	}
	defer begun.Rollback()
	if err := do(&tx{ctx, begun}); err != nil {
		return known(err)
	}
	return known(begun.Commit())
}

// known marks the errors that show damage.
func known(err error) error {
	for _, code := range []error{sqlite3.CORRUPT, sqlite3.NOTADB, sqlite3.ERROR, sqlite3.MISMATCH, sqlite3.IOERR_SHORT_READ} {
		if errors.Is(err, code) {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	}
	return err
}

// application says in a file that it is a catalogue: "pads".
const application = 0x70616473

// busy is how long a process waits for another one that writes.
const busy = 30 * time.Second

// open opens a file that is there, in the version of this program.
func open(ctx context.Context, file string) (*sql.DB, error) {
	for _, beside := range []string{"-wal", "-shm"} {
		// SQLite would make them readable for others.
		if f, err := os.OpenFile(file+beside, os.O_CREATE|os.O_RDWR, 0o600); err == nil {
			f.Close()
		}
	}
	db, err := connect(file, "rw")
	if err != nil {
		return nil, err
	}
	if err := check(ctx, db); err != nil {
		return nil, errors.Join(known(err), db.Close())
	}
	return db, nil
}

// connect gives one connection: what a process does at once is little.
func connect(file, mode string) (*sql.DB, error) {
	path := filepath.ToSlash(file)
	if filepath.VolumeName(file) != "" {
		path = "/" + path
	}
	at := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: url.Values{"mode": {mode}, "modeof": {file}}.Encode()}
	db, err := driver.Open(at.String(), func(conn *sqlite3.Conn) error {
		if _, err := conn.FileControl("main", sqlite3.FCNTL_PERSIST_WAL, true); err != nil {
			return err
		}
		if err := conn.BusyTimeout(busy); err != nil {
			return err
		}
		return conn.Exec(`pragma foreign_keys = on; pragma secure_delete = on; pragma synchronous = full;
			pragma journal_size_limit = 0; pragma trusted_schema = off; pragma cell_size_check = on`)
	})
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// check refuses what is not a sound catalogue, and brings an older one to this
// program's version.
func check(ctx context.Context, db *sql.DB) error {
	var is, version int
	if err := db.QueryRowContext(ctx, `select application_id, user_version from pragma_application_id, pragma_user_version`).Scan(&is, &version); err != nil {
		return err
	}
	switch {
	case is != application, version < 1:
		return ErrDamaged
	case version > len(steps()):
		return ErrNewer
	}
	var sound string
	if err := db.QueryRowContext(ctx, `pragma quick_check(1)`).Scan(&sound); err != nil {
		return err
	}
	if sound != "ok" {
		return ErrDamaged
	}
	return migrate(ctx, db, steps())
}

// migrate takes those of the steps that the file has not taken. Each leads to
// the version that is its place, from 1.
func migrate(ctx context.Context, db *sql.DB, steps []string) error {
	for {
		done := false
		err := transact(ctx, db, func(t *tx) error {
			var version int
			if err := t.row(`pragma user_version`).Scan(&version); err != nil {
				return err
			}
			if done = version >= len(steps); done {
				return nil
			}
			return t.exec(steps[version] + fmt.Sprintf("; pragma user_version = %d", version+1))
		})
		if err != nil || done {
			return err
		}
	}
}

// create makes the file, whole or not at all. One that another process has made
// meanwhile stays.
func create(ctx context.Context, file string) error {
	root, err := durable.OpenRoot(filepath.Dir(file))
	if err != nil {
		return err
	}
	defer root.Close()
	aside, err := os.MkdirTemp("", "padsync-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(aside)
	empty := filepath.Join(aside, "empty.db")
	if err := makeEmpty(ctx, empty); err != nil {
		return err
	}
	made, err := os.Open(empty)
	if err != nil {
		return err
	}
	defer made.Close()
	err = durable.Create(root, filepath.Base(file), func(w io.Writer) error {
		_, err := io.Copy(w, made)
		return err
	})
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

func makeEmpty(ctx context.Context, file string) error {
	db, err := connect(file, "rwc")
	if err != nil {
		return err
	}
	err = func() error {
		for _, pragma := range []string{fmt.Sprintf(`pragma application_id = %d`, application), `pragma journal_mode = wal`} {
			if _, err := db.ExecContext(ctx, pragma); err != nil {
				return err
			}
		}
		return migrate(ctx, db, steps())
	}()
	return errors.Join(err, db.Close())
}

// A tx is a transaction.
type tx struct {
	ctx context.Context
	*sql.Tx
}

func (t *tx) exec(query string, args ...any) error {
	_, err := t.ExecContext(t.ctx, query, args...)
	return err
}

func (t *tx) row(query string, args ...any) *sql.Row { return t.QueryRowContext(t.ctx, query, args...) }

// each calls do with each row, whose values scan reads.
func (t *tx) each(query string, args []any, do func(scan func(...any) error) error) error {
	rows, err := t.QueryContext(t.ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
