package web_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPlacesAreTestedAndChecked(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "Bonjour\n")
	w.say(automatic(), "ag")
	w.backUp()
	p := w.page("en")
	w.shows(p, "/places", "Not checked yet by this computer.", "Not encrypted", "up to date")
	shown := w.settings().Repositories[0].Shown
	if got := w.fill(p, "/places/test", "place", "rclone,command=x:elsewhere"); got.Code != http.StatusBadRequest {
		t.Errorf("a place that the configuration does not have: %d", got.Code)
	}

	job := w.begins(p, "/places/test", url.Values{"place": {shown}})
	w.idle(p)
	w.shows(p, job, "Written", "Read back", "Listed", "Deleted", "Done")

	job = w.begins(p, "/places/check", url.Values{"place": {shown}, "data": {"1"}})
	w.idle(p)
	w.shows(p, job, "1 document, 1 version")
	w.shows(p, "/places", "every byte of it")

	packs, err := filepath.Glob(filepath.Join(shown, "packs", "*"))
	if err != nil || len(packs) == 0 {
		t.Fatalf("%v, %v", packs, err)
	}
	if err := os.Remove(packs[0]); err != nil {
		t.Fatal(err)
	}
	job = w.begins(p, "/places/check", url.Values{"place": {shown}})
	w.idle(p)
	if body := w.shows(p, job, "missing"); strings.Contains(body, "Done") {
		t.Error("a damaged repository is said to be whole")
	}
	w.shows(p, "/places", "1 problem")
}

func TestPlaceIsTakenOutAndItsCopiesStay(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "Bonjour\n")
	w.say(automatic(), "ag")
	w.backUp()
	p := w.page("en")
	first := w.settings().Repositories[0].Shown
	if body := w.shows(p, "/places"); strings.Contains(body, "/places/drop") {
		t.Error("the last place can be taken out")
	}
	if got := w.fill(p, "/places/drop", "place", first); got.Code != http.StatusBadRequest {
		t.Errorf("the last place: %d", got.Code)
	}
	text, err := os.ReadFile(w.file)
	if err != nil {
		t.Fatal(err)
	}
	more := string(text) + "\n# the disk\n[[repository]]\naddress = \"" + filepath.Join(t.TempDir(), "disk") + "\"\n"
	if err := os.WriteFile(w.file, []byte(more), 0o600); err != nil {
		t.Fatal(err)
	}
	w.shows(p, "/places", "/places/drop")
	if got := w.fill(p, "/places/drop", "place", first); got.Code != http.StatusSeeOther {
		t.Errorf("the first place: %d, %s", got.Code, got.Body)
	}
	if s := w.settings(); len(s.Repositories) != 1 || s.Repositories[0].Shown == first {
		t.Errorf("places are %v", s.Repositories)
	}
	if text, err := os.ReadFile(w.file); err != nil || !strings.Contains(string(text), "# the disk\n") {
		t.Errorf("%s, %v", text, err)
	}
	if packs, err := filepath.Glob(filepath.Join(first, "packs", "*")); err != nil || len(packs) == 0 {
		t.Errorf("its copies are gone: %v", err)
	}
}
