package backup_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// A pad with a long history is fetched once, and each repository stores what
// is new to it: one that joined later, all of it.
func TestEachRepositoryStoresWhatIsNewToIt(t *testing.T) {
	w := newWorld(t, memory.New(time.Now))
	p := w.pads.Create("ag", "Ordre du jour\n")
	write := func(revisions int) {
		for i := range revisions {
			p.Append(alice, fmt.Sprintf("mot %d ", i))
		}
	}
	write(1000)
	w.backup(w.pad("ag"))
	w.stores = append(w.stores, memory.New(time.Now))
	for run, want := range [][]bool{{true, false}, {true, true}} {
		write(20)
		w.want(w.backup(w.pad("ag")), counts{"saved": 1})
		if len(w.asked) != 1 {
			t.Errorf("run %d: the server was asked for %q", run, w.asked)
		}
		for i, store := range w.stores {
			f, content := w.newest(store)
			if shares := len(f.Shares) > 0; shares != want[i] {
				t.Errorf("run %d: repository %d shares: %v", run, i, shares)
			}
			if !bytes.Equal(content, w.pads.Export("ag")) {
				t.Errorf("run %d: what is in repository %d is not what the server gives", run, i)
			}
		}
	}
}

// A rescue copy in between has no history, and does not make a pad cost all
// of it again.
func TestHistoryIsSharedAcrossARescueCopy(t *testing.T) {
	w := newWorld(t)
	p := w.pads.Create("ag", "Ordre du jour\n")
	for i := range 1000 {
		p.Append(alice, fmt.Sprintf("mot %d ", i))
	}
	w.backup(w.pad("ag"))
	p.Spoil(etherpadtest.NotEnabled)
	p.Append(alice, "de plus ")
	if r := w.backup(w.pad("ag")); r.Suspect != 1 {
		t.Fatalf("%+v, want a rescue copy", r)
	}
	p.Spoil(etherpadtest.None)
	w.want(w.backup(w.pad("ag")), counts{"saved": 1})
	f, content := w.newest(w.stores[0])
	if len(f.Shares) == 0 || !bytes.Equal(content, w.pads.Export("ag")) {
		t.Errorf("it shares %d pieces, and has %d bytes", len(f.Shares), len(content))
	}
}

// newest is the file of the newest version of the pad ag.
func (w *world) newest(store sinks.Sink) (f manifest.FileRecord, content []byte) {
	w.t.Helper()
	r := w.open(store)
	c, err := r.Read(w.t.Context(), repository.At{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	for record, err := range c.Documents() {
		if err != nil {
			w.t.Fatal(err)
		}
		f = record.Newest().Files[0]
	}
	rd := r.NewReader(w.t.Context())
	defer rd.Close()
	s, err := rd.File(f)
	if err != nil {
		w.t.Fatal(err)
	}
	defer s.Close()
	content, err = io.ReadAll(io.NewSectionReader(s, 0, s.Size()))
	if err != nil {
		w.t.Fatal(err)
	}
	return f, content
}
