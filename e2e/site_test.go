package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/padsync/padsync/internal/pagetest"
	"github.com/padsync/padsync/internal/testserver"
)

// An archive is searched where it is opened from a disk, without a server.
func TestArchiveIsSearchedFromADisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	m := newMachine(t)
	folder := m.path("archive")
	m.padsync("site", folder, "--all", "-r", filepath.Join(filepath.Dir(w.File), "copies")).exits(0)
	var complaints []string
	browser, end, err := pagetest.Browse(t.Context(), filepath.Join(t.TempDir(), "chromium"), func(text string) { complaints = append(complaints, text) })
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	if err := pagetest.As(browser, pagetest.Look{Language: "fr", Theme: "light", Width: 320}); err != nil {
		t.Fatal(err)
	}
	if err := pagetest.Visit(browser, "file://"+filepath.Join(folder, "index.html")); err != nil {
		t.Fatal(err)
	}
	if err := pagetest.Do(browser, chromedp.SendKeys(chromedp.CSS("input[type=search]"), "MAIRIE\r")); err != nil {
		t.Fatal(err)
	}
	found, err := pagetest.Evaluate[string](browser, `new Promise(r => { const look = () => { const hit = document.querySelector("#results li"); hit ? r(hit.innerText) : requestAnimationFrame(look) }; look() })`)
	if err != nil || !strings.Contains(found, "mairie") || !strings.Contains(found, "Compte rendu") {
		text, _ := pagetest.Evaluate[string](browser, `document.body.innerHTML`)
		t.Errorf("found %q, %v\n%s", found, err, text)
	}
	_, err = pagetest.Evaluate[bool](browser, testserver.Axe(t)+"\n;true")
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := pagetest.Evaluate[string](browser, `axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations.map(v => [v.id, v.nodes[0].html])))`)
	if err != nil || wrong != "[]" {
		t.Errorf("%s, %v", wrong, err)
	}
	if len(complaints) > 0 {
		t.Errorf("the browser complains: %q", complaints)
	}
}
