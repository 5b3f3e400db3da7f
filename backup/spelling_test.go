package backup_test

import (
	"strings"
	"testing"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
)

// lowered is a server that knows its documents by ids in lower case only.
func lowered(asked *[]string) odd {
	return func(id, validator string) (*sources.Version, error) {
		*asked = append(*asked, validator)
		v := oddVersion(strings.ToLower(id), "x")
		v.Validator = "of " + v.ID
		if v.Unchanged = validator == v.Validator; v.Unchanged {
			v.Files = nil
		}
		return v, nil
	}
}

// TestDocumentByAnotherSpellingIsOneDocument, that is saved and told once and is
// not fetched again while it is unchanged.
func TestDocumentByAnotherSpellingIsOneDocument(t *testing.T) {
	var asked []string
	w := oddly(t, lowered(&asked))
	w.plan.Sources[0].Parallel = 1
	both := []backup.Document{{ID: "Bureau"}, {ID: "bureau"}, {ID: "BUREAU"}}
	w.want(w.backup(both...), counts{backup.Saved: 1})
	asked = nil
	w.want(w.backup(backup.Document{ID: "Bureau"}), counts{backup.Unchanged: 1})
	if len(asked) != 1 || asked[0] != "of bureau" {
		t.Errorf("asked with %q", asked)
	}
	w.want(w.backup(both...), counts{backup.Unchanged: 1})
	if records := w.records(); len(records) != 1 || len(records["bureau"].Versions) != 1 {
		t.Errorf("%+v", records)
	}
}

// TestSpellingsAreTwoDocumentsOfMostServers, and each is fetched.
func TestSpellingsAreTwoDocumentsOfMostServers(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "klein\n")
	w.want(w.backup(w.pad("ag")), counts{backup.Saved: 1})
	w.pads.Create("AG", "GROSS\n")
	w.want(w.backup(w.pad("AG"), w.pad("ag")), counts{backup.Saved: 1, backup.Unchanged: 1})
	w.want(w.backup(w.pad("AG"), w.pad("ag")), counts{backup.Unchanged: 2})
	if records := w.records(); len(records) != 2 {
		t.Errorf("%+v", records)
	}
}

// TestOldSpellingIsMissingAndNoNews: the document goes on under another one.
func TestOldSpellingIsMissingAndNoNews(t *testing.T) {
	var asked []string
	w := oddly(t, func(id, validator string) (*sources.Version, error) { return oddVersion(id, "x"), nil })
	w.want(w.backup(backup.Document{ID: "Bureau"}), counts{backup.Saved: 1})
	w.plan.Sources[0].Client = lowered(&asked)
	for _, want := range []counts{{backup.Saved: 1}, {backup.Unchanged: 1}} {
		r := w.backup(backup.Document{ID: "Bureau"})
		w.want(r, want)
		if old := w.records()["Bureau"]; r.New > 0 || old.State != manifest.Missing || len(old.Versions) != 1 {
			t.Errorf("%d new, %+v", r.New, old)
		}
	}
}
