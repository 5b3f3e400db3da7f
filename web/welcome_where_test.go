package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/setup"
	"golang.org/x/net/webdav"
)

// chose is somebody who chose documents, and no place yet.
func (w *world) chose(language string) *walker {
	w.Helper()
	w.browses()
	w.pads.Create("ag", "Bonjour à toutes\n")
	w.say(catalog.Change{Choice: new(catalog.Automatic)}, "ag")
	return w.walk(w.unset(language))
}

// cloud is a WebDAV server for one account, at its address.
func (w *world) cloud(user, password string) (address string) {
	w.Helper()
	files := &webdav.Handler{FileSystem: webdav.Dir(w.TempDir()), LockSystem: webdav.NewMemLS()}
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		if u, p, ok := r.BasicAuth(); !ok || u != user || p != password {
			answer.Header().Set("WWW-Authenticate", "Basic")
			http.Error(answer, "who are you", http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodPut && strings.HasPrefix(r.URL.Path, "/readable/") {
			http.Error(answer, "look only", http.StatusForbidden)
			return
		}
		if r.Method == http.MethodDelete && strings.HasPrefix(r.URL.Path, "/forever/") {
			http.Error(answer, "kept", http.StatusForbidden)
			return
		}
		files.ServeHTTP(answer, r)
	}))
	w.Cleanup(server.Close)
	return server.URL + "/"
}

func (w *world) config() string {
	w.Helper()
	text, err := os.ReadFile(w.file)
	if err != nil && !os.IsNotExist(err) {
		w.Fatal(err)
	}
	return string(text)
}

func TestPlaceIsTriedBeforeItIsTaken(t *testing.T) {
	w := newWorld(t)
	k := w.chose("en")
	const password = "correct-horse-battery"
	fields := k.visit("/welcome/3", http.StatusOK).form("/welcome/3")
	for name, value := range map[string]string{"place": setup.WebDAV, "webdav-address": w.cloud("ada", password), "webdav-user": "ada", "webdav-password": "wrong-" + password, "webdav-folder": "pads"} {
		fields.Set(name, value)
	}
	failed := k.send("/welcome/3", fields, http.StatusUnprocessableEntity).has("/welcome/3", `aria-invalid="true" aria-describedby="webdav-password-wrong`, `value="ada"`)
	if w.config() != "" {
		t.Errorf("a place that failed is in the configuration: %s", w.config())
	}
	if again := failed.form("/welcome/3"); again.Get("webdav-password") != "" || again.Get("webdav-folder") != "pads" || again.Get("place") != setup.WebDAV {
		t.Errorf("what stays of the form is %v", again)
	}
	fields.Set("webdav-password", password)
	fields.Set("webdav-folder", "readable")
	k.send("/welcome/3", fields, http.StatusUnprocessableEntity).has("/welcome/3", "Writing there failed", `aria-describedby="webdav-folder-wrong`)
	if w.config() != "" {
		t.Errorf("a place that failed is in the configuration: %s", w.config())
	}
	fields.Set("webdav-folder", "pads")
	k.send("/welcome/3", fields, http.StatusOK).has("/welcome/4", "Here is your key.")
	secret := filepath.Join(filepath.Dir(w.file), "password-127.0.0.1.txt")
	files := must(filepath.Glob(filepath.Join(filepath.Dir(w.file), "password-*")))
	if len(files) != 1 {
		t.Fatalf("%q, want %q", files, secret)
	}
	info, err := os.Stat(files[0])
	if text := string(must(os.ReadFile(files[0]))); err != nil || info.Mode().Perm() != 0o600 || strings.TrimSpace(text) != password {
		t.Errorf("%v, %v: %q", info, err, text)
	}
	if strings.Contains(w.config(), "horse") || !strings.Contains(w.config(), "webdav:") {
		t.Errorf("the configuration is %s", w.config())
	}
	k.visit("/welcome/3", http.StatusOK).has("/welcome/3", "webdav:")
	if strings.Contains(k.seen.String(), "horse") {
		t.Error("the password is in what came back")
	}
}

func TestAFolderWithOtherFilesGetsOneOfItsOwn(t *testing.T) {
	w := newWorld(t)
	k := w.chose("en")
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "letter.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	fields := k.visit("/welcome/3", http.StatusOK).form("/welcome/3")
	fields.Set("local-address", folder)
	own := filepath.Join(folder, "padsync")
	asked := k.send("/welcome/3", fields, http.StatusOK).has("/welcome/3", "There are other files here", own)
	if w.config() != "" {
		t.Error("the place was taken without an answer")
	}
	other := k.anotherBrowser()
	if strings.Contains(other.visit("/welcome/3", http.StatusOK).Text, own) {
		t.Error("another browser is asked the same")
	}
	answer := asked.form("/welcome/place/own")
	k.send("/welcome/place/leave", asked.form("/welcome/place/leave"), http.StatusOK).has("/welcome/3")
	k.send("/welcome/place/own", answer, http.StatusOK).has("/welcome/3")
	asked = k.send("/welcome/3", fields, http.StatusOK)
	k.send("/welcome/place/own", asked.form("/welcome/place/own"), http.StatusOK).has("/welcome/4", "Here is your key.")
	if !strings.Contains(w.config(), own) {
		t.Errorf("the configuration is %s", w.config())
	}
}

func TestCopiesThatAreNotClosedAreJoined(t *testing.T) {
	before := newWorld(t)
	before.pads.Create("old", "Ancien\n")
	before.say(catalog.Change{Choice: new(catalog.Automatic)}, "old")
	before.backUp()
	folder := filepath.Join(filepath.Dir(before.file), "repository")

	w := newWorld(t)
	k := w.chose("en")
	fields := k.visit("/welcome/3", http.StatusOK).form("/welcome/3")
	fields.Set("local-address", folder)
	asked := k.send("/welcome/3", fields, http.StatusOK).has("/welcome/3", "There are copies already", "They are not closed", setup.HostName())
	k.send("/welcome/place/join", asked.form("/welcome/place/join"), http.StatusOK).has("/welcome/5")
	k.ends().has("/welcome/5", "A copy was opened")
	if !strings.Contains(w.config(), "unencrypted = true") {
		t.Errorf("the configuration is %s", w.config())
	}
	k.visit("/welcome/4", http.StatusOK).has("/welcome/4", "No key is needed.")
}

func TestPlaceThatLetsNothingBeDeletedIsTakenAndSaid(t *testing.T) {
	w := newWorld(t)
	w.chose("en")
	key := must(setup.MakeKey(false, w.now))
	if err := os.MkdirAll(filepath.Dir(w.file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := key.Create(filepath.Join(filepath.Dir(w.file), "mine.txt")); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("[encryption]\nidentity-file = \"mine.txt\"\nrecipients = [%q]\n", key.Recipient)
	if err := os.WriteFile(w.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	k := w.walk(w.unset("en"))
	fields := k.visit("/welcome/3", http.StatusOK).form("/welcome/3")
	k.send("/welcome/3", fields, http.StatusOK).has("/welcome/5", "The key that padsync.toml names is used.")
	k.ends()
	fields = k.visit("/welcome/3", http.StatusOK).form("/welcome/3")
	for name, value := range map[string]string{"place": setup.WebDAV, "webdav-address": w.cloud("ada", "x"), "webdav-user": "ada", "webdav-password": "x", "webdav-folder": "forever"} {
		fields.Set(name, value)
	}
	k.send("/welcome/3", fields, http.StatusOK).has("/welcome/5", "This place lets nothing be deleted")
	k.ends()
}
