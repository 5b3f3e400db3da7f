package pollaristest

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// A browser keeps the cookie of its session.
type browser struct {
	t        *testing.T
	server   http.Handler
	cookie   string
	language string
}

func visitor(t *testing.T, s http.Handler) *browser {
	return &browser{t: t, server: s, language: "en-GB"}
}

func (b *browser) do(method, address, body string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, address, strings.NewReader(body))
	r.Header.Set("Accept-Language", b.language)
	if b.cookie != "" {
		r.Header.Set("Cookie", b.cookie)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	b.server.ServeHTTP(w, r)
	if c := w.Header().Get("Set-Cookie"); c != "" {
		b.cookie, _, _ = strings.Cut(c, ";")
	}
	return w
}

func (b *browser) get(address string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.do(http.MethodGet, address, "")
}

// send fetches the page of a form and sends that with its token, which is last.
func (b *browser) send(address, form string, pairs ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.do(http.MethodPost, address, encoded(append(pairs, form+"[_token]", b.token(address, form+"[_token]"))...))
}

// token is the value of a form's hidden field.
func (b *browser) token(address, name string) string {
	b.t.Helper()
	body := b.get(address).Body.Bytes()
	for _, i := range find(b.t, body, "input", "name", name) {
		return attribute(i, "value")
	}
	return ""
}

func encoded(pairs ...string) string {
	var parts []string
	for i := 0; i < len(pairs); i += 2 {
		parts = append(parts, url.QueryEscape(pairs[i])+"="+url.QueryEscape(pairs[i+1]))
	}
	return strings.Join(parts, "&")
}

// find are the elements that have this value of an attribute; "" for any.
func find(t *testing.T, page []byte, tag, key, value string) (found []*html.Node) {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == tag && (value == "" || attribute(n, key) == value) {
			found = append(found, n)
		}
	}
	return found
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
