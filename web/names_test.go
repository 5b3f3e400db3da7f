package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/web"
)

// document is what the catalogue has of a pad.
func (w *world) document(id string) *catalog.Document {
	w.Helper()
	var d *catalog.Document
	w.with(func(c *catalog.Catalog) (err error) {
		d, err = c.Document(w.Context(), catalog.Key{Kind: "etherpad", Base: w.server, ID: id})
		return err
	})
	if d == nil {
		w.Fatalf("the catalogue has no %s", id)
	}
	return d
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)

// form is the one at an address with these fields, as a page has it that was just opened.
func (w *world) form(p *web.Page, address string, typed url.Values) url.Values {
	w.Helper()
	form := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(w.shows(p, address), -1) {
		if m[1] != "token" && m[1] != "back" {
			form.Set(m[1], m[2])
		}
	}
	for name, values := range typed {
		form[name] = values
	}
	return form
}

func TestWhatIsTypedIsKeptAndNothingElse(t *testing.T) {
	w := newWorld(t)
	w.say(catalog.Change{Choice: new(catalog.Automatic), Tag: []string{"bureau"}}, "ag")
	p := w.page("en")
	here := w.addressOf(p, "ag") + "/name"
	one := w.form(p, here, url.Values{"name": {"Assemblée  générale"}, "back": {"/documents?tag=bureau"}})
	other := w.form(p, here, url.Values{"tags": {"#bureau, budget"}, "description": {""}, "choice": {"manual"}})
	late := w.form(p, here, url.Values{"tags": {"bureau"}, "description": {"De l’année"}, "choice": {"automatic"}})
	answer, to := w.post(p, here, one)
	if answer.Code != http.StatusSeeOther || to != "/documents?said=kept&tag=bureau" {
		t.Errorf("%d, to %s", answer.Code, to)
	}
	w.shows(p, to, "It is kept.", "Assemblée générale")
	if answer, to = w.post(p, here, other); answer.Code != http.StatusSeeOther {
		t.Errorf("%d, to %s: %s", answer.Code, to, answer.Body)
	}
	w.post(p, here, late) // in which only the description was changed
	if d := w.document("ag"); d.Name != "Assemblée générale" || d.Description != "De l’année" || strings.Join(d.Tags, " ") != "budget bureau" || d.Choice != catalog.Manual {
		t.Errorf("%+v", d)
	}
}

func TestOfTwoPagesTheLastCountsAndTheOtherIsShown(t *testing.T) {
	w := newWorld(t)
	w.say(catalog.Change{Choice: new(catalog.Automatic), Name: new("First")}, "ag")
	p := w.page("en")
	here := w.addressOf(p, "First") + "/name"
	one, other := w.form(p, here, url.Values{"name": {"Mine"}}), w.form(p, here, url.Values{"name": {"Hers"}})
	w.post(p, here, one)
	answer, _ := w.post(p, here, other)
	body := answer.Body.String()
	if w.document("ag").Name != "Hers" || answer.Code != http.StatusOK || !strings.Contains(body, "<q>Mine</q>") {
		t.Errorf("%d, %q: %s", answer.Code, w.document("ag").Name, body)
	}
	w.post(p, here, url.Values{"name": {"Mine"}, "was-name": {"Hers"}}) // the button there
	if name := w.document("ag").Name; name != "Mine" {
		t.Errorf("taken back, it is called %s", name)
	}
}

func TestWhatBreaksABoundIsSaidAtItsFieldAndStaysTyped(t *testing.T) {
	w := newWorld(t)
	w.say(catalog.Change{Choice: new(catalog.Automatic)}, "ag")
	p := w.page("en")
	here := w.addressOf(p, "ag") + "/name"
	long := strings.Repeat("é", 201)
	for name, c := range map[string]struct{ typed, field, says string }{
		"name":        {long, "name", "At most 200 characters."},
		"turned":      {"a\u202eb", "name", "cannot be seen"},
		"description": {strings.Repeat("x", 4001), "description", "At most 4000 characters."},
		"tags":        {strings.Repeat("y", 41), "tags", "at most 40 characters"},
	} {
		answer, _ := w.post(p, here, w.form(p, here, url.Values{c.field: {c.typed}}))
		body := answer.Body.String()
		if answer.Code != http.StatusUnprocessableEntity || !strings.Contains(body, c.says) || !strings.Contains(body, `aria-invalid="true"`) || !strings.Contains(body, c.typed) {
			t.Errorf("%s: %d, %s", name, answer.Code, body)
		}
	}
	if d := w.document("ag"); d.Name != "" || d.Description != "" || len(d.Tags) > 0 {
		t.Errorf("%+v", d)
	}
	for _, wrong := range []url.Values{{"choice": {"weekly"}}, {"do": {"x"}}} {
		w.post(p, here, wrong)
	}
	if d := w.document("ag"); d.Choice != catalog.Automatic {
		t.Errorf("%+v", d)
	}
}

// many are as many documents as have a bar below them.
func (w *world) many(n int) {
	w.Helper()
	for i := range n {
		w.say(catalog.Change{Choice: new(catalog.Automatic), Name: new(fmt.Sprintf("Pad %03d", i))}, fmt.Sprint("pad-", i))
	}
}

func TestBarChangesWhatIsTickedOrAllThatFits(t *testing.T) {
	w := newWorld(t)
	w.many(60)
	w.say(catalog.Change{Tag: []string{"old"}}, "pad-1", "pad-2")
	p := w.page("en")
	hash := func(name string) string { return strings.TrimPrefix(w.addressOf(p, name), "/documents/") }
	count := func(address string) int {
		return len(documentLink.FindAllString(w.shows(p, address), -1))
	}
	do := func(form url.Values) string {
		t.Helper()
		answer, to := w.post(p, "/documents", form)
		if answer.Code != http.StatusSeeOther {
			t.Fatalf("%v: %d, %s", form, answer.Code, answer.Body)
		}
		return to
	}
	to := do(url.Values{"do": {"manual"}, "document": {hash("Pad 003"), hash("Pad 004"), hash("Pad 004"), "000000"}, "text": {"Pad"}})
	w.shows(p, to, "The choice counts for 2 documents.")
	if n := count("/documents?part=manual"); n != 2 {
		t.Errorf("%d are by hand", n)
	}
	to = do(url.Values{"do": {"tag"}, "every": {"1"}, "text": {"Pad 05"}, "tags": {"#fifty, x"}})
	w.shows(p, to, "The tag is on 10 documents.")
	if n := count("/documents?tag=fifty"); n != 10 {
		t.Errorf("%d are tagged", n)
	}
	do(url.Values{"do": {"untag"}, "every": {"1"}, "tags": {"old"}})
	if n := count("/documents?tag=old"); n != 0 {
		t.Errorf("%d are tagged still", n)
	}
	do(url.Values{"do": {"ignored"}, "every": {"1"}, "part": {"manual"}})
	if n := count("/documents?part=ignored"); n != 2 {
		t.Errorf("%d are left aside", n)
	}
	if to := do(url.Values{"do": {"ignored"}}); !strings.Contains(to, "said=none-ticked") {
		t.Error(to)
	}
	ticked := hash("Pad 009")
	answer, _ := w.post(p, "/documents", url.Values{"do": {"tag"}, "document": {ticked}, "tags": {strings.Repeat("x", 41)}})
	if body := answer.Body.String(); answer.Code != http.StatusUnprocessableEntity || !strings.Contains(body, "at most 40 characters") || !strings.Contains(body, strings.Repeat("x", 41)) || strings.Count(body, " checked") != 1 {
		t.Errorf("%d, %s", answer.Code, body)
	}
	if answer, _ := w.post(p, "/documents", url.Values{"do": {"delete"}, "every": {"1"}}); answer.Code != http.StatusBadRequest {
		t.Errorf("%d", answer.Code)
	}
}

func TestBarSavesWhatIsTicked(t *testing.T) {
	w := newWorld(t)
	w.many(12)
	w.pads.Create("pad-7", "Bonjour\n")
	p := w.page("en")
	w.begins(p, "/documents", url.Values{"do": {"save"}, "every": {"1"}, "text": {"Pad 007"}})
	w.idle(p)
	w.shows(p, "/documents?state=safe", "Pad 007")
}

func TestRepositoriesAreToldWhenThePageCloses(t *testing.T) {
	w := newWorld(t)
	id := w.repository()
	p := w.page("en")
	here := w.addressOf(p, "first") + "/name"
	w.post(p, here, url.Values{"name": {"Told"}})
	pending := func() (n int) {
		w.with(func(c *catalog.Catalog) error {
			all, err := c.Pending(t.Context(), id)
			n = len(all)
			return err
		})
		return n
	}
	if pending() == 0 {
		t.Error("nothing is to be told")
	}
	p.Close()
	if n := pending(); n != 0 {
		t.Errorf("of %d documents the repository was not told", n)
	}
}

// give sends pasted text and a file.
func (w *world) give(p *web.Page, pasted, file string) string {
	w.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	err := form.WriteField("addresses", pasted)
	if err == nil && file != "" {
		part, _ := form.CreateFormFile("files", "../../etc/passwd")
		_, err = part.Write([]byte(file))
	}
	if err != nil {
		w.Fatal(err)
	}
	form.Close()
	r := httptest.NewRequestWithContext(w.Context(), http.MethodPost, "/add", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		w.Fatal(err)
	}
	answer := httptest.NewRecorder()
	p.ServeHTTP(answer, r)
	return answer.Body.String()
}

func TestAddressesInAMailAreShownAndThoseThatAreTickedAdded(t *testing.T) {
	w := newWorld(t)
	w.say(catalog.Change{Choice: new(catalog.Automatic)}, "known")
	p := w.page("en")
	const secret = "aBcDeFgHiJkLmN0pqRsTuVwX"
	mail := "Bonjour,\nle pad : https://mensuel.framapad.org/p/ag-2026?lang=fr et\nhttps://mensuel.framapad.org/p/bureau,\nle sondage : https://nuudel.digitalcourage.de/" + secret + "/admin\n" + w.server + "/p/known"
	body := w.give(p, mail, "voir https://mensuel.framapad.org/p/fichier\n")
	for _, want := range []string{"ag-2026", "bureau", "fichier", "nuudel.digitalcourage.de", "1 was known already."} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
	if strings.Contains(body, secret[16:]) {
		t.Errorf("it shows the link of who organises: %s", body)
	}
	form := url.Values{"found": {regexp.MustCompile(`name="found" value="([^"]+)"`).FindStringSubmatch(body)[1]}}
	finds := regexp.MustCompile(`name="find" value="([0-9a-f]+)"[^>]*><label[^>]*>([^<]+)<`).FindAllStringSubmatch(body, -1)
	if len(finds) != 4 {
		t.Fatalf("%d can be ticked: %v", len(finds), finds)
	}
	if answer, _ := w.post(p, "/add/chosen", form); answer.Code != http.StatusUnprocessableEntity || !strings.Contains(answer.Body.String(), "Nothing was ticked") {
		t.Errorf("nothing ticked: %d", answer.Code)
	}
	for _, m := range finds {
		if m[2] != "bureau" {
			form.Add("find", m[1])
		}
	}
	answer, to := w.post(p, "/add/chosen", form)
	if answer.Code != http.StatusSeeOther || strings.Contains(to, secret) {
		t.Fatalf("%d, %s, %s", answer.Code, to, answer.Body)
	}
	list := w.shows(p, to, "Each backup saves 3 documents more.", "ag-2026", "fichier")
	if strings.Contains(list, ">bureau<") || strings.Contains(list, secret[16:]) {
		t.Error(list)
	}
	var kept string
	w.with(func(c *catalog.Catalog) error {
		all, err := c.Documents(t.Context())
		for _, d := range all {
			if d.Kind == "framadate" {
				kept = d.Address
			}
		}
		return err
	})
	if !strings.Contains(kept, secret) {
		t.Errorf("what opens more is kept as %q", kept)
	}
	if body := w.give(p, "Rien ici, bonjour "+strings.Repeat("x", 50), ""); !strings.Contains(body, "no address of a pad") || !strings.Contains(body, "Rien ici, bonjour") {
		t.Error(body)
	}
	if _, to := w.post(p, "/add/chosen", url.Values{"found": {"x"}}); !strings.HasPrefix(to, "/add?said=found-gone") {
		t.Error(to)
	}
}

func TestLookSaysWhatIsNewInTheBrowsers(t *testing.T) {
	w := newWorld(t)
	w.browses(visited{"https://mensuel.framapad.org/p/ag-2026", "AG", time.Now()}, visited{"https://mensuel.framapad.org/p/vieux", "Vieux", time.Now().AddDate(-3, 0, 0)})
	p := w.unset("en")
	job := w.begins(p, "/look", nil)
	w.idle(p)
	body := w.shows(p, job, "<h1>2 new documents found</h1>", "mensuel.framapad.org", ">ag-2026", ">vieux")
	if n := strings.Count(body, " checked"); n != 1 {
		t.Errorf("%d are ticked: not what nobody opened for years", n)
	}
	w.shows(p, "/", "2 documents that no backup saves yet")
	form := w.form(p, job, nil)
	form.Set("find", regexp.MustCompile(`name="find" value="([0-9a-f]+)" checked`).FindStringSubmatch(body)[1])
	if answer, to := w.post(p, "/add/chosen", form); answer.Code != http.StatusSeeOther {
		t.Errorf("%d, %s", answer.Code, to)
	}
	w.shows(p, "/documents?part=automatic", ">ag-2026")
	w.shows(p, "/documents?part=new", ">vieux")
	again := w.begins(p, "/look", nil)
	w.idle(p)
	w.shows(p, again, "<h1>1 new document found</h1>", "1 was known already.")
}

// TestPageOfANameIsOneForm: whichever button is pressed, all that was typed counts.
func TestPageOfANameIsOneForm(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "Bonjour\n")
	w.say(automatic(), "ag")
	p := w.page("en")
	here := w.addressOf(p, "ag") + "/name"
	if body := w.shows(p, here, `name="description"`); strings.Count(body, `action="`+here+`"`) != 1 || strings.Count(body, `name="name"`) != 1 {
		t.Errorf("several forms:\n%s", body)
	}
	if body := w.shows(p, here+"?only=name", `id="rename"`, `name="name"`); strings.Contains(body, `name="description"`) {
		t.Error("a row of the list gets all fields")
	}
}
