package setup_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/setup"
)

// Whatever a host answers, it gets two requests at most, no cookie, and none for a
// document.
func TestAHostIsAskedTwiceAtMost(t *testing.T) {
	const random = "aBcDeFgHiJkLmN0p"
	for name, answer := range map[string]http.HandlerFunc{
		"nothing":  http.NotFound,
		"an error": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "x", http.StatusServiceUnavailable) },
		"too many": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "x", http.StatusTooManyRequests) },
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://"+r.Host+r.URL.Path, http.StatusMovedPermanently)
		},
		"any page":  func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html><form name=x></form></html>")) },
		"no answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"an Etherpad": func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte(`{"currentVersion": "1.2.15"}`))
		},
	} {
		for kind, links := range map[string]string{"pads": "BASE/p/one BASE/p/two BASE/sub/p/three", "polls": "BASE/" + random, "Pollaris": "BASE/polls/garden", "all": "BASE/p/one BASE/polls/garden BASE/" + random} {
			t.Run(name+", "+kind, func(t *testing.T) {
				var mu sync.Mutex
				var asked []string
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					defer mu.Unlock()
					asked = append(asked, r.URL.Path)
					if r.Header.Get("Cookie") != "" {
						t.Errorf("%s with the cookie %s", r.URL, r.Header.Get("Cookie"))
					}
					if said := r.URL.String(); strings.Contains(said, random) || strings.Contains(said, "one") || strings.Contains(said, "garden") {
						t.Errorf("asked for %s", said)
					}
					w.Header().Set("Set-Cookie", "PHPSESSID=x; path=/")
					answer(w, r)
				}))
				defer server.Close()
				finds := find(t, strings.ReplaceAll(links, "BASE", server.URL))
				host := strings.TrimPrefix(server.URL, "http://")
				silent, err := finds.Ask(t.Context(), []string{setup.AllHosts})
				if err != nil || len(silent) != 1 || silent[0].Host != host || !errors.Is(silent[0].Err, setup.ErrPrivate) || len(asked) > 0 {
					t.Errorf("a private network that nobody named: %v, %v, asked for %q", silent, err, asked)
				}
				if _, err := finds.Ask(t.Context(), []string{host}); err != nil {
					t.Error(err)
				}
				for _, f := range finds.All {
					if f.Certain != (name == "an Etherpad" && f.Kind.Name == "etherpad") && !strings.Contains(f.Base, "/sub") {
						t.Errorf("%s is certain: %v", f.ID, f.Certain)
					}
				}
				mu.Lock() // nothing else orders what a connection that broke off was asked
				defer mu.Unlock()
				if len(asked) == 0 || len(asked) > 2 {
					t.Errorf("asked for %q", asked)
				}
			})
		}
	}
}

// find finds what is in a text.
func find(t *testing.T, text string) *setup.Finds {
	t.Helper()
	dir := t.TempDir()
	s := setup.Setup{Kinds: setup.AllKinds(), Getenv: func(string) string { return dir }, Tell: func(message.Message) {}}
	settings, err := s.Load(setup.Options{})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "links.txt")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	finds, err := settings.Discover(t.Context(), []string{file}, func(s discovery.Skip) { t.Errorf("skipped %v", s) })
	if err != nil {
		t.Fatal(err)
	}
	return finds
}
