package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/internal/words"
)

func speaking(t *testing.T, languages ...string) *Page {
	t.Helper()
	var all []*words.Words
	for _, name := range languages {
		said, err := words.In(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, said)
	}
	p, err := New(Options{Words: all})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func ask(t *testing.T, p *Page, method, address string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if err := r.ParseForm(); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

func TestJobOutlivesItsPageAndCanBeStopped(t *testing.T) {
	p := speaking(t, "en")
	page, gone := context.WithCancel(t.Context())
	at := make(chan struct{})
	j := p.jobs.begin(page, "web-search", func(ctx context.Context, j *job) error {
		j.update(func(p *progress) { p.Done, p.All, p.Lines = 3, 40, []string{"<b>one</b>"} })
		close(at)
		<-ctx.Done()
		return ctx.Err()
	})
	<-at
	gone()
	for _, address := range []string{"/jobs/" + j.ID, "/live/jobs/" + j.ID} {
		body := ask(t, p, http.MethodGet, address, nil).Body.String()
		for _, text := range []string{"3 of 40", `data-live="/live/jobs/` + j.ID, "&lt;b&gt;one"} {
			if !strings.Contains(body, text) {
				t.Errorf("%s has no %q:\n%s", address, text, body)
			}
		}
	}
	if !p.Busy() {
		t.Error("the job ended with its page")
	}
	if w := ask(t, p, http.MethodPost, "/jobs/"+j.ID+"/stop", nil); w.Code != http.StatusSeeOther {
		t.Errorf("stop: %d", w.Code)
	}
	<-j.ended
	if body := ask(t, p, http.MethodGet, "/jobs/"+j.ID, nil).Body.String(); !strings.Contains(body, "It was stopped") || strings.Contains(body, `data-live="/live/jobs`) || p.Busy() {
		t.Errorf("a stopped job: %s", body)
	}
	if w := ask(t, p, http.MethodGet, "/jobs/none", nil); w.Code != http.StatusNotFound {
		t.Errorf("an unknown job: %d", w.Code)
	}
}

func TestClosedPageEndsItsJobs(t *testing.T) {
	p := speaking(t, "en")
	j := p.jobs.begin(t.Context(), "web-search", func(ctx context.Context, _ *job) error { <-ctx.Done(); return ctx.Err() })
	p.Close()
	late := p.jobs.begin(t.Context(), "web-search", func(ctx context.Context, _ *job) error { <-ctx.Done(); return ctx.Err() })
	<-j.ended
	<-late.ended
}

func TestEndedJobsAreForgottenAndRunningOnesAreNot(t *testing.T) {
	all := newJobs(time.Now)
	first := all.begin(t.Context(), "web-search", func(ctx context.Context, _ *job) error { <-ctx.Done(); return nil })
	for range 3 * mostJobs {
		<-all.begin(t.Context(), "web-search", func(context.Context, *job) error { return nil }).ended
	}
	if all.of(first.ID) == nil || len(all.all) > mostJobs+1 {
		t.Errorf("%d jobs are kept, the running one: %v", len(all.all), all.of(first.ID) != nil)
	}
	all.close()
}

func TestPageSpeaksTheLanguageThatItsReaderChose(t *testing.T) {
	p := speaking(t, "en", "fr")
	for _, c := range []struct{ cookie, accept, want string }{
		{"", "", "en"}, {"", "fr-CA,en;q=0.5", "fr"}, {"", "de", "en"}, {"fr", "en", "fr"}, {"en", "fr", "en"}, {"<x>", "fr", "fr"},
	} {
		body := ask(t, p, http.MethodGet, "/nowhere", nil, "Accept-Language", c.accept, "Cookie", languageCookie+"="+c.cookie).Body.String()
		if !strings.Contains(body, `<html lang="`+c.want+`">`) {
			t.Errorf("%+v: %.60s", c, body)
		}
	}
	if body := ask(t, p, http.MethodGet, "/nowhere", nil, "Cookie", themeCookie+"=dark").Body.String(); !strings.Contains(body, `data-theme="dark"`) {
		t.Error("the theme is forgotten")
	}
}

func TestPreferencesLeadBackToAPageOfOurs(t *testing.T) {
	p := speaking(t, "en", "fr")
	for to, want := range map[string]string{
		"/documents?part=look": "/documents?part=look", "": "/", "//evil.example/": "/", "https://evil.example/": "/", `/\evil.example`: "/", "/%5cevil": "/", "javascript:alert(1)": "/",
	} {
		w := ask(t, p, http.MethodPost, "/preferences", url.Values{"language": {"fr"}, "back": {to}})
		if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != want {
			t.Errorf("%s: %d, %s", to, w.Code, got)
		}
		if c := w.Header().Get("Set-Cookie"); !strings.Contains(c, "padsync-language=fr") {
			t.Errorf("cookie %s", c)
		}
	}
}

func TestAnAddressCanSayOnlyWhatThePageSays(t *testing.T) {
	p := speaking(t, "en")
	for address, want := range map[string]bool{"/nowhere?said=stopped": true, "/nowhere?said=job-done": false, "/nowhere?said=%3Cb%3E": false} {
		if got := strings.Contains(ask(t, p, http.MethodGet, address, nil).Body.String(), `is-safe" role="status"`); got != want {
			t.Errorf("%s is said: %v", address, got)
		}
	}
}

func TestVendoredScriptIsTheOneThatIsNoted(t *testing.T) {
	script, err := os.ReadFile("static/js/htmx.js")
	if err != nil {
		t.Fatal(err)
	}
	note, err := os.ReadFile("static/js/README.md")
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(script); !strings.Contains(string(note), hex.EncodeToString(sum[:])) {
		t.Errorf("htmx.js is %x", sum)
	}
}
