package search

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// An entry is what the index says of a document beside its texts.
type entry struct {
	source  manifest.Source
	doc     string
	changed int64 // Unix time, 0: not known
	state   []byte
	names   called
	service string
}

func (u *updater) entry(record *manifest.Record) entry {
	n := NameOf(u.from.Repository, record)
	return entry{n.Source, n.ID, unix(n.Changed), stateOf(record), n.called(), serviceOf(n.Source)}
}

// A row is a document as it is written into the index.
type row struct {
	entry
	planned
	texts   []byte
	words   map[documents.Place]string
	authors string
	first   string
}

func (r *row) size() (n int) {
	for _, words := range r.words {
		n += len(words)
	}
	return n + len(r.texts)
}

// row reads what the index is to have of a document.
func (u *updater) row(ctx context.Context, record *manifest.Record, plan planned) (*row, error) {
	before, err := u.known(ctx, plan.had)
	if err != nil {
		return nil, err
	}
	r := &row{entry: u.entry(record), planned: plan}
	lacks := slices.ContainsFunc(before.Versions, func(name string) bool {
		return !slices.ContainsFunc(record.Versions, func(v manifest.VersionRecord) bool { return v.Name == name })
	})
	r.lacks = r.lacks || lacks
	if lacks { // what it had of others was left out where that one had it, too
		before = new(texts)
	}
	t, err := u.texts(record, before)
	if closed(err) {
		u.report.Unreadable++
		t, r.state = before, []byte{} // tried again the next time
		err = nil
	}
	if err != nil {
		return nil, err
	}
	r.words, r.authors = t.prune(), t.authors()
	if v, _ := library.ChooseVersion(record, false); v != nil && record.Said.Name == "" && v.Title == "" && !v.Facts.Blank {
		r.first = documents.FirstLine(t.now(documents.InText))
	}
	r.texts, err = u.codec.pack(t)
	return r, err
}

// closed reports whether a saved file is damaged, or sealed to others.
func closed(err error) bool {
	_, corrupt := errors.AsType[*repository.CorruptError](err)
	return corrupt || errors.Is(err, repository.ErrNoIdentity)
}

// known are the texts that the index has under an id, which is 0 for none.
func (u *updater) known(ctx context.Context, id int64) (*texts, error) {
	if id == 0 {
		return new(texts), nil
	}
	var packed []byte
	if err := u.db.QueryRowContext(ctx, `select packed from texts where id = ?`, id).Scan(&packed); err != nil {
		return nil, err
	}
	t, err := u.codec.unpack(packed)
	return &t, err
}

// texts reads those of a document: of the version that is shown, and of others as
// far as that does not hold what they have. What the index has of these is not
// read again.
func (u *updater) texts(record *manifest.Record, before *texts) (*texts, error) {
	shown, _ := library.ChooseVersion(record, false)
	if shown == nil {
		return new(texts), nil
	}
	var others []*manifest.VersionRecord
	var marks []documents.Mark
	for i := range record.Versions {
		v := &record.Versions[i]
		if v.Name == shown.Name {
			continue
		}
		m := documents.Mark{Revision: -1}
		if v.Facts.Revision != nil {
			m = documents.Mark{Revision: int(*v.Facts.Revision), Hash: v.Facts.Text}
		}
		others, marks = append(others, v), append(marks, m)
	}
	size := 0
	t, held, err := u.version(record, shown, marks, &size)
	if err != nil {
		return nil, err
	}
	var all []text
	for i, v := range others {
		if !held[i] {
			earlier, err := u.earlier(record, v, before, &size)
			if closed(err) {
				continue // the others are not to be missed for it, and it is read once it can be
			}
			if err != nil {
				return nil, err
			}
			all = append(all, earlier...)
		}
		t.Versions = append(t.Versions, v.Name)
	}
	t.Versions = append(t.Versions, shown.Name)
	t.Texts = append(all, t.Texts...)
	return t, nil
}

// earlier are the texts of a version that is not shown.
func (u *updater) earlier(record *manifest.Record, v *manifest.VersionRecord, before *texts, size *int) (all []text, err error) {
	if before.shown() == v.Name {
		return before.earlier(v.Name, v.Saved), nil
	}
	if slices.Contains(before.Versions, v.Name) {
		for _, one := range before.Texts {
			if one.Version == v.Name {
				all = append(all, one)
			}
		}
		return all, nil
	}
	t, _, err := u.version(record, v, nil, size)
	if err != nil {
		return nil, err
	}
	return t.earlier(v.Name, v.Saved), nil
}

// version reads the texts of a version, and which marks its own past holds.
func (u *updater) version(record *manifest.Record, v *manifest.VersionRecord, marks []documents.Mark, size *int) (t *texts, held []bool, err error) {
	t, held = new(texts), make([]bool, len(marks))
	tell := func(text documents.Text) error {
		t.add(text, size)
		return nil
	}
	read := false
	err = u.query.Use(u.reader, record, library.Choice{Version: v}, func(d documents.Document) error {
		searchable, ok := d.(documents.Searchable)
		if !ok {
			return nil
		}
		read = true
		found, err := searchable.Texts(marks, tell)
		copy(held, found)
		return err
	})
	if err != nil || read {
		return t, held, err
	}
	return t, held, u.plain(v, tell)
}

// plain reads the text of a version that was saved only so.
func (u *updater) plain(v *manifest.VersionRecord, tell func(documents.Text) error) error {
	i := slices.IndexFunc(v.Files, func(f manifest.FileRecord) bool { return f.Format == "txt" })
	if i < 0 || v.Files[i].Size > maxTexts {
		return nil
	}
	s, err := u.reader.File(v.Files[i])
	if err != nil {
		return err
	}
	defer s.Close()
	var b strings.Builder
	if _, err := io.Copy(&b, io.NewSectionReader(s, 0, s.Size())); err != nil {
		return err
	}
	return tell(documents.Text{In: documents.InText, Text: b.String()})
}

// write puts rows in place of those that their documents had, in the order of
// their ids: a full-text index begins a new segment for a row that does not come
// after the one before. It calls wrote after each.
func write(ctx context.Context, tx *sql.Tx, rows []*row, wrote func()) error {
	slices.SortFunc(rows, func(a, b *row) int { return cmp.Compare(a.id, b.id) })
	for _, r := range rows {
		if r.had == 0 {
			continue
		}
		if err := drop(ctx, tx, r.had); err != nil {
			return err
		}
	}
	for _, r := range rows {
		if err := r.write(ctx, tx); err != nil {
			return err
		}
		wrote()
	}
	if !slices.ContainsFunc(rows, func(r *row) bool { return r.lacks }) {
		return nil
	}
	return mark(ctx, tx, markOptimize)
}

func (r *row) write(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, `insert into docs values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.id, r.source.Kind, r.source.URL, r.source.Address(), r.doc, r.changed, r.state, r.names.text, r.names.tags, r.authors, r.service, r.first); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `insert into texts values (?, ?)`, r.id, r.texts); err != nil {
		return err
	}
	names, w := r.names.words(), r.words
	if _, err := tx.ExecContext(ctx, `insert into words(rowid, name, text, past, chat, poll) values (?, ?, ?, ?, ?, ?)`,
		r.id, names, w[documents.InText], w[documents.InPast], w[documents.InChat], w[documents.InPoll]); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `insert into names(rowid, name) values (?, ?)`, r.id, names)
	return err
}

// serviceOf is what service: looks into.
func serviceOf(s manifest.Source) string {
	return strings.ToLower(s.Kind + "\n" + s.Address() + "\n" + s.Name)
}
