package polite

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// raw serves each connection with what f writes, and closes it.
func raw(t *testing.T, f func(n int, w io.Writer)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					f(n, c)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

const secret = "/p/a-secret-pad"

func TestCutBodiesAreTriedAgain(t *testing.T) {
	for name, answer := range map[string]string{
		"content-length": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it",
		"chunked":        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf \r\n",
		"in a chunk":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nhalf",
		"no byte":        "",
		"in the head":    "HTTP/1.1 200 OK\r\nContent-Le",
	} {
		t.Run(name, func(t *testing.T) {
			server := raw(t, func(n int, w io.Writer) {
				if n < 2 {
					io.WriteString(w, answer)
				} else {
					io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole")
				}
			})
			c := New(Options{Backoff: time.Millisecond})
			var got []byte
			err := c.Do(t.Context(), get(server+secret), func(r *http.Response) (err error) {
				got, err = io.ReadAll(r.Body)
				return err
			})
			if err != nil || string(got) != "whole" || c.Requests() != 3 {
				t.Errorf("%q, %v, %d requests", got, err, c.Requests())
			}
		})
	}
}

func TestErrorsNameTheServerOnly(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	untrusted := httptest.NewTLSServer(http.NotFoundHandler())
	defer untrusted.Close()
	untrusted.Config.ErrorLog = nil
	for name, server := range map[string]string{
		"refused":      closed.URL,
		"unknown host": "http://host.invalid",
		"untrusted":    untrusted.URL,
		"not http":     raw(t, func(_ int, w io.Writer) { io.WriteString(w, "GET "+secret+" nonsense\r\n\r\n") }),
		"bad header":   raw(t, func(_ int, w io.Writer) { io.WriteString(w, "HTTP/1.1 200 OK\r\n"+secret+"\r\n\r\n") }),
		"bad length":   raw(t, func(_ int, w io.Writer) { io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: "+secret+"\r\n\r\n") }),
		"bad chunk": raw(t, func(_ int, w io.Writer) {
			io.WriteString(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+secret+"\r\n")
		}),
		"endless headers": raw(t, func(_ int, w io.Writer) {
			fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nX: %s\r\n\r\n", strings.Repeat(secret, 1<<16))
		}),
		"not tls": strings.Replace(raw(t, func(_ int, w io.Writer) { io.WriteString(w, secret) }), "http:", "https:", 1),
		"cut":     raw(t, func(_ int, w io.Writer) { io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx") }),
		"hung":    raw(t, func(_ int, w io.Writer) { select {} }),
		"idle":    raw(t, func(_ int, w io.Writer) { io.WriteString(w, "HTTP/1.1 200 OK\r\n\r\nx"); select {} }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := New(Options{Backoff: 1, Tries: 2, HeaderTimeout: 300 * time.Millisecond, IdleTimeout: 50 * time.Millisecond})
			address := strings.Replace(server, "://", "://user:password@", 1) + secret + "?auth_token=secret#L3"
			err := c.Do(t.Context(), get(address), wantStatus(200))
			if err == nil {
				t.Fatal("no error")
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				for _, word := range []string{"secret", "user", "password"} {
					if strings.Contains(e.Error(), word) {
						t.Error(e)
					}
				}
			}
			if _, host, _ := strings.Cut(server, "://"); !strings.Contains(err.Error(), host) {
				t.Error(err)
			}
		})
	}
}

func TestRequestSaysWhoAsks(t *testing.T) {
	var seen *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { seen = r }))
	defer server.Close()
	c := New(Options{UserAgent: UserAgent("1.2", "mailto:me@example.org")})
	if err := c.Do(t.Context(), get(strings.Replace(server.URL, "://", "://me:pass@", 1)), wantStatus(200)); err != nil {
		t.Fatal(err)
	}
	if got := seen.UserAgent(); got != "padsync/1.2 (+mailto:me@example.org)" {
		t.Error(got)
	}
	if user, pass, _ := seen.BasicAuth(); user != "me" || pass != "pass" {
		t.Error(user, pass)
	}
	if got := seen.Header.Get("Accept-Encoding"); got != "identity" {
		t.Error(got)
	}
	if New(Options{}).options.UserAgent != "padsync (+https://github.com/padsync/padsync)" {
		t.Error(New(Options{}).options.UserAgent)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	defer server.Close()
	c := New(Options{})
	err := c.Do(t.Context(), get(server.URL), func(r *http.Response) error {
		_, err := Redirect(r)
		return err
	})
	if !errors.Is(err, ErrElsewhere) || elsewhere.Load() != 0 || c.Requests() != 1 {
		t.Error(err, elsewhere.Load(), c.Requests())
	}
}

func TestRedirectStaysOnTheServer(t *testing.T) {
	for _, c := range []struct{ from, location, to string }{
		{"https://h/p/a b", "a_b", "https://h/p/a_b"},
		{"https://me:pass@h/p/x", "/y", "https://me:pass@h/y"},
		{"https://h/x", "https://you:them@h/y", "https://h/y"},
		{"http://h/x", "https://H./y", "https://H./y"},
		{"http://h:80/x", "https://h:443/y", "https://h:443/y"},
		{"https://h/x", "http://h/y", ""},
		{"https://h/x", "https://other/y", ""},
		{"https://h/x", "//other/y", ""},
		{"https://h/x", "https://h:8443/y", ""},
		{"https://h/x", "https://h.other/y", ""},
		{"https://h/x", "https://h@other/y", ""},
		{"https://h/x", "ftp://h/y", ""},
		{"https://h/x", "javascript:alert(1)", ""},
		{"https://h/x", "http://%zz", ""},
		{"https://h/x", "", ""},
	} {
		req := httptest.NewRequest(http.MethodGet, strings.ReplaceAll(c.from, " ", "%20"), nil)
		resp := answer(302, "", "Location", c.location)
		resp.Request = req
		to, err := Redirect(resp)
		if c.to == "" {
			if !errors.Is(err, ErrElsewhere) || strings.Contains(err.Error(), "/x") {
				t.Errorf("%s to %s: %v, %v", c.from, c.location, to, err)
			}
		} else if err != nil || to.String() != c.to {
			t.Errorf("%s to %s: %v, %v", c.from, c.location, to, err)
		}
	}
	if to, err := Redirect(answer(200, "", "Location", "/x")); to != nil || err != nil {
		t.Error(to, err)
	}
}

func TestHTTPAndHTTPSAreOneServer(t *testing.T) {
	c := New(Options{})
	for _, pair := range []struct {
		a, b string
		same bool
	}{
		{"http://h/x", "https://H:443/y", true},
		{"http://h:9001/x", "https://h:9001/y", true},
		{"http://h./x", "http://h:80", true},
		{"http://[::1]/", "https://[::1]:443/", true},
		{"http://h/", "http://h:9001/", false},
		{"http://h:443/", "https://h/", false},
		{"http://h/", "http://i/", false},
	} {
		a, _ := get(pair.a)(t.Context())
		b, _ := get(pair.b)(t.Context())
		s, _ := c.server(a.URL)
		u, _ := c.server(b.URL)
		if (s == u) != pair.same {
			t.Error(pair)
		}
	}
}

func TestTransportWaitsForNothingLong(t *testing.T) {
	tr := newTransport(2)
	if tr.Proxy == nil || tr.TLSHandshakeTimeout == 0 || tr.MaxResponseHeaderBytes == 0 || !tr.DisableCompression {
		t.Errorf("%+v", tr)
	}
	if tr.TLSClientConfig != nil && (tr.TLSClientConfig.InsecureSkipVerify || tr.TLSClientConfig.MinVersion != 0 && tr.TLSClientConfig.MinVersion < tls.VersionTLS12) {
		t.Error("TLS is weakened")
	}
}

// TestAnswersThatNobodyReadsCostNoConnection: an error page, read or not, that
// the handler sees or that is tried again.
func TestAnswersThatNobodyReadsCostNoConnection(t *testing.T) {
	var connections, requests atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "0")
		w.WriteHeader([]int{404, 429, 500, 503, 403}[requests.Add(1)%5])
		io.WriteString(w, strings.Repeat("an error page ", 4000))
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	c := New(Options{Backoff: 1})
	for range 10 {
		if err := c.Do(t.Context(), get(server.URL), func(*http.Response) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if n := connections.Load(); n != 1 || requests.Load() < 20 {
		t.Errorf("%d connections for %d requests", n, requests.Load())
	}
}

// TestUnreadAnswersAreNotWaitedFor: what does not come, or does not end, is
// not worth a connection.
func TestUnreadAnswersAreNotWaitedFor(t *testing.T) {
	var sent atomic.Int64 // KiB
	for name, rest := range map[string]func(w io.Writer){
		"hung": func(io.Writer) { select {} },
		"endless": func(w io.Writer) {
			for err := error(nil); err == nil; sent.Add(1) {
				_, err = io.WriteString(w, "400\r\n"+strings.Repeat("x", 1<<10)+"\r\n")
			}
		},
		"slow": func(w io.Writer) {
			for err := error(nil); err == nil; time.Sleep(10 * time.Millisecond) {
				_, err = io.WriteString(w, "1\r\nx\r\n")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := raw(t, func(_ int, w io.Writer) {
				io.WriteString(w, "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
				rest(w)
			})
			c, began := New(Options{}), time.Now()
			if err := c.Do(t.Context(), get(server), func(*http.Response) error { return nil }); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took > 10*time.Second || sent.Load() > 32<<10 {
				t.Errorf("took %v, and %d KiB", took, sent.Load())
			}
		})
	}
}
