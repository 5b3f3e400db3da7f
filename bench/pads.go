package main

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

const (
	realPads    = 10_000
	concurrency = 2 // requests at once, as many as padsync allows itself
)

// pads measures part a: pads a second from a real Etherpad without a limit,
// beside the same requests without any work on what comes.
func pads(t testing.TB, p *program) []row {
	server := testserver.Etherpad(t, testserver.EtherpadOptions{})
	c := newCorpus(realPads)
	for n := range c.pads {
		server.Import(t, etherpadtest.SyntheticID(n), c.export(n))
	}
	dir := t.TempDir()
	list := filepath.Join(dir, "documents")
	if err := c.list(list); err != nil {
		t.Fatal(err)
	}
	var ours, bare, ratios []float64
	load(t, server.URL, c) // the first requests are slower
	for n := range pairs {
		one := p.setUp(t, server.URL, list, filepath.Join(dir, fmt.Sprint(n)))
		ours = append(ours, realPads/one.backup(t, realPads).Wall.Seconds())
		bare = append(bare, realPads/load(t, server.URL, c).Seconds())
		ratios = append(ratios, ours[n]/bare[n])
	}
	ratio := median(ratios)
	return []row{{"a", fmt.Sprintf("pads a second from Etherpad 1.8.14, %d pads, %d at once", realPads, concurrency),
		fmt.Sprintf("%.0f, bare requests %.0f: %.2f", median(ours), median(bare), ratio),
		"at least 0.90 of bare requests", ratio >= 0.9}}
}

// load asks for every export, and throws away what comes.
func load(t testing.TB, address string, c *corpus) time.Duration {
	start := time.Now()
	var g errgroup.Group
	g.SetLimit(concurrency)
	for n := range c.pads {
		g.Go(func() error {
			r, err := http.Get(address + c.path(n))
			if err != nil {
				return err
			}
			defer r.Body.Close()
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return err
			}
			if r.StatusCode != http.StatusOK {
				return fmt.Errorf("the real Etherpad answers %s", r.Status)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	return time.Since(start)
}
