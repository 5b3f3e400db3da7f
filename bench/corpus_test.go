package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// What is kept in memory must be answered as the fake server itself would.
func TestCorpusAnswersAsTheFakeServer(t *testing.T) {
	c := newCorpus(20)
	bytes, err := c.write(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if mean := bytes / 20; mean < 5_000 || mean > 30_000 {
		t.Errorf("a pad has %d bytes on average, want some 13,400", mean)
	}
	for n := range c.pads {
		etag := ""
		for range 2 {
			r := httptest.NewRequest(http.MethodGet, c.path(n), nil)
			r.Header.Set("If-None-Match", etag)
			kept, made := httptest.NewRecorder(), httptest.NewRecorder()
			c.ServeHTTP(kept, r)
			c.server.ServeHTTP(made, r)
			if kept.Code != made.Code || kept.Body.String() != made.Body.String() || kept.Header().Get("ETag") != made.Header().Get("ETag") {
				t.Fatalf("pad %d after %q: kept %d with %d bytes, made %d with %d", n, etag, kept.Code, kept.Body.Len(), made.Code, made.Body.Len())
			}
			etag = made.Header().Get("ETag")
		}
	}
}

func TestMedian(t *testing.T) {
	if m := median([]float64{5, 1, 4, 2, 3}); m != 3 {
		t.Errorf("median is %g, want 3", m)
	}
}
