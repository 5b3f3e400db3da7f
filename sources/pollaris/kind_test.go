package pollaris_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/kinds"
	"github.com/padsync/padsync/sources/pollaris"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
	"github.com/padsync/padsync/sources/sourcetest/pollaristest"
)

func TestServersAreToldByOneRequestThatOpensNoPoll(t *testing.T) {
	page := func(status int, text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(status)
			io.WriteString(w, text)
		})
	}
	framadate := framadatetest.New(framadatetest.Options{Prefix: "/sub"})
	running := func(d pollaristest.Dialect) http.Handler {
		return pollaristest.New(pollaristest.Options{Prefix: "/sub", Dialect: d, Unasked: func(request string) { t.Errorf("unasked: %s", request) }})
	}
	for name, c := range map[string]struct {
		server  http.Handler
		is, not bool
	}{
		"pollaris":  {server: running(pollaristest.V12), is: true},
		"older":     {server: running(pollaristest.V11), is: true},
		"radios":    {server: page(200, `<turbo-frame><form name="preferences"><input type="radio" name="preferences[locale]" value="fr_FR"></form></turbo-frame>`), is: true},
		"framadate": {server: framadate, not: true},
		"nothing":   {server: http.NotFoundHandler(), not: true},
		"a page":    {server: page(200, "<html><body><form name=preferences></form></html>"), not: true},
		"a login":   {server: page(200, "<html><title>Log in</title><input type=password></html>"), not: true},
		"refusal":   {server: page(403, "<html><center>nginx</center></html>"), not: true},
		"elsewhere": {server: http.RedirectHandler("https://elsewhere.example.org/", http.StatusFound), not: true},
		"password":  {server: page(401, ""), not: true},
		"challenge": {server: page(200, `<html><script src="/cdn-cgi/challenge-platform/x"></script></html>`)},
		"in order":  {server: page(503, "<html><title>Maintenance</title></html>")},
	} {
		synctest.Test(t, func(t *testing.T) {
			transport, stop := sourcetest.Serve(requests.Watch(c.server, func(request string) { t.Errorf("not in docs/requests.md: %s", request) }))
			t.Cleanup(stop)
			client := polite.New(polite.Options{Transport: transport, Tries: 1})
			is, err := pollaris.Kind().Probe(t.Context(), base, "", kinds.Opening{Client: client, Pool: new(spool.Pool)})
			if is != c.is || (err == nil) != (c.is || c.not) || client.Requests() != 1 {
				t.Errorf("%s: %t, %v after %d requests", name, is, err, client.Requests())
			}
		})
	}
}

func TestFrontIsKnown(t *testing.T) {
	inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
		s, _ := open(t, server)
		if err := s.Front(t.Context()); err != nil {
			t.Error(err)
		}
		s, _ = open(t, http.NotFoundHandler())
		if err := s.Front(t.Context()); !errors.Is(err, sources.ErrServer) {
			t.Error(err)
		}
	})
}

// TestLanguageChangesNothing of what is read: without English words, the table has
// the days.
func TestLanguageChangesNothing(t *testing.T) {
	for _, language := range []string{"fr", "de", "uk"} {
		synctest.Test(t, func(t *testing.T) {
			server := pollaristest.New(pollaristest.Options{Prefix: "/sub", Unasked: func(request string) {
				if !strings.HasPrefix(request, "GET /sub/polls/"+id) { // that would be asked in any language
					t.Errorf("unasked: %s", request)
				}
			}})
			server.Put(garden())
			s, _ := open(t, server)
			want, _ := decode(t, fetch(t, s, id, ""))
			s, _ = open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Header.Set("Accept-Language", language)
				server.ServeHTTP(w, r)
			}))
			v := fetch(t, s, id, "")
			got, _ := decode(t, v)
			if d := cmp.Diff(want, got); d != "" || v.Suspect != "" {
				t.Errorf("%s: %s, %s", language, v.Suspect, d)
			}
		})
	}
}
