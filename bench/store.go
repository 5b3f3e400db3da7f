package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/padsync/padsync/internal/testserver"
)

// A store is a real S3 server behind a proxy that counts.
type store struct {
	testserver.S3Server
	endpoint string // the proxy's
	client   *minio.Client

	mu    sync.Mutex // guards count
	count traffic
}

// traffic is what the store was asked since the last call of taken.
type traffic struct {
	Requests  int
	PackPuts  int   // of the requests
	PackGets  int   // of the requests
	PackBytes int64 // sent in answer to PackGets
}

func openStore(t testing.TB) *store {
	s := &store{S3Server: testserver.S3(t)}
	backend, err := url.Parse(s.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	s.client, err = minio.New(backend.Host, &minio.Options{Creds: credentials.NewStaticV4(s.AccessKey, s.SecretKey, "")})
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(s.counting(&httputil.ReverseProxy{
		// The host stays the proxy's, since it is part of what S3 clients sign.
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = backend.Scheme, backend.Host
		},
	}))
	t.Cleanup(proxy.Close)
	s.endpoint = proxy.URL
	return s
}

func (s *store) counting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pack := strings.Contains(r.URL.Path, "/packs/")
		body := &countingWriter{ResponseWriter: w}
		next.ServeHTTP(body, r)

		s.mu.Lock()
		defer s.mu.Unlock()
		s.count.Requests++
		switch {
		case pack && r.Method == http.MethodPut:
			s.count.PackPuts++
		case pack && r.Method == http.MethodGet:
			s.count.PackGets++
			s.count.PackBytes += body.bytes
		}
	})
}

// taken returns what was counted, and begins to count anew.
func (s *store) taken() traffic {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := s.count
	s.count = traffic{}
	return count
}

// env is what S3 clients want to know.
func (s *store) env() []string {
	return []string{"AWS_ACCESS_KEY_ID=" + s.AccessKey, "AWS_SECRET_ACCESS_KEY=" + s.SecretKey}
}

// size is how many bytes are stored below a prefix.
func (s *store) size(t testing.TB, prefix string) (bytes int64) {
	for object := range s.client.ListObjects(t.Context(), s.Bucket, minio.ListObjectsOptions{Prefix: prefix + "/", Recursive: true}) {
		if object.Err != nil {
			t.Fatal(object.Err)
		}
		bytes += object.Size
	}
	return bytes
}

type countingWriter struct {
	http.ResponseWriter
	bytes int64
}

func (w *countingWriter) Write(b []byte) (int, error) {
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom keeps the writer from being passed by.
func (w *countingWriter) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{w}, r)
}

func (w *countingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
