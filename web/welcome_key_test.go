package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/crypto"
)

// placed is somebody who chose documents and a place.
func (w *world) placed(language, more string) *walker {
	w.Helper()
	w.browses()
	w.pads.Create("ag", "Bonjour à toutes\n")
	w.say(catalog.Change{Choice: new(catalog.Automatic)}, "ag")
	text := fmt.Sprintf("# mine\n[[repository]]\naddress = %q\n%s", filepath.Join(w.TempDir(), "copies"), more)
	file := w.ConfigFile("")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
	return w.walk(w.unset(language))
}

var (
	secretText = regexp.MustCompile(`AGE-SECRET-KEY-1[0-9A-Z]{58}`)
	wordItem   = regexp.MustCompile(`<li>([0-9A-Z]{2,4})</li>`)
	wordField  = regexp.MustCompile(`<label for="(word[12])">\D*(\d+)</label>`)
)

// proof fills in the words that a page asks for, of a key.
func (s *sight) proof(secret string) map[string]string {
	s.Helper()
	data := strings.TrimPrefix(secret, "AGE-SECRET-KEY-1")
	all := make(map[string]string)
	for _, m := range wordField.FindAllStringSubmatch(s.Text, -1) {
		n := 0
		if _, err := fmt.Sscan(m[2], &n); err != nil || n < 1 || n > 14 {
			s.Fatalf("word %s is asked for", m[2])
		}
		all[m[1]] = data[4*(n-1) : 4*n]
	}
	if len(all) != 2 {
		s.Fatalf("%d words are asked for:\n%s", len(all), s.Text)
	}
	return all
}

// lacks checks that nothing of a key is in what came back.
func (k *walker) lacks(secret string) {
	k.Helper()
	text := k.seen.String()
	if secret == "" || strings.Contains(text, secret) {
		k.Error("the secret is in what came back")
	}
	data := strings.TrimPrefix(secret, "AGE-SECRET-KEY-1")
	for i := 0; i+4 <= len(data); i += 4 {
		if strings.Contains(text, data[i:i+4]) && strings.Contains(text, ">"+data[i:i+4]+"<") {
			k.Errorf("its word %d is in what came back", i/4+1)
		}
	}
}

func TestKeyIsShownUntilSomebodyTriesTheProof(t *testing.T) {
	w := newWorld(t)
	k := w.placed("en", "")
	first := k.visit("/welcome/4", http.StatusOK).has("/welcome/4", "A key for your copies")
	if secretText.MatchString(first.Text) {
		t.Error("looking at the page made a key")
	}
	k.visit("/welcome/5", http.StatusOK).has("/welcome/4")
	shown := k.send("/welcome/4/key", first.form("/welcome/4/key"), http.StatusOK).has("/welcome/4", "Here is your key.", "print-only")
	secret := secretText.FindString(shown.Text)
	if words := wordItem.FindAllString(shown.Text, -1); secret == "" || len(words) != 15 || shown.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d words, %v", len(words), shown.Header)
	}
	again := k.send("/welcome/4/key", first.form("/welcome/4/key"), http.StatusOK)
	if secretText.FindString(again.Text) != secret || secretText.FindString(k.visit("/welcome/4", http.StatusOK).Text) != secret {
		t.Error("pressing twice, or a reload, made another key")
	}
	file := k.send("/welcome/4/file", shown.form("/welcome/4/file"), http.StatusOK)
	if d := file.Header.Get("Content-Disposition"); !strings.HasPrefix(file.Text, "# created: ") || !strings.Contains(file.Text, "# public key: age1") || !strings.Contains(file.Text, secret+"\n") || d != `attachment; filename="key.txt"` {
		t.Errorf("%s: %q", d, file.Text)
	}
	if _, err := crypto.ParseIdentities(strings.NewReader(file.Text), crypto.Prompt{}); err != nil {
		t.Error(err)
	}

	fields := shown.form("/welcome/4")
	k.send("/welcome/4", fields, http.StatusUnprocessableEntity).has("/welcome/4", "Copy both words", "Here is your key.")
	k.seen.Reset()
	right := shown.proof(secret)
	fields.Set("word1", right["word1"])
	fields.Set("word2", "ABCD")
	wrong := k.send("/welcome/4", fields, http.StatusUnprocessableEntity).has("/welcome/4", "This is not word ", "Your key was shown.")
	if n := strings.Count(wrong.Text, "This is not word "); n != 1 {
		t.Errorf("%d words are wrong", n)
	}
	k.visit("/welcome/4", http.StatusOK).has("/welcome/4", "Your key was shown.")
	k.send("/welcome/4/file", shown.form("/welcome/4/file"), http.StatusOK).has("/welcome/4")
	k.lacks(secret)

	other := k.send("/welcome/4/key", wrong.form("/welcome/4/key"), http.StatusOK).has("/welcome/4", "Here is your key.")
	if next := secretText.FindString(other.Text); next == "" || next == secret {
		t.Errorf("beginning again gives the same key")
	} else if got := secretText.FindString(k.send("/welcome/4/key", wrong.form("/welcome/4/key"), http.StatusOK).Text); got != next {
		t.Error("an old form made another key")
	}
}

func TestKeyIsKeptUnderItsPassphrase(t *testing.T) {
	w := newWorld(t)
	k := w.placed("fr", "")
	k.send("/welcome/4/key", k.visit("/welcome/4", http.StatusOK).form("/welcome/4/key"), http.StatusOK)
	shown := k.visit("/welcome/4", http.StatusOK).has("/welcome/4", "Voici votre clé.", "Enregistrer cle.txt")
	secret := secretText.FindString(shown.Text)
	fields := shown.form("/welcome/4")
	for field, word := range shown.proof(secret) {
		fields.Set(field, " "+strings.ToLower(word[:2])+" "+word[2:])
	}
	const passphrase = "trois petits chats"
	if err := os.WriteFile(filepath.Join(filepath.Dir(w.file), "key.age"), []byte("of before"), 0o600); err != nil {
		t.Fatal(err)
	}
	fields.Set("passphrase", passphrase)
	k.seen.Reset()
	differ := k.send("/welcome/4", fields, http.StatusUnprocessableEntity).has("/welcome/4", "Les deux diffèrent.", "Vous avez la clé.")
	fields = differ.form("/welcome/4")
	fields.Set("passphrase", passphrase)
	fields.Set("again", passphrase)
	k.send("/welcome/4", fields, http.StatusOK)
	k.lacks(secret)
	if strings.Contains(k.seen.String(), "petits") {
		t.Error("the passphrase is in what came back")
	}

	if before, err := os.ReadFile(filepath.Join(filepath.Dir(w.file), "key.age")); err != nil || string(before) != "of before" {
		t.Errorf("the key of before is %q, %v", before, err)
	}
	file := filepath.Join(filepath.Dir(w.file), "key-2.age")
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info, err)
	}
	kept, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	ids, err := crypto.ParseIdentities(kept, crypto.Prompt{Passphrase: func() (string, error) { return passphrase, nil }})
	if err != nil || len(ids) != 1 || fmt.Sprint(ids[0]) != secret {
		t.Errorf("%d identities, %v", len(ids), err)
	}
	text, err := os.ReadFile(w.file)
	if err != nil || !strings.HasPrefix(string(text), "# mine\n") || !strings.Contains(string(text), `identity-file = "key-2.age"`) || !strings.Contains(string(text), "recipients = [\"age1") {
		t.Errorf("%v: %s", err, text)
	}
	for _, name := range w.files() {
		text, err := os.ReadFile(name)
		if err != nil || strings.Contains(string(text), secret) || strings.Contains(string(text), passphrase) {
			t.Errorf("%s has the secret, or %v", name, err)
		}
	}
}

// files are those of this person's computer, the browsers' left out.
func (w *world) files() (all []string) {
	w.Helper()
	for _, variable := range []string{"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"} {
		err := filepath.WalkDir(w.Getenv(variable), func(path string, d os.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				all = append(all, path)
			}
			return nil
		})
		if err != nil {
			w.Fatal(err)
		}
	}
	return all
}

func TestKeyIsProvedByItsFile(t *testing.T) {
	w := newWorld(t)
	k := w.placed("en", "")
	k.send("/welcome/4/key", k.visit("/welcome/4", http.StatusOK).form("/welcome/4/key"), http.StatusOK)
	shown := k.visit("/welcome/4", http.StatusOK)
	file := k.send("/welcome/4/file", shown.form("/welcome/4/file"), http.StatusOK).Text
	other := must(crypto.Generate(false)).(fmt.Stringer).String() + "\n"
	for _, wrong := range []string{other, "nonsense", strings.Repeat("x", 100<<10)} {
		k.sendFile("/welcome/4", shown.form("/welcome/4"), "file", "key.txt", wrong, http.StatusUnprocessableEntity).
			has("/welcome/4", "This file does not open what is closed with the key.", "Your key was shown.")
	}
	k.sendFile("/welcome/4", shown.form("/welcome/4"), "file", "key.txt", file, http.StatusOK)
	kept, err := os.ReadFile(filepath.Join(filepath.Dir(w.file), "key.txt"))
	if err != nil || string(kept) != file {
		t.Errorf("%v: what was saved and what is kept differ", err)
	}
	k.send("/welcome/4/key", shown.form("/welcome/4/key"), http.StatusOK).has("/welcome/4", "You have a key already.")
	// An old form of another window changes nothing.
	k.sendFile("/welcome/4", shown.form("/welcome/4"), "file", "key.txt", file, http.StatusOK)
	if again, err := filepath.Glob(filepath.Join(filepath.Dir(w.file), "key*")); err != nil || len(again) != 1 {
		t.Errorf("%q, %v", again, err)
	}
}

// A key is of the session that made it.
func TestKeyIsNotShownToAnotherBrowser(t *testing.T) {
	w := newWorld(t)
	k := w.placed("en", "")
	k.send("/welcome/4/key", k.visit("/welcome/4", http.StatusOK).form("/welcome/4/key"), http.StatusOK)
	mine := k.visit("/welcome/4", http.StatusOK)
	file := k.send("/welcome/4/file", mine.form("/welcome/4/file"), http.StatusOK).Text
	other := k.anotherBrowser()
	if shown := other.visit("/welcome/4", http.StatusOK).has("/welcome/4", "A key for your copies"); secretText.MatchString(shown.Text) {
		t.Error("another browser sees the key")
	}
	fields := url.Values{"token": other.visit("/welcome/4", http.StatusOK).form("/welcome/4/key")["token"]}
	other.send("/welcome/4/file", fields, http.StatusOK).has("/welcome/4", "A key for your copies")
	other.sendFile("/welcome/4", fields, "file", "key.txt", file, http.StatusOK).has("/welcome/4", "A key for your copies")
}

func TestKeyThatIsThereIsUsed(t *testing.T) {
	w := newWorld(t)
	k := w.placed("en", "[encryption]\nidentity-file = \"mine.txt\"\n")
	k.visit("/welcome/4", http.StatusOK).has("/welcome/4", "You have a key already.", "mine.txt")
	k.send("/welcome/4/key", k.visit("/welcome/4", http.StatusOK).form("/welcome/5"), http.StatusOK).has("/welcome/4", "You have a key already.")
}
