package move_test

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/move"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sources"
)

const aPad = `{"pad:ag":{"atext":{"text":"Bonjour\n\n","attribs":"|2+9"},"pool":{"numToAttrib":{},"nextNum":0},"head":0,"chatHead":-1,"publicStatus":false,"savedRevisions":[]},` +
	`"pad:ag:revs:0":{"changeset":"Z:1>8|1+8$Bonjour\n","meta":{"author":"","timestamp":1700000000000,"pool":{"numToAttrib":{},"nextNum":0},"atext":{"text":"Bonjour\n\n","attribs":"|2+9"}}}}`

const aPoll = `{"title":"AG","kind":"date","choices":[{"date":"2027-01-11","moment":"9h"}],"votes":[{"name":"Zoé","answers":["yes"]}]}`

// A saved version of a document; without a file, the document was seen alone.
type saved struct {
	id, file, format, text string
	suspect                string
	parts                  string // of a poll, that the look saw
}

// planOf saves versions of documents of one kind, a run for each, and gives a
// plan to move them all, to no target yet.
func planOf(t *testing.T, kind string, versions ...saved) move.Plan {
	t.Helper()
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	r, err := repository.OpenOrCreate(t.Context(), memory.New(time.Now), repository.Options{
		Pool: spool.New(t.TempDir(), 0), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range versions {
		now = now.Add(time.Hour)
		save(t, r, kind, v)
	}
	return planFor(t, r)
}

// planFor is a plan to move what the repository holds.
func planFor(t *testing.T, r *repository.Repository) move.Plan {
	t.Helper()
	c, err := r.Read(t.Context(), repository.At{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return move.Plan{
		Repository: r, Query: library.Query{Contents: c, Kinds: documents.Kinds{"etherpad": pad.Documents(), "framadate": poll.Documents(), "pollaris": poll.Documents()}},
		Address: func(s manifest.Source, id string) string { return s.URL + "/p/" + id },
	}
}

// save saves versions in one run.
func save(t *testing.T, r *repository.Repository, kind string, versions ...saved) {
	t.Helper()
	c, err := r.Read(t.Context(), repository.At{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	run, err := r.Begin(t.Context(), c, repository.RunOptions{
		Sources: []manifest.Source{{Kind: kind, URL: "https://old.example"}}, ChangeRecipients: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Discard()
	for _, v := range versions {
		doc := manifest.Document{ID: v.id, State: manifest.Current}
		if v.file == "" {
			run.Tell(doc)
			continue
		}
		b := []byte(v.text)
		version := &sources.Version{ID: v.id, Files: []sources.File{
			{Name: v.file, Format: v.format, Size: int64(len(b)), SHA256: sha256.Sum256(b), Content: bytes.NewReader(b)},
		}}
		for part := range strings.FieldsSeq(v.parts) {
			if version.Facts.Fields == nil {
				version.Facts.Fields = make(map[string]string)
			}
			version.Facts.Fields[part] = "0123456789abcdef"
		}
		if err := run.Save(doc, version, v.suspect, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := run.Commit(t.Context(), manifest.AtEnd); err != nil {
		t.Fatal(err)
	}
}
