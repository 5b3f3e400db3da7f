package web_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
	"github.com/padsync/padsync/web"
)

// pads makes another server of pads.
func (w *world) another(takesImports bool) (*etherpadtest.Server, string) {
	w.Helper()
	pads := etherpadtest.New(etherpadtest.Options{Now: func() time.Time { return w.now }, TakesImports: takesImports})
	server := httptest.NewServer(pads)
	w.Cleanup(server.Close)
	return pads, server.URL
}

// agrees sends the form of a plan as it is shown, with these fields changed.
func (w *world) agrees(p *web.Page, plan string, change url.Values) (answer *httptest.ResponseRecorder, to string) {
	w.Helper()
	body := w.shows(p, plan)
	form := url.Values{}
	for _, m := range regexp.MustCompile(`name="(planned|as|into|mail)" value="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	if m := regexp.MustCompile(`name="to" value="(\w+)" checked`).FindStringSubmatch(body); m != nil {
		form.Set("to", m[1])
	}
	if m := regexp.MustCompile(`<option value="([^"]*)" selected`).FindStringSubmatch(body); m != nil {
		form.Set("point", html.UnescapeString(m[1]))
	}
	for name, values := range change {
		form[name] = values
	}
	here, _, _ := strings.Cut(plan, "?")
	return w.post(p, here, form)
}

// text is what a pad of a server says.
func (w *world) text(address string) string {
	w.Helper()
	answer, err := http.Get(address + "/export/txt")
	if err != nil {
		w.Fatal(err)
	}
	defer answer.Body.Close()
	var b strings.Builder
	if err := answer.Write(&b); err != nil || answer.StatusCode != http.StatusOK {
		w.Fatal(answer.Status, err)
	}
	return b.String()
}

func TestPadIsPutBackBesideTheOneThatIsThere(t *testing.T) {
	w := newWorld(t)
	w.pads, w.server = w.another(true)
	ag := w.pads.Create("ag", "Bonjour\n")
	w.now = w.now.Add(time.Hour)
	ag.Append(ada, "Les girafes\n")
	ag.Say(ada, "On se voit ?")
	w.say(automatic(), "ag")
	w.backUp()
	w.now = w.now.Add(time.Hour)
	ag.Append(ada, "Et plus tard\n")
	p := w.page("fr")
	here := w.addressOf(p, "ag")
	plan := here + "/put-back?rev=1"
	w.shows(p, plan, "Remettre «\u00a0ag\u00a0» en ligne", "Ce qui revient", "2 révisions", "1 message", "Rien ne se perd.", "Créer ce pad", "Ne rien faire",
		here+"/compare?from=rev%3A1", "padsync restore "+w.server+"/p/ag --rev 1 --into "+w.server+" --yes")
	before := w.pads.Imported()
	_, job := w.agrees(p, plan, nil)
	if !strings.HasPrefix(job, "/jobs/") {
		t.Fatalf("it leads to %s", job)
	}
	w.idle(p)
	w.shows(p, job, "«\u00a0ag\u00a0» est de nouveau en ligne.", `href="`+w.server+`/p/ag-2"`, "Sauvegarder ce qui est en ligne", "lien d’administration y est aussi")
	if text := w.text(w.server + "/p/ag-2"); !strings.Contains(text, "girafes") || strings.Contains(text, "plus tard") {
		t.Errorf("the new pad says %s", text)
	}
	if text := w.text(w.server + "/p/ag"); !strings.Contains(text, "plus tard") || w.pads.Imported() != before+1 {
		t.Errorf("the old pad says %s", text)
	}
	w.shows(p, here+"/saved", "plus tard") // it was saved first
	tables, err := filepath.Glob(filepath.Join(filepath.Dir(w.file), "*", "padsync", "moved", "*.csv"))
	if err != nil || len(tables) != 1 {
		t.Fatal(tables, err)
	}
	if text, err := os.ReadFile(tables[0]); err != nil || !strings.Contains(string(text), "/p/ag-2") {
		t.Errorf("the table says %s, %v", text, err)
	}
	_, again := w.agrees(p, plan, nil)
	w.idle(p)
	w.shows(p, again, "Il était déjà là, pareil.", "/p/ag-2")
	_, named := w.agrees(p, here+"/put-back?rev=1&as=printemps", nil)
	w.idle(p)
	w.shows(p, named, `href="`+w.server+`/p/printemps"`)
	_, taken := w.agrees(p, here+"/put-back?rev=0&as=printemps", nil)
	w.idle(p)
	w.shows(p, taken, "Il n’a pas pu être remis en ligne.", "un autre l’a", "Rien n’a été créé.")
}

func TestNothingIsPutBackThatWasNotShown(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "Bonjour\n").Append(ada, "Les girafes\n")
	w.say(automatic(), "ag")
	w.backUp()
	other, address := w.another(true)
	p := w.page("en")
	here := w.addressOf(p, "ag")
	plan := here + "/put-back"
	for _, change := range []url.Values{
		{"to": {"other"}, "into": {address}}, {"point": {"rev:0"}}, {"as": {"elsewhere"}}, {"planned": {""}}, {"look": {"1"}}, {"to": {"text"}},
	} {
		if _, to := w.agrees(p, plan, change); !strings.HasPrefix(to, plan+"?") {
			t.Errorf("%v leads to %s", change, to)
		}
	}
	if p.Busy() || other.Requests() > 0 || other.Imported() > 0 {
		t.Error("something was done")
	}
	_, looked := w.agrees(p, plan, url.Values{"to": {"other"}, "into": {address}})
	w.shows(p, looked, "This is what comes of it now.", "Make this pad", `value="`+address+`"`)
	if other.Imported() > 0 {
		t.Error("a look made something")
	}
	_, job := w.agrees(p, looked, nil)
	w.idle(p)
	w.shows(p, job, "is online again.", `href="`+address+`/p/ag"`)
	none := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(none.Close)
	for _, bad := range []string{"https://user:secret@pad.example/", "not an address", "javascript:alert(1)", none.URL} {
		body := w.shows(p, plan+"?to=other&into="+url.QueryEscape(bad))
		if strings.Contains(body, "Make this pad") || !strings.Contains(body, "aria-invalid") && !strings.Contains(body, "notice is-bad") {
			t.Errorf("%s: %s", bad, body)
		}
	}
}

func TestServerThatRefusesGetsNothingAndThatIsSaid(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "Bonjour\n").Append(ada, "Les girafes\n")
	w.say(automatic(), "ag")
	w.backUp()
	_, address := w.another(false)
	p := w.page("en")
	here := w.addressOf(p, "ag")
	_, job := w.agrees(p, here+"/put-back?to=other&into="+url.QueryEscape(address), nil)
	w.idle(p)
	body := w.shows(p, job, "could not be put back.", "Nothing was made. Your copy stays.", "See the plan again")
	if strings.Contains(body, "Open the new one") {
		t.Error("it shows a pad that is not there")
	}
}

func TestTextIsGivenToBeCopied(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "</textarea><script>x()</script>\n").Append(ada, "Les girafes\n")
	w.say(automatic(), "ag")
	w.backUp()
	p := w.page("en")
	here := w.addressOf(p, "ag")
	requests := w.pads.Requests()
	body := w.shows(p, here+"/put-back?to=text&rev=0", "&lt;/textarea&gt;&lt;script&gt;", "readonly", here+"/saved?form=html", "padsync show")
	if strings.Contains(body, "girafes") || strings.Contains(body, "<script>x") || w.pads.Requests() != requests {
		t.Error(body)
	}
}

func TestSealedDocumentIsNotPutBackWithoutItsKey(t *testing.T) {
	w := newWorld(t)
	w.sealed("correct horse")
	w.pads.Create("ag", "Bonjour\n")
	w.say(automatic(), "ag")
	w.backUp()
	p := w.page("en")
	plan := w.addressOf(p, "ag") + "/put-back"
	w.shows(p, plan, "This text is closed", "/key?back=")
	if _, to := w.post(p, plan, url.Values{"to": {"same"}, "planned": {"to=same"}}); !strings.HasPrefix(to, "/key?back=") {
		t.Errorf("it leads to %s", to)
	}
}
