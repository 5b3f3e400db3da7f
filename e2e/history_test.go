package e2e

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// longHistoriesComeBack saves a pad with many revisions each time that somebody
// wrote in it. A run stores little, by a machine that cannot read what is
// stored; each version comes back as the server gave it.
func longHistoriesComeBack(t *testing.T, etherpad *testserver.EtherpadServer) {
	written := etherpadtest.New(etherpadtest.Options{})
	p := written.Create("long-story", "Ordre du jour\n")
	for i := range 1200 {
		p.Append(etherpadtest.Author{ID: "a.ada", Name: "Ada"}, fmt.Sprintf("mot %d ", i))
		if i > 100 {
			p.Remove(etherpadtest.Author{ID: "a.bob", Name: "Bob"}, 20, 6)
		}
	}
	export := httptest.NewRecorder()
	written.ServeHTTP(export, httptest.NewRequest("GET", "/p/long-story/export/etherpad", nil))
	etherpad.Create(t, "long-story", "")
	etherpad.Import(t, "long-story", export.Body.Bytes())

	runner, owner := newMachine(t), newMachine(t)
	key := owner.write("key.txt", owner.padsync("keygen").exits(0).stdout)
	store := filepath.Join(t.TempDir(), "repository")
	var runs, want []string
	var stored []int64
	for day := range 6 {
		got := runner.padsync("backup", "--json", "-r", store, "--recipient", recipientOf(owner, key), etherpad.PadURL("long-story")).exits(0).summary()
		runs, stored = append(runs, got.Run), append(stored, got.Bytes.Stored)
		want = append(want, string(etherpad.Export(t, "long-story", "etherpad")))
		for range 5 {
			etherpad.Append(t, "long-story", fmt.Sprintf("jour %d\n", day))
		}
	}
	for _, later := range stored[1:] {
		if later*4 > stored[0] {
			t.Errorf("%d bytes were stored of a pad that was stored with %d before", later, stored[0])
		}
	}
	for i, run := range runs {
		target := filepath.Join(t.TempDir(), "restored")
		owner.padsync("restore", "-r", store, "-i", key, "--at", run, "--target", target).exits(0)
		for _, got := range files(t, target) {
			if got != want[i] {
				t.Errorf("version %d came back with %d bytes; the server gave %d", i, len(got), len(want[i]))
			}
		}
	}
	owner.padsync("check", "-r", store, "-i", key, "--read-data").exits(0)
}
