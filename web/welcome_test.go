package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/setup"
)

func (w *world) choices() map[string]catalog.Choice {
	w.Helper()
	c, err := w.OpenCatalog(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	defer c.Close()
	all, err := c.Documents(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	choices := make(map[string]catalog.Choice)
	for _, d := range all {
		choices[d.ID] = d.Choice
	}
	return choices
}

func TestPadsOfBrowsersAreFoundAndChosen(t *testing.T) {
	w := newWorld(t)
	now := time.Now()
	k := w.welcomed("en",
		visited{w.server + "/p/ag/timeslider", "Assemblée | Etherpad", now},
		visited{w.server + "/p/bureau", "", now},
		visited{w.server + "/p/old", "Old", now.AddDate(-3, 0, 0)},
		visited{"https://unknown.example/p/perhaps", "Perhaps", now},
		visited{"https://news.example/", "News", now},
	)
	for _, ahead := range []string{"/welcome", "/welcome/2", "/welcome/5"} {
		k.visit(ahead, http.StatusOK).has("/welcome/1", "3 documents in 1 browser", "1 more address may be one.", "Firefox")
	}
	if len(w.choices()) != 0 {
		t.Errorf("looking alone kept %v", w.choices())
	}
	first := k.visit("/welcome/1", http.StatusOK)
	second := k.send("/welcome/1", first.form("/welcome/1"), http.StatusOK).has("/welcome/2", "Assemblée", "bureau", "unknown.example")
	fields := second.form("/welcome/2")
	if n := len(fields["offered"]); n != 3 || len(fields["document"]) != 2 || len(fields["host"]) != 0 {
		t.Errorf("%d are offered, ticked are %q and %q", n, fields["document"], fields["host"])
	}
	k.visit("/welcome/3", http.StatusOK).has("/welcome/2")
	nothing := fields
	nothing = map[string][]string{"token": fields["token"], "others": {"manual"}, "offered": fields["offered"]}
	k.send("/welcome/2", nothing, http.StatusUnprocessableEntity).has("/welcome/2", "Nothing is chosen.")
	if got := w.choices(); got["ag"] != catalog.Manual || got["old"] != catalog.Manual {
		t.Errorf("choices are %v", got)
	}
	fields.Set("others", "ignored")
	k.send("/welcome/2", fields, http.StatusOK)
	if got := w.choices(); got["ag"] != catalog.Automatic || got["bureau"] != catalog.Automatic || got["old"] != catalog.Manual {
		t.Errorf("choices are %v", got)
	}
}

func TestBrowserThatIsNotWantedGivesNothing(t *testing.T) {
	w := newWorld(t)
	k := w.welcomed("fr", visited{w.server + "/p/ag/timeslider", "AG", time.Now()})
	fields := k.visit("/welcome/1", http.StatusOK).form("/welcome/1")
	fields.Del("browser")
	k.send("/welcome/1", fields, http.StatusUnprocessableEntity).has("/welcome/1", "Il n’y a encore rien à choisir.")
	if got := w.choices(); len(got) > 0 {
		t.Errorf("it kept %v", got)
	}
	again := k.visit("/welcome/1", http.StatusOK).form("/welcome/1")
	if again.Has("browser") {
		t.Error("it forgot which browsers are not wanted")
	}
}

func TestPastedAddressesAndFilesAreFound(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("pasted", "Bonjour\n")
	k := w.welcomed("en")
	fields := k.visit("/welcome/1", http.StatusOK).has("/welcome/1", "No pad was found").form("/welcome/1")
	fields.Set("addresses", "nothing of it")
	k.send("/welcome/1", fields, http.StatusUnprocessableEntity).has("/welcome/1", "There is no address", "nothing of it</textarea>", `aria-invalid="true"`)
	fields.Set("addresses", w.server+"/p/pasted")
	k.send("/welcome/1", fields, http.StatusOK).has("/welcome/2", "pasted")
	if _, kept := w.choices()["pasted"]; !kept {
		t.Error("what was pasted is not kept")
	}
	fields.Set("addresses", "")
	k.sendFile("/welcome/1", fields, "files", "list.txt", "https://mensuel.framapad.org/p/in-file\nhttps://pads.elsewhere.example/p/perhaps\n", http.StatusOK).
		has("/welcome/2", "in-file", "pads.elsewhere.example")
}

// A host that nobody ticked is asked nothing, and neither is one that was not found.
func TestServersAreAskedOnlyIfSomebodySaysSo(t *testing.T) {
	w := newWorld(t)
	w.pads.Create("ag", "Bonjour\n")
	k := w.welcomed("en", visited{w.server + "/p/ag", "AG", time.Now()}, visited{"https://mensuel.framapad.org/p/known", "Known", time.Now()})
	second := k.send("/welcome/1", k.visit("/welcome/1", http.StatusOK).form("/welcome/1"), http.StatusOK).has("/welcome/2", "Perhaps pads too")
	fields := second.form("/welcome/2")
	fields.Set("host", "127.0.0.1:1")
	k.send("/welcome/2", fields, http.StatusOK)
	if got := w.choices(); len(got) != 1 {
		t.Errorf("choices are %v", got)
	}
	fields.Set("host", strings.TrimPrefix(w.server, "http://"))
	k.send("/welcome/2", fields, http.StatusOK)
	if got := w.choices(); got["ag"] != catalog.Automatic || got["known"] != catalog.Automatic {
		t.Errorf("choices are %v", got)
	}
}

// ends looks at the last step until the backup has ended.
func (k *walker) ends() *sight {
	k.Helper()
	for began := time.Now(); ; {
		s := k.visit("/live/welcome/5", http.StatusOK)
		if !strings.Contains(s.Text, `data-live="/live/welcome/5"`) {
			return k.visit("/welcome/5", http.StatusOK)
		}
		if time.Since(began) > time.Minute {
			k.Fatalf("the backup does not end:\n%s", s.Text)
		}
	}
}

func TestFirstBackupOpensWhatItSaved(t *testing.T) {
	w := newWorld(t)
	k := w.placed("fr", "[encryption]\nidentity-file = \"mine.txt\"\n")
	key := must(setup.MakeKey(false, w.now))
	if err := key.Create(filepath.Join(filepath.Dir(w.file), "mine.txt")); err != nil {
		t.Fatal(err)
	}
	text := must(os.ReadFile(w.file))
	if err := os.WriteFile(w.file, append(text, []byte(fmt.Sprintf("recipients = [%q]\n", key.Recipient))...), 0o600); err != nil {
		t.Fatal(err)
	}
	before := k.visit("/welcome/5", http.StatusOK).has("/welcome/5", "La première sauvegarde")
	k.send("/welcome/5", before.form("/welcome/5"), http.StatusOK).has("/welcome/5")
	k.ends().has("/welcome/5", "Une copie a été ouverte", "Bonjour à toutes", "Chaque nuit")
	// A reload begins nothing, and another program shows what was saved before.
	again := w.walk(w.unset("fr"))
	again.visit("/welcome/5", http.StatusOK).has("/welcome/5", "Vos copies sont faites.", "Bonjour à toutes")
	if err := os.WriteFile(filepath.Join(filepath.Dir(w.file), "mine.txt"), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.walk(w.unset("fr")).visit("/welcome/5", http.StatusOK).has("/welcome/5", "aucune clé n’est à portée")
}

// spaced is a text in words of four.
func spaced(text string) string {
	if len(text) <= 4 {
		return text
	}
	return text[:4] + " " + spaced(text[4:])
}

// TestWelcomeLeadsToASealedBackup walks all of it: from a history to copies that the
// saved key alone opens, on another computer too.
func TestWelcomeLeadsToASealedBackup(t *testing.T) {
	w := newWorld(t)
	ag := w.pads.Create("ag", "Bonjour à toutes\n")
	w.pads.Create("bureau", "Du jour\n")
	k := w.welcomed("fr", visited{w.server + "/p/ag/timeslider", "AG", time.Now()}, visited{w.server + "/p/bureau", "Bureau", time.Now()})
	k.seen.Reset()
	at := k.visit("/welcome", http.StatusOK).has("/welcome/1")
	at = k.send("/welcome/1", at.form("/welcome/1"), http.StatusOK).has("/welcome/2")
	at = k.send("/welcome/2", at.form("/welcome/2"), http.StatusOK).has("/welcome/3", "Cet ordinateur")
	here := at.form("/welcome/3")
	if here.Get("place") != setup.Local || !filepath.IsAbs(here.Get("local-address")) {
		t.Fatalf("by itself, copies are kept in %v", here)
	}
	at = k.send("/welcome/3", here, http.StatusOK).has("/welcome/4", "Voici votre clé.")
	secret := secretText.FindString(at.Text)
	file := k.send("/welcome/4/file", at.form("/welcome/4/file"), http.StatusOK).Text
	k.seen.Reset()
	_ = k.sendFile("/welcome/4", at.form("/welcome/4"), "file", "cle.txt", file, http.StatusOK).has("/welcome/5")
	k.ends().has("/welcome/5", "Une copie a été ouverte", "<blockquote")
	if k.clicks != 5 {
		t.Errorf("it took %d clicks", k.clicks)
	}
	k.lacks(secret)
	k.visit("/welcome/3", http.StatusOK).has("/welcome/3", here.Get("local-address"))
	k.visit("/", http.StatusOK).has("/", "Tout est à l’abri.")

	packs := must(filepath.Glob(filepath.Join(here.Get("local-address"), "packs", "*")))
	if len(packs) == 0 {
		t.Errorf("there are no packs: %q", must(filepath.Glob(filepath.Join(here.Get("local-address"), "*"))))
	}
	for _, pack := range packs {
		f := must(os.Open(pack))
		if _, err := age.Decrypt(f, must(age.ParseIdentities(strings.NewReader(file)))...); err != nil {
			t.Errorf("age does not open what is saved: %v", err)
		}
		f.Close()
	}

	other := newWorld(t)
	other.browses()
	c := other.walk(other.unset("fr"))
	door := c.visit("/welcome/copies", http.StatusOK).has("/welcome/copies", "Où sont vos copies")
	fields := door.form("/welcome/copies")
	if fields.Has("place") {
		t.Error("a place is ticked by itself")
	}
	c.send("/welcome/copies", fields, http.StatusUnprocessableEntity).has("/welcome/copies", "Aucun endroit n’est choisi.")
	fields.Set("place", setup.Local)
	c.send("/welcome/copies", fields, http.StatusUnprocessableEntity).has("/welcome/copies", "Il n’y a pas de copies de padsync ici")
	fields.Set("local-address", here.Get("local-address"))
	asked := c.send("/welcome/copies", fields, http.StatusOK).has("/welcome/copies", "Il y a déjà des copies", "Donnez leur clé")
	join := asked.form("/welcome/place/join")
	for text, wrong := range map[string]string{
		"": "Donnez le fichier", "nonsense": "Ce n’est pas une clé.", must(crypto.Generate(false)).String(): "Cette clé n’ouvre pas ces copies.",
	} {
		join.Set("key", text)
		c.send("/welcome/place/join", join, http.StatusUnprocessableEntity).has("/welcome/place/join", wrong)
	}
	if _, err := os.Stat(other.file); err == nil {
		t.Error("a wrong key changed the configuration")
	}
	join.Set("key", strings.ToLower("AGE-SECRET-KEY-1 "+spaced(strings.TrimPrefix(secret, "AGE-SECRET-KEY-1"))))
	c.send("/welcome/place/join", join, http.StatusOK).has("/", "2 documents sont de retour.")
	c.lacks(secret)
	if got := other.choices(); got["ag"] != catalog.Automatic || got["bureau"] != catalog.Automatic {
		t.Errorf("the choices are %v", got)
	}
	if info, err := os.Stat(filepath.Join(filepath.Dir(other.file), "key.txt")); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	third := newWorld(t) // by a file with another key before it
	third.browses()
	x := third.walk(third.unset("en"))
	asked = x.send("/welcome/copies", url.Values{"token": x.visit("/welcome/copies", http.StatusOK).form("/welcome/copies")["token"], "place": {setup.Local}, "local-address": fields["local-address"]}, http.StatusOK)
	x.sendFile("/welcome/place/join", asked.form("/welcome/place/join"), "file", "key.txt", must(crypto.Generate(false)).String()+"\n"+file, http.StatusOK).has("/", "2 documents are back.")

	// It goes on with them: its own backup reads what the first one wrote.
	w.now = w.now.Add(time.Hour)
	ag.Append(ada, "Plus\n")
	c.send("/welcome/5", c.visit("/welcome/4", http.StatusOK).form("/welcome/5"), http.StatusOK).has("/welcome/5")
	c.ends().has("/welcome/5", "Une copie a été ouverte", "Plus")
}
