package repository_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// many stores so many manifests that no checkpoint includes, each with so many
// looks.
func (w *world) many(manifests, looks int) {
	w.t.Helper()
	w.mustRun(nil)
	for i := range manifests {
		h := w.header(int64(i + 2))
		h.Finished = manifest.At(w.now.Add(time.Duration(i) * time.Second))
		h.Run = fmt.Sprintf("%032x", i)
		var documents []manifest.Document
		for j := range looks {
			d := manifest.Document{ID: fmt.Sprintf("pad-%06d", j), State: manifest.Current}
			if j == i%looks {
				d.State = manifest.Missing
			}
			documents = append(documents, d)
		}
		documents = append(documents, manifest.Document{ID: fmt.Sprintf("z-%06d", i), State: manifest.Failed, Error: fmt.Sprint(i)})
		w.forge("manifests/", h, documents...)
	}
}

// told is the header of a stored manifest.
func (w *world) told(key string) *manifest.Header {
	w.t.Helper()
	b := w.object(key)
	if w.owner != nil {
		plain, size, err := crypto.Open(bytes.NewReader(b), int64(len(b)), w.owner...)
		if err != nil {
			w.t.Fatal(err)
		}
		if b, err = io.ReadAll(io.NewSectionReader(plain, 0, size)); err != nil {
			w.t.Fatal(err)
		}
	}
	d, err := manifest.NewDecoder(bytes.NewReader(decompress(w.t, b)))
	if err != nil {
		w.t.Fatal(err)
	}
	return d.Header
}

// TestManifestsInPassesTellTheSame, at every moment, however many there are.
func TestManifestsInPassesTellTheSame(t *testing.T) {
	w := newWorld(t, false)
	const manifests, looks = 1100, 3
	w.many(manifests, looks)
	keys := w.keys("manifests/")
	for _, at := range []int{manifests, 40, 1} {
		c := w.read(repository.At{Manifest: idIn(keys[at])})
		n := 0
		for r, err := range c.Documents() {
			if err != nil {
				t.Fatal(err)
			}
			want := manifest.Current
			switch j := n; {
			case j >= looks:
				want = manifest.Failed
			case j == (at-1)%looks:
				want = manifest.Missing
			}
			teller := keys[at]
			if n >= looks {
				teller = keys[n-looks+1]
			}
			if r.State != want || r.Told != idIn(teller) || n >= looks && r.Error != fmt.Sprint(n-looks) {
				t.Fatalf("after %d manifests, %s is %s, as %s told: want %s", at, r.ID, r.State, r.Told, want)
			}
			n++
		}
		if n != at+looks {
			t.Errorf("after %d manifests there are %d documents", at, n)
		}
	}
}

// TestWhatIsSaidInAnotherPassCounts: the version is told in one, and what was
// said of it in another.
func TestWhatIsSaidInAnotherPassCounts(t *testing.T) {
	w := newWorld(t, false)
	looks := func(from, to int64) {
		for i := from; i < to; i++ {
			w.forge("manifests/", w.header(i), manifest.Document{ID: "b", State: manifest.Current})
		}
	}
	w.suspectRun("a", "x", "shrunk")
	looks(2, 45)
	w.accept()
	looks(46, 80)
	if v := w.record(repository.At{}).Newest(); v == nil || v.Suspect != "" {
		t.Errorf("the version is %+v", v)
	}
}

// TestMemoryDoesNotGrowWithTheManifests that no checkpoint includes.
func TestMemoryDoesNotGrowWithTheManifests(t *testing.T) {
	live := func(manifests int) uint64 {
		w := newWorld(t, false)
		w.many(manifests, 1000)
		var before, stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		c := w.read(repository.At{})
		for _, err := range c.Documents() {
			if err != nil {
				t.Fatal(err)
			}
			runtime.GC()
			runtime.ReadMemStats(&stats)
			break // all streams are open now
		}
		return stats.HeapAlloc - before.HeapAlloc
	}
	if n := live(160); n > 16<<20 { // all at once take 42 MiB
		t.Errorf("160 manifests take %d KiB to read", n>>10)
	}
}

// TestLongRunWritesCheckpointsOnItsWay: manifests that are in none stay few,
// and so do the names in each; what an interrupted run found is taken up
// nevertheless.
func TestLongRunWritesCheckpointsOnItsWay(t *testing.T) {
	w := newWorld(t, true)
	w.pause = 3 * time.Minute
	save := map[string]string{}
	for i := range 100 {
		save[fmt.Sprintf("pad-%03d", i)] = "x"
	}
	if err := w.run(save, false); err != nil {
		t.Fatal(err)
	}
	checkpoints := w.keys("checkpoints/")
	if len(checkpoints) < 2 || len(checkpoints) > 4 {
		t.Fatalf("%d checkpoints for %d manifests", len(checkpoints), len(w.keys("manifests/")))
	}
	w.asOwner().wantContents()
	c := w.read(repository.At{})
	if len(c.Missing) > 0 || len(c.Seen()) > 70 {
		t.Errorf("missing are %v, and %d lists are to be read", c.Missing, len(c.Seen()))
	}
	if got := w.resumed(); len(got) < 30 {
		t.Errorf("of an interrupted run, %d documents are taken up", len(got))
	}
	// The last manifest names few, and the last checkpoint.
	lists := w.keys("manifests/")
	names := w.told(lists[len(lists)-1]).Before
	if len(names) > 40 || !slices.Contains(names, idIn(checkpoints[len(checkpoints)-1])) {
		t.Errorf("the last manifest names %d: %v", len(names), names)
	}
	less := w.without(checkpoints[len(checkpoints)-1])
	if c := less.seen(c.Seen()); len(c.Missing) != 1 {
		t.Errorf("without the last checkpoint, missing are %v", c.Missing)
	}
	// What checkpoints include is not needed.
	for _, key := range w.keys("manifests/")[:60] {
		if !slices.Contains(c.Seen(), idIn(key)) {
			if err := w.sink.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.asOwner().wantContents()
	if c := w.read(repository.At{}); len(c.Missing) > 0 {
		t.Errorf("missing are %v", c.Missing)
	}
}
