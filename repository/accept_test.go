package repository_test

import (
	"fmt"
	"testing"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// suspected commits one document with a suspect version.
func (w *world) suspected(complete bool) {
	w.t.Helper()
	run := w.begin(nil)
	if err := run.Save(manifest.Document{ID: "a", State: manifest.Current}, version("a", "less"), "shrunk", nil); err != nil {
		w.t.Fatal(err)
	}
	if err := run.Commit(w.t.Context(), ending(complete)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) record(at repository.At) *manifest.Record {
	w.t.Helper()
	var found *manifest.Record
	for r, err := range w.read(at).Documents() {
		if err != nil {
			w.t.Fatal(err)
		}
		if r.ID == "a" {
			found = r
		}
	}
	return found
}

func (w *world) accept() int64 {
	w.t.Helper()
	sequence, err := w.open().Accept(w.t.Context(), repository.RunOptions{}, repository.At{}.Newest)
	if err != nil {
		w.t.Fatal(err)
	}
	return sequence
}

func TestAcceptedVersionIsSuspectNoMoreButWasThen(t *testing.T) {
	for _, sealed := range []bool{false, true} {
		w := newWorld(t, sealed)
		w.mustRun(map[string]string{"a": "more", "b": "other"})
		w.suspected(true)
		before := w.record(repository.At{})
		told := before.Newest().Told[manifest.ToldSuspect]
		if before.Newest().Suspect != "shrunk" {
			t.Fatalf("suspect of %q", before.Newest().Suspect)
		}
		if w.accept() == 0 {
			t.Fatal("nothing was stored")
		}
		after := w.record(repository.At{})
		if got := after.Newest(); got.Suspect != "" || got.Name != before.Newest().Name || after.Told != before.Told {
			t.Errorf("afterwards: %+v", got)
		}
		if got := w.record(repository.At{Manifest: told}).Newest(); got.Suspect != "shrunk" {
			t.Errorf("at that time: suspect of %q", got.Suspect)
		}
		if w.accept() != 0 {
			t.Error("what is right was stored again")
		}
		// It stays so in checkpoints.
		for range 31 {
			w.mustRun(map[string]string{"b": w.text(20)})
		}
		if got := w.record(repository.At{}).Newest(); got.Suspect != "" {
			t.Errorf("in a checkpoint: suspect of %q", got.Suspect)
		}
	}
}

// TestCheckpointKeepsWhatIsToldOfTheUnreadable: whichever manifest cannot be
// read while checkpoints are written, all is known once it can.
func TestCheckpointKeepsWhatIsToldOfTheUnreadable(t *testing.T) {
	bothKinds(t, func(t *testing.T, w *world) {
		w.mustRun(map[string]string{"a": "more", "b": "other"})
		w.suspected(true)
		w.accept()
		want := w.record(repository.At{})
		manifests := w.keys("manifests/")
		if len(manifests) != 3 || want.Newest().Suspect != "" {
			t.Fatalf("%d manifests, suspect of %q", len(manifests), want.Newest().Suspect)
		}
		for i, key := range manifests {
			flip := func(k string, b []byte) []byte {
				if k == key {
					b[len(b)/2] ^= 1
				}
				return b
			}
			damaged := *w
			damaged.sink = clone(t, w.sink, flip)
			for range 2 { // the second one, of the first
				damaged.checkpoint()
			}
			if got, versions := damaged.asOwner().check().Versions, []int{1, 2, 3}[i]; got != versions {
				t.Errorf("without manifest %d: %d versions, want %d", i, got, versions)
			}
			damaged.sink = clone(t, damaged.sink, flip)
			if got := told(damaged.record(repository.At{})); got != told(want) {
				t.Errorf("manifest %d is readable again:\n%s, want\n%s", i, got, told(want))
			}
		}
	})
}

func told(r *manifest.Record) string {
	text := fmt.Sprintln(r.State, r.Told)
	for _, v := range r.Versions {
		text += fmt.Sprintf("%s %q %q %q\n", v.Name, v.Validator, v.Suspect, v.Told)
	}
	return text
}

func TestAcceptingLeavesAnInterruptedRunToBeResumed(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": "more"})
	w.suspected(false)
	w.accept()
	if c := w.read(repository.At{}); !w.skipped(c)(w.record(repository.At{})) {
		t.Error("the run that was cut off is not resumed")
	}
}

func TestRunThatCameToItsEndIsNotResumedByWhoAcceptedMeanwhile(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": "more"})
	c := w.read(repository.At{})
	run := w.begin(c)
	if err := run.Save(manifest.Document{ID: "a", State: manifest.Current}, version("a", "less"), "shrunk", nil); err != nil {
		t.Fatal(err)
	}
	if err := run.Commit(t.Context(), manifest.BySignal); err != nil {
		t.Fatal(err)
	}
	w.accept()
	if err := run.Commit(t.Context(), manifest.AtEnd); err != nil {
		t.Fatal(err)
	}
	if c := w.read(repository.At{}); w.skipped(c)(w.record(repository.At{})) {
		t.Error("a run that came to its end is resumed")
	}
}

func TestSealedRepositoryTakesNoPlainAcceptance(t *testing.T) {
	w := newWorld(t, true)
	w.mustRun(map[string]string{"a": "more"})
	w.options.Recipients = nil
	r, err := repository.Open(t.Context(), w.sink, w.options)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Accept(t.Context(), repository.RunOptions{}, repository.At{}.Newest); err != repository.ErrSealed {
		t.Errorf("%v, want %v", err, repository.ErrSealed)
	}
}
