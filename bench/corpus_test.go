package main

import (
	"io"
	"maps"
	"net/http"
	"testing"
)

// What was made before must be answered as the fake server itself would.
func TestRecitalAnswersAsTheCorpus(t *testing.T) {
	c := newCorpus(20)
	bytes, err := c.write(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if mean := bytes / 20; mean < 5_000 || mean > 30_000 {
		t.Errorf("a pad has %d bytes on average, want some 13,400", mean)
	}
	address := recite(t, c)
	for n := range c.pads {
		etag := ""
		for _, status := range []int{http.StatusOK, http.StatusNotModified} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+c.path(n), nil)
			if err != nil {
				t.Fatal(err)
			}
			if etag != "" {
				r.Header.Set("If-None-Match", etag)
			}
			recited, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			made := c.ask(n, etag)
			if recited.Close || recited.StatusCode != status || made.StatusCode != status || !maps.EqualFunc(recited.Header, made.Header, equal) || body(t, recited) != body(t, made) {
				t.Fatalf("pad %d after %q: recited %d %v, made %d %v", n, etag, recited.StatusCode, recited.Header, made.StatusCode, made.Header)
			}
			etag = made.Header.Get("ETag")
		}
	}
}

func equal(a, b []string) bool { return len(a) == 1 && len(b) == 1 && a[0] == b[0] }

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestMedian(t *testing.T) {
	if m := median([]float64{5, 1, 4, 2, 3}); m != 3 {
		t.Errorf("median is %g, want 3", m)
	}
}
