package backup_test

import (
	"testing"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/sources"
)

// TestVersionStaysPublicUntilALookNeedsMore and no look makes a private one
// public.
func TestVersionStaysPublicUntilALookNeedsMore(t *testing.T) {
	text, public := "text", true
	w := oddly(t, func(id, validator string) (*sources.Version, error) {
		if validator == text+"v" {
			return &sources.Version{ID: id, Validator: validator, Unchanged: true, Public: public}, nil
		}
		v := oddVersion(id, text)
		v.Validator, v.Public = text+"v", public
		return v, nil
	})
	look := func(outcome backup.Outcome, versions int, want bool) {
		t.Helper()
		w.want(w.backup(backup.Document{ID: "own"}), counts{outcome: 1})
		if v := w.records()["own"].Versions; len(v) != versions || v[len(v)-1].Public != want {
			t.Errorf("after a look that needed more: %v, there are %d versions, and the last is public: %v", !public, len(v), v[len(v)-1].Public)
		}
	}
	look(backup.Saved, 1, true)
	look(backup.Unchanged, 1, true)
	public = false
	look(backup.Unchanged, 1, false)
	public = true
	look(backup.Unchanged, 1, false)
	text = "more"
	look(backup.Saved, 2, true)
	text, public = "much more", false
	look(backup.Saved, 3, false)
	public = true
	look(backup.Unchanged, 3, false)
}

// TestSameContentFetchedAnewIsNotPublicAnyMore where that needed more: the
// source gave no validator.
func TestSameContentFetchedAnewIsNotPublicAnyMore(t *testing.T) {
	public := true
	w := oddly(t, func(id, validator string) (*sources.Version, error) {
		v := oddVersion(id, "text")
		v.Validator, v.Public = "", public
		return v, nil
	})
	w.backup(backup.Document{ID: "own"})
	for _, needed := range []bool{false, true, false} {
		public = !needed && public
		w.want(w.backup(backup.Document{ID: "own"}), counts{backup.Unchanged: 1})
		if v := w.records()["own"].Versions; len(v) != 1 || v[0].Public != public {
			t.Errorf("%d versions, public %v, want %v", len(v), v[0].Public, public)
		}
	}
}
