package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// warned are the documents of a repository that this machine has warned of, as
// their servers may delete them soon. When that began, no repository says: it
// depends on the configuration and the program of each run.
type warned struct {
	app    *app
	file   string
	known  bool // there is such a memory
	before map[uint64]bool
	now    map[uint64]bool // of these and those, without what expires no more
}

// readWarned reads the memory. What cannot be read is not there.
func (a *app) readWarned(repository string) *warned {
	w := &warned{
		app: a, file: filepath.Join(a.stateFolder(), "warned", repository),
		before: make(map[uint64]bool), now: make(map[uint64]bool),
	}
	text, err := os.ReadFile(w.file)
	w.known = err == nil
	for line := range strings.Lines(string(text)) {
		if hash, err := strconv.ParseUint(strings.TrimSpace(line), 16, 64); err == nil {
			w.before[hash], w.now[hash] = true, true
		}
	}
	return w
}

// first notes a document that may be deleted soon, and says whether it is new;
// without a memory, it is unless the last look saw that it was so.
func (w *warned) first(hash uint64, seen bool) bool {
	w.now[hash] = true
	if w.known {
		return !w.before[hash]
	}
	return !seen
}

// over notes a document that is not deleted soon.
func (w *warned) over(hash uint64) { delete(w.now, hash) }

// keep stores the memory. It is a help and no need: an error does not matter.
func (w *warned) keep() {
	if w == nil || w.app.homeless("XDG_STATE_HOME") {
		return
	}
	var text strings.Builder
	for hash := range w.now {
		fmt.Fprintf(&text, "%016x\n", hash)
	}
	if err := os.MkdirAll(filepath.Dir(w.file), 0o700); err == nil {
		_ = os.WriteFile(w.file, []byte(text.String()), 0o600)
	}
}
