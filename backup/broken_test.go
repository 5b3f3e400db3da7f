package backup_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
)

// TestTroubleWithTemporaryFilesEndsTheRun and counts against no document: the
// next run goes on with the same.
func TestTroubleWithTemporaryFilesEndsTheRun(t *testing.T) {
	full := spool.New(filepath.Join(t.TempDir(), "none"), 1).Try()
	broken := true
	w := oddly(t, func(id, _ string) (*sources.Version, error) {
		if id == "c" && broken {
			return nil, fmt.Errorf("receive: %w", full)
		}
		return oddVersion(id, "x"), nil
	})
	w.plan.Sources[0].Parallel = 1
	documents := []backup.Document{{ID: "a"}, {ID: "b"}, {ID: "c"}, {ID: "d"}}
	r := w.backup(documents...)
	w.want(r, counts{backup.Saved: 2})
	if !errors.Is(r.Broken, spool.ErrFolder) || len(w.records()) != 2 {
		t.Errorf("%v, %v", r.Broken, w.records())
	}
	broken = false
	w.want(w.backup(documents...), counts{backup.Resumed: 2, backup.Saved: 2})
}
