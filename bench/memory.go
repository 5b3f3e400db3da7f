package main

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"testing"
)

// memory measures part e: what a hundred times more documents cost in memory,
// when all are new and when none changed.
func memory(t testing.TB, p *program) []row {
	first, again := make(map[int]usage), make(map[int]usage)
	few, many := 1_000, 100_000
	for _, documents := range []int{few, many} {
		c := newCorpus(documents)
		source := httptest.NewServer(c)
		dir := t.TempDir()
		list := filepath.Join(dir, "documents")
		if err := c.list(list); err != nil {
			t.Fatal(err)
		}
		one := p.setUp(t, source.URL, list, filepath.Join(dir, "repository"))
		first[documents] = one.backup(t, documents)
		again[documents] = one.backup(t, documents)
		source.Close()
	}
	difference := func(what string, took map[int]usage) row {
		apart := took[many].Peak - took[few].Peak
		return row{"e", fmt.Sprintf("%d and %d documents, %s: peak memory (%.0f s, %.0f s)", few, many, what, took[few].Wall.Seconds(), took[many].Wall.Seconds()),
			fmt.Sprintf("%s and %s: %s apart", mib(float64(took[few].Peak)), mib(float64(took[many].Peak)), mib(float64(apart))),
			"within 60 MiB", max(apart, -apart) <= 60<<20}
	}
	return []row{difference("all new", first), difference("none changed", again)}
}
