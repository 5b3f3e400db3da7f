package web_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/schedule"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/web"
)

// configure writes the configuration, behind the repository that is in it.
func (w *world) configure(more string) {
	w.Helper()
	text, err := os.ReadFile(w.file)
	if err == nil {
		err = os.WriteFile(w.file, append(text, []byte(more)...), 0o600)
	}
	if err != nil {
		w.Fatal(err)
	}
}

// fill sends a form.
func (w *world) fill(p *web.Page, address string, fields ...string) *httptest.ResponseRecorder {
	w.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	answer, _ := w.post(p, address, form)
	return answer
}

func TestRunSaysWhatItDidAndWhyItFailed(t *testing.T) {
	w := newWorld(t)
	w.Say = func(err error) []string { return []string{"it is <b>away</b>", "look for it"} }
	w.pads.Create("ag", "Bonjour\n")
	w.say(catalog.Change{Choice: new(catalog.Automatic), Name: new("Assemblée")}, "ag")
	w.backUp()
	dead := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusForbidden) }))
	t.Cleanup(dead.Close)
	c, err := w.OpenCatalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Change(t.Context(), []catalog.Key{{Kind: "etherpad", Base: dead.URL, ID: "gone"}}, catalog.Change{Choice: new(catalog.Automatic), Name: new("Budget " + nasty)}); err != nil {
		t.Fatal(err)
	}
	w.backUp()
	p := w.page("en")
	body := w.shows(p, "/runs", "1 saved, 0 unchanged.", "0 saved, 1 unchanged, 1 thing failed.", "partly", "whole")
	links := regexp.MustCompile(`href="(/runs/\d+)"`).FindAllStringSubmatch(body, -1)
	if len(links) != 2 {
		t.Fatalf("%d runs have a page", len(links))
	}
	w.shows(p, links[1][1], "What was saved", `">Assemblée</a>`, strings.TrimPrefix(w.server, "http://"), "Where the copies went", "put there", "1 with something new, 0 as before")
	body = w.shows(p, links[0][1], "It is &lt;b&gt;away&lt;/b&gt;", "Look for it", "What it means", "no copy of", "What to do", "Since ", "The exact message", "Nothing had changed in 1 document")
	if strings.Contains(body, "<script>x") || strings.Contains(body, "<img") {
		t.Error("a name's markup is in the page")
	}
	for address, want := range map[string]int{
		"/runs?text=assemblee": 1, "/runs?text=budget": 1, "/runs?text=AWAY": 1, "/runs?text=nothing+of+it": 0, "/runs?failed=1": 1, "/runs?failed=1&text=assemblee": 0,
		"/runs?page=2": 2, "/runs?page=99999999999999999999": 2, "/runs?page=-1": 2,
	} {
		if got := strings.Count(w.shows(p, address), `<a href="/runs/`); got != want {
			t.Errorf("%s lists %d runs, want %d", address, got, want)
		}
	}
	for _, wrong := range []string{"/runs/0", "/runs/x", "/runs/99", "/runs/-1"} {
		if got := w.get(p, wrong); got.Code != http.StatusNotFound {
			t.Errorf("%s: %d", wrong, got.Code)
		}
	}
}

func TestServicesAreToldWithoutARequest(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "Bonjour\n")
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.say(catalog.Change{Choice: new(catalog.Automatic)}, "ag", "none")
	w.backUp()
	w.configure(fmt.Sprintf("[[source]]\nname = \"L'asso <b>\"\nurl = %q\ndocuments = [\"ag\"]\nhours = \"22:00-06:00\"\nexpires-after = 60\nuser = \"maelle\"\npassword-file = %q\n", w.server, secret))
	c, err := w.OpenCatalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Change(t.Context(), []catalog.Key{{Kind: "etherpad", Base: "https://mensuel.framapad.org", ID: "x"}}, catalog.Change{Choice: new(catalog.Automatic)}); err != nil {
		t.Fatal(err)
	}
	body := w.shows(w.page("en"), "/services", "2 documents", "L&#39;asso &lt;b&gt;", "60 days (as the configuration says)", "22:00-06:00", "a name and a password", "line 3 of the configuration",
		"mensuel.framapad.org", "(as padsync knows this service)", "not asked yet", "the documents&#39; addresses alone", "answered")
	for _, bad := range []string{"s3cret", secret, "maelle"} {
		if strings.Contains(body, bad) {
			t.Errorf("the page tells %q", bad)
		}
	}
	now := time.Now()
	down := catalog.Run{Configuration: w.file, Started: now, Ended: now, Failures: []catalog.Failure{{Kind: "server", Subject: w.server, Error: "refused", Said: "it <b>refuses</b>\nask"}}}
	if err := errors.Join(c.Record(t.Context(), down), c.Record(t.Context(), catalog.Run{Configuration: w.file, Started: now, Ended: now, Named: true})); err != nil {
		t.Fatal(err)
	}
	w.shows(w.page("en"), "/services", "does not answer as it should", "It &lt;b&gt;refuses&lt;/b&gt;", "Since ")
	if err := c.Record(t.Context(), catalog.Run{Configuration: w.file, Started: now, Ended: now}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(w.shows(w.page("en"), "/services"), "does not answer") {
		t.Error("a run without a failure leaves the server failing")
	}
	w.shows(newWorld(t).page("en"), "/services", "no service either")
}

func TestMirrorsAreToldAndBroughtUpToDate(t *testing.T) {
	w := newWorld(t)
	p := w.page("en")
	w.shows(p, "/mirrors", "nothing is published", "[[mirror]]")
	if got := w.fill(p, "/mirrors/update"); got.Code != http.StatusBadRequest {
		t.Errorf("without a mirror: %d", got.Code)
	}
	w.pads.Create("ag", "Bonjour\n")
	w.say(catalog.Change{Choice: new(catalog.Automatic), Tag: []string{"public"}}, "ag")
	w.backUp()
	folder := filepath.Join(t.TempDir(), "pages")
	w.configure(fmt.Sprintf("[[mirror]]\naddress = %q\nunencrypted = true\ntags = [\"public\", \"<b>x</b>\"]\ndocuments = [\"https://pad.example.org/p/s3cret\"]\nchat = true\n", folder))
	body := w.shows(p, "/mirrors", folder, "documents with these tags: public, &lt;b&gt;x&lt;/b&gt;", "1 document that the configuration names", "the discussions")
	if strings.Contains(body, "s3cret") || strings.Contains(body, "the names of those who wrote") {
		t.Errorf("the page tells more than the mirror: %s", body)
	}
	job := w.begins(p, "/mirrors/update", nil)
	w.idle(p)
	w.shows(p, job, "1 document")
	if _, err := os.Stat(filepath.Join(folder, "index.html")); err != nil {
		t.Error(err)
	}
	w.shows(p, "/mirrors", "brought up to date", ", 1 document</p>")
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder, nil, 0o600); err != nil { // in the place of the folder
		t.Fatal(err)
	}
	w.begins(p, "/mirrors/update", nil)
	w.idle(p)
	w.shows(p, "/mirrors", "What to do", "The exact message")
}

func TestKeysSayWhoReadsAndWhetherTheKeyIsAtHand(t *testing.T) {
	w := newWorld(t)
	p := w.page("en")
	w.shows(p, "/keys", "Nothing is sealed", `href="/welcome/4"`, "None is needed")
	recipient := "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z"
	w.configure(fmt.Sprintf("[encryption]\nrecipients = [%q]\n", recipient))
	w.shows(p, "/keys", recipient, "One key opens it", "No key is at hand", "sealed", "If a key is lost", "padsync backup --change-recipients")
	file := filepath.Join(filepath.Dir(w.file), "cle.txt")
	w.configure("identity-file = \"cle.txt\"\n")
	w.shows(p, "/keys", "Its file is not there", file)
	if err := os.WriteFile(file, []byte("nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	body := w.shows(p, "/keys", "Its file cannot be read")
	if strings.Contains(body, "nonsense") {
		t.Error("what is in the file is in the page")
	}
}

func TestSettingsAreWrittenAndRefusedAtTheField(t *testing.T) {
	w := newWorld(t)
	w.configure("\n# un commentaire\n[[source]]\nname = \"<b>asso</b>\"\nurl = \"https://pad.example.org\"\ndocuments = [\"ag\"] # à garder\n")
	p := w.page("en")
	w.shows(p, "/settings", w.file, "&lt;b&gt;asso&lt;/b&gt;", "line 2</span>", "1 document")
	text := func() string {
		t.Helper()
		b, err := os.ReadFile(w.file)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	source := []string{"part", "source", "at", "0", "base", "pad.example.org", "name", "<b>asso</b>"}
	before := text()
	for name, c := range map[string]struct {
		fields []string
		status int
		shows  []string
	}{
		"hours":     {append(source[:8:8], "hours", "25:00-<b>", "days", "60"), http.StatusUnprocessableEntity, []string{`id="hours-wrong-0"`, `value="25:00-&lt;b&gt;"`, `value="60"`}},
		"days":      {append(source[:8:8], "days", "-1"), http.StatusUnprocessableEntity, []string{`id="days-wrong-0"`, `value="-1"`}},
		"no number": {append(source[:8:8], "days", "ten"), http.StatusUnprocessableEntity, []string{"Give a number of days"}},
		"no file":   {[]string{"part", "identity", "identity-file", "/nowhere/<b>"}, http.StatusUnprocessableEntity, []string{`id="identity-wrong"`, "no such file", `value="/nowhere/&lt;b&gt;"`}},
		"language":  {[]string{"part", "language", "language", "xx"}, http.StatusUnprocessableEntity, []string{`role="alert"`}},
		"moved":     {append(source[:8:8], "base", "elsewhere.example.org"), http.StatusBadRequest, nil},
		"beyond":    {[]string{"part", "source", "at", "7"}, http.StatusBadRequest, nil},
		"no part":   {nil, http.StatusBadRequest, nil},
	} {
		answer := w.fill(p, "/settings", c.fields...)
		if answer.Code != c.status || text() != before {
			t.Errorf("%s: %d, %s", name, answer.Code, text())
		}
		for _, want := range c.shows {
			if !strings.Contains(answer.Body.String(), want) {
				t.Errorf("%s: the answer has no %q: %s", name, want, answer.Body)
			}
		}
	}
	key := filepath.Join(filepath.Dir(w.file), "cle.txt")
	if err := os.WriteFile(key, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, fields := range [][]string{append(source, "hours", "22:00-06:00", "days", "60"), {"part", "language", "language", "fr"}, {"part", "identity", "identity-file", key}, {"part", "search"}} {
		if answer := w.fill(p, "/settings", fields...); answer.Code != http.StatusSeeOther {
			t.Errorf("%v: %d, %s", fields, answer.Code, answer.Body)
		}
	}
	now := text()
	for _, want := range []string{"# un commentaire", "# à garder", `hours = "22:00-06:00"`, "expires-after = 60", `language = "fr"`, key, "index = false"} {
		if !strings.Contains(now, want) {
			t.Errorf("the configuration has no %q:\n%s", want, now)
		}
	}
	w.shows(p, "/settings?said=settings", "was written into the configuration", `value="22:00-06:00"`, `value="60"`)
	if answer := w.fill(p, "/settings", append(source, "hours", "", "days", "")...); answer.Code != http.StatusSeeOther || strings.Contains(text(), "hours") || strings.Contains(text(), "expires-after") {
		t.Errorf("emptied: %d, %s", answer.Code, text())
	}
}

// cronHost is a computer with a cron and no systemd: a program of this process's PATH
// keeps the table that it is given.
func (w *world) cronHost() *schedule.Host {
	w.Helper()
	dir := w.TempDir()
	for name, text := range map[string]string{
		"bin/crontab":             "#!/bin/sh\ncase \"$1\" in -l) test -e \"$0.table\" || { echo \"no crontab for you\" >&2; exit 1; }; cat \"$0.table\" ;; -r) rm -f \"$0.table\" ;; *) cat \"${1:--}\" >\"$0.table\" ;; esac\n",
		"bin/systemctl":           "#!/bin/sh\nexit 1\n",
		"computer/proc/7/comm":    "cron\n",
		"computer/proc/7/cmdline": "cron\x00",
	} {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o700)); err != nil {
			w.Fatal(err)
		}
	}
	w.Setenv("PATH", filepath.Join(dir, "bin")+string(filepath.ListSeparator)+os.Getenv("PATH"))
	host := schedule.ThisHost(w.Getenv, w.Machine().Folder())
	host.OS, host.Root = "linux", filepath.Join(dir, "computer")
	return &host
}

// pageOn is the page on a computer, some days from now.
func (w *world) pageOn(host *schedule.Host, days int) *web.Page {
	w.Helper()
	p, err := web.New(web.Options{
		Setup: w.Setup, Settings: w.settings(), Words: []*words.Words{must(words.In("en", nil))}, Host: host,
		Now: func() time.Time { return time.Now().AddDate(0, 0, days) },
	})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(p.Close)
	return p
}

// TestEveryNightSaysFromWhenABackupIsLate: twice its interval, or seven days where
// nothing makes backups by itself; a page that changes the schedule knows at once.
func TestEveryNightSaysFromWhenABackupIsLate(t *testing.T) {
	w := newWorld(t)
	host := w.cronHost()
	w.pads.Create("ag", strings.Repeat("Bonjour\n", 9))
	w.say(automatic(), "ag")
	w.backUp()
	system, err := schedule.Find(t.Context(), *host)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := system.Install(t.Context(), schedule.Job{Program: "/bin/sh", Args: []string{"backup"}, At: schedule.Clock{Hour: 2, Minute: 30}})
	if err != nil {
		t.Fatal(err)
	}
	w.shows(w.pageOn(host, 5), "/", "<h1>Everything is safe.</h1>")
	if err := plan.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := w.pageOn(host, 5)
	w.shows(p, "/", "<h1>Nothing has been saved for 5 days.</h1>")
	if answer := w.fill(p, "/schedule", "do", "remove"); answer.Code != http.StatusSeeOther {
		t.Fatalf("%d, %s", answer.Code, answer.Body)
	}
	w.shows(p, "/", "<h1>Everything is safe.</h1>")
}

func TestWelcomeThatWasLeftCanBeTakenUp(t *testing.T) {
	w := newWorld(t)
	p := w.page("en")
	w.shows(p, "/", `href="/welcome/1"`)
	w.pads.Create("ag", "Bonjour\n")
	w.say(automatic(), "ag")
	w.shows(p, "/", `href="/welcome">Go on setting up`)
	w.backUp()
	if body := w.shows(p, "/"); strings.Contains(body, `href="/welcome`) {
		t.Error("home leads to the welcome of who has copies")
	}
}

func TestScheduleRefusesWhatIsNoTime(t *testing.T) {
	w := newWorld(t)
	p := w.pageOn(w.cronHost(), 0)
	body := w.shows(p, "/schedule", "Every night")
	if strings.Contains(body, `name="do"`) {
		t.Error("it can be done before it was shown")
	}
	w.shows(p, "/schedule?plan=install&at=25:00", "Give a time such as 02:30.", `value="25:00"`)
	if answer := w.fill(p, "/schedule", "do", "install", "at", "<b>"); answer.Code != http.StatusUnprocessableEntity || !strings.Contains(answer.Body.String(), `value="&lt;b&gt;"`) {
		t.Errorf("%d, %s", answer.Code, answer.Body)
	}
	if answer := w.fill(p, "/schedule", "do", "anything"); answer.Code != http.StatusBadRequest {
		t.Errorf("%d", answer.Code)
	}
}

func TestEveryLinkOfTheRoomsLeadsSomewhere(t *testing.T) {
	w := newWorld(t)
	for _, language := range []string{"en", "fr"} {
		p := w.page(language)
		seen := make(map[string]bool)
		for _, room := range []string{"/help", "/about", "/settings", "/services", "/mirrors", "/keys", "/schedule", "/runs"} {
			for _, m := range regexp.MustCompile(`href="(/[^"#]*)"`).FindAllStringSubmatch(w.shows(p, room, `href="/help"`, `href="/about"`), -1) {
				seen[strings.ReplaceAll(m[1], "&amp;", "&")] = true
			}
		}
		for address := range seen {
			if got := w.get(p, address); got.Code == http.StatusNotFound || got.Code >= 500 {
				t.Errorf("%s: %d", address, got.Code)
			}
		}
	}
}
