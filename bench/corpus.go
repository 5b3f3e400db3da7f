package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// A corpus is a fake Etherpad without a limit, with so many pads of 1.5 to
// 48 KB as .etherpad, 13.4 KB on average, always the same.
type corpus struct {
	pads int
	http.Handler
}

func newCorpus(pads int) *corpus {
	return &corpus{pads, etherpadtest.New(etherpadtest.Options{Synthetic: pads})}
}

func (c *corpus) path(n int) string {
	return "/p/" + etherpadtest.SyntheticID(n) + "/export/etherpad"
}

// ask gives the whole answer, with the ETag that was given before or "".
func (c *corpus) ask(n int, etag string) *http.Response {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, c.path(n), nil)
	w.Header().Set("Date", "Sun, 22 Nov 2026 20:00:00 GMT") // as every server says one
	if etag != "" {
		r.Header.Set("If-None-Match", etag)
	}
	c.ServeHTTP(w, r)
	answer := w.Result()
	// A length that is not known would end the connection, even of an answer
	// that has no body.
	answer.ContentLength = int64(w.Body.Len())
	return answer
}

func (c *corpus) export(n int) []byte {
	w := httptest.NewRecorder()
	c.ServeHTTP(w, httptest.NewRequest(http.MethodGet, c.path(n), nil))
	return w.Body.Bytes()
}

// write puts all exports as files into a folder, and returns their bytes.
func (c *corpus) write(dir string) (bytes int64, err error) {
	for n := range c.pads {
		export := c.export(n)
		bytes += int64(len(export))
		if err := os.WriteFile(filepath.Join(dir, etherpadtest.SyntheticID(n)+".etherpad"), export, 0o600); err != nil {
			return 0, err
		}
	}
	return bytes, nil
}

// list writes a documents file.
func (c *corpus) list(name string) error {
	var b strings.Builder
	for n := range c.pads {
		b.WriteString(etherpadtest.SyntheticID(n) + "\n")
	}
	return os.WriteFile(name, []byte(b.String()), 0o600)
}
