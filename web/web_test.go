package web_test

import (
	"context"
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
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/pagetest"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
	"github.com/padsync/padsync/web"
)

// nobody is asked nothing.
type nobody struct{}

func (nobody) Prompt(string) crypto.Prompt { return crypto.Prompt{} }

func (nobody) Output(context.Context, []string) ([]byte, error) { return nil, crypto.ErrPassphrase }

// world is a person's computer, and a server.
type world struct {
	*testing.T
	*setup.Setup
	pads   *etherpadtest.Server
	server string
	file   string // of the configuration
	now    time.Time
}

var ada = etherpadtest.Author{ID: "a.ada", Name: "Adélaïde"}

func newWorld(t *testing.T) *world {
	t.Helper()
	home := t.TempDir()
	w := &world{T: t, file: filepath.Join(home, "padsync.toml"), now: time.Now()}
	w.Setup = &setup.Setup{
		Kinds: setup.AllKinds(), Program: "padsync test", Input: strings.NewReader(""), Asker: nobody{}, Tell: func(message.Message) {},
		Getenv: func(name string) string {
			if strings.HasPrefix(name, "XDG_") {
				return filepath.Join(home, name)
			}
			return map[string]string{"HOME": home, "PADSYNC_CONFIG": w.file}[name]
		},
	}
	w.pads = etherpadtest.New(etherpadtest.Options{Now: func() time.Time { return w.now }})
	server := httptest.NewServer(w.pads)
	t.Cleanup(server.Close)
	w.server = server.URL
	text := fmt.Sprintf("[[repository]]\naddress = %q\n", filepath.Join(home, "repository"))
	if err := os.WriteFile(w.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) settings() *setup.Settings {
	w.Helper()
	s, err := w.Load(setup.Options{Config: w.file})
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// say notes what a person says of pads.
func (w *world) say(change catalog.Change, ids ...string) {
	w.Helper()
	c, err := w.OpenCatalog(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	defer c.Close()
	var keys []catalog.Key
	for _, id := range ids {
		keys = append(keys, catalog.Key{Kind: "etherpad", Base: w.server, ID: id})
	}
	if err := c.Change(w.Context(), keys, change); err != nil {
		w.Fatal(err)
	}
}

// backUp saves the automatic ones.
func (w *world) backUp() {
	w.Helper()
	if err := pagetest.BackUp(w.Context(), w.settings(), time.Now); err != nil {
		w.Fatal(err)
	}
}

// index makes the index.
func (w *world) index() {
	w.Helper()
	if err := w.settings().Index(w.Context(), nil, nil, func(setup.Indexed) {}); err != nil {
		w.Fatal(err)
	}
}

// page is the page in a language.
func (w *world) page(language string) *web.Page {
	w.Helper()
	return w.pageAt(language, time.Time{})
}

// pageAt is the page at a moment, or else at each as it is.
func (w *world) pageAt(language string, at time.Time) *web.Page {
	w.Helper()
	now := time.Now
	if !at.IsZero() {
		now = func() time.Time { return at }
	}
	said, err := words.In(language, nil)
	if err != nil {
		w.Fatal(err)
	}
	p, err := web.New(web.Options{Setup: w.Setup, Settings: w.settings(), Words: []*words.Words{said}, Now: now})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(p.Close)
	return p
}

// get gives what the page answers.
func (w *world) get(p *web.Page, address string) *httptest.ResponseRecorder {
	w.Helper()
	answer := httptest.NewRecorder()
	p.ServeHTTP(answer, httptest.NewRequestWithContext(w.Context(), http.MethodGet, address, nil))
	return answer
}

// shows checks that a page has these texts, and gives it.
func (w *world) shows(p *web.Page, address string, texts ...string) string {
	w.Helper()
	answer := w.get(p, address)
	body := answer.Body.String()
	if answer.Code != http.StatusOK {
		w.Fatalf("%s: %d, %s", address, answer.Code, body)
	}
	for _, text := range texts {
		if !strings.Contains(body, text) {
			w.Errorf("%s does not have %q:\n%s", address, text, body)
		}
	}
	return body
}

var documentLink = regexp.MustCompile(`href="(/documents/[0-9a-f]{6,})"[^>]*>([^<]*)`)

// addressOf is that of the page of a document.
func (w *world) addressOf(p *web.Page, name string) string {
	w.Helper()
	for _, m := range documentLink.FindAllStringSubmatch(w.shows(p, "/documents"), -1) {
		if m[2] == name {
			return m[1]
		}
	}
	w.Fatalf("no document is called %s", name)
	return ""
}

func TestFirstLineSaysWhetherAllIsSafe(t *testing.T) {
	w := newWorld(t)
	w.shows(w.page("en"), "/", "<h1>Nothing is safe yet.</h1>")
	w.shows(w.page("fr"), "/", "<h1>Rien n’est encore à l’abri.</h1>")
	w.pads.Create("ag", strings.Repeat("Un long texte. ", 40)+"\n")
	w.pads.Create("bureau", "Du jour\n")
	w.say(catalog.Change{Choice: new(catalog.Automatic)}, "ag", "bureau")
	w.backUp()
	p := w.page("en")
	w.shows(p, "/", "<h1>Everything is safe.</h1>", "2 documents are followed.")
	w.say(catalog.Change{Choice: new(catalog.Automatic)}, "never-there")
	w.shows(p, "/", "<h1>Everything is safe, except 1 document.</h1>", "never saved")
	w.backUp()
	w.shows(p, "/", "<h1>Everything is safe, except 1 document.</h1>")
	w.say(catalog.Change{Choice: new(catalog.Ignored)}, "never-there")
	w.now = w.now.Add(time.Hour)
	w.pads.Create("ag", "").Append(ada, "x\n")
	w.backUp()
	w.shows(p, "/", "<h1>Everything is safe. 1 thing to look at.</h1>", "please check")
	late := w.pageAt("fr", time.Now().AddDate(0, 0, 12))
	w.shows(late, "/", "<h1>Rien n’a été sauvegardé depuis 12 jours.</h1>")
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestListIsFilteredByItsAddress(t *testing.T) {
	w := newWorld(t)
	for n := range 60 {
		w.say(catalog.Change{Choice: new(catalog.Automatic), Name: new(fmt.Sprintf("Réunion %02d", n))}, fmt.Sprint("pad-", n))
	}
	w.say(catalog.Change{Tag: []string{"bureau"}}, "pad-7", "pad-8")
	w.say(catalog.Change{Choice: new(catalog.Ignored)}, "pad-8")
	p := w.page("en")
	for address, want := range map[string]int{
		"/documents": 50, "/documents?page=2": 10, "/documents?page=3": 0, "/documents?page=-1": 50, "/documents?page=x": 50,
		"/documents?text=reunion+07": 1, "/documents?tag=bureau": 2, "/documents?part=ignored": 1, "/documents?part=ignored&tag=bureau": 1,
		"/documents?part=automatic&tag=bureau": 1, "/documents?service=elsewhere": 0, "/documents?part=nonsense": 0,
	} {
		if got := len(documentLink.FindAllString(w.shows(p, address), -1)); got != want {
			t.Errorf("%s lists %d documents, want %d", address, got, want)
		}
	}
	w.shows(p, "/documents", `href="/documents?page=2"`, "1 to 50 of 60")
	w.shows(p, "/documents?text=nothing", "No document fits.", `href="/documents"`)
}

func TestDocumentShowsItsLifeAtAnyMoment(t *testing.T) {
	w := newWorld(t)
	ag := w.pads.Create("ag", "Bienvenue\n")
	w.now = w.now.Add(time.Hour)
	ag.Append(ada, "La cabane est rouge\n")
	ag.Say(ada, "On se voit ?")
	w.say(catalog.Change{Choice: new(catalog.Automatic), Name: new("Assemblée"), Description: new("De l’année")}, "ag")
	w.backUp()
	w.now = w.now.Add(time.Hour)
	ag.Append(ada, "Et verte\n")
	w.backUp()
	p := w.page("en")
	here := w.addressOf(p, "Assemblée")
	body := w.shows(p, here, "<h1>Assemblée</h1>", "De l’année", "Adélaïde", "On se voit ?", `type="range"`, "Versions kept")
	if n := strings.Count(body, here+"?version="); n != 2 {
		t.Errorf("it shows %d versions", n)
	}
	w.shows(p, here+"/saved", "rouge", "verte")
	if text := w.shows(p, here+"/saved?rev=0", "Bienvenue"); strings.Contains(text, "rouge") {
		t.Errorf("the first revision has what was written later: %s", text)
	}
	w.shows(p, here+"?rev=0", here+"/saved?rev=0", `value="0"`, `href="`+here+`?rev=1"`)
	for _, wrong := range []string{"?rev=99", "?rev=x", "?version=x", "?day=x&go=day"} {
		w.shows(p, here+wrong, "What is saved cannot be shown")
	}
	download := w.get(p, here+"/saved?form=etherpad")
	if d := download.Header().Get("Content-Disposition"); download.Code != http.StatusOK || !strings.HasPrefix(d, "attachment") || !strings.Contains(download.Body.String(), "pad:ag") {
		t.Errorf("download: %d, %q", download.Code, d)
	}
	for _, wrong := range []string{"/documents/000000", "/documents/ag", here + "/saved?form=exe", "/nothing", "/static/nothing", "/static/..%2ftemplates%2flayout.html"} {
		if got := w.get(p, wrong); got.Code != http.StatusNotFound {
			t.Errorf("%s: %d", wrong, got.Code)
		}
	}
}

func TestPastIsFoundAndShown(t *testing.T) {
	w := newWorld(t)
	ag := w.pads.Create("ag", "Bonjour\n")
	w.now = w.now.Add(time.Hour)
	ag.Append(ada, "Les girafes\n")
	w.now = w.now.Add(time.Hour)
	ag.Remove(ada, len("Bonjour\n"), len("Les girafes\n"))
	w.say(catalog.Change{Choice: new(catalog.Automatic)}, "ag")
	w.backUp()
	p := w.page("en")
	w.shows(p, "/search?q=girafes", "only names were searched")
	w.index()
	body := w.shows(p, "/search?q=girafes", "<mark>girafes</mark>", "deleted since")
	link := regexp.MustCompile(`/documents/[0-9a-f]+\?rev=\d+`).FindString(body)
	w.shows(p, strings.Replace(link, "?", "/saved?", 1), "girafes")
	w.shows(p, "/search?q=nothing+of+it", "Nothing found")
	w.shows(p, "/search")
}

func TestRunsAreListed(t *testing.T) {
	w := newWorld(t)
	w.shows(w.page("en"), "/runs", "made no backup yet")
	w.pads.Create("ag", "Bonjour\n")
	w.say(catalog.Change{Choice: new(catalog.Automatic)}, "ag", "gone")
	w.backUp()
	w.shows(w.page("en"), "/runs", "1 saved, 0 unchanged")
}

// nasty is what nobody may be able to make a page do.
const nasty = `<script>x()</script><img src=x onerror=x()>"'</title><style>*{display:none}</style>`

func TestWhatPeopleWroteDoesNothing(t *testing.T) {
	w := newWorld(t)
	author := etherpadtest.Author{ID: "a.evil", Name: nasty}
	ag := w.pads.Create("ag", "Bonjour\n")
	ag.Append(author, nasty+" https://evil.example/x javascript:x()\n")
	ag.Say(author, nasty)
	w.say(catalog.Change{Choice: new(catalog.Automatic), Name: new(nasty), Description: new(nasty), Tag: []string{"<script>x()</script>"}}, "ag")
	w.backUp()
	w.index()
	p := w.page("fr")
	here := regexp.MustCompile(`/documents/[0-9a-f]{6,}`).FindString(w.shows(p, "/documents"))
	for _, address := range []string{"/", "/documents", "/documents?text=" + url.QueryEscape(nasty), here, "/search?q=" + url.QueryEscape(`bonjour `+nasty), "/search?q=script", here + "/saved", here + "/saved?rev=1"} {
		body := w.shows(p, address)
		for _, bad := range []string{"<script>x", "<img", "onerror=x()>", "display:none}</style>\"", `href="javascript`, `href="https://evil`, `style="`} {
			if strings.Contains(body, bad) {
				t.Errorf("%s has %s:\n%s", address, bad, body)
			}
		}
	}
	saved := w.get(p, here+"/saved")
	if policy := saved.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "sandbox; default-src 'none'") || strings.Contains(policy, "allow-") {
		t.Errorf("the policy of a saved page is %q", policy)
	}
}

func TestSealedTextIsClosedWithoutItsKey(t *testing.T) {
	w := newWorld(t)
	recipient := "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z"
	text, err := os.ReadFile(w.file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.file, append(text, []byte(fmt.Sprintf("[encryption]\nrecipients = [%q]\n", recipient))...), 0o600); err != nil {
		t.Fatal(err)
	}
	w.pads.Create("ag", "Bonjour\n")
	w.say(catalog.Change{Choice: new(catalog.Automatic)}, "ag")
	w.backUp()
	p := w.page("en")
	w.shows(p, w.addressOf(p, "ag"), "This text is closed: no key is at hand.")
}

func TestNothingIsCalledSafeWhereNothingCouldBeSaved(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"ag", "bureau"} {
		w.pads.Create(id, strings.Repeat("Bonjour\n", 9))
		w.say(catalog.Change{Choice: new(catalog.Automatic)}, id)
	}
	w.backUp()
	for _, id := range []string{"ag", "bureau"} {
		w.pads.Create(id, "").Spoil(etherpadtest.Forbidden)
	}
	w.backUp()
	body := w.shows(w.page("en"), "/", "<h1>None of your 2 documents could be saved last time.</h1>")
	if !regexp.MustCompile(`<a class="button small" href="/runs/\d+">`).MatchString(body) {
		t.Error("why is not said:\n" + body)
	}
}
