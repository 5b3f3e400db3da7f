package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/padsync/padsync/internal/durable"
	"github.com/padsync/padsync/manifest"
)

// maxLists bounds what is read of a memory, in bytes.
const maxLists = 1 << 20

// listsMemory is what this machine knows of the lists of documents in a
// repository from before. It is a help and no need: without it, less is
// noticed.
type listsMemory struct {
	sequence int64    // the highest that it wrote, so that a listing that lags cannot make it go back
	seen     []string // ids of the manifests and checkpoints that were there
}

// rememberedLists reads the memory of the repository with this id: a line with the
// sequence, and one for each manifest.
func (a *app) rememberedLists(repository string) (m listsMemory) {
	f, err := os.Open(a.listsFile(repository))
	if err != nil || repository == "" {
		return m
	}
	defer f.Close()
	lines := bufio.NewScanner(io.LimitReader(f, maxLists))
	if lines.Scan() {
		m.sequence, _ = strconv.ParseInt(lines.Text(), 10, 64)
	}
	for lines.Scan() {
		if _, _, _, ok := manifest.ParseID(lines.Text()); ok {
			m.seen = append(m.seen, lines.Text())
		}
	}
	return m
}

// seen gives the part of the memory that a repository asks for.
func (a *app) seen(repository string) []string { return a.rememberedLists(repository).seen }

// rememberLists notes what was there, and the sequence of a run, 0 for none. A
// run's sequence is above the one before, unless that could not be.
func (a *app) rememberLists(repository string, sequence int64, seen []string) {
	before := a.rememberedLists(repository)
	if sequence == 0 {
		sequence = before.sequence
	}
	if repository == "" || a.homeless("XDG_STATE_HOME") || sequence == before.sequence && slices.Equal(before.seen, seen) {
		return
	}
	file := a.listsFile(repository)
	root, err := durable.OpenRoot(filepath.Dir(file))
	if err != nil {
		return
	}
	defer root.Close()
	_ = durable.Replace(root, filepath.Base(file), func(w io.Writer) error {
		out := bufio.NewWriter(w)
		fmt.Fprintln(out, sequence)
		for _, id := range seen {
			fmt.Fprintln(out, id)
		}
		return out.Flush()
	})
}

func (a *app) listsFile(repository string) string {
	return filepath.Join(a.stateFolder(), "manifests", repository)
}
