package machine

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const warnedRoom = "warned"

// Warned are the documents of a repository that the machine has warned of, as
// their servers may delete them soon. No repository says when that began: it
// depends on the configuration and the program of each run. It is for one
// goroutine at a time.
type Warned struct {
	machine Machine
	id      string // the repository's
	known   bool   // there is such a memory
	before  map[uint64]bool
	now     map[uint64]bool // of these and those, without what no longer expires
}

// Warned are those of the repository with this id.
func (m Machine) Warned(repository string) *Warned {
	w := &Warned{machine: m, id: repository, before: make(map[uint64]bool), now: make(map[uint64]bool)}
	if m.folder == "" {
		return w
	}
	text, err := os.ReadFile(filepath.Join(m.folder, warnedRoom, repository))
	w.known = err == nil
	for line := range strings.Lines(string(text)) {
		if hash, err := strconv.ParseUint(strings.TrimSpace(line), 16, 64); err == nil {
			w.before[hash], w.now[hash] = true, true
		}
	}
	return w
}

// First notes a document that may be deleted soon, by a hash, and says whether
// that is new. Without a memory it is new unless seen says that the last look
// already saw it.
func (w *Warned) First(hash uint64, seen bool) bool {
	w.now[hash] = true
	if w.known {
		return !w.before[hash]
	}
	return !seen
}

// Over notes a document that is not deleted soon.
func (w *Warned) Over(hash uint64) { delete(w.now, hash) }

// Keep stores what was noted; nil stores nothing.
func (w *Warned) Keep() {
	if w == nil {
		return
	}
	_ = w.machine.replace(warnedRoom, w.id, func(out io.Writer) error {
		var text strings.Builder
		for hash := range w.now {
			fmt.Fprintf(&text, "%016x\n", hash)
		}
		_, err := io.WriteString(out, text.String())
		return err
	})
}
