package restore

import (
	"hash/maphash"
	"slices"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// names gives documents their folders: named as people call them, with a hash
// added where two would have the same name on a file system that ignores case
// or normalises. It knows all documents, not only those that are wanted, so
// that a document has the same folder each time.
type names struct {
	seed  maphash.Seed
	taken []uint64 // hashes of names that several have, sorted
}

func newNames(c *repository.Contents) (*names, error) {
	n := &names{seed: maphash.MakeSeed()}
	var all []uint64
	var last manifest.Source
	for record, err := range c.Documents() {
		if err != nil {
			return nil, err
		}
		if last.Compare(record.Source) != 0 || len(all) == 0 {
			last = record.Source
			all = append(all, n.hash("", last.Address()))
		}
		all = append(all, n.hash(last.Address(), record.ID))
	}
	slices.Sort(all)
	for i, h := range all {
		if i > 0 && all[i-1] == h {
			n.taken = append(n.taken, h)
		}
	}
	n.taken = slices.Compact(n.taken)
	return n, nil
}

// in gives the name that something has in a folder: the source in that of all,
// whose name is "", or the document in that of its source.
func (n *names) in(folder, name string) string {
	if _, taken := slices.BinarySearch(n.taken, n.hash(folder, name)); taken {
		return repository.Escape(name)
	}
	return repository.EscapeLegibly(name)
}

func (n *names) hash(folder, name string) uint64 {
	var h maphash.Hash
	h.SetSeed(n.seed)
	h.WriteString(folder)
	h.WriteByte(0)
	h.WriteString(repository.Fold(repository.EscapeLegibly(name)))
	return h.Sum64()
}

// fileNames gives the outputs' names in the document's folder.
func fileNames(outputs []output) []string {
	count := make(map[string]int)
	for _, o := range outputs {
		count[repository.Fold(repository.EscapeLegibly(o.name))]++
	}
	all := make([]string, len(outputs))
	for i, o := range outputs {
		if all[i] = repository.EscapeLegibly(o.name); count[repository.Fold(all[i])] > 1 {
			all[i] = repository.Escape(o.name)
		}
	}
	return all
}
