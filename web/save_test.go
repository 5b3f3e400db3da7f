package web_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/web"
)

// post gives what the page answers to a form, and where it leads.
func (w *world) post(p *web.Page, address string, form url.Values) (answer *httptest.ResponseRecorder, to string) {
	w.Helper()
	r := httptest.NewRequestWithContext(w.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := r.ParseForm(); err != nil {
		w.Fatal(err)
	}
	answer = httptest.NewRecorder()
	p.ServeHTTP(answer, r)
	return answer, answer.Header().Get("Location")
}

// begins posts a form that begins a job, and gives the address of its page.
func (w *world) begins(p *web.Page, address string, form url.Values) string {
	w.Helper()
	answer, to := w.post(p, address, form)
	if answer.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/jobs/") {
		w.Fatalf("%s: %d, to %q: %s", address, answer.Code, to, answer.Body)
	}
	return to
}

// idle waits until no job is at work.
func (w *world) idle(p *web.Page) {
	w.Helper()
	if !p.WaitIdle(w.Context(), 0) {
		w.Fatal("jobs do not end")
	}
}

// A gate stands before a server, and holds requests that match until it opens.
type gate struct {
	server http.Handler
	match  *regexp.Regexp
	came   chan struct{} // one for each request that is held
	open   chan struct{}
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.match.MatchString(r.URL.Path) {
		select {
		case g.came <- struct{}{}:
		default:
		}
		select {
		case <-g.open:
		case <-r.Context().Done():
			return
		}
	}
	g.server.ServeHTTP(w, r)
}

// behind puts a gate before the pads.
func (w *world) behind(match string) *gate {
	w.Helper()
	g := &gate{server: w.pads, match: regexp.MustCompile(match), came: make(chan struct{}, 1), open: make(chan struct{})}
	server := httptest.NewServer(g)
	w.Cleanup(server.Close)
	w.server = server.URL
	return g
}

func automatic() catalog.Change { return catalog.Change{Choice: new(catalog.Automatic)} }

func TestSavingAllSavesWhatEachBackupSaves(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "Bonjour\n")
	w.pads.Create("bureau", "Du jour\n")
	w.pads.Create("hand", "A la main\n")
	w.say(automatic(), "ag", "bureau")
	w.say(catalog.Change{Choice: new(catalog.Manual)}, "hand")
	p := w.page("en")
	job := w.begins(p, "/save", url.Values{"all": {"1"}})
	w.idle(p)
	w.shows(p, job, "<h1>Backup done.</h1>", "2 saved.", "What was saved", "saved for the first time", "padsync backup</code>", "stored")
	w.shows(p, "/", "<h1>Everything is safe.</h1>") // nobody counts on what is saved by hand
	w.shows(p, w.addressOf(p, "ag"), "Versions kept")
	w.shows(p, "/runs", "2 saved")
	again := w.begins(p, "/save", url.Values{"all": {"1"}})
	w.idle(p)
	w.shows(p, again, "<h1>Nothing had changed.</h1>", "2 documents looked at")
	w.begins(p, "/save", url.Values{"chosen": {"1"}})
	w.idle(p)
	w.shows(p, w.addressOf(p, "hand"), "Versions kept")
}

func TestSavingOneSavesThatOneAndIndexesIt(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "Les girafes\n")
	w.pads.Create("bureau", "Les zèbres\n")
	w.say(automatic(), "ag", "bureau")
	p := w.page("en")
	w.begins(p, "/save", url.Values{"all": {"1"}})
	w.idle(p)
	w.now = w.now.Add(time.Hour)
	for _, id := range []string{"ag", "bureau"} {
		w.pads.Create(id, "").Append(ada, "Et les lamas\n")
	}
	hash := strings.TrimPrefix(w.addressOf(p, "ag"), "/documents/")
	job := w.begins(p, "/save", url.Values{"document": {hash}})
	w.idle(p)
	w.shows(p, job, "padsync backup "+w.server+"/p/ag", "1 of 1")
	w.shows(p, "/search?q=lamas", "<mark>lamas</mark>", "/documents/"+hash)
	if answer, _ := w.post(p, "/save", url.Values{"document": {"000000"}}); answer.Code != http.StatusNotFound {
		t.Errorf("an unknown document: %d", answer.Code)
	}
	if answer, _ := w.post(p, "/save", nil); answer.Code != http.StatusNotFound {
		t.Errorf("nothing: %d", answer.Code)
	}
}

func TestSecondPressJoinsTheBackupAtWorkAndAnotherOneWaits(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "Bonjour\n")
	w.pads.Create("bureau", "Du jour\n")
	held := w.behind(`/p/ag/export`)
	w.say(automatic(), "ag", "bureau")
	p := w.page("en")
	first := w.begins(p, "/save", url.Values{"all": {"1"}})
	<-held.came
	presses := make([]string, 8)
	var all sync.WaitGroup
	for i := range presses {
		all.Go(func() { presses[i] = w.begins(p, "/save", url.Values{"all": {"1"}}) })
	}
	all.Wait()
	for _, to := range presses {
		if to != first+"?said=joined" {
			t.Errorf("a second press leads to %s, the first to %s", to, first)
		}
	}
	w.shows(p, first+"?said=joined", "This backup was already at work", "Backing up.", `data-live="/live`+first+`"`, "of 2 documents looked at")
	w.shows(p, "/", "Backing up: ", `href="`+first+`"`)
	hash := strings.TrimPrefix(w.addressOf(p, "bureau"), "/documents/")
	second := w.begins(p, "/save", url.Values{"document": {hash}})
	for !strings.Contains(w.shows(p, second), "The backup waits for its turn.") {
		runtime.Gosched()
	}
	close(held.open)
	w.idle(p)
	w.shows(p, first, "Backup done.")
	w.shows(p, second, "Nothing had changed.")
}

func TestStoppedBackupKeepsWhatItSavedAndSaysSo(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"a", "b", "c"} {
		w.pads.Create(id, "Bonjour\n")
	}
	held := w.behind(`/p/c`)
	w.say(automatic(), "a", "b", "c")
	p := w.page("en")
	job := w.begins(p, "/save", url.Values{"all": {"1"}})
	<-held.came
	for !strings.Contains(w.shows(p, job), "2 of 3 documents looked at") {
		runtime.Gosched()
	}
	if answer, to := w.post(p, job+"/stop", nil); answer.Code != http.StatusSeeOther || to != job+"?said=stopped" {
		t.Fatalf("stop: %d, %s", answer.Code, to)
	}
	w.idle(p)
	w.shows(p, job, "The backup was stopped.", "2 documents are safe. The next backup goes on with the others.")
	w.shows(p, w.addressOf(p, "a"), "Versions kept")
	close(held.open)
	next := w.begins(p, "/save", url.Values{"all": {"1"}})
	w.idle(p)
	w.shows(p, next, "Backup done.")
	w.shows(p, "/", "Everything is safe.")
}

func TestBackupSaysWhichServerGivesNothingAndWhatToDo(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "Bonjour\n")
	w.say(automatic(), "ag")
	down := httptest.NewServer(http.HandlerFunc(func(a http.ResponseWriter, _ *http.Request) {
		a.Header().Set("Content-Type", "text/html")
		a.WriteHeader(http.StatusForbidden)
		_, _ = a.Write([]byte("<html><title>Forbidden</title><body>nginx</body></html>"))
	}))
	t.Cleanup(down.Close)
	away := httptest.NewServer(http.RedirectHandler("https://elsewhere.example/login", http.StatusFound))
	t.Cleanup(away.Close)
	good := w.server
	w.server = down.URL
	w.say(automatic(), "horaires")
	w.server = away.URL
	w.say(automatic(), "budget", "statuts")
	w.server = good
	p := w.page("fr")
	job := w.begins(p, "/save", url.Values{"all": {"1"}})
	w.idle(p)
	w.shows(p, job, "Sauvegarde finie, sauf 3 documents.", "1 sauvegardé, 3 en échec.", "À regarder", "horaires",
		"ne donne rien", "Ce qui arrive", "elsewhere.example", "2 documents n’ont pas pu être regardés. Leurs copies", "Que faire", `href="`+away.URL)
}

func TestBackupSaysWhyNothingCouldBeStored(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "Bonjour\n")
	w.say(automatic(), "ag")
	if err := os.WriteFile(filepath.Join(filepath.Dir(w.file), "repository"), nil, 0o600); err != nil { // no folder
		t.Fatal(err)
	}
	p := w.page("en")
	job := w.begins(p, "/save", url.Values{"all": {"1"}})
	w.idle(p)
	w.shows(p, job, "Nothing could be stored.", "not stored")
	w.shows(p, "/", "Nothing is safe yet.")
	empty := newWorld(t)
	q := empty.page("en")
	job = empty.begins(q, "/save", url.Values{"all": {"1"}})
	empty.idle(q)
	empty.shows(q, job, "The backup could not be made.")
}

func TestRunOfAnotherProgramIsShownWithoutButtons(t *testing.T) {
	w := newWorld(t)
	p := w.page("en")
	if body := w.shows(p, "/", `data-live="/live/work" data-seldom`); strings.Contains(body, "another program") {
		t.Error("a run is shown that is not there")
	}
	turn, err := w.settings().Turn(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer turn.End()
	files, err := filepath.Glob(filepath.Join(w.settings().Machine.Folder(), "backups", "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(files[0]+".test", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(files[0]+".test", files[0]); err != nil {
			t.Fatal(err)
		}
	}
	turn.End() // it would write, too
	other := func(updated time.Time) string {
		return `{"process":1,"configuration":"x","started":"` + w.now.Format(time.RFC3339) + `","updated":"` + updated.Format(time.RFC3339Nano) + `","documents":41,"done":27}`
	}
	write(other(time.Now()))
	for _, address := range []string{"/", "/runs", "/live/work"} {
		body := w.shows(p, address, "another program", "27 of 41", `data-live="/live/work">`)
		if strings.Contains(body, "/stop") {
			t.Errorf("%s has a button over it", address)
		}
	}
	write(other(time.Now().Add(-time.Hour))) // it was killed
	if body := w.shows(p, "/"); strings.Contains(body, "another program") {
		t.Error("a run that was killed is shown")
	}
}

// sealed has the repository sealed to a key in a file that a passphrase protects.
func (w *world) sealed(passphrase string) {
	w.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		w.Fatal(err)
	}
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		w.Fatal(err)
	}
	recipient.SetWorkFactor(10)
	var out bytes.Buffer
	in, err := age.Encrypt(&out, recipient)
	if err == nil {
		_, err = io.WriteString(in, id.String()+"\n")
	}
	if err == nil {
		err = in.Close()
	}
	text, readErr := os.ReadFile(w.file)
	file := filepath.Join(filepath.Dir(w.file), "key.age")
	if err := errors.Join(err, readErr, os.WriteFile(file, out.Bytes(), 0o600)); err != nil {
		w.Fatal(err)
	}
	text = fmt.Appendf(text, "[encryption]\nrecipients = [%q]\nidentity-file = %q\n", id.Recipient(), file)
	if err := os.WriteFile(w.file, text, 0o600); err != nil {
		w.Fatal(err)
	}
}

func TestPassphraseOpensTextsForItsSession(t *testing.T) {
	w := newWorld(t)
	w.sealed("correct horse")
	w.pads.Create("ag", "Les girafes\n")
	w.say(automatic(), "ag")
	p := w.page("fr")
	w.begins(p, "/save", url.Values{"all": {"1"}}) // what is saved needs no key
	w.idle(p)
	here := w.addressOf(p, "ag")
	w.shows(p, here, "Ce texte est fermé", `href="/key?back=%2fdocuments%2f`)
	w.shows(p, "/search?q=girafes", "seuls les noms ont été cherchés")
	w.shows(p, "/key?back="+url.QueryEscape(here), `type="password"`, `value="`+here+`"`, "key.age")
	for passphrase, want := range map[string]string{"wrong horse": "Ce n’est pas la bonne phrase", "": "Tapez la phrase"} {
		answer, _ := w.post(p, "/key", url.Values{"passphrase": {passphrase}, "back": {here}})
		body := answer.Body.String()
		if answer.Code != http.StatusUnprocessableEntity || !strings.Contains(body, want) || !strings.Contains(body, `aria-invalid="true"`) || passphrase != "" && strings.Contains(body, passphrase) {
			t.Errorf("%q: %d, %s", passphrase, answer.Code, body)
		}
	}
	w.shows(p, here, "Ce texte est fermé")
	if answer, to := w.post(p, "/key", url.Values{"passphrase": {"correct horse"}, "back": {here}}); answer.Code != http.StatusSeeOther || to != here+"?said=key-open" {
		t.Fatalf("the right one: %d, to %s: %s", answer.Code, to, answer.Body)
	}
	w.shows(p, here+"?said=key-open", "La clé est à portée.", here+"/saved")
	w.shows(p, here+"/saved", "girafes")
	w.now = w.now.Add(time.Hour)
	w.pads.Create("ag", "").Append(ada, "Les lamas\n")
	w.begins(p, "/save", url.Values{"all": {"1"}}) // which indexes, with the key at hand
	w.idle(p)
	w.shows(p, "/search?q=lamas", "<mark>lamas</mark>")
	w.shows(p, "/key", "oubliée quinze minutes après")
	if _, to := w.post(p, "/key/forget", url.Values{"back": {here}}); !strings.HasPrefix(to, "/key?back=") {
		t.Errorf("forgetting leads to %s", to)
	}
	w.shows(p, here, "Ce texte est fermé")
	other := w.page("fr") // another process
	w.shows(other, here, "Ce texte est fermé")
}

func TestBackupKeepsTheKeyThatItBeganWith(t *testing.T) {
	w := newWorld(t)
	w.sealed("correct horse")
	w.pads.Create("ag", "Les girafes\n")
	held := w.behind(`/p/ag/export`)
	w.say(automatic(), "ag")
	p := w.page("en")
	if answer, _ := w.post(p, "/key", url.Values{"passphrase": {"correct horse"}}); answer.Code != http.StatusSeeOther {
		t.Fatal(answer.Body)
	}
	w.begins(p, "/save", url.Values{"all": {"1"}})
	<-held.came
	w.post(p, "/key/forget", nil)
	close(held.open)
	w.idle(p)
	w.shows(p, "/search?q=girafes", "No key is at hand: only names were searched")
	w.post(p, "/key", url.Values{"passphrase": {"correct horse"}})
	w.shows(p, "/search?q=girafes", "<mark>girafes</mark>") // it was indexed
}

func TestAcceptedVersionIsSuspectNoMore(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", strings.Repeat("Un long texte. ", 40)+"\n")
	w.say(automatic(), "ag")
	w.backUp()
	w.now = w.now.Add(time.Hour)
	w.pads.Create("ag", "").Append(ada, "x\n")
	w.backUp()
	p := w.page("en")
	w.shows(p, "/", "please check")
	here := w.addressOf(p, "ag")
	names := regexp.MustCompile(`version=([^"&]+)`).FindAllStringSubmatch(w.shows(p, here), -1)
	for _, wrong := range []string{"", "20200101T000000Z-0123456789abcdef"} {
		if answer, _ := w.post(p, here+"/accept", url.Values{"version": {wrong}}); answer.Code == http.StatusSeeOther {
			t.Errorf("%q is accepted", wrong)
		}
	}
	if answer, to := w.post(p, here+"/accept", url.Values{"version": {names[0][1]}}); answer.Code != http.StatusSeeOther || to != here+"?said=accepted" {
		t.Fatalf("%d, to %s: %s", answer.Code, to, answer.Body)
	}
	if body := w.shows(p, here, "Versions kept"); strings.Contains(body, "state is-look") {
		t.Error("it is still suspect")
	}
	w.shows(p, "/", "Everything is safe.")
}
