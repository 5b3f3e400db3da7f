package search

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/manifest"
)

// A rowWriter is an index that a test writes by itself.
type rowWriter struct {
	Location
	db *sql.DB
}

func newRowWriter(t *testing.T) *rowWriter {
	t.Helper()
	w := &rowWriter{Location: Location{Folder: t.TempDir(), Repository: "here"}}
	var err error
	if w.db, _, err = w.create(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.db.Close() })
	if err := unmark(t.Context(), w.db, markNew); err != nil {
		t.Fatal(err)
	}
	return w
}

// put writes a document under an id, in place of the one under had.
func (w *rowWriter) put(t *testing.T, id, had int64, doc, content string) {
	t.Helper()
	c, err := newCodec()
	if err != nil {
		t.Fatal(err)
	}
	all := &texts{Texts: []text{{In: documents.InText, Text: content}}}
	e := entry{source: manifest.Source{Kind: "etherpad", URL: "https://pad.example.org"}, doc: doc, state: []byte{}, names: called{text: doc}}
	r := &row{entry: e, planned: planned{id: id, had: had}, words: all.prune()}
	if r.texts, err = c.pack(all); err != nil {
		t.Fatal(err)
	}
	u := updater{db: w.db}
	if err := u.change(t.Context(), func(tx *sql.Tx) error { return write(t.Context(), tx, []*row{r}, func() {}) }); err != nil {
		t.Fatal(err)
	}
}

// TestHitIsOfTheDocumentThatWasFound, though another has its id since.
func TestHitIsOfTheDocumentThatWasFound(t *testing.T) {
	w := newRowWriter(t)
	w.put(t, 1, 0, "ag", "Un budget")
	x, err := Open(t.Context(), w.Location)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	q := Ask("budget", time.UTC)
	found, err := x.find(t.Context(), q, 10)
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	w.put(t, 2, 1, "ag", "Le budget voté")
	w.put(t, 1, 0, "secret", "Le budget de la caisse")
	h, err := x.hit(t.Context(), &found[0], q)
	if err != nil || h.ID != "ag" || h.Called != "ag" || len(h.Snippet) != 3 || h.Snippet[2].Text != " voté" {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestDocumentWithoutADateFitsNoDate(t *testing.T) {
	w := newRowWriter(t)
	w.put(t, 1, 0, "ag", "Un budget")
	x, err := Open(t.Context(), w.Location)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for typed, want := range map[string]int{"budget": 1, "budget before:2030": 0, "budget after:1900": 0, "before:2030": 0} {
		found, err := Find(t.Context(), []*Index{x}, nil, Ask(typed, time.UTC), 10)
		if err != nil || found.Total != want || want == 1 && !found.Hits[0].Changed.IsZero() {
			t.Errorf("%s: %+v, %v", typed, found, err)
		}
	}
}

// TestNotEveryErrorIsDamage: what was only not read is no reason to discard it.
func TestNotEveryErrorIsDamage(t *testing.T) {
	l := Location{Folder: t.TempDir(), Repository: "here"}
	db, _, err := l.create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.check(t.Context(), db); err != nil {
		t.Errorf("a new one: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.check(ended, db); err == nil || errors.Is(err, ErrDamaged) {
		t.Errorf("interrupted: %v", err)
	}
	other := l
	other.Repository = "there"
	if err := other.check(t.Context(), db); !errors.Is(err, ErrDamaged) {
		t.Errorf("of another repository: %v", err)
	}
	if _, err := db.Exec(`pragma user_version=1`); err != nil {
		t.Fatal(err)
	}
	if err := l.check(t.Context(), db); !errors.Is(err, ErrDamaged) {
		t.Errorf("of another layout: %v", err)
	}
	if _, err := db.Exec(`drop table meta`); err != nil {
		t.Fatal(err)
	}
	if err := l.check(t.Context(), db); !errors.Is(err, ErrDamaged) {
		t.Errorf("without a table: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.check(t.Context(), db); err == nil || errors.Is(err, ErrDamaged) {
		t.Errorf("closed: %v", err)
	}
}
