package spool_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/padsync/padsync/internal/spool"
)

// TestErrorsOfTheFolderAreNoWordOnADocument: that it is missing or closed.
func TestErrorsOfTheFolderAreNoWordOnADocument(t *testing.T) {
	missing := spool.New(filepath.Join(t.TempDir(), "none"), 1)
	_, received := missing.Receive(strings.NewReader("more than a byte"), 100)
	for _, err := range []error{missing.Try(), received} {
		if !errors.Is(err, spool.ErrFolder) || !errors.Is(err, syscall.ENOENT) {
			t.Errorf("%v does not say that it is about the folder, or what", err)
		}
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			t.Errorf("%v would be taken for a word on the document", err)
		}
	}
}

func TestTryLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := spool.New(dir, 0).Try(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}
