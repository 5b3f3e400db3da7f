package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/padsync/padsync/internal/pagetest"
	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// A walk is what a person does in her browser.
type walk struct {
	*testing.T
	browser context.Context
	clicks  []string // what was clicked, in turn
}

// press clicks on the one link, button or box with this text, or of this selector,
// and waits for the page that follows.
func (w *walk) press(what string) {
	w.Helper()
	if _, err := pagetest.Evaluate[bool](w.browser, `window.left = true`); err != nil {
		w.Fatal(err)
	}
	if err := w.click(what); err != nil {
		w.Fatalf("press %s: %v\n%s", what, err, w.text())
	}
	for tooLate := time.Now().Add(30 * time.Second); ; {
		// An error is that of a page that goes away meanwhile.
		if there, err := pagetest.Evaluate[bool](w.browser, arrived); err == nil && there {
			return
		}
		if time.Now().After(tooLate) {
			w.Fatalf("press %s: nothing came\n%s", what, w.text())
		}
	}
}

// arrived is kept with the next frame: whether another page than the one that was
// left is there, whole.
const arrived = `new Promise(r => requestAnimationFrame(() => r(!window.left && document.readyState === "complete")))`

// tick clicks on what does not lead to another page.
func (w *walk) tick(what string) {
	w.Helper()
	if err := w.click(what); err != nil {
		w.Fatalf("tick %s: %v\n%s", what, err, w.text())
	}
}

// click clicks on the first of what fits that can be seen.
func (w *walk) click(what string) error {
	w.clicks = append(w.clicks, what)
	name, err := json.Marshal(what)
	if err != nil {
		return err
	}
	find := fmt.Sprintf(`[...document.querySelectorAll("a, button, label")].filter(e => e.innerText.trim() === %s)`, name)
	if strings.ContainsAny(what, "#[=") {
		find = fmt.Sprintf(`[...document.querySelectorAll(%s)]`, name)
	}
	clicked, err := pagetest.Evaluate[bool](w.browser, `(e => { if (e) e.click(); return !!e })(`+find+`.find(e => e.checkVisibility()))`)
	if err == nil && !clicked {
		err = errors.New("it is not on the page")
	}
	return err
}

// fill types into a field.
func (w *walk) fill(selector, text string) {
	w.Helper()
	if err := pagetest.Do(w.browser, chromedp.SendKeys(chromedp.CSS(selector), text)); err != nil {
		w.Fatalf("fill %s: %v\n%s", selector, err, w.text())
	}
}

// text is what the page shows, and its address.
func (w *walk) text() string {
	text, err := pagetest.Evaluate[string](w.browser, `location.pathname + " " + document.readyState + "\n" + document.body.innerText`)
	if err != nil {
		return err.Error()
	}
	return text
}

// until waits for something on the page, which may change by itself.
func (w *walk) until(selector string) {
	w.Helper()
	if err := pagetest.Do(w.browser, chromedp.WaitVisible(chromedp.CSS(selector))); err != nil {
		w.Fatalf("wait for %s: %v\n%s", selector, err, w.text())
	}
}

// shows checks that the page says something.
func (w *walk) shows(what ...string) {
	w.Helper()
	text := w.text()
	for _, one := range what {
		if !strings.Contains(text, one) {
			w.Errorf("the page does not say %q:\n%s", one, text)
		}
	}
}

// framed is the text of the saved document that the page shows.
func (w *walk) framed() string {
	w.Helper()
	text, err := pagetest.Evaluate[string](w.browser, `fetch(document.querySelector("iframe").src).then(a => a.text())`)
	if err != nil {
		w.Fatalf("%v\n%s", err, w.text())
	}
	return text
}

var printed = regexp.MustCompile(`http://127\.0\.0\.1:\d+/enter\?\S+`)

// Somebody who never typed a command but one: her pads are found in her browser's
// history, saved on her Nextcloud under a key of her own, a word is found, last
// month's text is looked at, and one pad is put back. All of it in a browser, and
// with no more than twenty clicks.
func TestFirstDayInTheBrowser(t *testing.T) {
	t.Parallel()
	etherpad := testserver.Etherpad(t, testserver.EtherpadOptions{})
	lastMonth := time.Now().AddDate(0, -1, -5)
	clock := lastMonth
	written := etherpadtest.New(etherpadtest.Options{Now: func() time.Time { return clock }})
	minutes := written.Create("ag-2026", "Ordre du jour\nLe mois dernier : la girouette du clocher.\n")
	clock = time.Now().AddDate(0, 0, -2)
	minutes.Remove(etherpadtest.Author{ID: "a.ada", Name: "Ada"}, 14, len([]rune("Le mois dernier : la girouette du clocher.\n")))
	minutes.Append(etherpadtest.Author{ID: "a.ada", Name: "Ada"}, "Cette semaine : la toiture.\n")
	etherpad.Create(t, "ag-2026", "")
	etherpad.Import(t, "ag-2026", written.Export("ag-2026"))
	etherpad.Create(t, "courses", "Pain, lait, café\n")
	cloud := testserver.WebDAV(t)

	m := newMachine(t)
	err := pagetest.Firefox(m.home,
		pagetest.Visited{Address: etherpad.PadURL("ag-2026"), Title: "ag-2026 | Etherpad", Last: time.Now().AddDate(0, 0, -1)},
		pagetest.Visited{Address: etherpad.PadURL("courses"), Title: "courses | Etherpad", Last: time.Now().AddDate(0, 0, -2)},
		pagetest.Visited{Address: "https://www.example.org/", Title: "Example", Last: time.Now()},
	)
	if err != nil {
		t.Fatal(err)
	}
	cmd := m.command("serve", "--no-browser", "--port", "0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	serving := m.start(cmd)
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		_ = cmd.Wait()
	})
	link := ""
	for tooLate := time.After(30 * time.Second); link == ""; {
		said, more := serving.stdout.now()
		if link = printed.FindString(said); link != "" {
			break
		}
		select {
		case <-more:
		case <-tooLate:
			t.Fatalf("no link: %s%s", said, serving.stderr)
		}
	}
	browser, end, err := pagetest.Browse(t.Context(), filepath.Join(t.TempDir(), "chromium"), func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	w := &walk{T: t, browser: browser}
	if err := pagetest.As(browser, pagetest.Look{Language: "en", Theme: "light", Width: 1280}); err != nil {
		t.Fatal(err)
	}
	if err := pagetest.Visit(browser, link); err != nil {
		t.Fatal(err)
	}
	w.shows("Nothing is safe yet.")
	w.press("Begin")

	// 1. Her pads are found. 2. All are chosen.
	w.shows("Firefox")
	w.press("main .go button.main-one[type=submit]")
	if strings.Contains(w.text(), "127.0.0.1") && !strings.Contains(w.text(), "courses") {
		w.tick(`input[name=host]`)
		w.press("main .go button.main-one[type=submit]")
	}
	w.press("main .go button.main-one[type=submit]")

	// 3. On her Nextcloud.
	w.tick(`input[name=place][value=local]`)
	w.tick(`input[name=place][value=webdav]`)
	w.fill("#webdav-address", cloud.URL)
	w.fill("#webdav-user", cloud.User)
	w.fill("#webdav-password", cloud.Password)
	w.press("main .go button.main-one[type=submit]")

	// 4. Her key, and two words of it.
	words, err := pagetest.Evaluate[[]string](browser, `[...document.querySelectorAll(".keywords li")].map(l => l.innerText.trim())`)
	if err != nil || len(words) == 0 {
		t.Fatalf("%v\n%s", err, w.text())
	}
	asked, err := pagetest.Evaluate[[]struct {
		ID    string
		Label string
	}](browser, `[...document.querySelectorAll(".field input[type=text]")].map(i => ({ID: i.id, Label: i.labels[0].innerText}))`)
	if err != nil || len(asked) != 2 {
		t.Fatalf("%v, %v\n%s", asked, err, w.text())
	}
	for _, field := range asked {
		var number int
		if _, err := fmt.Sscanf(regexp.MustCompile(`\d+`).FindString(field.Label), "%d", &number); err != nil || number < 1 || number > len(words) {
			t.Fatalf("asked for %q", field.Label)
		}
		w.fill("#"+field.ID, words[number-1])
	}
	w.press("main .go button.main-one[type=submit]")

	// 5. The first backup, and a text out of the copy.
	w.until("#opened")
	w.shows("A copy was opened to check", "Cette semaine : la toiture.")
	if found, _ := filepath.Glob(filepath.Join(cloud.Dir, "*", "packs", "*.age")); len(found) == 0 {
		t.Errorf("nothing sealed is in the cloud: %v", files(t, cloud.Dir))
	}

	w.press("No")

	// A word that was deleted since, and the text of then.
	w.fill(`.top input[name=q]`, "girouette")
	w.press(`.top form.find button[type=submit]`)
	w.shows("girouette")
	w.press(`main li.hit h2 a, main .hit a[href]`)
	if text := w.framed(); !strings.Contains(text, "girouette") || strings.Contains(text, "toiture") {
		t.Errorf("last month it said: %s", text)
	}

	// Put back: a new pad, with what was written then.
	w.press(`a[href*="/put-back"]`)
	w.press(`main .go button.main-one[type=submit], main .actions button.main-one`)
	w.until(`main a[href*="ag-2026-2"]`)
	w.shows("is online again")
	if text := string(etherpad.Export(t, "ag-2026-2", "txt")); !strings.Contains(text, "girouette") || strings.Contains(text, "toiture") {
		t.Errorf("what was put back says: %s", text)
	}
	if text := string(etherpad.Export(t, "ag-2026", "txt")); strings.Contains(text, "girouette") {
		t.Errorf("the pad that is there was changed: %s", text)
	}
	if len(w.clicks) > 20 {
		t.Errorf("%d clicks", len(w.clicks))
	}
	t.Logf("%d clicks: %s", len(w.clicks), strings.Join(w.clicks, " → "))
}
