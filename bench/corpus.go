package main

import (
	"maps"
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
	pads   int
	server http.Handler
	ready  map[string]answer // what write has made, by path
}

type answer struct {
	header http.Header
	body   []byte
}

func newCorpus(pads int) *corpus {
	return &corpus{pads, etherpadtest.New(etherpadtest.Options{Synthetic: pads}), map[string]answer{}}
}

func (c *corpus) path(n int) string {
	return "/p/" + etherpadtest.SyntheticID(n) + "/export/etherpad"
}

func (c *corpus) export(n int) answer {
	w := httptest.NewRecorder()
	c.server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, c.path(n), nil))
	return answer{w.Header(), w.Body.Bytes()}
}

// write puts all exports as files into a folder, and keeps them in memory so
// that answering costs next to nothing. It returns their bytes.
func (c *corpus) write(dir string) (bytes int64, err error) {
	for n := range c.pads {
		a := c.export(n)
		c.ready[c.path(n)] = a
		bytes += int64(len(a.body))
		if err := os.WriteFile(filepath.Join(dir, etherpadtest.SyntheticID(n)+".etherpad"), a.body, 0o600); err != nil {
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

func (c *corpus) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, ready := c.ready[r.URL.Path]
	if !ready {
		c.server.ServeHTTP(w, r)
		return
	}
	maps.Copy(w.Header(), a.header)
	if r.Header.Get("If-None-Match") == w.Header().Get("ETag") {
		w.Header().Del("Content-Length")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(a.body)
}
