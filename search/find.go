package search

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/manifest"
)

// An Index can be asked. It is safe for concurrent use, while others ask it or
// update it.
type Index struct {
	db *sql.DB

	mu    sync.Mutex
	codec codec
}

// Open opens the index at a location, to ask it. The error matches ErrNone, also
// until the update that makes the index has come to its end, ErrNoIdentity, or
// ErrDamaged. It sends no request. The caller closes it.
func Open(ctx context.Context, p Location) (*Index, error) {
	key, err := p.key()
	if err != nil {
		return nil, err
	}
	x := new(Index)
	if x.db, err = p.connect(ctx, key, false); err != nil {
		return nil, err
	}
	if err := p.check(ctx, x.db); err != nil {
		return nil, errors.Join(err, x.db.Close())
	}
	var unfinished bool
	err = x.db.QueryRowContext(ctx, `select exists (select 1 from meta where key = ?)`, markNew).Scan(&unfinished)
	if err == nil && unfinished {
		err = ErrNone
	}
	if err != nil {
		return nil, errors.Join(damage(err), x.db.Close())
	}
	if x.codec, err = newCodec(); err != nil {
		return nil, errors.Join(err, x.db.Close())
	}
	return x, nil
}

// Close closes it.
func (x *Index) Close() error { return x.db.Close() }

// Each gives all documents that the index has.
func (x *Index) Each(ctx context.Context, each func(from manifest.Source, id string)) error {
	all, err := x.candidates(ctx, `select id, kind, url, doc, changed, 0.0 from docs`)
	for _, c := range all {
		each(c.source, c.doc)
	}
	return damage(err)
}

// Newest gives what each document says now, the one that was changed last first:
// of a pad its text, of a poll all that it shows, a line end between its parts; ""
// where nothing is saved, or no text. No text is longer than 32 MiB. It sends no
// request, holds one document at a time, and stops after yield's error, which it
// returns. Other errors may match ErrDamaged.
func (x *Index) Newest(ctx context.Context, yield func(from manifest.Source, id, text string) error) error {
	rows, err := x.db.QueryContext(ctx, `select kind, url, doc, packed from docs join texts using (id) order by docs.id desc`)
	if err != nil {
		return damage(err)
	}
	defer rows.Close()
	for rows.Next() {
		var from manifest.Source
		var id string
		var packed sql.RawBytes
		if err := rows.Scan(&from.Kind, &from.URL, &id, &packed); err != nil {
			return damage(err)
		}
		t, err := x.unpack(packed)
		if err != nil {
			return err
		}
		if err := yield(from, id, t.now(documents.InText, documents.InPoll)); err != nil {
			return err
		}
	}
	return damage(rows.Err())
}

// Linking gives those of the documents in which there is the address of a page, as
// Newest does, in no order: what people call each, and what it says now, with the
// chat beside it.
func (x *Index) Linking(ctx context.Context, yield func(called, text string) error) error {
	rows, err := x.db.QueryContext(ctx, `select called, first, packed from docs join texts using (id)
		where id in (select rowid from words where words match '{text poll chat} : (https OR http)')`)
	if err != nil {
		return damage(err)
	}
	defer rows.Close()
	for rows.Next() {
		var names, first string
		var packed sql.RawBytes
		if err := rows.Scan(&names, &first, &packed); err != nil {
			return damage(err)
		}
		t, err := x.unpack(packed)
		if err != nil {
			return err
		}
		if err := yield(shownAs(names, first), t.now(documents.InText, documents.InPoll, documents.InChat)); err != nil {
			return err
		}
	}
	return damage(rows.Err())
}

// shownAs is what a document is called: its name or title, its first line, or its
// id.
func shownAs(names, first string) string {
	called, _, _ := strings.Cut(names, "\n")
	return cmp.Or(first, called)
}

// FirstLines gives those of the pads that have neither a name nor a title, as
// documents.FirstLine has them. The error may match ErrDamaged.
func (x *Index) FirstLines(ctx context.Context, each func(from manifest.Source, id, line string)) error {
	rows, err := x.db.QueryContext(ctx, `select kind, url, doc, first from docs where first != ''`)
	if err != nil {
		return damage(err)
	}
	defer rows.Close()
	for rows.Next() {
		var from manifest.Source
		var id, line string
		if err := rows.Scan(&from.Kind, &from.URL, &id, &line); err != nil {
			return damage(err)
		}
		each(from, id, line)
	}
	return damage(rows.Err())
}

func (x *Index) unpack(packed []byte) (texts, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.codec.unpack(packed)
}

// A Hit is a document that has what was searched for.
type Hit struct {
	Source  manifest.Source
	ID      string
	Called  string // its name, its title, a pad's first line, or its id
	Changed time.Time

	In      documents.Place
	Snippet []Piece // none where no words were asked for

	// When the words were there, of InPast; of a message, Since is when it was
	// said. Zero: not known.
	Since, Until time.Time

	// Revision is one that has the words, of a document that holds its past, if
	// Version is "". Else that version has them, if Whole, or its own past has at
	// Until.
	Revision int
	Version  string
	Whole    bool
}

// Results are what was found.
type Results struct {
	Hits  []Hit
	Total int // documents that fit, of which Hits are the first
}

// maxRanked is how many documents are ranked, the newest of those that fit: words
// that are in nearly all say little of any.
const maxRanked = 1000

// Find finds the documents that fit a question, at most so many: those that are
// called so first, then by how well they fit, the later changed first. A document
// that several indexes have is found once. Those that are known by name are found
// by that, unless an index finds them.
func Find(ctx context.Context, indexes []*Index, named []Named, q *Question, limit int) (*Results, error) {
	var alone []candidate
	for i := range named {
		n := &named[i]
		if n.fits(q, n.called()) {
			alone = append(alone, candidate{source: n.Source, doc: n.ID, named: true, changed: unix(n.Changed), alone: n})
		}
	}
	all := new(Results)
	seen, fit := make(map[key]bool), make(map[key]bool)
	var found []candidate
	for _, x := range indexes {
		some, err := x.find(ctx, q, limit)
		if err != nil {
			return nil, damage(err)
		}
		for _, c := range some {
			if k := c.key(); !seen[k] {
				seen[k] = true
				found = append(found, c)
			}
		}
		if len(indexes) == 1 && len(alone) == 0 {
			all.Total, err = x.count(ctx, q)
		} else {
			err = x.fit(ctx, q, fit)
		}
		if err != nil {
			return nil, damage(err)
		}
	}
	for _, c := range alone {
		if k := c.key(); !seen[k] {
			seen[k], fit[k] = true, true
			found = append(found, c)
		}
	}
	all.Total = max(all.Total+len(fit), len(found)) // an index may have been updated since
	slices.SortStableFunc(found, candidate.compare)
	for _, c := range found[:min(len(found), limit)] {
		if c.alone != nil {
			all.Hits = append(all.Hits, c.alone.hit(q, c.alone.called()))
			continue
		}
		hit, err := c.index.hit(ctx, &c, q)
		if err != nil {
			return nil, damage(err)
		}
		all.Hits = append(all.Hits, *hit)
	}
	return all, nil
}

// A key is what one document has in all indexes.
type key struct{ kind, address, id string }

// A candidate is a document that fits.
type candidate struct {
	index   *Index
	alone   *Named // in place of the index
	id      int64
	source  manifest.Source
	doc     string
	changed int64 // Unix time, 0: not known
	named   bool  // all words are in what it is called
	rank    float64
}

func (c *candidate) key() key { return key{c.source.Kind, c.source.Address(), c.doc} }

func (c candidate) compare(d candidate) int {
	if c.named != d.named {
		if c.named {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(c.rank, d.rank), cmp.Compare(d.changed, c.changed))
}

// filters are those that are no words, as conditions.
func (q *Question) filters() (where string, args []any) {
	for _, s := range q.Services {
		where, args = where+` and instr(docs.service, ?) > 0`, append(args, s)
	}
	for _, tag := range q.Tags {
		where, args = where+` and instr(docs.tags, ?) > 0`, append(args, "\n"+tag+"\n")
	}
	if !q.After.IsZero() {
		where, args = where+` and docs.changed <> 0 and docs.changed >= ?`, append(args, q.After.Unix())
	}
	if !q.Before.IsZero() {
		where, args = where+` and docs.changed <> 0 and docs.changed < ?`, append(args, q.Before.Unix())
	}
	for i := range q.authors {
		where, args = where+` and instr(docs.authors, ?) > 0`, append(args, q.authors[i].line())
	}
	return where, args
}

// find gives the first candidates of an index.
func (x *Index) find(ctx context.Context, q *Question, limit int) (found []candidate, err error) {
	const shown = `select docs.id, docs.kind, docs.url, docs.doc, docs.changed, `
	from, where, args := q.from()
	switch {
	case q.IsEmpty():
		return nil, nil
	case len(q.terms) == 0:
		return x.candidates(ctx, shown+`0.0 from `+from+where+` order by docs.changed desc, docs.id desc limit ?`, append(args, limit)...)
	}
	seen := make(map[int64]bool)
	add := func(named bool, query string, args ...any) error {
		some, err := x.candidates(ctx, query, args...)
		for _, c := range some {
			if !seen[c.id] {
				seen[c.id], c.named = true, named
				found = append(found, c)
			}
		}
		return err
	}
	if slices.Contains(q.columns(), InName) {
		condition, args := q.filters()
		err := add(true, shown+`names.rank from names join docs on docs.id = names.rowid where names match ?`+condition+` order by names.rank, docs.changed desc limit ?`,
			slices.Concat([]any{q.match([]documents.Place{InName})}, args, []any{limit})...)
		if err != nil {
			return nil, err
		}
	}
	err = add(false, shown+`r from (select words.rowid as n, words.rank as r from `+from+where+` order by words.rowid desc limit ?)
		join docs on docs.id = n order by r, docs.changed desc limit ?`, append(args, maxRanked, limit)...)
	return found, err
}

// from is what a question asks of the tables, and the conditions on them.
func (q *Question) from() (from, where string, args []any) {
	where, args = q.filters()
	switch match := q.match(q.columns()); {
	case match == "":
		return `docs`, ` where true` + where, args
	case where == "":
		return `words`, ` where words match ?`, []any{match}
	default:
		return `words join docs on docs.id = words.rowid`, ` where words match ?` + where, append([]any{match}, args...)
	}
}

// count counts the documents that fit.
func (x *Index) count(ctx context.Context, q *Question) (n int, err error) {
	if q.IsEmpty() {
		return 0, nil
	}
	from, where, args := q.from()
	err = x.db.QueryRowContext(ctx, `select count(*) from `+from+where, args...).Scan(&n)
	return n, err
}

// fit adds the documents that fit to those of other indexes.
func (x *Index) fit(ctx context.Context, q *Question, all map[key]bool) error {
	if q.IsEmpty() {
		return nil
	}
	from, where, args := q.from()
	if from == `words` {
		from = `words join docs on docs.id = words.rowid`
	}
	some, err := x.candidates(ctx, `select docs.id, docs.kind, docs.url, docs.doc, docs.changed, 0.0 from `+from+where, args...)
	for i := range some {
		all[some[i].key()] = true
	}
	return err
}

func (x *Index) candidates(ctx context.Context, query string, args ...any) (all []candidate, err error) {
	rows, err := x.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		c := candidate{index: x}
		if err := rows.Scan(&c.id, &c.source.Kind, &c.source.URL, &c.doc, &c.changed, &c.rank); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

// hit shows a candidate: where it has most of what was searched for.
func (x *Index) hit(ctx context.Context, c *candidate, q *Question) (*Hit, error) {
	h := &Hit{Source: c.source, ID: c.doc, Changed: fromUnix(c.changed)}
	var names, first string
	var packed []byte
	// By its address: its id may be another document's since.
	err := x.db.QueryRowContext(ctx, `select called, first, packed from docs join texts using (id) where kind = ? and address = ? and doc = ?`,
		c.source.Kind, c.source.Address(), c.doc).Scan(&names, &first, &packed)
	if errors.Is(err, sql.ErrNoRows) {
		return h, nil
	}
	if err != nil {
		return nil, err
	}
	h.Called = shownAs(names, first)
	t, err := x.unpack(packed)
	if err != nil {
		return nil, err
	}
	q.show(h, names, t.Texts)
	return h, nil
}

// show fills in where a document has most of what was searched for. What it is
// called is shown in any case, so that says least.
func (q *Question) show(h *Hit, names string, all []text) {
	if len(q.terms) == 0 {
		return
	}
	in := q.columns()
	var at *text
	shown := fragment{}
	consider := func(one *text) {
		if shown.terms == len(q.terms) || !slices.Contains(in, one.In) {
			return // there is no better one
		}
		if f := best(spansOf(one.Text, q.terms), len(q.terms)); f.terms > shown.terms {
			at, shown = one, f
		}
	}
	lines := strings.Split(names, "\n")
	for _, line := range lines[1:] {
		consider(&text{In: InName, Text: line})
	}
	for _, place := range []documents.Place{documents.InText, documents.InPoll, documents.InChat} {
		for i := range all {
			if all[i].In == place {
				consider(&all[i])
			}
		}
	}
	consider(&text{In: InName, Text: lines[0]})
	for i := range slices.Backward(all) {
		if all[i].In == documents.InPast {
			consider(&all[i])
		}
	}
	if at == nil {
		return
	}
	h.In, h.Snippet = at.In, cut(at.Text, shown.spans)
	h.Since, h.Until, h.Revision = fromUnix(at.Since), fromUnix(at.Until), at.Revision
	h.Version, h.Whole = at.Version, at.Whole
}

func fromUnix(s int64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}
