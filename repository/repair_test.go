package repository_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// repair takes up what only packs tell, and gives the ids of the documents.
func (w *world) repair() (ids []string) {
	w.t.Helper()
	w.now = w.now.Add(time.Hour)
	own := *w
	own.options.Identities = append(slices.Clone(w.options.Identities), w.owner...)
	found, err := own.open().FromPacks(w.t.Context(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	defer found.Close()
	for _, v := range found.Versions {
		ids = append(ids, v.ID)
	}
	if _, _, err := found.Adopt(w.t.Context(), repository.RunOptions{Program: "repair"}); err != nil {
		w.t.Fatal(err)
	}
	return ids
}

// TestRepairTakesUpWhatNoListTells: each list is lost or damaged in turn, then
// all of them; and again through a checkpoint.
func TestRepairTakesUpWhatNoListTells(t *testing.T) {
	bothKinds(t, func(t *testing.T, w *world) {
		w.mustRun(map[string]string{"ag": "first", "été": "x", "grown": grown(100_000)})
		w.mustRun(map[string]string{"ag": "second", "long": "y", "grown": grown(101_000)})
		w.mustRun(map[string]string{"ag": "third", "grown": grown(102_000)})
		lists := w.keys("manifests/")
		for _, lost := range [][]string{lists[:1], lists[1:2], lists[2:], lists[:2], lists} {
			for _, damaged := range []bool{false, true} {
				less := w.without(lost...)
				less.texts = maps.Clone(w.texts)
				if damaged {
					less.sink = clone(t, w.sink, func(k string, b []byte) []byte {
						if slices.Contains(lost, k) {
							b[len(b)/2] ^= 1
						}
						return b
					})
				}
				if len(less.repair()) == 0 {
					t.Fatalf("without %v, nothing is found", lost)
				}
				for _, folded := range []bool{false, true} {
					if folded {
						less.checkpoint()
					}
					less.damaged = nil
					if lost[0] != lists[2] { // else the newest is told from packs alone
						less.asOwner().wantContents()
					}
					c := less.read(repository.At{})
					if c.Lacking() > 0 {
						t.Errorf("without %v, %d lists still lack: %v %v", lost, c.Lacking(), c.Missing, c.Damaged)
					}
					for record := range c.Documents() {
						if want := map[string]int{"ag": 3, "grown": 3}[record.ID]; want > 0 && len(record.Versions) != want {
							t.Errorf("without %v, %s has %d versions", lost, record.ID, len(record.Versions))
						}
					}
				}
				if ids := less.repair(); len(ids) > 0 {
					t.Errorf("without %v, repairing again finds %q", lost, ids)
				}
				report := less.asOwner().check()
				if bad := slices.ContainsFunc(report.Problems, func(p repository.Problem) bool { return !p.Repaired }); bad || report.Lost > 0 || (len(report.Problems) > 0) != damaged {
					t.Errorf("without %v, check says %+v", lost, report)
				}
				if packs := less.keys("packs/"); report.Packs != len(packs) {
					t.Errorf("without %v, %d packs of %d are named", lost, report.Packs, len(packs))
				}
				less.mustRun(map[string]string{"later": "y"})
			}
		}
	})
}

// TestRepairFindsAVersionInTwoPacks: a long file goes into another pack than
// its document.json.
func TestRepairFindsAVersionInTwoPacks(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": w.noise(3 << 20), "b": w.noise(7 << 20)})
	if packs := len(w.keys("packs/")); packs != 2 {
		t.Fatalf("%d packs", packs)
	}
	less := w.without(w.keys("manifests/")...)
	less.repair()
	less.wantContents()
}

// TestRecoveredVersionsStandBeforeAllOthers, as they were saved, and what a
// list tells that is put back counts instead.
func TestRecoveredVersionsStandBeforeAllOthers(t *testing.T) {
	w := newWorld(t, false)
	for _, text := range []string{"1", "2", "3", "4"} {
		w.mustRun(map[string]string{"a": text})
	}
	w.suspectRun("a", "5", "shrunk")
	lists := w.keys("manifests/")
	whole := w.sink
	saved := func(w *world) (texts []string) {
		for _, v := range w.record(repository.At{}).Versions {
			texts = append(texts, fmt.Sprintf("%d %v %s", v.Saved.Day()-22, v.Recovered, v.Suspect))
		}
		return texts
	}
	less := w.without(lists[1], lists[2], lists[4])
	less.repair()
	want := []string{"2 true ", "3 true ", "5 true shrunk", "1 false ", "4 false "}
	for range 2 {
		if got := saved(less); !slices.Equal(got, want) {
			t.Errorf("the versions are %q", got)
		}
		if r := less.record(repository.At{}); r.State != manifest.Current || r.Checked.IsZero() {
			t.Errorf("a look is lost: %+v", r)
		}
		less.checkpoint()
	}
	for _, key := range lists {
		b := (&world{t: t, sink: whole}).object(key)
		if err := less.sink.Put(t.Context(), key, bytes.NewReader(b), int64(len(b))); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := saved(less), []string{"1 false ", "2 false ", "3 false ", "4 false ", "5 false shrunk"}; !slices.Equal(got, want) {
		t.Errorf("with the lists, the versions are %q", got)
	}
}

// TestWhatIsSaidOfARecoveredVersionCounts: a word that it is right is newer
// than what its pack tells.
func TestWhatIsSaidOfARecoveredVersionCounts(t *testing.T) {
	w := newWorld(t, false)
	w.suspectRun("a", "1", "shrunk")
	told := w.keys("manifests/")[0]
	_, err := w.open().Accept(t.Context(), repository.RunOptions{}, func(r *manifest.Record) *manifest.VersionRecord { return r.Newest() })
	if err != nil {
		t.Fatal(err)
	}
	less := w.without(told)
	less.repair()
	for range 2 {
		if v := less.record(repository.At{}).Newest(); !v.Recovered || v.Suspect != "" {
			t.Errorf("the version is %+v", v)
		}
		less.checkpoint()
	}
}

// TestRepairTakesUpNothingThatWasErased.
func TestRepairTakesUpNothingThatWasErased(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"ag": "1", "bureau": "2"})
	lost := w.keys("manifests/")[0]
	w.forge("manifests/", w.header(2), manifest.Document{ID: "ag", State: manifest.Erased})
	less := w.without(lost)
	if got := less.repair(); !slices.Equal(got, []string{"bureau"}) {
		t.Errorf("taken up are %q", got)
	}
}

// TestRepairNeedsWhoCanReadPacks: the runner cannot, and what it cannot read
// is not said to be made good.
func TestRepairNeedsWhoCanReadPacks(t *testing.T) {
	w := newWorld(t, true)
	w.mustRun(map[string]string{"ag": "1"})
	w.mustRun(map[string]string{"bureau": "2"})
	less := w.without(w.keys("manifests/")[0])
	runner := *less
	runner.owner = nil
	if got := runner.repair(); len(got) > 0 {
		t.Errorf("the runner found %q", got)
	}
	if c := less.read(repository.At{}); c.Lacking() != 1 {
		t.Errorf("%d lists lack", c.Lacking())
	}
	less.owner = []age.Identity{identity(t)}
	found, err := less.open().FromPacks(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	if len(found.Unread) != 1 || !errors.Is(found.Unread[0], repository.ErrNoIdentity) {
		t.Errorf("unread are %v", found.Unread)
	}
}

// TestRepairOfADamagedPackTakesUpWhatIsSoundInIt.
func TestRepairOfADamagedPackTakesUpWhatIsSoundInIt(t *testing.T) {
	w := newWorld(t, false)
	save := map[string]string{}
	for i := range 30 {
		save[fmt.Sprintf("pad-%02d", i)] = w.noise(60_000)
	}
	w.mustRun(save)
	less := w.without(w.keys("manifests/")...)
	less.sink = clone(t, less.sink, func(k string, b []byte) []byte {
		if strings.HasPrefix(k, "packs/") {
			b[len(b)/2] ^= 1
		}
		return b
	})
	if got := less.repair(); len(got) < 12 || len(got) > 29 {
		t.Errorf("of 30 documents, %d are taken up", len(got))
	}
}

// TestHostilePacksAreNotTakenUp: names that lie, and files that are not there.
func TestHostilePacksAreNotTakenUp(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"ag": "1"})
	plain := string(decompress(t, w.object(w.keys("packs/")[0])))
	for name, change := range map[string][2]string{
		"another id":      {`"id":"ag"`, `"id":"gg"`},
		"another source":  {`"url":"https://pads.example"`, `"url":"https://pads.exampIe"`},
		"another file":    {`"sha256":"`, `"sha257":"`},
		"another version": {`"saved":"2026`, `"saved":"2027`},
		"another size":    {`"size":1`, `"size":2`},
		"another text":    {"\x00" + "1" + "\x00", "\x00" + "2" + "\x00"},
		"another member":  {"/ag.etherpad", "/gg.etherpad"},
	} {
		if !strings.Contains(plain, change[0]) {
			t.Fatalf("%s: nothing to change", name)
		}
		less := w.without(append(w.keys("manifests/"), w.keys("packs/")...)...)
		less.store("packs/", ".tar.zst", compress(t, []byte(strings.ReplaceAll(plain, change[0], change[1]))))
		if got := less.repair(); len(got) > 0 {
			t.Errorf("%s: taken up are %q", name, got)
		}
	}
	less := w.without(append(w.keys("manifests/"), w.keys("packs/")...)...)
	less.store("packs/", ".tar.zst", compress(t, []byte(plain)))
	if got := less.repair(); len(got) != 1 {
		t.Errorf("unchanged: taken up are %q", got)
	}
}
