package web_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/web"
)

// repository is the id of the repository, which has a first backup in it.
func (w *world) repository() string {
	w.Helper()
	w.pads.Create("first", "The first\n")
	w.say(catalog.Change{Choice: new(catalog.Automatic)}, "first")
	w.backUp()
	var id string
	w.with(func(c *catalog.Catalog) error {
		all, err := c.Documents(w.Context())
		for _, d := range all {
			for _, s := range d.States {
				id = s.Repository
			}
		}
		return err
	})
	if id == "" {
		w.Fatal("no repository was learned")
	}
	return id
}

func (w *world) with(do func(*catalog.Catalog) error) {
	w.Helper()
	c, err := w.OpenCatalog(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	defer c.Close()
	if err := do(c); err != nil {
		w.Fatal(err)
	}
}

// learn is what a repository says of all its documents.
func (w *world) learn(repository string, all ...catalog.Heard) {
	w.Helper()
	w.with(func(c *catalog.Catalog) error {
		return c.Learn(w.Context(), repository, func(yield func(catalog.Heard, error) bool) {
			for _, h := range all {
				if !yield(h, nil) {
					return
				}
			}
		})
	})
}

// heard is a pad that was saved on days of the last year, counted back from today, and
// looked at today.
func (w *world) heard(base, id string, daysAgo ...int) catalog.Heard {
	h := catalog.Heard{Key: catalog.Key{Kind: "etherpad", Base: base, ID: id}}
	h.State = catalog.State{State: "current", Versions: len(daysAgo), Checked: w.now, Version: "v" + fmt.Sprint(len(daysAgo)), Sound: "v" + fmt.Sprint(len(daysAgo))}
	var saved []time.Time
	for _, ago := range daysAgo {
		h.Newest = w.now.AddDate(0, 0, -ago)
		saved = append(saved, h.Newest)
	}
	h.Saved = catalog.MomentsOf(saved)
	return h
}

// choose makes documents automatic.
func (w *world) choose(choice catalog.Choice, all ...catalog.Heard) {
	w.Helper()
	w.with(func(c *catalog.Catalog) error {
		var keys []catalog.Key
		for _, h := range all {
			keys = append(keys, h.Key)
		}
		return c.Change(w.Context(), keys, catalog.Change{Choice: &choice})
	})
}

// run notes one that ended a while ago.
func (w *world) run(ago time.Duration, r catalog.Run) {
	w.Helper()
	r.Configuration, r.Started, r.Ended = w.file, w.now.Add(-ago-time.Minute), w.now.Add(-ago)
	w.with(func(c *catalog.Catalog) error { return c.Record(w.Context(), r) })
}

// heading is the first of a page.
func (w *world) heading(p *web.Page) string {
	w.Helper()
	m := regexp.MustCompile(`<h1>([^<]*)</h1>`).FindStringSubmatch(w.shows(p, "/"))
	if m == nil {
		w.Fatal("no heading")
	}
	return m[1]
}

func TestSentenceIsOfWhatSomebodyCountsOn(t *testing.T) {
	w := newWorld(t)
	id := w.repository()
	const there = "https://pad.example.org"
	ours, theirs, byHand := w.heard(there, "ours", 9), w.heard(there, "theirs", 9), w.heard(there, "by-hand")
	all := func() { w.learn(id, w.heard(w.server, "first", 0), ours, theirs, byHand) }
	w.choose(catalog.Automatic, ours)
	w.choose(catalog.Manual, byHand)
	p := w.page("en")
	all()
	const safe = "Everything is safe."
	expect := func(what, want string) {
		t.Helper()
		if got := w.heading(p); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	expect("one of ours, one of another computer, one by hand that was never saved", safe)
	w.shows(p, "/", "3 documents are followed.")
	theirs.State.State = "missing"
	all()
	expect("the other computer's is gone", "Everything is safe. 1 thing to look at.")
	theirs.State.State, theirs.Checked = "current", w.now.AddDate(0, 0, -8)
	all()
	expect("nobody looked at it for a week", "Everything is safe. 1 thing to look at.")
	w.shows(p, "/", "not looked at for 8 days")
	theirs.Checked = w.now.AddDate(0, 0, -6)
	byHand.State.State = "missing"
	all()
	expect("the one by hand is gone", safe)
	ours.State.State = "failed"
	all()
	expect("ours could not be looked at", "Everything is safe, except 1 document.")
	ours.State.State = "current"
	all()
	w.say(catalog.Change{Choice: new(catalog.Ignored)}, "first")
	w.choose(catalog.Ignored, ours)
	expect("nothing is ours", safe)
}

func TestFailureOfOneServerIsOneRow(t *testing.T) {
	w := newWorld(t)
	id := w.repository()
	const dead, well = "https://dead.example.org", "https://well.example.org"
	all := []catalog.Heard{w.heard(w.server, "first", 0)}
	for n := range 7 {
		h := w.heard(dead, fmt.Sprint("dead-", n), 9)
		h.Checked = w.now.AddDate(0, 0, -5)
		all = append(all, h)
	}
	alone := w.heard(well, "alone", 9)
	alone.State.State = "failed"
	all = append(all, alone, w.heard(well, "fine", 9))
	w.choose(catalog.Automatic, all...)
	w.learn(id, all...)
	failures := []catalog.Failure{{Kind: "server", Subject: dead}, {Kind: "document", Subject: well + "/p/alone"}}
	for day := range 4 {
		w.run(time.Duration(4-day)*24*time.Hour, catalog.Run{Failed: 8, Failures: failures})
	}
	p := w.page("en")
	body := w.shows(p, "/", "Everything is safe, except 8 documents.", "dead.example.org does not answer", "and 4 others", "failing for 4 days", "well.example.org did not give it")
	if n := strings.Count(body, `class="row-look"`); n != 2 {
		t.Errorf("%d rows", n)
	}
	// One that was named and saved says nothing of the others.
	all[1].Checked = w.now
	w.learn(id, all...)
	w.run(time.Hour, catalog.Run{Saved: 1, Named: true})
	w.shows(p, "/", "Everything is safe, except 7 documents.", "failing for 4 days")
	w.run(0, catalog.Run{Saved: 8})
	alone.State.State = "current"
	all[8] = alone
	w.learn(id, all...)
	w.shows(p, "/", "<h1>Everything is safe.</h1>")
}

func TestBackupIsTooOldAfterAWeek(t *testing.T) {
	w := newWorld(t)
	id := w.repository()
	w.learn(id, w.heard(w.server, "first", 0))
	w.now = time.Now()
	for days, want := range map[int]string{6: "Everything is safe.", 8: "Nothing has been saved for 8 days."} {
		p := w.pageAt("en", time.Now().AddDate(0, 0, days))
		if got := w.heading(p); got != want {
			t.Errorf("after %d days: %q", days, got)
		}
	}
	// What came to no end, or was of one document, was no backup.
	w.with(func(c *catalog.Catalog) error { return nil })
	for _, r := range []catalog.Run{{Ending: "failed"}, {Named: true, Saved: 1}} {
		r.Configuration, r.Started, r.Ended = w.file, w.now.AddDate(0, 0, 7), w.now.AddDate(0, 0, 8)
		w.with(func(c *catalog.Catalog) error { return c.Record(t.Context(), r) })
	}
	if got := w.heading(w.pageAt("en", time.Now().AddDate(0, 0, 8))); got != "Nothing has been saved for 8 days." {
		t.Error(got)
	}
}

func TestRepositoryThatLagsIsSaid(t *testing.T) {
	w := newWorld(t)
	first := w.repository()
	home := filepath.Dir(w.file)
	stick := filepath.Join(home, "stick")
	text := fmt.Sprintf("[[repository]]\naddress = %q\n[[repository]]\naddress = %q\n", filepath.Join(home, "repository"), stick)
	if err := os.WriteFile(w.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.backUp()
	p := w.page("en")
	if body := w.shows(p, "/", "<h1>Everything is safe.</h1>"); strings.Count(body, "up to date") != 2 {
		t.Error("not both are up to date", body)
	}
	var second string
	w.with(func(c *catalog.Catalog) error {
		all, err := c.Documents(t.Context())
		for _, s := range all[0].States {
			if s.Repository != first {
				second = s.Repository
			}
		}
		return err
	})
	if err := os.Rename(stick, stick+"-away"); err != nil {
		t.Fatal(err)
	}
	w.backUp()
	w.shows(p, "/", "<h1>Everything is safe.</h1>", "The last backup did not reach it.")
	away := w.heard(w.server, "first", 30)
	away.Checked = w.now.AddDate(0, 0, -10)
	w.learn(second, away)
	w.learn(first, w.heard(w.server, "first", 30, 2))
	w.shows(p, "/", "<h1>Everything is safe.</h1>", "next time")
	w.learn(first, w.heard(w.server, "first", 30, 4, 2))
	w.shows(p, "/", "<h1>Everything is safe. 1 thing to look at.</h1>", "4 days behind")
	w.shows(w.page("fr"), "/", "<h1>Tout est à l’abri. 1 chose à regarder.</h1>", "4 jours de retard")
	w.learn(second, w.heard(w.server, "first", 30, 0))
	if body := w.shows(p, "/", "<h1>Everything is safe.</h1>"); strings.Count(body, "up to date") != 2 {
		t.Error("it came back, and is not up to date", body)
	}
}

func TestListShowsEachChangeAtOnce(t *testing.T) {
	w := newWorld(t)
	p := w.page("en")
	for n := range 20 {
		w.say(catalog.Change{Name: new(fmt.Sprint("Name ", n)), Choice: new(catalog.Automatic)}, "ag")
		w.shows(p, "/documents", fmt.Sprint(">Name ", n, "<"))
	}
	if err := os.WriteFile(w.file, []byte("[[source]]\nurl = '"+w.server+"'\nkind = 'etherpad'\ndocuments = ['other']\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.say(catalog.Change{Name: new("Other")}, "other")
	w.shows(p, "/documents?part=automatic", ">Other<")
}

func TestFewDocumentsAreOnTheFirstPageWithNothingToChooseAmong(t *testing.T) {
	w := newWorld(t)
	for n := range 9 {
		w.say(catalog.Change{Choice: new(catalog.Automatic)}, fmt.Sprint("pad-", n))
	}
	p := w.page("en")
	if n := len(documentLink.FindAllString(w.shows(p, "/"), -1)); n < 9 {
		t.Errorf("the first page has %d", n)
	}
	for _, part := range []string{`class="tabs"`, `class="filters"`, `class="bulk"`, `type="checkbox"`} {
		if strings.Contains(w.shows(p, "/documents"), part) {
			t.Errorf("a list of 9 has %s", part)
		}
	}
	w.say(catalog.Change{Choice: new(catalog.Automatic)}, "tenth")
	w.shows(p, "/documents", `class="tabs"`, `class="filters"`, `class="bulk"`, `type="checkbox"`)
	if strings.Contains(w.shows(p, "/"), `class="docs"`) {
		t.Error("the first page lists ten")
	}
}

func TestNothingKnownLeadsToTheWelcome(t *testing.T) {
	w := newWorld(t)
	body := w.shows(w.page("en"), "/", `href="/welcome/1"`)
	if strings.Contains(body, `action="/save"`) {
		t.Error("it offers to save nothing")
	}
}
