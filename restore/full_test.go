package restore

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sources"
)

// full is what a write to a full disk gives.
func full(io.Writer, io.ReaderAt, int64) error {
	return &fs.PathError{Op: "write", Path: "hunter2", Err: syscall.ENOSPC}
}

// TestFullDiskIsOneThing, and not one of each document: it says which disk it
// is, and names no file.
func TestFullDiskIsOneThing(t *testing.T) {
	r, err := repository.OpenOrCreate(t.Context(), memory.New(time.Now), repository.Options{Pool: spool.New(t.TempDir(), 0)})
	if err != nil {
		t.Fatal(err)
	}
	before, err := r.Read(t.Context(), repository.At{})
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	saving, err := r.Begin(t.Context(), before, repository.RunOptions{Sources: []manifest.Source{{Kind: "etherpad", URL: "https://pads.example"}}})
	if err != nil {
		t.Fatal(err)
	}
	b := []byte("text")
	v := &sources.Version{ID: "ag", Files: []sources.File{{Name: "ag.txt", Format: "txt", Size: 4, SHA256: sha256.Sum256(b), Content: bytes.NewReader(b)}}}
	if err := errors.Join(saving.Save(manifest.Document{ID: "ag", State: manifest.Current}, v, "", nil), saving.Commit(t.Context(), manifest.AtEnd)); err != nil {
		t.Fatal(err)
	}
	c, err := r.Read(t.Context(), repository.At{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	now := &run{Plan: Plan{Repository: r, Query: library.Query{Contents: c}, Target: t.TempDir()}, reader: r.NewReader(t.Context())}
	defer now.close()
	for record, err := range c.Documents() {
		if err != nil {
			t.Fatal(err)
		}
		err := now.write("ag.txt", output{name: "ag.txt", from: record.Newest().Files[0], write: full})
		if !errors.Is(err, ErrFull) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
		if !ofAll(err) {
			t.Error("it costs one document")
		}
	}
}
