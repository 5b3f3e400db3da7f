package polite

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// TestProxyThatRefusesIsNamed: it is not the server that does.
func TestProxyThatRefusesIsNamed(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "secret", http.StatusForbidden)
	}))
	defer proxy.Close()
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := newTransport(1)
	transport.Proxy = http.ProxyURL(address)
	err = New(Options{Transport: transport, Tries: 1}).Do(t.Context(), get("https://pad.example.org/p/secret"), wantStatus(200))
	if !errors.Is(err, ErrProxy) || !errors.Is(err, ErrUnanswered) || err.Error() != "ask https://pad.example.org: the proxy of this machine refuses" {
		t.Error(err)
	}
}
