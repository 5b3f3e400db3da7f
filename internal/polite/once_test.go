package polite

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/padsync/padsync/sources/sourcetest"
)

func broke(*http.Request) (*http.Response, error) { return nil, io.EOF }

func TestRequestThatAServerMayDieOfIsSentOnce(t *testing.T) {
	handshake := func(r *http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: io.EOF}
	}
	for name, c := range map[string]struct {
		before []func(*http.Request) (*http.Response, error) // answers to an ordinary request
		steps  []func(*http.Request) (*http.Response, error)
		sent   int64
		broken bool
	}{
		"an answer":                     {list(status(200)), list(status(200)), 1, false},
		"the connection breaks":         {list(status(200)), list(broke, status(200)), 1, true},
		"a proxy says so":               {list(status(200)), list(status(502), status(200)), 1, true},
		"a proxy's server hangs":        {list(status(200)), list(status(504)), 1, false},
		"500 is an answer":              {list(status(200)), list(status(500), status(200)), 1, false},
		"no connection":                 {list(status(200)), list(refused, handshake, status(200)), 3, false},
		"429":                           {list(status(200)), list(status(429), status(200)), 2, false},
		"cut":                           {list(status(200)), list(cut, status(200)), 2, false},
		"it was away before":            {list(broke), list(broke), 1, false},
		"it was away behind a proxy":    {list(status(502)), list(status(502)), 1, false},
		"it came back and breaks":       {list(broke, status(200)), list(broke), 1, true},
		"not even the first was heard":  {nil, list(broke), 1, false},
		"no answer, however long it is": {list(status(200)), list(func(r *http.Request) (*http.Response, error) { return hang(r, nil) }), 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ordinary, once atomic.Pointer[roundTripper]
				client := New(Options{Tries: 3, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
					if r.URL.Path == "/once" {
						return (*once.Load())(r)
					}
					return (*ordinary.Load())(r)
				})})
				if c.before != nil {
					steps := script(c.before...)
					ordinary.Store(&steps)
					_ = client.Do(t.Context(), get("http://h/"), wantStatus(200))
				}
				steps, before := script(c.steps...), client.Requests()
				once.Store(&steps)
				err := client.Do(Once(t.Context()), get("http://h/once"), wantStatus(200))
				if n := client.Requests() - before; n != c.sent || errors.Is(err, ErrBroken) != c.broken {
					t.Errorf("%d requests, %v", n, err)
				}
				if c.broken && !errors.Is(err, ErrTemporary) {
					t.Errorf("%v is for good", err)
				}
			})
		})
	}
}

// TestServerIsHeardBeforeItIsAskedForWhatMayKillIt: else its death would not be
// known for what it is.
func TestServerIsHeardBeforeItIsAskedForWhatMayKillIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent []string
		steps := script(status(200), broke, status(200), broke)
		client := New(Options{Tries: 1, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			sent = append(sent, r.URL.Path)
			return steps(r)
		})})
		ask := func(path string) func(context.Context) error {
			return func(ctx context.Context) error { return client.Do(ctx, get("http://h"+path), wantStatus(200)) }
		}
		if err := ask("/")(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := AskOnce(t.Context(), ask("/once"), ask("/look")); !errors.Is(err, ErrBroken) {
				t.Error(err)
			}
		}
		if got := strings.Join(sent, " "); got != "/ /once /look /once" {
			t.Error(got)
		}
	})
}

// TestRequestIsNotSentAgainByTheTransport: Go does so with a GET whose kept
// connection breaks.
func TestRequestIsNotSentAgainByTheTransport(t *testing.T) {
	for _, once := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			deadly := 0
			transport, stop := sourcetest.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/deadly") {
					deadly++
					panic(http.ErrAbortHandler)
				}
			}))
			defer stop()
			client := New(Options{Transport: transport, Tries: 1})
			ctx := t.Context()
			if err := client.Do(ctx, get("http://h/"), wantStatus(200)); err != nil {
				t.Fatal(err)
			}
			if once {
				ctx = Once(ctx)
			}
			err := client.Do(ctx, get("http://h/deadly"), wantStatus(200))
			if errors.Is(err, ErrBroken) != once || !errors.Is(err, ErrTemporary) {
				t.Error(err)
			}
			if once != (deadly == 1) {
				t.Errorf("once: %t, sent %d times", once, deadly)
			}
		})
	}
}

// TestConnectionThatNeverWasDidNotBreak: the request was not sent.
func TestConnectionThatNeverWasDidNotBreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport, stop := sourcetest.Serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		defer stop()
		dial, dials := transport.DialContext, 0
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			if dials++; dials == 2 {
				return nil, io.EOF // as when TLS is not agreed on
			}
			return dial(ctx, network, address)
		}
		client := New(Options{Transport: transport})
		for range 2 {
			if err := client.Do(Once(t.Context()), get("http://h/"), wantStatus(200)); err != nil {
				t.Error(err)
			}
		}
		if client.Requests() != 3 {
			t.Errorf("%d requests", client.Requests())
		}
	})
}
