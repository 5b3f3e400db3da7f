package web_test

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/padsync/padsync/internal/pagetest"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/words"
	"github.com/padsync/padsync/web"
	"github.com/padsync/padsync/web/access"
)

// A walker is somebody with a browser, before a page that a guard keeps.
type walker struct {
	*world
	client *http.Client
	guard  *access.Guard
	base   string
	seen   strings.Builder // all that came back, headers too
	clicks int
}

// walk opens the page by its link.
func (w *world) walk(p *web.Page) *walker {
	w.Helper()
	var listening net.ListenConfig
	listener, err := listening.Listen(w.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	guard := access.New(access.Options{Port: listener.Addr().(*net.TCPAddr).Port, Refuse: func(http.ResponseWriter, *http.Request, access.Refusal, string) {}})
	server := httptest.NewUnstartedServer(guard.Handler(p))
	server.Listener.Close()
	server.Listener, server.Config.ConnContext = listener, guard.ServeConn
	server.Start()
	w.Cleanup(func() { p.Close(); server.Close() })
	return (&walker{world: w, guard: guard, base: server.URL}).anotherBrowser()
}

// anotherBrowser opens the same page by a link of its own.
func (k *walker) anotherBrowser() *walker {
	k.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		k.Fatal(err)
	}
	other := &walker{world: k.world, guard: k.guard, base: k.base, client: &http.Client{Jar: jar}}
	other.visit(k.guard.Link().Path, http.StatusOK)
	return other
}

// A sight is what a browser shows.
type sight struct {
	*walker
	Path   string // after redirects
	Text   string
	Header http.Header
}

func (k *walker) do(r *http.Request, want int) *sight {
	k.Helper()
	answer, err := k.client.Do(r)
	if err != nil {
		k.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != want {
		k.Fatalf("%s %s: %s, %v:\n%s", r.Method, r.URL.Path, answer.Status, err, text)
	}
	fmt.Fprintf(&k.seen, "%s\n%v\n%s\n", answer.Request.URL, answer.Header, text)
	return &sight{k, answer.Request.URL.Path, string(text), answer.Header}
}

// visit follows an address.
func (k *walker) visit(path string, want int) *sight {
	k.Helper()
	r, err := http.NewRequestWithContext(k.Context(), http.MethodGet, k.base+path, nil)
	if err != nil {
		k.Fatal(err)
	}
	return k.do(r, want)
}

// has checks that texts are shown.
func (s *sight) has(path string, texts ...string) *sight {
	s.Helper()
	if s.Path != path {
		s.Fatalf("it is at %s, not at %s:\n%s", s.Path, path, s.Text)
	}
	for _, text := range texts {
		if !strings.Contains(s.Text, text) {
			s.Errorf("%s does not have %q:\n%s", s.Path, text, s.Text)
		}
	}
	return s
}

var (
	formOf  = regexp.MustCompile(`(?s)<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>`)
	inputOf = regexp.MustCompile(`<input([^>]*)>`)
	valueOf = regexp.MustCompile(`\b([a-z]+)="([^"]*)"`)
)

// form is what a browser sends of the form with this action if nobody touches it.
func (s *sight) form(action string) url.Values {
	s.Helper()
	for _, m := range formOf.FindAllStringSubmatch(s.Text, -1) {
		if m[1] != action {
			continue
		}
		fields := url.Values{}
		for _, input := range inputOf.FindAllStringSubmatch(m[2], -1) {
			has := map[string]string{}
			for _, v := range valueOf.FindAllStringSubmatch(input[1], -1) {
				has[v[1]] = unescape(v[2])
			}
			switch ticked := strings.HasSuffix(input[1], " checked"); has["type"] {
			case "checkbox", "radio":
				if ticked {
					fields.Add(has["name"], has["value"])
				}
			case "file", "submit":
			default:
				fields.Add(has["name"], has["value"])
			}
		}
		return fields
	}
	s.Fatalf("%s has no form for %s:\n%s", s.Path, action, s.Text)
	return nil
}

func unescape(s string) string {
	return strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&#43;", "+", "&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

// send presses the button of a form.
func (k *walker) send(action string, fields url.Values, want int) *sight {
	k.Helper()
	r, err := http.NewRequestWithContext(k.Context(), http.MethodPost, k.base+action, strings.NewReader(fields.Encode()))
	if err != nil {
		k.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	k.clicks++
	return k.do(r, want)
}

// sendFile presses the button of a form with a file.
func (k *walker) sendFile(action string, fields url.Values, field, name, text string, want int) *sight {
	k.Helper()
	var body strings.Builder
	parts := multipart.NewWriter(&body)
	var errs []error
	for key, values := range fields {
		for _, value := range values {
			errs = append(errs, parts.WriteField(key, value))
		}
	}
	file, err := parts.CreateFormFile(field, name)
	if err != nil {
		k.Fatal(err)
	}
	_, err = io.WriteString(file, text)
	if err := errors.Join(append(errs, err, parts.Close())...); err != nil {
		k.Fatal(err)
	}
	r, err := http.NewRequestWithContext(k.Context(), http.MethodPost, k.base+action, strings.NewReader(body.String()))
	if err != nil {
		k.Fatal(err)
	}
	r.Header.Set("Content-Type", parts.FormDataContentType())
	k.clicks++
	return k.do(r, want)
}

// A visited page is one of a history.
type visited struct {
	address, title string
	last           time.Time
}

// browses makes a profile of Firefox with a history, in a home folder of its own,
// and a computer on which nothing is set up.
func (w *world) browses(pages ...visited) {
	w.Helper()
	home := w.TempDir()
	w.Setenv("HOME", home)
	if err := os.Remove(w.file); err != nil {
		w.Fatal(err)
	}
	var history []pagetest.Visited
	for _, one := range pages {
		history = append(history, pagetest.Visited{Address: one.address, Title: one.title, Last: one.last})
	}
	if err := pagetest.Firefox(home, history...); err != nil {
		w.Fatal(err)
	}
}

func (w *world) welcomed(language string, pages ...visited) *walker {
	w.Helper()
	w.browses(pages...)
	return w.walk(w.unset(language))
}

// unset is the page of a computer on which nothing is set up.
func (w *world) unset(language string) *web.Page {
	w.Helper()
	w.file = w.ConfigFile("")
	s, err := w.Load(setup.Options{})
	if err != nil {
		w.Fatal(err)
	}
	p, err := web.New(web.Options{Setup: w.Setup, Settings: s, Words: []*words.Words{must(words.In(language, nil))}})
	if err != nil {
		w.Fatal(err)
	}
	return p
}
