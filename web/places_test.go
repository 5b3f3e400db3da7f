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
