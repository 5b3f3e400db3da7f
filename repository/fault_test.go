package repository_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sinks/sinktest"
	"github.com/padsync/padsync/sources"
)

// TestEveryFailedWriteLosesNothing fails each write of a run, in each way: the
// run must not claim success unless the write landed, what was saved before
// must still be there, and the next run must work.
func TestEveryFailedWriteLosesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		pause   time.Duration
		bytes   int // of a document's text
		grown   int // bytes of a history that is 100,000 before
		writes  int
		applied []bool
	}{
		"a manifest for each document": {pause: 3 * time.Minute, bytes: 1000, writes: 7, applied: []bool{false, true}},
		"two packs for a manifest":     {bytes: 4 << 20, writes: 3, applied: []bool{false}},
		"a history that grew":          {pause: 3 * time.Minute, bytes: 1000, grown: 101_000, writes: 9, applied: []bool{false, true}},
	} {
		for at := range c.writes + 1 {
			for _, applied := range c.applied {
				for _, crash := range []bool{false, true} {
					if at == 0 && (applied || crash) {
						continue // no write fails
					}
					t.Run(fmt.Sprintf("%s,write=%d,applied=%v,crash=%v", name, at, applied, crash), func(t *testing.T) {
						t.Parallel()
						w := newWorld(t, true)
						w.mustRun(map[string]string{"ag": "first", "bureau": "b", "grown": grown(100_000)})
						w.pause = c.pause
						after := map[string]string{"ag": "second", "long": w.noise(c.bytes), "new": w.noise(c.bytes)}
						if c.grown > 0 {
							after["grown"] = grown(c.grown)
						}
						w.failWrite(&sinktest.Faulty{Sink: w.sink, At: at, Applied: applied, Crash: crash}, after, c.writes)
					})
				}
			}
		}
	}
}

// failWrite lets a run fail that makes so many writes, and the next one not.
func (w *world) failWrite(faulty *sinktest.Faulty, after map[string]string, writes int) {
	w.t.Helper()
	before, plain := maps.Clone(w.texts), w.sink
	w.sink = faulty
	err := w.run(after, true)
	w.sink = plain
	switch {
	case faulty.At > 0 && err == nil:
		w.t.Error("the run claims success")
	case faulty.At > 0 && !errors.Is(err, sinktest.ErrInjected):
		w.t.Errorf("the run fails, but not for what the store said: %v", err)
	case faulty.At == 0 && (err != nil || faulty.Writes() != writes):
		w.t.Fatalf("the run made %d writes, want %d: %v", faulty.Writes(), writes, err)
	}
	w.wantSound()
	got := w.asOwner().contents(repository.At{})
	for id, text := range before {
		if got[id] != text && got[id] != after[id] {
			w.t.Errorf("%q is lost", id)
		}
	}
	w.mustRun(map[string]string{"ag": "third"})
	if got := w.asOwner().contents(repository.At{}); got["ag"] != "third" || got["bureau"] != before["bureau"] {
		w.t.Error("the next run is not all there")
	}
}

func (w *world) wantSound() {
	w.t.Helper()
	if report := w.asOwner().check(); len(report.Problems) > 0 {
		w.t.Errorf("problems: %+v", report.Problems)
	}
}

func (w *world) check() *repository.CheckReport {
	w.t.Helper()
	r, err := repository.Open(w.t.Context(), w.sink, w.options)
	if err != nil {
		w.t.Fatal(err)
	}
	report, err := r.Check(w.t.Context(), true, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

// TestPackThatFailsCostsNoOther: what was stored beside it is taken up, and no
// pack is left that nobody names.
func TestPackThatFailsCostsNoOther(t *testing.T) {
	bothKinds(t, func(t *testing.T, w *world) {
		w.mustRun(map[string]string{"ag": "first"})
		save := map[string]string{"long": w.noise(4 << 20), "new": w.noise(4 << 20), "small": "x"}
		plain := w.sink
		w.sink = &sinktest.Faulty{Sink: plain, At: 2}
		if err := w.run(save, true); !errors.Is(err, sinktest.ErrInjected) {
			t.Fatal(err)
		}
		w.sink = plain
		kept := w.resumed()
		if len(kept) == 0 || len(kept) == len(save) {
			t.Errorf("of a run that stored one of two packs, %q is taken up", kept)
		}
		for _, id := range kept {
			w.texts[id] = save[id]
		}
		w.asOwner().wantContents()
		if packs := w.keys("packs/"); w.check().Packs != len(packs) {
			t.Errorf("of %d packs, manifests name %d", len(packs), w.check().Packs)
		}
		w.wantSound()
		w.mustRun(save)
		w.asOwner().wantContents()
	})
}

// TestFirstRunThatFails fails each write of a repository's first run.
func TestFirstRunThatFails(t *testing.T) {
	for at := range 4 {
		for _, applied := range []bool{false, true} {
			w := newWorld(t, true)
			plain := w.sink
			w.sink = &sinktest.Faulty{Sink: plain, At: at, Applied: applied, Crash: true}
			err := w.run(map[string]string{"ag": "x"}, true)
			if at > 0 && err == nil {
				t.Errorf("write %d failed, and the run claims success", at)
			}
			w.sink = plain
			w.mustRun(map[string]string{"ag": "y"})
			w.asOwner().wantContents()
		}
	}
}

func TestBrokenSourceSpoilsNoNeighbour(t *testing.T) {
	w := newWorld(t, false)
	run := w.begin(nil)
	save := func(id string, v *sources.Version) error {
		return run.Save(manifest.Document{ID: id, State: manifest.Current}, v, "", nil)
	}
	if err := save("a", version("a", "one")); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]io.ReaderAt{
		"breaks off": io.NewSectionReader(bytes.NewReader([]byte("two")), 0, 2),
		"lies":       strings.NewReader("TWO"),
	} {
		v := version("b", "two")
		v.Files[0].Content = content
		if err := save("b", v); !errors.Is(err, repository.ErrFile) {
			t.Errorf("a file that %s: %v", name, err)
		}
	}
	if err := save("c", version("c", "three")); err != nil {
		t.Fatal(err)
	}
	if err := run.Commit(t.Context(), manifest.AtEnd); err != nil {
		t.Fatal(err)
	}
	w.wantThese(w.contents(repository.At{}), map[string]string{"a": "one", "c": "three"})
	w.wantSound()
}

// TestBodiesThatBreakOffCostNothing: a store that cuts bodies is read
// nevertheless, by many and by few reads; one that goes on cutting is no
// damage.
func TestBodiesThatBreakOffCostNothing(t *testing.T) {
	bothKinds(t, func(t *testing.T, w *world) {
		w.mustRun(map[string]string{"ag": w.text(100_000), "long": w.noise(3 << 20)})
		cutting := &sinktest.Cutting{Sink: w.sink, After: 300}
		w.sink = cutting
		for _, times := range []int64{1, 2, 3, 4, 5} {
			cutting.Times.Store(times)
			w.asOwner().wantContents()
			cutting.Times.Store(times)
			w.wantSound()
		}
		r := w.asOwner().open()
		c, err := r.Read(t.Context(), repository.At{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		reader := r.NewReader(t.Context())
		defer reader.Close()
		cutting.Times.Store(1 << 60)
		for record := range c.Documents() {
			if _, err := reader.File(record.Newest().Files[0]); err == nil || errors.As(err, new(*repository.CorruptError)) {
				t.Errorf("%s: a store that always cuts: %v", record.ID, err)
			}
		}
	})
}

// TestOneFlippedByteIsFound flips a byte of each object in turn.
func TestOneFlippedByteIsFound(t *testing.T) {
	bothKinds(t, func(t *testing.T, w *world) {
		for i := range 6 {
			w.mustRun(map[string]string{fmt.Sprint("pad-", i): w.text(2000)})
		}
		w.checkpoint()
		w.mustRun(map[string]string{"later": w.text(2000)})
		if len(w.keys("parts/")) == 0 || len(w.keys("checkpoints/")) == 0 {
			t.Fatal("no checkpoint")
		}
		for _, key := range w.keys("") {
			damaged := *w
			damaged.sink = clone(t, w.sink, func(k string, b []byte) []byte {
				if k == key {
					b[len(b)/2] ^= 1
				}
				return b
			})
			if key == "padsync.json" {
				if _, err := repository.Open(t.Context(), damaged.sink, w.options); err == nil {
					t.Logf("%s: a flipped byte that changes nothing that is read", key)
				}
				continue
			}
			report := damaged.asOwner().check()
			if len(report.Problems) != 1 || report.Problems[0].Object != key {
				t.Errorf("%s: problems are %+v", key, report.Problems)
				continue
			}
			if documents := report.Problems[0].Documents; strings.HasPrefix(key, "packs/") && len(documents) != 1 {
				t.Errorf("%s: documents are %v", key, documents)
			}
			if !strings.HasPrefix(key, "packs/") {
				// Whatever manifest or checkpoint is damaged: the rest serves, loudly.
				view := damaged.asOwner()
				if n := len(view.contents(repository.At{})); n < 6 {
					t.Errorf("%s: %d documents of 7 are left", key, n)
				}
			}
		}
	})
}

// TestWhatIsSoundInADamagedPackComesBack: one byte costs the documents that
// have it, though so many are read that the pack would be read whole.
func TestWhatIsSoundInADamagedPackComesBack(t *testing.T) {
	bothKinds(t, func(t *testing.T, w *world) {
		save := map[string]string{}
		for i := range 10 {
			save[fmt.Sprint("pad-", i)] = w.text(300_000)
		}
		w.mustRun(save)
		w.sink = clone(t, w.sink, func(k string, b []byte) []byte {
			if strings.HasPrefix(k, "packs/") {
				b[len(b)/2] ^= 1
			}
			return b
		})
		c, err := w.asOwner().open().Read(t.Context(), repository.At{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		reader := w.asOwner().open().NewReader(t.Context())
		defer reader.Close()
		lost := 0
		for record, err := range c.Documents() {
			if err != nil {
				t.Fatal(err)
			}
			s, err := reader.File(record.Newest().Files[0])
			if err != nil {
				lost++
				continue
			}
			s.Close()
		}
		if lost < 1 || lost > 2 {
			t.Errorf("%d documents of 10 are lost", lost)
		}
	})
}

func TestDamagedCheckpointCostsNothing(t *testing.T) {
	w := newWorld(t, true)
	for i := range 35 {
		w.mustRun(map[string]string{fmt.Sprint("pad-", i): "x"})
	}
	for _, prefix := range []string{"checkpoints/", "parts/"} {
		damaged := w.asOwner()
		damaged.sink = clone(t, w.sink, func(k string, b []byte) []byte {
			if strings.HasPrefix(k, prefix) {
				b[len(b)-1] ^= 1
			}
			return b
		})
		w.damaged = nil
		damaged.wantContents()
		if len(w.damaged) == 0 {
			t.Errorf("a damaged object in %s was passed over in silence", prefix)
		}
	}
}

// clone copies a sink, each object changed by change.
func clone(t testing.TB, from sinks.Sink, change func(string, []byte) []byte) sinks.Sink {
	t.Helper()
	to := memory.New(time.Now)
	for o, err := range from.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		rc, err := from.Get(t.Context(), o.Key, 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(rc)
		if err != nil {
			t.Fatal(err)
		}
		b = change(o.Key, b)
		if err := to.Put(t.Context(), o.Key, bytes.NewReader(b), int64(len(b))); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

func TestHeadlessRepositoryIsNoNewOne(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"ag": "x"})
	if err := w.sink.Delete(t.Context(), "padsync.json"); err != nil {
		t.Fatal(err)
	}
	if err := w.run(nil, true); !errors.Is(err, repository.ErrHeadless) {
		t.Errorf("error is %v", err)
	}
}

// TestFlippedBitInTheHeadHidesNothing: the repository is refused, or all there.
func TestFlippedBitInTheHeadHidesNothing(t *testing.T) {
	bothKinds(t, func(t *testing.T, w *world) {
		w.mustRun(map[string]string{"ag": "x"})
		plain := w.sink
		for bit := 0; ; bit++ {
			flipped := false
			w.sink = clone(t, plain, func(key string, b []byte) []byte {
				if key == "padsync.json" && bit/8 < len(b) {
					b[bit/8] ^= 1 << (bit % 8)
					flipped = true
				}
				return b
			})
			if !flipped {
				break
			}
			got, err := w.asOwner().tryContents(repository.At{})
			if err == nil && len(got) != 1 {
				t.Errorf("with bit %d of padsync.json flipped, there are %d documents", bit, len(got))
			}
		}
	})
}

func TestSealedStaysSealed(t *testing.T) {
	w := newWorld(t, true)
	w.mustRun(map[string]string{"ag": "x"})
	plain := *w
	plain.options.Recipients = nil
	if err := plain.run(nil, true); !errors.Is(err, repository.ErrSealed) {
		t.Errorf("plain data into a sealed repository: %v", err)
	}
	other := *w
	other.options.Recipients = recipients(t, identity(t))
	if err := other.run(nil, true); !errors.Is(err, repository.ErrRecipients) {
		t.Errorf("other recipients: %v", err)
	}
	w = newWorld(t, false)
	w.mustRun(map[string]string{"ag": "x"})
	w.options.Recipients = recipients(t, identity(t))
	if err := w.run(nil, true); !errors.Is(err, repository.ErrPlain) {
		t.Errorf("recipients for a plain repository: %v", err)
	}
}

func TestNewerFormatIsRefused(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"ag": "x"})
	w.sink = clone(t, w.sink, func(k string, b []byte) []byte {
		if k == "padsync.json" {
			return bytes.Replace(b, []byte(`"version":1`), []byte(`"version":2`), 1)
		}
		return b
	})
	if err := w.run(nil, true); !errors.Is(err, manifest.ErrUnsupported) {
		t.Errorf("error is %v", err)
	}
	w.sink = clone(t, w.sink, func(k string, b []byte) []byte {
		if k == "padsync.json" {
			return []byte(`{"format":"padsync repository","version":2,"id":"of another form"}`)
		}
		return b
	})
	if err := w.run(nil, true); !errors.Is(err, manifest.ErrUnsupported) {
		t.Errorf("of another form, error is %v", err)
	}
}

func TestTwoRunsAtOnceLoseNothing(t *testing.T) {
	w := newWorld(t, true)
	w.mustRun(map[string]string{"old": "o"})
	var g sync.WaitGroup
	for i := range 4 {
		g.Go(func() {
			own := *w
			own.texts = map[string]string{}
			if err := own.run(map[string]string{fmt.Sprint("pad-", i): fmt.Sprint("text ", i), "both": "same"}, true); err != nil {
				t.Error(err)
			}
		})
	}
	g.Wait()
	w.wantThese(w.asOwner().contents(repository.At{}), map[string]string{
		"old": "o", "pad-0": "text 0", "pad-1": "text 1", "pad-2": "text 2", "pad-3": "text 3", "both": "same"})
	w.wantSound()
}

// TestClockSaysNothing: a machine whose clock is years ahead makes no version
// the newest for ever.
func TestClockSaysNothing(t *testing.T) {
	w := newWorld(t, false)
	w.now = w.now.AddDate(10, 0, 0)
	w.mustRun(map[string]string{"ag": "from 2036"})
	w.now = w.now.AddDate(-10, 0, 0)
	w.mustRun(map[string]string{"ag": "from now"})
	w.wantContents()
}

// skipped tells what the next run need not look at.
func (w *world) skipped(c *repository.Contents) func(*manifest.Record) bool {
	return c.Resumed(c.Interrupted([]manifest.Source{pads}, func(string) bool { return false }))
}

// resumed are the documents that the next run need not look at.
func (w *world) resumed() (resumed []string) {
	w.t.Helper()
	c := w.read(repository.At{})
	skip := w.skipped(c)
	for record, err := range c.Documents() {
		if err != nil {
			w.t.Fatal(err)
		}
		if skip(record) {
			resumed = append(resumed, record.ID)
		}
	}
	return resumed
}

func TestInterruptedRunIsTakenUp(t *testing.T) {
	w := newWorld(t, true)
	want := func(when string, want ...string) {
		t.Helper()
		if got := w.resumed(); !slices.Equal(got, want) {
			t.Errorf("%s, %q are not looked at, want %q", when, got, want)
		}
	}
	if err := w.run(map[string]string{"done": "x"}, false); err != nil {
		t.Fatal(err)
	}
	want("after a signal", "done")
	w.now = w.now.Add(time.Hour - 24*time.Hour) // run adds a day
	if err := w.run(map[string]string{"second": "y"}, false); err != nil {
		t.Fatal(err)
	}
	want("after two signals", "done", "second")
	w.now = w.now.Add(time.Hour)
	want("two hours later", "second")
	w.now = w.now.Add(-time.Hour - 24*time.Hour)
	w.mustRun(nil)
	want("after a run that looked at all")
}

// TestRunThatDoesNotSayThatItEnded may go on, unless it is silent for long or
// this machine knows better.
func TestRunThatDoesNotSayThatItEnded(t *testing.T) {
	w := newWorld(t, false)
	run := w.begin(w.read(repository.At{}))
	save := func(id string) {
		t.Helper()
		if err := run.Save(manifest.Document{ID: id, State: manifest.Current}, version(id, id), "", nil); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(2 * time.Minute)
		if err := run.CommitIfDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	save("a")
	save("b")
	c := w.read(repository.At{})
	interrupted := func(gone bool) []string {
		return c.Interrupted([]manifest.Source{pads}, func(run string) bool { return gone })
	}
	if got := interrupted(false); len(got) > 0 {
		t.Errorf("%q are taken up while they go on", got)
	}
	if got := interrupted(true); !slices.Equal(got, []string{run.Name()}) {
		t.Errorf("%q are taken up where the machine knows that the process is gone", got)
	}
	w.now = w.now.Add(7 * time.Minute)
	if got := interrupted(false); !slices.Equal(got, []string{run.Name()}) {
		t.Errorf("%q are taken up after it was silent", got)
	}
	if got := c.Interrupted([]manifest.Source{{Kind: "etherpad", URL: "https://other.example"}}, func(string) bool { return true }); len(got) > 0 {
		t.Errorf("a run of other sources takes up %q", got)
	}
	if skip := c.Resumed(interrupted(false)); !skip(w.record(repository.At{})) {
		t.Error("what it found is looked at again")
	}
}

// TestRunOfOthersEndsNoInterruptedOne: what it found is taken up all the same.
func TestRunOfOthersEndsNoInterruptedOne(t *testing.T) {
	w := newWorld(t, false)
	if err := w.run(map[string]string{"done": "x"}, false); err != nil {
		t.Fatal(err)
	}
	other := []manifest.Source{{Kind: "etherpad", URL: "https://other.example"}}
	for _, sources := range [][]manifest.Source{other, {pads}} {
		c := w.read(repository.At{})
		run, err := w.open().Begin(t.Context(), c, repository.RunOptions{Sources: sources, Resumes: c.Interrupted(sources, func(string) bool { return false })})
		if err != nil {
			t.Fatal(err)
		}
		if got := w.resumed(); len(got) != 1 {
			t.Errorf("before the end of a run of %s, %q are not looked at", sources[0].URL, got)
		}
		if err := run.Commit(t.Context(), manifest.AtEnd); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.resumed(); len(got) != 0 {
		t.Errorf("after a run that took it up, %q are not looked at", got)
	}
}

// TestLostPackIsNotResumed, though an older version is there.
func TestLostPackIsNotResumed(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": "first"})
	before := w.keys("packs/")
	if err := w.run(map[string]string{"a": "second"}, false); err != nil {
		t.Fatal(err)
	}
	if got := w.resumed(); len(got) != 1 {
		t.Errorf("before: %q", got)
	}
	for _, key := range w.keys("packs/") {
		if !slices.Contains(before, key) {
			w.sink.Delete(t.Context(), key)
		}
	}
	if got := w.resumed(); len(got) != 0 {
		t.Errorf("%q, whose newest version is lost, is not looked at", got)
	}
}

func TestLostPackIsNoVersion(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": "first"})
	first := w.keys("packs/")
	w.mustRun(map[string]string{"a": "second"})
	if w.record(repository.At{}).Lost {
		t.Error("a version is lost before it is")
	}
	for _, key := range w.keys("packs/") {
		if key != first[0] {
			if err := w.sink.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.wantThese(w.contents(repository.At{}), map[string]string{"a": "first"})
	if !w.record(repository.At{}).Lost || w.record(repository.At{Time: w.now.Add(-time.Hour)}).Lost {
		t.Error("it is not told that the newer version is lost, and that the older one is not")
	}
	if report := w.check(); len(report.Problems) != 1 || report.Problems[0].Problem != "missing" || len(report.Problems[0].Documents) != 1 {
		t.Errorf("problems: %+v", report.Problems)
	}
}

func TestRunNoticesThatItsPackIsGone(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(nil)
	w.sink = vanishing{w.sink}
	if err := w.run(map[string]string{"ag": "x"}, true); !errors.As(err, new(*repository.CorruptError)) {
		t.Errorf("error is %v", err)
	}
}

// vanishing loses every pack.
type vanishing struct{ sinks.Sink }

func (v vanishing) Put(ctx context.Context, key string, r io.ReaderAt, size int64) error {
	if err := v.Sink.Put(ctx, key, r, size); err != nil || !strings.HasPrefix(key, "packs/") {
		return err
	}
	return v.Sink.Delete(ctx, key)
}

func TestOneDocumentCostsFewReads(t *testing.T) {
	w := newWorld(t, true)
	save := map[string]string{}
	for i := range 400 {
		save[fmt.Sprintf("pad-%03d", i)] = w.text(25_000)
	}
	w.mustRun(save)
	owner := w.asOwner()
	r := owner.open()
	c, err := r.Read(t.Context(), repository.At{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	count := &sinktest.Count{Sink: w.sink}
	counted, err := repository.Open(t.Context(), count, owner.options)
	if err != nil {
		t.Fatal(err)
	}
	for record := range c.Documents() {
		if record.ID != "pad-200" {
			continue
		}
		reader := counted.NewReader(t.Context())
		s, err := reader.File(record.Newest().Files[0])
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(io.NewSectionReader(s, 0, s.Size()))
		if sha256.Sum256(b) != sha256.Sum256([]byte(save["pad-200"])) {
			t.Error("the wrong text came back")
		}
		s.Close()
		reader.Close()
	}
	if calls, read := count.Calls("packs/"), count.Read("packs/"); calls == 0 || calls > 4 || read > 1<<20 {
		t.Errorf("%d requests and %d bytes for one document", calls, read)
	}
}

// TestWhatWasMovedIsFoundInThePast: where a file lies now is no fact of the
// past.
func TestWhatWasMovedIsFoundInThePast(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": "then"})
	before, from := w.now, w.keys("packs/")[0]
	v := w.record(repository.At{}).Newest()
	h := w.header(2)
	h.Finished = manifest.At(w.now.Add(time.Hour))
	h.Packs = []manifest.Pack{w.store("packs/", ".tar.zst", append(w.object(from), compress(t, []byte("repacked"))...))}
	w.forge("manifests/", h, manifest.Document{ID: "a", Versions: []manifest.DocumentVersion{{Name: v.Name, Files: []manifest.File{v.Files[0].File}}}})
	if err := w.sink.Delete(t.Context(), from); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(24 * time.Hour)
	w.mustRun(map[string]string{"a": "now"})
	w.wantThese(w.contents(repository.At{Time: before}), map[string]string{"a": "then"})
	w.wantContents()
}

// TestDamageIsToldOnceInARun, though it reads again for a checkpoint.
func TestDamageIsToldOnceInARun(t *testing.T) {
	w := newWorld(t, true)
	for i := range 31 {
		w.mustRun(map[string]string{"a": fmt.Sprint("text ", i)})
	}
	for _, key := range w.keys("checkpoints/") {
		w.sink.Delete(t.Context(), key)
	}
	w.sink = clone(t, w.sink, func(k string, b []byte) []byte {
		if k == w.keys("manifests/")[3] {
			b[len(b)/2] ^= 1
		}
		return b
	})
	w.damaged = nil
	w.mustRun(nil)
	if checkpoints := len(w.keys("checkpoints/")); checkpoints != 1 || len(w.damaged) != 1 {
		t.Errorf("%d checkpoints, warnings %v", checkpoints, w.damaged)
	}
}

// TestLongRunWritesACheckpointOfItsOwnManifests.
func TestLongRunWritesACheckpointOfItsOwnManifests(t *testing.T) {
	w := newWorld(t, true)
	w.pause = 3 * time.Minute
	save := map[string]string{}
	for i := range 30 {
		save[fmt.Sprint("pad-", i)] = "x"
	}
	w.mustRun(save) // a manifest for each, and the last one
	if manifests, checkpoints := len(w.keys("manifests/")), len(w.keys("checkpoints/")); manifests != 31 || checkpoints != 1 {
		t.Errorf("%d manifests, %d checkpoints", manifests, checkpoints)
	}
	w.asOwner().wantContents()
}

func TestRunsAreListed(t *testing.T) {
	w := newWorld(t, true)
	w.mustRun(map[string]string{"a": "1", "b": "2"})
	if err := w.run(map[string]string{"a": "3"}, false); err != nil {
		t.Fatal(err)
	}
	runs, err := w.open().Runs(t.Context())
	if err != nil || len(runs) != 2 || runs[0].Saved != 2 || !runs[0].Complete || runs[1].Saved != 1 || runs[1].Complete {
		t.Fatalf("runs are %+v, %v", runs, err)
	}
	at, ok, err := w.open().ResolveRun(t.Context(), runs[0].Run)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	w.wantThese(w.asOwner().contents(at), map[string]string{"a": "1", "b": "2"})
}

// A lying sink gives other bytes where a part of an object is asked for.
type lying struct{ sinks.Sink }

func (l lying) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if offset > 0 {
		return l.Sink.Get(ctx, key, offset-1, length)
	}
	return l.Sink.Get(ctx, key, offset, length)
}

// TestWhatTheStoreHasCanBeRestored: also out of a store that gives objects
// whole, and no part of them as it should.
func TestWhatTheStoreHasCanBeRestored(t *testing.T) {
	bothKinds(t, func(t *testing.T, w *world) {
		w.mustRun(map[string]string{"ag": w.text(100_000), "long": w.noise(3 << 20), "new": "x", "grown": grown(100_000)})
		w.mustRun(map[string]string{"grown": grown(101_000)})
		w.sink = lying{w.sink}
		w.asOwner().wantContents()
		w.wantSound()
	})
}

// A refusing sink gives no part of an object, only all of it.
type refusing struct{ sinks.Sink }

var errRefused = errors.New("no parts here")

func (r refusing) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if length >= 0 {
		return nil, errRefused
	}
	return r.Sink.Get(ctx, key, offset, length)
}

// TestCheckReadsAsARestoreDoes: what a restore would meet, a check does, too.
func TestCheckReadsAsARestoreDoes(t *testing.T) {
	bothKinds(t, func(t *testing.T, w *world) {
		w.mustRun(map[string]string{"ag": w.text(1000), "bureau": w.text(1000)})
		owner := w.asOwner()
		for _, readData := range []bool{false, true} {
			r, err := repository.Open(t.Context(), refusing{w.sink}, owner.options)
			if err != nil {
				t.Fatal(err)
			}
			report, err := r.Check(t.Context(), readData, nil)
			if err != nil || len(report.Problems) != 1 || !errors.Is(report.Problems[0].Err, errRefused) {
				t.Errorf("read data %t: %+v, %v", readData, report, err)
			}
		}
	})
}

// TestLongFileIsReadAtOnce: by many reads of parts, a store that gives no
// parts would send the pack as many times.
func TestLongFileIsReadAtOnce(t *testing.T) {
	bothKinds(t, func(t *testing.T, w *world) {
		w.mustRun(map[string]string{"long": w.noise(5 << 20)})
		count := &sinktest.Count{Sink: w.sink}
		w.sink = count
		w.asOwner().wantContents()
		if n, read := count.Calls("packs/"), count.Read("packs/"); n > 4 || read > 6<<20 { // a listing, sealed: its beginning and end
			t.Errorf("%d calls, %d bytes", n, read)
		}
	})
}
