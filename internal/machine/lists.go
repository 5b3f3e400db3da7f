package machine

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/padsync/padsync/manifest"
)

const (
	maxLists  = 1 << 20 // bytes that are read of a file
	listsRoom = "manifests"
)

// Lists are what the machine remembers of the lists of documents in a
// repository. Without them, it notices less.
type Lists struct {
	Sequence int64    // the highest that this machine wrote, so that a listing that lags cannot make it go back
	Seen     []string // ids of the manifests and checkpoints that were there
}

// Lists are those of the repository with this id: its file has a line with the
// sequence, and one for each manifest.
func (m Machine) Lists(repository string) (l Lists) {
	f, err := os.Open(filepath.Join(m.folder, listsRoom, repository))
	if err != nil || repository == "" || m.folder == "" {
		return l
	}
	defer f.Close()
	lines := bufio.NewScanner(io.LimitReader(f, maxLists))
	if lines.Scan() {
		l.Sequence, _ = strconv.ParseInt(lines.Text(), 10, 64)
	}
	for lines.Scan() {
		if _, _, _, ok := manifest.ParseID(lines.Text()); ok {
			l.Seen = append(l.Seen, lines.Text())
		}
	}
	return l
}

// Seen are the ids that Lists has, as repository.Options wants them.
func (m Machine) Seen(repository string) []string { return m.Lists(repository).Seen }

// KeepLists notes what was there, and the sequence of a run, 0 for none. A
// run's sequence is above the one before, unless that was not possible.
func (m Machine) KeepLists(repository string, sequence int64, seen []string) {
	before := m.Lists(repository)
	if sequence == 0 {
		sequence = before.Sequence
	}
	if repository == "" || sequence == before.Sequence && slices.Equal(before.Seen, seen) {
		return
	}
	_ = m.replace(listsRoom, repository, func(w io.Writer) error {
		out := bufio.NewWriter(w)
		fmt.Fprintln(out, sequence)
		for _, id := range seen {
			fmt.Fprintln(out, id)
		}
		return out.Flush()
	})
}
