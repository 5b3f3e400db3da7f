package etherpad_test

import (
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// TestIDIsSpelledAsTheServerSpellsIt, where that takes lower case only.
func TestIDIsSpelledAsTheServerSpellsIt(t *testing.T) {
	inBubble(t, etherpadtest.Options{Dialect: etherpadtest.V3, LowerCase: true}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		server.Create("bureau-été", "text\n")
		first := fetch(t, s, "Bureau-Été", "")
		if first.ID != "bureau-été" || len(first.Files) == 0 {
			t.Errorf("%+v", first)
		}
		if again := fetch(t, s, "Bureau-Été", first.Validator); !again.Unchanged || again.ID != "bureau-été" {
			t.Errorf("%+v", again)
		}
		server.Create("Old-Pad", "text\n") // from before the setting
		if old := fetch(t, s, "Old-Pad", ""); old.ID != "Old-Pad" {
			t.Errorf("%+v", old)
		}
		if _, err := s.Fetch(t.Context(), "Never-Made", ""); !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	})
}

// TestOnlyCaseIsAnotherSpelling: all other redirects are refused as before.
func TestOnlyCaseIsAnotherSpelling(t *testing.T) {
	for _, location := range []string{
		"bureaux-janvier", "bureau_janvier", "/", "https://other.example.org/p/bureau-janvier", "bureau-janvier/x", "..", "Bureau-Janvier",
		"BUREAU-janvier", // twice, and so for ever
	} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.EqualFold(r.URL.Path, "/p/bureau-janvier/export/etherpad") {
					t.Errorf("to %q: asked for %s", location, r.URL.Path)
				}
				w.Header().Set("Location", location)
				w.WriteHeader(http.StatusFound)
			}), base, etherpad.Options{})
			if _, err := s.Fetch(t.Context(), "Bureau-Janvier", ""); !errors.Is(err, sources.ErrRefused) {
				t.Errorf("to %q: %v", location, err)
			}
		})
	}
}

// TestOperatorsPadIsSpelledAsTheServerSpellsIt, though the API takes no other
// spelling.
func TestOperatorsPadIsSpelledAsTheServerSpellsIt(t *testing.T) {
	inBubble(t, etherpadtest.Options{LowerCase: true, APIKey: "key"}, etherpad.Options{Access: etherpad.Access{APIKey: "key"}}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		server.Create("bureau", "text\n")
		if v := fetch(t, s, "Bureau", ""); v.ID != "bureau" {
			t.Errorf("%+v", v)
		}
		if _, err := s.Fetch(t.Context(), "Never", ""); !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	})
}
