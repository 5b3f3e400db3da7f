package etherpad_test

import (
	"errors"
	"io/fs"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// TestFrontPageTellsWhetherTheServerIsThere, and whatever else is there is in
// doubt.
func TestFrontPageTellsWhetherTheServerIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		faults := &sourcetest.Faults{Handler: etherpadtest.New(etherpadtest.Options{})}
		s := open(t, faults, base, etherpad.Options{})
		if err := s.Front(t.Context()); err != nil {
			t.Error(err)
		}
		for _, fault := range []sourcetest.Fault{
			sourcetest.Elsewhere, sourcetest.Challenge, sourcetest.Maintenance, sourcetest.Login, sourcetest.Refused, sourcetest.Absent, sourcetest.ErrorPage,
		} {
			faults.Set(fault)
			if err := s.Front(t.Context()); !errors.Is(err, sources.ErrServer) || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", fault, err)
			}
		}
	})
}

// TestRedirectIsNamedByItsHost, and by nothing else of its address.
func TestRedirectIsNamedByItsHost(t *testing.T) {
	for location, want := range map[string]sources.Barrier{
		"https://new.example.org:8443/p/secret-pad/export/etherpad": {Kind: sources.Elsewhere, Host: "new.example.org:8443"},
		"https://user:word@NEW.example.org/":                        {Kind: sources.Elsewhere, Host: "new.example.org"},
		"https://bad host\x1b[31m.example.org/":                     {},
		"https://sso.example.org/realms/ag/auth?next=secret-pad":    {Kind: sources.Login, Host: "sso.example.org"},
		"/login?next=secret-pad":                                    {Kind: sources.Login},
		"/maintenance.html":                                         {Kind: sources.Maintenance},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", location)
				w.WriteHeader(http.StatusFound)
			}), base, etherpad.Options{})
			_, err := s.Fetch(t.Context(), "secret-pad", "")
			barrier, ok := errors.AsType[*sources.Barrier](err)
			if ok != (want.Kind != "") || ok && *barrier != want {
				t.Errorf("to %q: %v, want %+v", location, err, want)
			}
		})
	}
}

// TestPadNamedAsAFaultIsOnlyGone: what a page repeats of the address tells
// nothing of the server.
func TestPadNamedAsAFaultIsOnlyGone(t *testing.T) {
	inBubble(t, etherpadtest.Options{}, etherpad.Options{}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		for _, id := range []string{"maintenance", "login", "<title>maintenance"} {
			if _, err := s.Fetch(t.Context(), id, ""); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", id, err)
			}
		}
	})
}
