package search

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/ext/fts5"
	_ "github.com/ncruces/go-sqlite3/vfs/adiantum" // seals files

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/durable"
)

var (
	// ErrNone says that there is no index yet.
	ErrNone = errors.New("no index")

	// ErrNoIdentity says that none of the identities opens the index.
	ErrNoIdentity = errors.New("no identity opens the index")

	// ErrDamaged says that the index is not as it was written, or of another
	// version: it is to be made anew.
	ErrDamaged = errors.New("the index is damaged")
)

// A Location is where the index of a repository is: a file in a folder, or of a
// sealed repository two, that of its key beside it. The folder is for the eyes of
// its owner alone.
type Location struct {
	Folder     string
	Repository string // its id
	Sealed     bool

	// Of a sealed one: who opens the key, and who may: it is sealed to them, and
	// where others can open it, the index is made anew.
	Identities []age.Identity
	Recipients []crypto.Recipient
}

func (p *Location) file() string { return filepath.Join(p.Folder, p.name()) }

func (p *Location) name() string { return FileName(p.Repository) }

// FileName is the name of the index of the repository with this id.
func FileName(repository string) string { return "index-" + repository + ".db" }

func (p *Location) keyName() string { return "index-" + p.Repository + ".key.age" }

// The version of the layout: an index of another one is made anew.
const (
	applicationID = 0x70616473 // "pads"
	layout        = 3
)

// schema is all of an index. Each document is one row of docs. The same id has its
// texts in texts, as they are shown, its words in words, and the words of what it
// is called in names, so that old documents are found by name among many newer ones
// that have the words in their texts. What is looked through for each question and
// each update, in docs, is small. First is the first line of a pad that has neither
// a name nor a title: what it is shown as, and no name. The ids are in the order of the last changes as it
// was when they were given, and without gaps, as a full-text index writes the steps
// from one to the next. Words come folded, with spaces between them: "ascii" takes
// them as they are.
const schema = `
	create table docs (
		id integer primary key,
		kind text not null, url text not null, address text not null, doc text not null,
		changed integer not null, state blob not null,
		called text not null, tags text not null, authors text not null, service text not null,
		first text not null,
		unique (kind, address, doc)
	) strict;
	create table texts (id integer primary key, packed blob not null) strict;
	create table meta (key text primary key, value any not null) strict, without rowid;
	create virtual table words using fts5(
		name, text, past, chat, poll,
		content='', contentless_delete=1, tokenize='ascii'
	);
	create virtual table names using fts5(name, content='', contentless_delete=1, tokenize='ascii');
	insert into words(words, rank) values('pgsz', 4000);
	insert into words(words, rank) values('hashsize', 16777216);
	insert into words(words, rank) values('rank', 'bm25(10, 1, 0.5, 0.5, 1)');
`

// Marks of an index, in meta.
const (
	markNew      = "new"      // no update has come to its end: most is not in it yet
	markWriting  = "writing"  // a process is at it, or died
	markOptimize = "optimize" // something was dropped, or all is new: its full-text indexes are to be made of one piece
)

// connect opens the file. A writer is the only one who may take commits out of
// the write-ahead log, or it away: others may have the file of an index that was
// made anew since.
func (p *Location) connect(ctx context.Context, key []byte, writes bool) (*sql.DB, error) {
	name, err := filepath.Abs(p.file())
	if err != nil {
		return nil, err
	}
	at := url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(filepath.ToSlash(name), "/")}
	options := url.Values{"mode": {"rw"}, "modeof": {name}}
	if key != nil {
		options.Set("vfs", "adiantum")
	}
	at.RawQuery = options.Encode()
	db, err := driver.Open(at.String(), func(c *sqlite3.Conn) error { return prepare(c, key, writes) })
	if err != nil {
		return nil, err
	}
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(damage(err), db.Close())
	}
	// It holds no text, and SQLite gives it the mode of any file.
	if err := os.Chmod(name+"-shm", 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
		return nil, errors.Join(durable.Nameless(err), db.Close())
	}
	return db, nil
}

func prepare(c *sqlite3.Conn, key []byte, writes bool) error {
	// Where the key is wrong, closing would take a log for nobody's, and delete it.
	if _, err := c.Config(sqlite3.DBCONFIG_NO_CKPT_ON_CLOSE, true); err != nil {
		return err
	}
	if key != nil {
		if err := c.Exec(`pragma hexkey='` + hex.EncodeToString(key) + `'`); err != nil {
			return err
		}
	}
	if err := c.Exec(`pragma temp_store=memory; select count(*) from sqlite_schema`); err != nil {
		return err
	}
	if err := fts5.Register(c); err != nil { // not before the key: it reads
		return err
	}
	if !writes {
		return c.Exec(`pragma query_only=on; pragma cache_size=-8000`)
	}
	if _, err := c.Config(sqlite3.DBCONFIG_NO_CKPT_ON_CLOSE, false); err != nil {
		return err
	}
	return c.Exec(`pragma secure_delete=on; pragma synchronous=normal; pragma cache_size=-32000; pragma busy_timeout=1000`)
}

// check finds out whether it is an index as this program makes them, of this
// repository.
func (p *Location) check(ctx context.Context, db *sql.DB) error {
	var application, version int
	var repository string
	err := db.QueryRowContext(ctx, `select application_id, user_version from pragma_application_id, pragma_user_version`).Scan(&application, &version)
	if err == nil {
		err = db.QueryRowContext(ctx, `select value from meta where key = 'repository'`).Scan(&repository)
	}
	if errors.Is(err, sql.ErrNoRows) || errors.Is(err, sqlite3.ERROR) { // such as a table that is not there
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err != nil {
		return damage(err)
	}
	if application != applicationID || version != layout || repository != p.Repository {
		return fmt.Errorf("%w: it is of another version or repository", ErrDamaged)
	}
	return nil
}

// create makes an empty index in place of what is there.
func (p *Location) create(ctx context.Context) (_ *sql.DB, key []byte, err error) {
	if err := p.remove(); err != nil {
		return nil, nil, err
	}
	root, err := durable.OpenRoot(p.Folder)
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	if p.Sealed {
		if key, err = p.newKey(root); err != nil {
			return nil, nil, err
		}
	}
	if err := durable.Create(root, p.name(), func(io.Writer) error { return nil }); err != nil {
		return nil, nil, err
	}
	db, err := p.connect(ctx, key, true)
	if err != nil {
		return nil, nil, err
	}
	if err := p.fill(ctx, db); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, key, nil
}

// names are those of all files of an index, the one that others need last.
func (p *Location) names() []string {
	return []string{p.name(), p.name() + "-wal", p.name() + "-shm", p.name() + "-journal", p.keyName()}
}

func (p *Location) fill(ctx context.Context, db *sql.DB) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err = c.ExecContext(ctx, `pragma auto_vacuum=incremental`); err != nil { // before there is a page
		return err
	}
	err = c.Raw(func(c any) error { return c.(driver.Conn).Raw().EnableChecksums("main") })
	if err == nil {
		_, err = c.ExecContext(ctx, `pragma journal_mode=wal`)
	}
	if err != nil {
		return err
	}
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	set := fmt.Sprintf(`pragma application_id=%d; pragma user_version=%d`, applicationID, layout)
	if _, err := tx.ExecContext(ctx, schema+set); err != nil {
		return err
	}
	for key, value := range map[string]string{"repository": p.Repository, "recipients": p.recipients(), markOptimize: "", markNew: ""} {
		if _, err := tx.ExecContext(ctx, `insert into meta values (?, ?)`, key, value); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// recipients are who could open the key, when it was made.
func (p *Location) recipients() string {
	var all []string
	for _, r := range p.Recipients {
		all = append(all, r.Hash())
	}
	return strings.Join(all, " ")
}

const keySize = 32

func (p *Location) newKey(root *os.Root) ([]byte, error) {
	key, to := make([]byte, keySize), make([]age.Recipient, len(p.Recipients))
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	for i, r := range p.Recipients {
		to[i] = r
	}
	return key, durable.Replace(root, p.keyName(), func(w io.Writer) error {
		sealed, err := crypto.Seal(w, to...)
		if err == nil {
			_, err = sealed.Write(key)
		}
		if err == nil {
			err = sealed.Close()
		}
		return err
	})
}

// maxKeyFile bounds a key file, in bytes: hundreds of recipients.
const maxKeyFile = 1 << 20

// key opens the key of a sealed index. It is nil for a plain one.
func (p *Location) key() ([]byte, error) {
	if _, err := os.Stat(p.file()); errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNone
	}
	if !p.Sealed {
		return nil, nil
	}
	if len(p.Identities) == 0 {
		return nil, ErrNoIdentity
	}
	f, err := os.Open(filepath.Join(p.Folder, p.keyName()))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: its key is missing", ErrDamaged)
	}
	if err != nil {
		return nil, durable.Nameless(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, durable.Nameless(err)
	}
	plain, size, err := crypto.Open(bytes.NewReader(b), int64(len(b)), p.Identities...)
	if _, other := errors.AsType[*age.NoIdentityMatchError](err); other {
		return nil, ErrNoIdentity
	}
	key := make([]byte, keySize)
	if err != nil || size != keySize {
		return nil, fmt.Errorf("%w: its key cannot be read", ErrDamaged)
	}
	if _, err := plain.ReadAt(key, 0); err != nil && err != io.EOF {
		return nil, fmt.Errorf("%w: its key cannot be read", ErrDamaged)
	}
	return key, nil
}

// damage makes an error match ErrDamaged if it says that the file is not as it
// was written.
func damage(err error) error {
	for _, code := range []error{
		sqlite3.NOTADB, sqlite3.CORRUPT, sqlite3.IOERR_DATA, sqlite3.IOERR_SHORT_READ, sqlite3.IOERR_CORRUPTFS,
	} {
		if errors.Is(err, code) {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	}
	return err
}
