package search

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/internal/durable"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// ErrBusy says that another process is updating the index.
var ErrBusy = errors.New("the index is being updated")

// A Source is what an index is made from.
type Source struct {
	Repository *repository.Repository // with identities that open it
	Contents   *repository.Contents   // of now
	Kinds      documents.Kinds

	// Observe, if not nil, is called after each document that was read.
	Observe func(done, of int)
}

// A Report says what an update did.
type Report struct {
	New        bool // the index was made anew
	Documents  int  // that it has
	Changed    int  // that were read
	Removed    int
	Unreadable int // that could not be read: they are found by name, and tried again the next time
}

// Update brings the index at a location up to date with the repository: it reads the
// documents that changed, and drops what the repository does not have any more.
// Without an index, or on any doubt about it, it makes it anew. The error matches
// ErrBusy if another process is at it; after any other error, what was done
// stays, and the next update goes on from there.
func Update(ctx context.Context, p Location, from Source) (report *Report, err error) {
	lock, err := p.lock()
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	for range 2 {
		report, err = p.update(ctx, from)
		if !errors.Is(err, ErrDamaged) {
			break
		}
		if err := p.remove(); err != nil {
			return nil, err
		}
	}
	return report, err
}

// lock keeps others from updating the index.
func (p *Location) lock() (*flock.Flock, error) {
	root, err := durable.OpenRoot(p.Folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	lock := flock.New(filepath.Join(p.Folder, "index-"+p.Repository+".lock"), flock.SetPermissions(0o600))
	switch locked, err := lock.TryLock(); {
	case err != nil:
		return nil, durable.Nameless(err)
	case !locked:
		return nil, ErrBusy
	}
	return lock, nil
}

// Discard removes an index that was found damaged, or is no longer wanted, unless an
// update is at it now: the next one makes it anew.
func Discard(p Location) error {
	lock, err := p.lock()
	if errors.Is(err, ErrBusy) {
		return nil
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	return p.remove()
}

// remove removes all files of an index: its log has words, too.
func (p *Location) remove() error {
	root, err := durable.OpenRoot(p.Folder)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, name := range p.names() {
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove an old index: %w", durable.Nameless(err))
		}
	}
	return nil
}

func (p *Location) update(ctx context.Context, from Source) (report *Report, err error) {
	u := updater{from: from, report: new(Report)}
	if u.db, err = p.openToWrite(ctx, u.report); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(damage(err), u.db.Close()) }()
	if u.codec, err = newCodec(); err != nil {
		return nil, err
	}
	u.compares, err = u.db.PrepareContext(ctx, `select id, url, changed, state, called, tags, service from docs where kind = ? and address = ? and doc = ?`)
	if err != nil {
		return nil, err
	}
	defer u.compares.Close()
	u.reader = from.Repository.NewReader(ctx)
	defer u.reader.Close()
	u.query = library.Query{Contents: from.Contents, Kinds: from.Kinds}
	return u.report, u.run(ctx)
}

// openToWrite opens the index, or makes it.
func (p *Location) openToWrite(ctx context.Context, report *Report) (*sql.DB, error) {
	db, err := p.openSound(ctx)
	if db != nil || err != nil && !errors.Is(err, ErrNone) && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNoIdentity) {
		return db, err
	}
	report.New = true
	db, _, err = p.create(ctx)
	return db, err
}

// openSound opens an index that there is no doubt about.
func (p *Location) openSound(ctx context.Context) (*sql.DB, error) {
	key, err := p.key()
	if err != nil {
		return nil, err
	}
	db, err := p.connect(ctx, key, true)
	if err != nil {
		return nil, err
	}
	if err := p.checkToWrite(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// checkToWrite is check, and looks at the whole file if the process that wrote it last
// died. An index whose key others can open than should is made anew, too.
func (p *Location) checkToWrite(ctx context.Context, db *sql.DB) error {
	if err := p.check(ctx, db); err != nil {
		return err
	}
	var recipients, result string
	var writing bool
	err := db.QueryRowContext(ctx, `select (select value from meta where key = 'recipients'), exists (select 1 from meta where key = ?)`, markWriting).Scan(&recipients, &writing)
	if err != nil {
		return damage(err)
	}
	for hash := range strings.FieldsSeq(recipients) {
		if !slices.ContainsFunc(p.Recipients, func(r crypto.Recipient) bool { return r.Hash() == hash }) {
			return ErrDamaged
		}
	}
	if !writing {
		return nil
	}
	if err := db.QueryRowContext(ctx, `pragma quick_check(1)`).Scan(&result); err != nil {
		return damage(err)
	}
	if result != "ok" {
		return ErrDamaged
	}
	return nil
}

type updater struct {
	from   Source
	report *Report
	db     *sql.DB
	codec  codec

	compares *sql.Stmt
	plan     []planned // of each known document, in the order of the contents

	reader *repository.Reader
	query  library.Query
}

// A planned document is one that the repository has.
type planned struct {
	had   int64 // the id under which the index has it, 0 for none
	id    int64 // that under which it is to be written, 0 if it is as it was
	lacks bool  // something that the index has of it
}

func (u *updater) run(ctx context.Context) error {
	if err := mark(ctx, u.db, markWriting); err != nil {
		return err
	}
	total, err := u.compare(ctx)
	if err == nil {
		err = u.remove(ctx)
	}
	if err == nil {
		err = u.read(ctx, total)
	}
	if err == nil {
		err = u.finish(ctx)
	}
	return err
}

// An execer is a database, or a transaction.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func mark(ctx context.Context, db execer, key string) error {
	_, err := db.ExecContext(ctx, `insert or replace into meta values (?, 1)`, key)
	return err
}

func unmark(ctx context.Context, db *sql.DB, key string) error {
	_, err := db.ExecContext(ctx, `delete from meta where key = ?`, key)
	return err
}

// compare plans what is to be done, and counts the documents to be read. One that
// has the date that it had keeps its id, too.
func (u *updater) compare(ctx context.Context) (total int, err error) {
	type change struct {
		at   int // its place in the plan
		when int64
	}
	var moved []change
	for record, err := range u.from.Contents.Documents() {
		if err != nil {
			return 0, err
		}
		if !isKnown(record) {
			continue
		}
		e := u.entry(record)
		p, same, moves, err := u.compareOne(ctx, &e)
		if err != nil {
			return 0, err
		}
		if !same {
			total++
		}
		if moves {
			moved = append(moved, change{len(u.plan), e.changed})
		}
		u.plan = append(u.plan, p)
	}
	u.report.Documents = len(u.plan)
	slices.SortStableFunc(moved, func(a, b change) int { return cmp.Compare(a.when, b.when) })
	var last int64
	if err := u.db.QueryRowContext(ctx, `select coalesce(max(id), 0) from docs`).Scan(&last); err != nil {
		return 0, err
	}
	for i, m := range moved {
		u.plan[m.at].id = last + 1 + int64(i)
	}
	return total, nil
}

// compareOne compares a document with what the index has of it. One that moves is
// to have an id after all others.
func (u *updater) compareOne(ctx context.Context, e *entry) (p planned, same, moves bool, err error) {
	had := entry{source: manifest.Source{Kind: e.source.Kind}}
	err = u.compares.QueryRowContext(ctx, e.source.Kind, e.source.Address(), e.doc).
		Scan(&p.had, &had.source.URL, &had.changed, &had.state, &had.names.text, &had.names.tags, &had.service)
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, true, nil
	}
	if err != nil {
		return p, false, false, err
	}
	p.lacks = had.names.lacks(e.names)
	if had.changed != e.changed {
		return p, false, true, nil
	}
	same = string(had.state) == string(e.state) && had.names == e.names && had.source.URL == e.source.URL && had.service == e.service
	if !same {
		p.id = p.had
	}
	return p, same, false, nil
}

// isKnown says whether there is anything to find of a document.
func isKnown(record *manifest.Record) bool {
	return record.State != manifest.Erased && record.State != manifest.Removed
}

// stateOf tells apart what a document's texts are made from.
func stateOf(record *manifest.Record) []byte {
	h := sha256.New()
	if v, _ := library.ChooseVersion(record, false); v != nil {
		io.WriteString(h, v.Name)
	}
	for i := range record.Versions {
		io.WriteString(h, "\n"+record.Versions[i].Name)
	}
	return h.Sum(nil)[:16]
}

// remove drops the documents that the repository does not have any more.
func (u *updater) remove(ctx context.Context) error {
	known := make(map[int64]bool, len(u.plan))
	for _, p := range u.plan {
		known[p.had] = true
	}
	rows, err := u.db.QueryContext(ctx, `select id from docs`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var gone []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return err
		}
		if !known[id] {
			gone = append(gone, id)
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || len(gone) == 0 {
		return err
	}
	u.report.Removed = len(gone)
	return u.change(ctx, func(tx *sql.Tx) error {
		for _, id := range gone {
			if err := drop(ctx, tx, id); err != nil {
				return err
			}
		}
		return mark(ctx, tx, markOptimize)
	})
}

func (u *updater) change(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := u.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func drop(ctx context.Context, tx *sql.Tx, id int64) error {
	for _, table := range []string{`docs where id`, `texts where id`, `words where rowid`, `names where rowid`} {
		if _, err := tx.ExecContext(ctx, `delete from `+table+` = ?`, id); err != nil {
			return err
		}
	}
	return nil
}

// Bounds on the documents that are read in the order in which they lie in packs.
const (
	maxTogether = 2000
	maxVersions = 20_000
)

// read reads the documents that changed.
func (u *updater) read(ctx context.Context, total int) error {
	if total == 0 {
		return nil
	}
	some := make(map[*manifest.Record]planned)
	versions, place := 0, -1
	for record, err := range u.from.Contents.Documents() {
		if err != nil {
			return err
		}
		if !isKnown(record) {
			continue
		}
		if place++; u.plan[place].id == 0 {
			continue
		}
		some[record], versions = u.plan[place], versions+len(record.Versions)
		if len(some) < maxTogether && versions < maxVersions {
			continue
		}
		if err := u.readSome(ctx, some, total); err != nil {
			return err
		}
		clear(some)
		versions = 0
	}
	return u.readSome(ctx, some, total)
}

// What is written at once: enough that a commit costs little, and little to do
// again after a crash.
const (
	maxRows  = 200
	maxBytes = 8 << 20
)

// readSome reads documents while those before them are written.
func (u *updater) readSome(ctx context.Context, plan map[*manifest.Record]planned, total int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	together := make(chan []*row)
	go func() {
		defer close(together)
		for rows, err := range u.rows(ctx, plan) {
			if err != nil {
				cancel(err)
				return
			}
			select {
			case together <- rows:
			case <-ctx.Done():
				return
			}
		}
	}()
	for rows := range together { // to the end: the other uses the reader
		if ctx.Err() != nil {
			continue
		}
		err := u.change(ctx, func(tx *sql.Tx) error {
			return write(ctx, tx, rows, func() {
				u.report.Changed++
				if u.from.Observe != nil {
					u.from.Observe(u.report.Changed, total)
				}
			})
		})
		if err != nil {
			cancel(err)
		}
	}
	return context.Cause(ctx)
}

// rows reads documents, and gives as many at once as are written at once.
func (u *updater) rows(ctx context.Context, plan map[*manifest.Record]planned) iter.Seq2[[]*row, error] {
	records := slices.Collect(maps.Keys(plan))
	slices.SortFunc(records, func(a, b *manifest.Record) int { return cmp.Compare(plan[a].id, plan[b].id) })
	u.query.ByPack(records)
	return func(yield func([]*row, error) bool) {
		var some []*row
		size := 0
		for _, record := range records {
			r, err := u.row(ctx, record, plan[record])
			if err != nil {
				yield(nil, err)
				return
			}
			some, size = append(some, r), size+r.size()
			if len(some) < maxRows && size < maxBytes {
				continue
			}
			if !yield(some, nil) {
				return
			}
			some, size = nil, 0
		}
		if len(some) > 0 {
			yield(some, nil)
		}
	}
}

// finish lets what was dropped leave the file, and the log be short. Where somebody
// reads in the log, it stays until an update ends while nobody does.
func (u *updater) finish(ctx context.Context) error {
	var optimize bool
	if err := u.db.QueryRowContext(ctx, `select exists (select 1 from meta where key = ?)`, markOptimize).Scan(&optimize); err != nil {
		return err
	}
	if optimize { // what a segment of a full-text index has of a document stays until it is written anew
		if _, err := u.db.ExecContext(ctx, `insert into words(words) values('optimize'); insert into names(names) values('optimize'); pragma incremental_vacuum`); err != nil {
			return err
		}
	}
	for _, key := range []string{markOptimize, markNew, markWriting} {
		if err := unmark(ctx, u.db, key); err != nil {
			return err
		}
	}
	_, err := u.db.ExecContext(ctx, `pragma wal_checkpoint(truncate)`)
	return err
}

// lastChange is when a document was changed last, zero if nothing is known of that.
func lastChange(record *manifest.Record) time.Time {
	v, _ := library.ChooseVersion(record, false)
	switch {
	case v == nil:
		return time.Time{}
	case v.Modified.IsZero():
		return v.Saved
	}
	return v.Modified
}
