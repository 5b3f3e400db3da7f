package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/padsync/padsync/internal/pagetest"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/web"
)

// lived is the page of a world with most of a year behind it.
func lived(t testing.TB) *web.Page {
	t.Helper()
	t.Setenv("HOME", t.TempDir()) // whose browsers the welcome reads
	w, err := pagetest.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	if err := w.Live(context.Background()); err != nil {
		t.Fatal(err)
	}
	s, err := w.Setup.Load(setup.Options{Config: w.File})
	if err != nil {
		t.Fatal(err)
	}
	p, err := web.New(web.Options{Setup: w.Setup, Settings: s, Words: []*words.Words{must(words.In("fr", nil))}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// marker is markup that nobody may get onto a page.
const marker = `"'><x-planted>`

// FuzzRequests: whatever an address or a form says, the page answers, never by
// failing itself, and never with markup out of it.
func FuzzRequests(f *testing.F) {
	p := lived(f)
	// What begins a run, a download from somewhere or a thing on this computer has its
	// own tests: here it would be done thousands of times.
	patterns := slices.DeleteFunc(p.Patterns(), func(pattern string) bool {
		return strings.HasPrefix(pattern, "POST ") && !slices.Contains([]string{
			"POST /preferences", "POST /jobs/{id}/stop", "POST /documents/{hash}/accept", "POST /documents/{hash}/name", "POST /key/forget",
		}, pattern)
	})
	list := httptest.NewRecorder()
	p.ServeHTTP(list, httptest.NewRequest(http.MethodGet, "/documents", nil))
	links := documentLink.FindAllStringSubmatch(list.Body.String(), -1)
	if len(links) < 5 {
		f.Fatalf("%d documents", len(links))
	}
	for i := range patterns {
		for at := range min(len(links), 4) {
			f.Add(uint8(i), strings.TrimPrefix(links[at][1], "/documents/"), "rev=3&version=x&day=2026-05-01&go=day&page=2&part=look&order=name&text=a&tag=ag", "name=x&back=/documents")
		}
		f.Add(uint8(i), "..", "from=rev:1&to=version:x&form=pdf&q=-a+%22b&n=-1&said=stopped&service=%00&after=9", "%zz=&version=\xff")
		f.Add(uint8(i), "%2e%2e%2f", "rev=99999999999999999999&from=@&to=rev:-1&q="+url.QueryEscape(marker), "tag="+url.QueryEscape(marker))
	}
	f.Fuzz(func(t *testing.T, which uint8, segment, query, form string) {
		if len(segment) > 100 || len(query) > 2000 || len(form) > 2000 {
			return // a longer one shows no more
		}
		method, path, _ := strings.Cut(patterns[int(which)%len(patterns)], " ")
		path = wildcard.ReplaceAllString(strings.ReplaceAll(path, "{$}", ""), strings.ReplaceAll(url.PathEscape(segment), "$", "%24"))
		values, err := url.ParseQuery(query)
		if err != nil {
			values = url.Values{"q": {query}}
		}
		r := httptest.NewRequest(method, "/", strings.NewReader(form))
		u, err := url.Parse(path)
		if err != nil {
			return // no browser sends it
		}
		u.RawQuery = values.Encode()
		r.URL, r.RequestURI = u, u.RequestURI()
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		_ = r.ParseForm() // a guard refuses what cannot be read
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError {
			t.Errorf("%s %s: %d\n%s", method, u, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "<x-planted>") && !strings.Contains(path, "/saved") {
			t.Errorf("%s %s has markup out of its address:\n%s", method, u, w.Body)
		}
	})
}
