package polite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// A roundTripper is a server in the bubble of a test.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, body string, header ...string) *http.Response {
	h := make(http.Header)
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

func get(address string) func(context.Context) (*http.Request, error) {
	return func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	}
}

func wantStatus(status int) func(*http.Response) error {
	return func(r *http.Response) error {
		if r.StatusCode != status {
			return fmt.Errorf("status %d", r.StatusCode)
		}
		_, err := io.Copy(io.Discard, r.Body)
		return err
	}
}

func TestServerErrorOnEveryTryIsHandled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{Transport: roundTripper(func(*http.Request) (*http.Response, error) { return answer(500, "x"), nil })})
		if err := c.Do(t.Context(), get("http://h/p"), wantStatus(500)); err != nil || c.Requests() != 4 {
			t.Error(err, c.Requests())
		}
	})
}

func TestNoConnectionIsTemporary(t *testing.T) {
	c := New(Options{Backoff: 1, Tries: 2})
	err := c.Do(t.Context(), get("http://127.0.0.1:1/p/secret"), wantStatus(200))
	if !errors.Is(err, ErrTemporary) || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}
