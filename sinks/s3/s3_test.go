package s3_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/minio/minio-go/v7/pkg/signer"
	"golang.org/x/sync/errgroup"

	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/s3"
	"github.com/padsync/padsync/sinks/sinktest"
)

func open(t *testing.T, address string, o s3.Options) *s3.Sink {
	t.Helper()
	s, err := s3.Open(address, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func options(server testserver.S3Server) s3.Options {
	return s3.Options{AccessKey: server.AccessKey, SecretKey: server.SecretKey}
}

func TestOnARealServer(t *testing.T) {
	server := testserver.S3(t)
	t.Run("keeps the promises of a sink", func(t *testing.T) {
		for _, prefix := range []string{"", "a/prefix"} {
			if err := sinktest.Check(t.Context(), open(t, server.Address(prefix), options(server))); err != nil {
				t.Errorf("prefix %q: %v", prefix, err)
			}
		}
	})
	t.Run("keeps them where it takes no notice of ranges", func(t *testing.T) {
		o := options(server)
		o.Transport = rangeless{o}
		if err := sinktest.Check(t.Context(), open(t, server.Address("rangeless"), o)); err != nil {
			t.Error(err)
		}
	})
	t.Run("lists more than a page", func(t *testing.T) { listsMoreThanAPage(t, server) })
	t.Run("is not empty for want of a bucket", func(t *testing.T) {
		isNoEmptyStore(t, open(t, server.Endpoint+"/other-bucket", options(server)), s3.ErrNoBucket)
	})
	t.Run("says what is forbidden", func(t *testing.T) {
		o := s3.Options{AccessKey: server.AccessKey, SecretKey: "the-wrong-secret"}
		isNoEmptyStore(t, open(t, server.Address(""), o), fs.ErrPermission)
		isNoEmptyStore(t, open(t, server.Address(""), o), s3.ErrRefused)
	})
	t.Run("sends one request for each call", func(t *testing.T) { sendsOneRequest(t, server) })
}

// rangeless makes a store of one that does not know ranges.
type rangeless struct{ o s3.Options }

func (x rangeless) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Range") != "" {
		r = r.Clone(r.Context())
		r.Header.Del("Range")
		r = signer.SignV4(*r, x.o.AccessKey, x.o.SecretKey, "", "us-east-1")
	}
	return http.DefaultTransport.RoundTrip(r)
}

func listsMoreThanAPage(t *testing.T, server testserver.S3Server) {
	const n = 1005
	s := open(t, server.Address("many"), options(server))
	var g errgroup.Group
	g.SetLimit(16)
	for i := range n {
		g.Go(func() error { return s.Put(t.Context(), fmt.Sprintf("packs/%d", i), strings.NewReader("x"), 1) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	keys := make(map[string]bool)
	for o, err := range s.List(t.Context(), "packs/") {
		if err != nil {
			t.Fatal(err)
		}
		keys[o.Key] = true
	}
	if len(keys) != n {
		t.Errorf("%d objects", len(keys))
	}
}

// isNoEmptyStore finds sinks that hide what is wrong with them.
func isNoEmptyStore(t *testing.T, s *s3.Sink, want error) {
	_, err := s.Get(t.Context(), "a", 0, -1)
	errs := []error{err, s.Put(t.Context(), "a", strings.NewReader("x"), 1)}
	for _, err := range s.List(t.Context(), "") {
		errs = append(errs, err)
	}
	if len(errs) != 3 {
		t.Errorf("%d errors", len(errs))
	}
	for _, err := range errs {
		if err == nil || errors.Is(err, fs.ErrNotExist) || want != nil && !errors.Is(err, want) {
			t.Errorf("%v", err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("tells a secret: %v", err)
		}
	}
}

type counting struct{ requests atomic.Int64 }

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.requests.Add(1)
	return http.DefaultTransport.RoundTrip(r)
}

func sendsOneRequest(t *testing.T, server testserver.S3Server) {
	var c counting
	o := options(server)
	o.Transport = &c
	s := open(t, server.Address("counted"), o)
	content := bytes.Repeat([]byte("x"), 8<<20)
	if err := s.Put(t.Context(), "a", bytes.NewReader(content), int64(len(content))); err != nil {
		t.Fatal(err)
	}
	r, err := s.Get(t.Context(), "a", 5, 100)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Close(), s.Delete(t.Context(), "a")); err != nil {
		t.Fatal(err)
	}
	for range s.List(t.Context(), "") {
	}
	if n := c.requests.Load(); n != 4 {
		t.Errorf("%d requests for 4 calls", n)
	}
}

// A store that answers with other bytes than were asked for must not pass for
// one that serves ranges; nor are its objects lost.
func TestWithoutRangesTheWholeObjectIsRead(t *testing.T) {
	for _, answer := range []string{"", "bytes 0-3/10", "bytes 5-8/10", "bytes 4-8/10", "bytes 4-7/6", "bytes", "bytes 4-7/*"} {
		var requests atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests.Add(1)
			w.Header().Set("Last-Modified", "Mon, 11 Jan 2027 09:30:00 GMT")
			if r.Header.Get("Range") == "" || answer == "" {
				_, _ = io.WriteString(w, "0123456789")
				return
			}
			w.Header().Set("Content-Range", answer)
			w.Header().Set("Content-Length", "4")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = io.WriteString(w, "0123")
		}))
		s := open(t, server.URL+"/bucket", s3.Options{AccessKey: "a", SecretKey: "b"})
		for _, r := range []struct {
			offset, length int64
			want           string
		}{{4, 4, "4567"}, {0, 3, "012"}, {7, -1, "789"}, {8, 9, "89"}, {20, 4, ""}} {
			body, err := s.Get(t.Context(), "key", r.offset, r.length)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(body)
			if err := errors.Join(err, body.Close()); string(got) != r.want || err != nil {
				t.Errorf("Content-Range %q: from %d, length %d: %q, %v; want %q", answer, r.offset, r.length, got, err, r.want)
			}
		}
		if n := requests.Load(); n != 6 {
			t.Errorf("Content-Range %q: %d requests for 5 ranges: it is asked for none once this is known", answer, n)
		}
		server.Close()
	}
}

// Each of these would be asked for its next page for ever.
func TestListThatNeverEndsIsAnError(t *testing.T) {
	const object = "<Contents><Key>packs/%d</Key><Size>1</Size><LastModified>2027-01-11T09:30:00Z</LastModified></Contents>"
	for name, page := range map[string]func(n int) string{
		"a token that stands still": func(n int) string { return fmt.Sprintf(object, n) + "<NextContinuationToken>x</NextContinuationToken>" },
		"no page has an object":     func(int) string { return "<NextContinuationToken>x</NextContinuationToken>" },
		"tokens that come round":    func(n int) string { return fmt.Sprintf("<NextContinuationToken>%d</NextContinuationToken>", n%3) },
		"objects that come round": func(n int) string {
			return fmt.Sprintf(object+"<NextContinuationToken>%d</NextContinuationToken>", n%3, n)
		},
		"no token, and yet it goes on": func(n int) string { return fmt.Sprintf(object, n) },
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n++
				_, _ = fmt.Fprintf(w, "<ListBucketResult><IsTruncated>true</IsTruncated>%s</ListBucketResult>", page(n))
			}))
			defer server.Close()
			var got error
			for _, err := range open(t, server.URL+"/bucket", s3.Options{AccessKey: "a", SecretKey: "b"}).List(t.Context(), "packs/") {
				got = err
			}
			if got == nil || n > 500 {
				t.Errorf("%v after %d pages", got, n)
			}
			if name != "no token, and yet it goes on" && !errors.Is(got, sinks.ErrEndless) {
				t.Error(got)
			}
		})
	}
}

func TestRangesThatAreServedAreTaken(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Last-Modified", "Mon, 11 Jan 2027 09:30:00 GMT")
		w.Header().Set("Content-Range", "bytes 4-7/10")
		w.WriteHeader(http.StatusPartialContent)
		_, _ = io.WriteString(w, "4567")
	}))
	defer server.Close()
	body, err := open(t, server.URL+"/bucket", s3.Options{AccessKey: "a", SecretKey: "b"}).Get(t.Context(), "key", 4, 4)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(body)
	if err := errors.Join(err, body.Close()); string(got) != "4567" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// refusing is a store that answers every request so.
func refusing(t *testing.T, status int, answer string) *s3.Sink {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, strings.ReplaceAll(answer, "AUTHORIZATION", r.Header.Get("Authorization")))
	}))
	t.Cleanup(server.Close)
	return open(t, server.URL+"/bucket", s3.Options{AccessKey: "THEKEY", SecretKey: "b"})
}

// What a store says helps, but may be anything, such as what it was asked.
func TestErrorsHaveTheStoresWordsAndNoSecrets(t *testing.T) {
	s := refusing(t, http.StatusForbidden, "<Error><Code>Access\u009b31m</Code><Message>This bucket is closed\nfor AUTHORIZATION on "+strings.Repeat("x", 1000)+"</Message></Error>")
	_, err := s.Get(t.Context(), "key", 0, -1)
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "This bucket is closed for ") {
		t.Error(err)
	}
	text := err.Error()
	if strings.Contains(text, "THEKEY") || strings.ContainsAny(text, "\u009b\n") || regexp.MustCompile("[0-9a-f]{16}").MatchString(text) || len(text) > 500 {
		t.Errorf("%q", text)
	}
}

func TestRefusalsAreKnownByTheirCodes(t *testing.T) {
	for code, want := range map[string]error{
		"RequestTimeTooSkewed": sinks.ErrClock, "QuotaExceeded": sinks.ErrQuota, "InvalidObjectState": sinks.ErrArchived,
		"SecondLevelDomainForbidden": sinks.ErrBucketInHost, "InvalidToken": sinks.ErrExpired, "InvalidRegion": sinks.ErrRegion,
	} {
		s := refusing(t, http.StatusForbidden, "<Error><Code>"+code+"</Code><Message>so it is</Message></Error>")
		_, err := s.Get(t.Context(), "key", 0, -1)
		errs := []error{err, s.Put(t.Context(), "key", strings.NewReader("x"), 1), s.Delete(t.Context(), "key")}
		for _, err := range s.List(t.Context(), "") {
			errs = append(errs, err)
		}
		for _, err := range errs {
			if !errors.Is(err, want) || !strings.Contains(err.Error(), code) || !strings.Contains(err.Error(), "so it is") {
				t.Errorf("%s: %v", code, err)
			}
		}
	}
	s := refusing(t, http.StatusInsufficientStorage, "")
	if err := s.Put(t.Context(), "key", strings.NewReader("x"), 1); !errors.Is(err, sinks.ErrQuota) {
		t.Error(err)
	}
}

// Nobody can know a store's region; it says it itself.
func TestRegionThatTheStoreNamesIsTaken(t *testing.T) {
	for name, refuse := range map[string]func(http.ResponseWriter){
		"in the answer": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></Error>")
		},
		"in its header": func(w http.ResponseWriter) {
			w.Header().Set("X-Amz-Bucket-Region", "eu-west-3")
			w.WriteHeader(http.StatusMovedPermanently)
			_, _ = io.WriteString(w, "<Error><Code>PermanentRedirect</Code></Error>")
		},
	} {
		refused := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case !strings.Contains(r.Header.Get("Authorization"), "/eu-west-3/s3/"):
				refused++
				refuse(w)
			case r.Method == http.MethodGet && r.URL.Query().Has("list-type"):
				_, _ = io.WriteString(w, "<ListBucketResult/>")
			case r.Method == http.MethodDelete:
				w.WriteHeader(http.StatusNoContent)
			default:
				w.Header().Set("Last-Modified", "Mon, 11 Jan 2027 09:30:00 GMT")
			}
		}))
		s := open(t, server.URL+"/bucket", s3.Options{AccessKey: "a", SecretKey: "b"})
		_, err := s.Get(t.Context(), "key", 0, -1)
		errs := []error{err, s.Put(t.Context(), "key", strings.NewReader("x"), 1), s.Delete(t.Context(), "key")}
		for _, err := range s.List(t.Context(), "") {
			errs = append(errs, err)
		}
		if err := errors.Join(errs...); err != nil || refused != 1 {
			t.Errorf("%s: %d times refused, %v", name, refused, err)
		}
		server.Close()
	}
}

// A website answers everything, with 200 or 404, and keeps nothing.
func TestAWebPageIsNoStore(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusNotFound, http.StatusForbidden} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<!DOCTYPE html><title>Console</title>")
		}))
		isNoEmptyStore(t, open(t, server.URL+"/bucket", s3.Options{AccessKey: "a", SecretKey: "b"}), sinks.ErrWebPage)
		server.Close()
	}
}

func TestTheBucketMayBeInTheHost(t *testing.T) {
	var n noting
	s, err := s3.Open("https://s3.example.org/bucket/prefix", s3.Options{AccessKey: "a", SecretKey: "b", Transport: &n, BucketInHost: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), "key"); err != nil {
		t.Fatal(err)
	}
	if n.url != "https://bucket.s3.example.org/prefix/key" {
		t.Error(n.url)
	}
}
