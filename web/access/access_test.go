package access_test

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/web/access"
)

// page is what a guard stands before, on a port of loopback.
type page struct {
	guard   *access.Guard
	base    string
	port    int
	handler http.Handler
	now     time.Time
	reached int // times that a request got through
	token   string
}

// newPage serves a page whose options change may set. Its connections are of
// nobody's but this user's.
func newPage(t *testing.T, change func(*access.Options)) *page {
	t.Helper()
	p := &page{now: time.Now()}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.handler.ServeHTTP(w, r) }))
	p.port = server.Listener.Addr().(*net.TCPAddr).Port
	o := access.Options{
		Port: p.port, Now: func() time.Time { return p.now },
		Refuse: func(w http.ResponseWriter, _ *http.Request, why access.Refusal, detail string) {
			fmt.Fprintf(w, "refused %d %q", why, detail)
		},
	}
	if change != nil {
		change(&o)
	}
	p.guard = access.New(o)
	server.Config.ConnContext = p.guard.ServeConn
	p.handler = p.guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.reached++
		p.token = access.Token(r)
		fmt.Fprint(w, "inside")
	}))
	server.Start()
	t.Cleanup(server.Close)
	p.base = "http://127.0.0.1:" + strconv.Itoa(p.port)
	return p
}

// browser keeps cookies and follows no redirect.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// inside is a browser with a session.
func (p *page) inside(t *testing.T) *http.Client {
	t.Helper()
	b := browser(t)
	if got := p.ask(t, b, "GET", p.guard.Link().Path, nil, ""); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("a new link: %s", got.Status)
	}
	if got := p.ask(t, b, "GET", "/", nil, ""); got.StatusCode != http.StatusOK {
		t.Fatalf("with a session: %s", got.Status)
	}
	return b
}

type answer struct {
	*http.Response
	text string
}

func (p *page) ask(t *testing.T, b *http.Client, method, path string, header map[string]string, body string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range header {
		if name == "Host" {
			r.Host = value
		} else {
			r.Header.Set(name, value)
		}
	}
	got, err := b.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{got, string(text)}
}

func TestOnlyALinkBeginsASession(t *testing.T) {
	p := newPage(t, nil)
	b := browser(t)
	for _, path := range []string{"/", "/anything", access.Enter, access.Enter + "?link=" + strings.Repeat("A", 26), access.Enter + "?link="} {
		if got := p.ask(t, b, "GET", path, nil, ""); got.StatusCode != http.StatusUnauthorized || p.reached != 0 {
			t.Errorf("%s without a session: %s", path, got.Status)
		}
	}
	p.inside(t)
	if got := p.ask(t, browser(t), "GET", "/", map[string]string{"Cookie": "padsync-" + strconv.Itoa(p.port) + "=x"}, ""); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("with a cookie that was made up: %s", got.Status)
	}
}

func TestCookieOfASessionIsForThisBrowserAlone(t *testing.T) {
	p := newPage(t, nil)
	got := p.ask(t, browser(t), "GET", p.guard.Link().Path, nil, "")
	c, err := http.ParseSetCookie(got.Header.Get("Set-Cookie"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "padsync-"+strconv.Itoa(p.port) || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 0 {
		t.Errorf("the cookie is %v", c)
	}
	if to := got.Header.Get("Location"); to != "/" {
		t.Errorf("the link leads to %q", to)
	}
}

func TestCookieIsNamedByThePortThatTheBrowserUsed(t *testing.T) {
	p := newPage(t, func(o *access.Options) { o.Hosts = []access.Host{{Name: "localhost", Port: 9000}} })
	got := p.ask(t, browser(t), "GET", p.guard.Link().Path, map[string]string{"Host": "localhost:9000"}, "")
	if c, err := http.ParseSetCookie(got.Header.Get("Set-Cookie")); err != nil || c.Name != "padsync-9000" {
		t.Errorf("the cookie is %v, %v", c, err)
	}
}

func TestLinkIsGoodOnceAndForTwoMinutes(t *testing.T) {
	p := newPage(t, nil)
	link := p.guard.Link()
	select {
	case <-link.Visited:
		t.Error("a link that nobody followed is visited")
	default:
	}
	p.now = p.now.Add(2 * time.Minute)
	if got := p.ask(t, browser(t), "GET", link.Path, nil, ""); got.StatusCode != http.StatusSeeOther {
		t.Errorf("within two minutes: %s", got.Status)
	}
	<-link.Visited
	if got := p.ask(t, browser(t), "GET", link.Path, nil, ""); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("the second time: %s", got.Status)
	}
	link = p.guard.Link()
	p.now = p.now.Add(2*time.Minute + time.Second)
	if got := p.ask(t, browser(t), "GET", link.Path, nil, ""); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("after two minutes: %s", got.Status)
	}
}

func TestUsedLinkLeadsWhoIsInsideHome(t *testing.T) {
	p := newPage(t, nil)
	b, link := browser(t), p.guard.Link().Path
	p.ask(t, b, "GET", link, nil, "")
	if got := p.ask(t, b, "GET", link, nil, ""); got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "/" {
		t.Errorf("a reload of the link: %s", got.Status)
	}
}

func TestWhatLooksAheadDoesNotUseALinkUp(t *testing.T) {
	p := newPage(t, nil)
	link := p.guard.Link().Path
	for name, header := range map[string]map[string]string{
		"HEAD": nil, "prefetch": {"Sec-Purpose": "prefetch"}, "prerender": {"Sec-Purpose": "prefetch;prerender"},
		"old Chromium": {"Purpose": "prefetch"}, "old Firefox": {"X-Moz": "prefetch"},
	} {
		method := "GET"
		if header == nil {
			method = "HEAD"
		}
		if got := p.ask(t, browser(t), method, link, header, ""); got.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s begins a session", name)
		}
	}
	if got := p.ask(t, browser(t), "GET", link, nil, ""); got.StatusCode != http.StatusSeeOther {
		t.Errorf("the link is used up: %s", got.Status)
	}
}

// A browser keeps a strict cookie that comes with a redirect which another site
// began, but does not send it on.
func TestLinkFromElsewhereLeadsInWithoutARedirect(t *testing.T) {
	p := newPage(t, nil)
	for site, redirects := range map[string]bool{"": true, "none": true, "same-origin": true, "same-site": true, "cross-site": false} {
		header := map[string]string{}
		if site != "" {
			header["Sec-Fetch-Site"] = site
		}
		got := p.ask(t, browser(t), "GET", p.guard.Link().Path, header, "")
		switch {
		case got.Header.Get("Set-Cookie") == "":
			t.Errorf("%q: no cookie", site)
		case redirects != (got.StatusCode == http.StatusSeeOther):
			t.Errorf("%q: %s", site, got.Status)
		case !redirects && !strings.Contains(got.text, `http-equiv="refresh" content="0;url=/"`):
			t.Errorf("%q: the page is %q", site, got.text)
		}
	}
}

func TestOtherHostIsMisdirected(t *testing.T) {
	p := newPage(t, func(o *access.Options) {
		o.Hosts = []access.Host{{Name: "laptop.example", Port: 8000}, {Name: "pads.example"}}
	})
	b, port := p.inside(t), strconv.Itoa(p.port)
	for host, ours := range map[string]bool{
		"127.0.0.1:" + port: true, "localhost:" + port: true, "LOCALHOST:" + port: true, "[::1]:" + port: true,
		"laptop.example:8000": true, "pads.example": true, "pads.example:" + port: true, "Pads.Example": true,
		"localhost": false, "127.0.0.1:1": false, "evil.example": false, "evil.example:" + port: false,
		"localhost.evil.example:" + port: false, "127.0.0.2:" + port: false, "laptop.example": false,
		"pads.example:8000": false, "localhost:" + port + ".evil.example": false, "localhost.:" + port: false,
	} {
		got := p.ask(t, b, "GET", "/", map[string]string{"Host": host}, "")
		if refused := got.StatusCode == http.StatusMisdirectedRequest; refused == ours {
			t.Errorf("host %q: %s", host, got.Status)
		}
	}
	// Not even a link is good there.
	if got := p.ask(t, browser(t), "GET", p.guard.Link().Path, map[string]string{"Host": "evil.example"}, ""); got.Header.Get("Set-Cookie") != "" {
		t.Error("a link begins a session under another name")
	}
}

func TestChangeNeedsItsTokenAndAPageOfOurs(t *testing.T) {
	p := newPage(t, nil)
	b := p.inside(t)
	own := p.token
	p.inside(t)
	others := p.token
	form := func(token string) string { return url.Values{access.TokenField: {token}}.Encode() }
	for name, c := range map[string]struct {
		header map[string]string
		body   string
		passes bool
	}{
		"with the token":               {nil, form(own), true},
		"with the token in a header":   {map[string]string{access.TokenHeader: own}, "", true},
		"from a page of ours":          {map[string]string{"Sec-Fetch-Site": "same-origin"}, form(own), true},
		"without a token":              {nil, "a=b", false},
		"with another's token":         {nil, form(others), false},
		"with another's in a header":   {map[string]string{access.TokenHeader: others}, form(own), false},
		"from another site":            {map[string]string{"Sec-Fetch-Site": "cross-site"}, form(own), false},
		"from another port":            {map[string]string{"Sec-Fetch-Site": "same-site"}, form(own), false},
		"from another origin":          {map[string]string{"Origin": "http://evil.example"}, form(own), false},
		"from a document in a sandbox": {map[string]string{"Origin": "null"}, form(own), false},
	} {
		before := p.reached
		got := p.ask(t, b, "POST", "/change", c.header, c.body)
		if passed := p.reached > before; passed != c.passes || !c.passes && got.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s", name, got.Status)
		}
	}
	if got := p.ask(t, b, "POST", "/change?"+form(own), nil, "a=b"); got.StatusCode != http.StatusForbidden {
		t.Errorf("a token in the address: %s", got.Status)
	}
	if got := p.ask(t, browser(t), "POST", "/change", nil, form(own)); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("a token without its session: %s", got.Status)
	}
	for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"} {
		if got := p.ask(t, b, method, "/change", map[string]string{access.TokenHeader: own}, ""); got.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: %s", method, got.Status)
		}
	}
}

func TestFormThatIsTooLargeIsNotRead(t *testing.T) {
	p := newPage(t, nil)
	b := p.inside(t)
	before := p.reached
	got := p.ask(t, b, "POST", "/change", nil, url.Values{access.TokenField: {p.token}, "a": {strings.Repeat("a", 1<<20)}}.Encode())
	if got.StatusCode != http.StatusRequestEntityTooLarge || p.reached > before {
		t.Errorf("a form of a mebibyte: %s", got.Status)
	}
}

func TestFilesOfAFormTouchNoDisk(t *testing.T) {
	p := newPage(t, nil)
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "absent"))
	b := p.inside(t)
	var body strings.Builder
	fmt.Fprintf(&body, "--x\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", access.TokenField, p.token)
	fmt.Fprintf(&body, "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n%s\r\n--x--\r\n", strings.Repeat("a", 20<<20))
	got := p.ask(t, b, "POST", "/change", map[string]string{"Content-Type": "multipart/form-data; boundary=x"}, body.String())
	if got.StatusCode != http.StatusOK {
		t.Errorf("a file of 20 MiB: %s", got.Status)
	}
}

func TestEveryAnswerKeepsOtherPagesOut(t *testing.T) {
	p := newPage(t, nil)
	b := p.inside(t)
	for name, got := range map[string]answer{
		"inside": p.ask(t, b, "GET", "/", nil, ""), "outside": p.ask(t, browser(t), "GET", "/", nil, ""),
		"link": p.ask(t, browser(t), "GET", p.guard.Link().Path, nil, ""), "other host": p.ask(t, b, "GET", "/", map[string]string{"Host": "x"}, ""),
	} {
		for header, want := range map[string]string{
			"Content-Security-Policy": access.Policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
		} {
			if got.Header.Get(header) != want {
				t.Errorf("%s: %s is %q", name, header, got.Header.Get(header))
			}
		}
	}
	for _, loose := range []string{"unsafe-inline", "unsafe-eval", "*", "http", "data:"} {
		if strings.Contains(access.Policy, loose) {
			t.Errorf("the policy allows %s", loose)
		}
	}
}

func TestNoWorkerOfAPageIsServed(t *testing.T) {
	p := newPage(t, nil)
	b := p.inside(t)
	if got := p.ask(t, b, "GET", "/static/page.js", map[string]string{"Service-Worker": "script"}, ""); got.StatusCode != http.StatusForbidden {
		t.Errorf("%s", got.Status)
	}
}

func TestConnectionOfAnotherUserIsRefused(t *testing.T) {
	type said struct {
		owner access.User
		err   error
	}
	system := make(chan said, 1)
	p := newPage(t, func(o *access.Options) {
		o.Owner = func(net.Conn) (access.User, error) { s := <-system; return s.owner, s.err }
		o.Users = []access.User{"4321"}
	})
	me := access.User(strconv.Itoa(os.Getuid()))
	for _, c := range []struct {
		owner  access.User
		err    error
		passes bool
	}{
		{me, nil, true}, {"0", nil, true}, {"4321", nil, true},
		{"54321", nil, false}, {"", nil, false}, {me, errors.New("unreadable"), false},
	} {
		system <- said{c.owner, c.err}
		alone := browser(t)
		alone.Transport = &http.Transport{DisableKeepAlives: true} // a connection each
		got := p.ask(t, alone, "GET", p.guard.Link().Path, nil, "")
		if passed := got.Header.Get("Set-Cookie") != ""; passed != c.passes {
			t.Errorf("of %q, %v: %s", c.owner, c.err, got.Status)
		}
		if !c.passes && (got.StatusCode != http.StatusForbidden || c.err == nil && !strings.Contains(got.text, strconv.Quote(string(c.owner)))) {
			t.Errorf("of %q, %v: %s, %s", c.owner, c.err, got.Status, got.text)
		}
	}
}

func TestSecondProgramGetsALinkOfTheFirst(t *testing.T) {
	state := t.TempDir()
	if _, err := access.Again(t.Context(), state); !errors.Is(err, access.ErrNotLiving) {
		t.Errorf("without a first: %v", err)
	}
	p := newPage(t, nil)
	gone, err := p.guard.Live(state)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(state, "serve.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read where the page is: %v, %v", info.Mode(), err)
	}
	link, err := access.Again(t.Context(), state)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.ask(t, browser(t), "GET", strings.TrimPrefix(link, p.base), nil, ""); got.StatusCode != http.StatusSeeOther {
		t.Errorf("its link: %s", got.Status)
	}
	gone()
	if _, err := access.Again(t.Context(), state); !errors.Is(err, access.ErrNotLiving) {
		t.Errorf("after the first: %v", err)
	}
}

func TestProgramThatTookThePortIsNoFirst(t *testing.T) {
	state := t.TempDir()
	p := newPage(t, nil)
	if _, err := p.guard.Live(state); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(state, "serve.json"))
	if err != nil {
		t.Fatal(err)
	}
	// A thief who says yes to everything, and passes on what he is told.
	var said string
	p.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		dump, _ := io.ReadAll(r.Body)
		said = fmt.Sprint(r.URL, r.Header, string(dump))
		w.Header().Set("Padsync-Proof", r.Header.Get("Padsync-Proof"))
		fmt.Fprint(w, "/enter?link=mine")
	})
	if link, err := access.Again(t.Context(), state); !errors.Is(err, access.ErrNotLiving) {
		t.Errorf("%q, %v", link, err)
	}
	_, secret, _ := strings.Cut(string(text), `"secret":"`)
	if secret, _, _ = strings.Cut(secret, `"`); secret == "" || strings.Contains(said, secret) {
		t.Errorf("the secret was sent: %s", said)
	}
}

func TestWhoDoesNotKnowTheSecretGetsNoLink(t *testing.T) {
	p := newPage(t, nil)
	nonce := strings.Repeat("n", 26)
	ask := func(secret string, port int) {
		t.Helper()
		mac := hmac.New(sha256.New, []byte(secret))
		fmt.Fprintf(mac, "second %d %s", port, nonce)
		got := p.ask(t, browser(t), "POST", "/again", map[string]string{"Padsync-Nonce": nonce, "Padsync-Proof": hex.EncodeToString(mac.Sum(nil))}, "")
		if got.StatusCode != http.StatusForbidden || strings.Contains(got.text, access.Enter) {
			t.Errorf("%s, %s", got.Status, got.text)
		}
	}
	ask("", 0) // before there is a secret
	if _, err := p.guard.Live(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	ask("another", p.port)
}

func TestSecondProgramDoesNotWaitForOneThatIsSilent(t *testing.T) {
	state := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	text := fmt.Sprintf(`{"port":%d,"secret":"x"}`, l.Addr().(*net.TCPAddr).Port)
	if err := os.WriteFile(filepath.Join(state, "serve.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if c, err := l.Accept(); err == nil {
			_, _ = bufio.NewReader(c).ReadString('\n')
			cancel()
			_ = c.Close()
		}
	}()
	if _, err := access.Again(ctx, state); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
