package repository_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks"
)

// seen reads as the machine that remembers these ids.
func (w *world) seen(ids []string) *repository.Contents {
	w.t.Helper()
	own := *w
	own.options.Seen = func(string) []string { return ids }
	return own.read(repository.At{})
}

// without is the same world without these objects.
func (w *world) without(keys ...string) *world {
	w.t.Helper()
	less := *w
	less.sink = clone(w.t, w.sink, func(_ string, b []byte) []byte { return b })
	for _, key := range keys {
		if err := less.sink.Delete(w.t.Context(), key); err != nil {
			w.t.Fatal(err)
		}
	}
	return &less
}

func idIn(key string) string {
	id, _, _ := strings.Cut(key[strings.IndexByte(key, '/')+1:], ".")
	return id
}

// TestManifestThatIsGoneIsNoticed, each in turn: by what others name, or by
// what this machine remembers.
func TestManifestThatIsGoneIsNoticed(t *testing.T) {
	bothKinds(t, func(t *testing.T, w *world) {
		w.pause = 3 * time.Minute
		w.mustRun(map[string]string{"a": "1", "b": "2", "c": "3"}) // a manifest for each
		w.pause = 0
		w.mustRun(map[string]string{"a": "4"})
		w.mustRun(map[string]string{"a": "5"})
		all := w.keys("manifests/")
		whole := w.read(repository.At{})
		if len(all) < 5 || len(whole.Missing) > 0 || whole.Lacking() > 0 || len(whole.Seen()) != len(all) {
			t.Fatalf("%d manifests, missing are %v", len(all), whole.Missing)
		}
		for i, key := range all {
			less := w.without(key)
			c := less.read(repository.At{})
			if named, newest := slices.Contains(c.Missing, idIn(key)), i == len(all)-1; named == newest || c.Lacking() != len(c.Missing) {
				t.Errorf("without manifest %d of %d: missing are %v", i+1, len(all), c.Missing)
			}
			if c := less.seen(whole.Seen()); !slices.Equal(c.Missing, []string{idIn(key)}) {
				t.Errorf("without manifest %d, which is remembered: missing are %v", i+1, c.Missing)
			}
			less.options.Seen = func(string) []string { return whole.Seen() }
			report := less.asOwner().check()
			if report.Lost != 1 || len(report.Problems) != 1 || report.Problems[0].Object != idIn(key) || report.Problems[0].Problem != "missing" {
				t.Errorf("without manifest %d: check says %+v", i+1, report)
			}
		}
	})
}

// TestNewestManifestsAreMissedByWhoSawThem, and by all others once that machine
// has backed up, for ever: also through checkpoints.
func TestNewestManifestsAreMissedByWhoSawThem(t *testing.T) {
	w := newWorld(t, false)
	for i := range 40 {
		w.mustRun(map[string]string{fmt.Sprint("pad-", i): "x"})
	}
	seen := w.read(repository.At{}).Seen()
	newest := w.keys("manifests/")[36:]
	less := w.without(newest...)
	less.options.Seen = func(string) []string { return seen }
	less.texts = map[string]string{}
	less.mustRun(map[string]string{"later": "y"})
	less.options.Seen = nil
	for range 35 {
		less.mustRun(nil)
	}
	less.checkpoint()
	if len(less.keys("checkpoints/")) < 3 {
		t.Fatalf("%d checkpoints", len(less.keys("checkpoints/")))
	}
	var want []string
	for _, key := range newest {
		want = append(want, idIn(key))
	}
	if c := less.read(repository.At{}); !slices.Equal(c.Missing, want) {
		t.Errorf("missing are %v, want %v", c.Missing, want)
	}
}

// TestWhatWasIncludedAndDeletedIsNotMissing, however often, and though a
// manifest that no checkpoint includes names it.
func TestWhatWasIncludedAndDeletedIsNotMissing(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": "1"})
	slow := w.begin(nil) // it names the first manifest, and ends last
	for i := range 4 {
		w.mustRun(map[string]string{"b": fmt.Sprint(i)})
		w.checkpoint()
		for _, key := range append(w.keys("manifests/"), w.keys("checkpoints/")...) {
			if checkpoints := w.keys("checkpoints/"); key == checkpoints[len(checkpoints)-1] {
				continue
			}
			if err := w.sink.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
	}
	slow.Tell(manifest.Document{ID: "a", State: manifest.Missing})
	if err := slow.Commit(t.Context(), manifest.AtEnd); err != nil {
		t.Fatal(err)
	}
	if c := w.read(repository.At{}); len(c.Missing) > 0 {
		t.Errorf("missing are %v", c.Missing)
	}
	w.checkpoint()
	if c := w.read(repository.At{}); len(c.Missing) > 0 {
		t.Errorf("with a checkpoint, missing are %v", c.Missing)
	}
	w.wantContents()
}

// TestListingThatIsTooEarlyMissesNothing: what is named and not listed yet is
// looked for once more.
func TestListingThatIsTooEarlyMissesNothing(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": "1"})
	w.mustRun(map[string]string{"a": "2"})
	first := w.keys("manifests/")[0]
	w.sink = &late{Sink: w.sink, key: first}
	c := w.read(repository.At{})
	if len(c.Missing) > 0 {
		t.Errorf("missing are %v", c.Missing)
	}
	if got := w.contents(repository.At{}); got["a"] != "2" {
		t.Errorf("read is %q", got)
	}
}

// late leaves a key out of its first listing.
type late struct {
	sinks.Sink
	key    string
	listed bool
}

func (l *late) List(ctx context.Context, prefix string) iter.Seq2[sinks.Object, error] {
	return func(yield func(sinks.Object, error) bool) {
		for o, err := range l.Sink.List(ctx, prefix) {
			if o.Key == l.key && !l.listed {
				l.listed = true
				continue
			}
			if !yield(o, err) {
				return
			}
		}
	}
}

// TestManifestOfAnotherRepositoryIsLeftOut, and nothing of it counts.
func TestManifestOfAnotherRepositoryIsLeftOut(t *testing.T) {
	w, other := newWorld(t, false), newWorld(t, false)
	w.mustRun(map[string]string{"a": "1"})
	other.mustRun(map[string]string{"b": "2"})
	other.mustRun(map[string]string{"c": "3"})
	for _, prefix := range []string{"manifests/", "packs/"} {
		for _, key := range other.keys(prefix) {
			b := other.object(key)
			if err := w.sink.Put(t.Context(), key, bytes.NewReader(b), int64(len(b))); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.wantContents()
	if len(w.damaged) != 2 || !errors.Is(w.damaged[0], repository.ErrForeign) {
		t.Errorf("left out are %v", w.damaged)
	}
	w.mustRun(map[string]string{"a": "4"})
	w.wantContents()
}

// TestRepositoryIsReadWithoutItsHead: what that says, the keys and the
// manifests show. Nothing is written, and the error has the line to write.
func TestRepositoryIsReadWithoutItsHead(t *testing.T) {
	for name, change := range map[string]func(b []byte) []byte{
		"missing":       nil,
		"empty":         func([]byte) []byte { return nil },
		"another id":    func(b []byte) []byte { return bytes.Replace(b, []byte(`"id":"`), []byte(`"id":"f`), 1)[:len(b)] },
		"flipped id":    func(b []byte) []byte { return flipID(b) },
		"other sealing": func(b []byte) []byte { return bytes.Replace(b, []byte(`"sealed"`), []byte(`"sealee"`), 1) },
	} {
		t.Run(name, func(t *testing.T) {
			bothKinds(t, func(t *testing.T, w *world) {
				w.mustRun(map[string]string{"ag": "x"})
				w.mustRun(map[string]string{"bureau": "y"})
				id := w.open().ID()
				editObject(t, w.sink, "padsync.json", change)
				w.damaged = nil
				w.asOwner().wantContents()
				if len(w.damaged) != 1 || w.damaged[0].Key != "padsync.json" {
					t.Errorf("told is %v", w.damaged)
				}
				if report := w.asOwner().check(); len(report.Problems) != 1 || report.Problems[0].Object != "padsync.json" {
					t.Errorf("check says %+v", report)
				}
				head := (*repository.HeadError)(nil)
				if err := w.run(map[string]string{"ag": "z"}, true); !errors.As(err, &head) {
					t.Fatalf("a run says %v", err)
				}
				if len(head.Lines) != 1 || !strings.Contains(head.Lines[0], id) || len(w.keys("manifests/")) != 2 {
					t.Errorf("the lines are %s", head.Lines)
				}
				if err := w.sink.Delete(t.Context(), "padsync.json"); err != nil {
					t.Fatal(err)
				}
				if err := w.sink.Put(t.Context(), "padsync.json", strings.NewReader(head.Lines[0]), int64(len(head.Lines[0]))); err != nil {
					t.Fatal(err)
				}
				w.damaged = nil
				w.mustRun(map[string]string{"ag": "z"})
				w.asOwner().wantContents()
				if len(w.damaged) > 0 {
					t.Errorf("with the line, told is %v", w.damaged)
				}
			})
		})
	}
}

func flipID(b []byte) []byte {
	at := bytes.Index(b, []byte(`"id":"`)) + len(`"id":"`)
	if b[at]++; b[at] == 'g' || b[at] == ':' {
		b[at] = '0'
	}
	return b
}

// TestPacksWithoutHeadAreNoNewRepository.
func TestPacksWithoutHeadAreNoNewRepository(t *testing.T) {
	w := newWorld(t, true)
	w.mustRun(map[string]string{"ag": "x"})
	less := w.without(append(w.keys("manifests/"), "padsync.json")...)
	if err := less.run(nil, true); !errors.Is(err, repository.ErrHeadless) {
		t.Errorf("error is %v", err)
	}
}

// TestObjectThatTheStoreDoesNotGiveCostsOnlyItself: lists and packs alike.
func TestObjectThatTheStoreDoesNotGiveCostsOnlyItself(t *testing.T) {
	for name, broken := range map[string]error{"forbidden": fs.ErrPermission, "a bad block": errors.New("input/output error")} {
		t.Run(name, func(t *testing.T) {
			bothKinds(t, func(t *testing.T, w *world) {
				w.mustRun(map[string]string{"a": "1"})
				w.mustRun(map[string]string{"b": "2"})
				w.checkpoint()
				w.mustRun(map[string]string{"c": "3"})
				plain := w.sink
				for _, key := range w.keys("") {
					w.sink, w.damaged = &withholding{plain, key, broken}, nil
					r, err := repository.Open(t.Context(), w.sink, w.asOwner().options)
					if err != nil {
						t.Fatalf("%s: %v", key, err)
					}
					c, err := r.Read(t.Context(), repository.At{})
					if err != nil {
						t.Fatalf("%s: %v", key, err)
					}
					lists := strings.HasPrefix(key, "parts/") || strings.HasPrefix(key, "checkpoints/") || key == w.keys("manifests/")[2]
					if c.Lacking() > 0 != lists {
						t.Errorf("%s: %d lists lack", key, c.Lacking())
					}
					c.Close()
					report, err := r.Check(t.Context(), true, nil)
					if err != nil || len(report.Problems) != 1 || report.Problems[0].Object != key || report.Problems[0].Problem != "unreadable" {
						t.Errorf("%s: check says %+v, %v", key, report, err)
					}
					if strings.HasPrefix(key, "packs/") && len(report.Problems[0].Documents) != 1 {
						t.Errorf("%s: of documents, check says %+v", key, report.Problems)
					}
				}
				w.sink = &withholding{plain, "", broken}
				if _, err := w.asOwner().tryContents(repository.At{}); !errors.Is(err, broken) || errors.As(err, new(*repository.CorruptError)) {
					t.Errorf("a store that gives nothing: %v", err)
				}
			})
		})
	}
}

// withholding does not give one object, or none but padsync.json.
type withholding struct {
	sinks.Sink
	key string
	err error
}

func (r *withholding) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if key == r.key || r.key == "" && key != "padsync.json" {
		return nil, fmt.Errorf("get %q: %w", key, r.err)
	}
	return r.Sink.Get(ctx, key, offset, length)
}

// TestPacksThatNoListNamesAreCounted, and are no problem.
func TestPacksThatNoListNamesAreCounted(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": "1"})
	w.mustRun(map[string]string{"b": "2"})
	if n := w.check().Unnamed; n != 0 {
		t.Errorf("%d packs", n)
	}
	less := w.without(w.keys("manifests/")[1])
	if report := less.check(); report.Unnamed != 1 || len(report.Problems) != 0 {
		t.Errorf("check says %+v", report)
	}
}

// TestPackThatWasNamedOnceIsCountedOnlyWithoutItsList: what was sealed anew lies
// elsewhere by a checkpoint, which includes the list that named its first pack.
func TestPackThatWasNamedOnceIsCountedOnlyWithoutItsList(t *testing.T) {
	w := newWorld(t, true)
	w.mustRun(map[string]string{"ag": "x"})
	former := w.anew(nil)
	if n := w.reseal(former...); n != 1 {
		t.Fatalf("%d documents were sealed anew", n)
	}
	w.checkpoint()
	if report := w.check(); report.Unnamed != 0 || len(report.Problems) != 0 {
		t.Errorf("check says %+v", report)
	}
	for _, key := range w.keys("manifests/") {
		if err := w.sink.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if report := w.check(); report.Unnamed != 1 || len(report.Problems) != 0 {
		t.Errorf("without the lists, check says %+v", report)
	}
}
