package repository_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"golang.org/x/sync/errgroup"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sources"
)

// A world is a repository with its keys and a clock.
type world struct {
	t       testing.TB
	sink    sinks.Sink
	now     time.Time
	options repository.Options
	change  bool // the recipients may be others than last time
	owner   []age.Identity
	random  *rand.ChaCha8
	pause   time.Duration     // after each document of a run
	texts   map[string]string // what was saved last, by id
	damaged []*repository.CorruptError
}

var pads = manifest.Source{Kind: "etherpad", URL: "https://pads.example"}

func newWorld(t testing.TB, sealed bool) *world {
	t.Helper()
	w := &world{
		t: t, sink: memory.New(time.Now), now: time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC),
		random: rand.NewChaCha8([32]byte{1}), texts: map[string]string{},
	}
	w.options = repository.Options{
		Pool: spool.New(t.TempDir(), 0), Now: func() time.Time { return w.now },
		Warn: func(e *repository.CorruptError) { w.damaged = append(w.damaged, e) },
	}
	if sealed {
		owner, runner := identity(t), identity(t)
		w.owner = []age.Identity{owner}
		w.options.Recipients, w.options.Runner = recipients(t, owner), recipients(t, runner)
		w.options.Identities, w.options.Own = []age.Identity{runner}, runner
	}
	return w
}

func identity(t testing.TB) crypto.NativeIdentity {
	t.Helper()
	id, err := crypto.Generate(false)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func recipients(t testing.TB, id age.Identity) []crypto.Recipient {
	t.Helper()
	r, err := crypto.RecipientOf(id)
	if err != nil {
		t.Fatal(err)
	}
	return []crypto.Recipient{r}
}

// asOwner is the same world for the one who can read documents.
func (w *world) asOwner() *world {
	v := *w
	if w.owner != nil {
		v.options.Identities = w.owner
	}
	return &v
}

func (w *world) open() *repository.Repository {
	w.t.Helper()
	r, err := repository.OpenOrCreate(w.t.Context(), w.sink, w.options)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) read(at repository.At) *repository.Contents {
	w.t.Helper()
	c, err := w.open().Read(w.t.Context(), at)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { c.Close() })
	return c
}

// begin begins a run on what was read, or on what is there if c is nil.
func (w *world) begin(c *repository.Contents, last ...int64) *repository.Run {
	w.t.Helper()
	if c == nil {
		c = w.read(repository.At{})
	}
	run, err := w.open().Begin(w.t.Context(), c, repository.RunOptions{Sources: []manifest.Source{pads}, Last: slices.Max(append(last, 0))})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { run.Discard() })
	return run
}

// run saves the documents in the order of their ids, and gives an error
// instead of failing the test.
func ending(complete bool) manifest.Ending {
	if complete {
		return manifest.AtEnd
	}
	return manifest.BySignal
}

func (w *world) run(save map[string]string, complete bool) error {
	w.t.Helper()
	w.now = w.now.Add(24 * time.Hour)
	r, err := repository.OpenOrCreate(w.t.Context(), w.sink, w.options)
	if err != nil {
		return err
	}
	c, err := r.Read(w.t.Context(), repository.At{})
	if err != nil {
		return err
	}
	defer c.Close()
	run, err := r.Begin(context.Background(), c, repository.RunOptions{
		Program: "test", Host: "host", Sources: []manifest.Source{pads}, ChangeRecipients: w.change,
		Resumes: c.Interrupted([]manifest.Source{pads}, func(string) bool { return false }),
	})
	if err != nil {
		return err
	}
	defer run.Discard()
	for _, id := range slices.Sorted(maps.Keys(save)) {
		before, err := newest(c, id)
		if err != nil {
			return err
		}
		if err := run.Save(manifest.Document{ID: id, State: manifest.Current}, version(id, save[id]), "", before); err != nil {
			return err
		}
		w.now = w.now.Add(w.pause)
		if err := run.CommitIfDue(w.t.Context()); err != nil {
			return err
		}
	}
	if err := run.Commit(w.t.Context(), ending(complete)); err != nil {
		return err
	}
	if err := run.Checkpoint(w.t.Context()); err != nil {
		return err
	}
	for id, text := range save {
		w.texts[id] = text
	}
	return nil
}

func (w *world) mustRun(save map[string]string) {
	w.t.Helper()
	if err := w.run(save, true); err != nil {
		w.t.Fatal(err)
	}
}

// version is one of a document with this text. What is between the first "["
// and the last "]" of it is its history.
func version(id, text string) *sources.Version {
	b := []byte(text)
	revision := int64(len(b))
	f := sources.File{Name: strings.ReplaceAll(id, "/", "_") + ".etherpad", Format: "etherpad", Size: int64(len(b)), SHA256: sha256.Sum256(b), Content: bytes.NewReader(b)}
	if begin, end := bytes.IndexByte(b, '['), bytes.LastIndexByte(b, ']'); begin >= 0 && end > begin {
		f.History = [2]int64{int64(begin) + 1, int64(end)}
	}
	return &sources.Version{
		ID: id, Validator: fmt.Sprintf("W/%x", sha256.Sum256(b)), Revision: "7", Facts: sources.Facts{Revision: &revision},
		Files: []sources.File{f},
	}
}

// newest is the document's newest version in c, nil if it has none.
func newest(c *repository.Contents, id string) (*manifest.VersionRecord, error) {
	for record, err := range c.Documents() {
		if err != nil {
			return nil, err
		}
		if record.ID == id {
			return record.Newest(), nil
		}
	}
	return nil, nil
}

// grown is the text of a document whose history has so many bytes, of which
// one with fewer has the first ones.
func grown(size int) string {
	history := make([]byte, size)
	rand.NewChaCha8([32]byte{7}).Read(history)
	for i := range history {
		history[i] = 'a' + history[i]%26
	}
	return fmt.Sprintf("size %d [%s] end of %d", size, history, size)
}

// text makes size bytes that compress to about half.
func (w *world) text(size int) string {
	b := make([]byte, size/2)
	w.random.Read(b)
	return fmt.Sprintf("%x", b)
}

// noise makes size bytes that do not compress.
func (w *world) noise(size int) string {
	b := make([]byte, size)
	w.random.Read(b)
	return string(b)
}

// contents reads all documents and the newest version of each.
func (w *world) contents(at repository.At) map[string]string {
	w.t.Helper()
	got, err := w.tryContents(at)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func (w *world) tryContents(at repository.At) (map[string]string, error) {
	r, err := repository.Open(w.t.Context(), w.sink, w.options)
	if err != nil {
		return nil, err
	}
	c, err := r.Read(w.t.Context(), at)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	reader := r.NewReader(w.t.Context())
	defer reader.Close()
	got := map[string]string{}
	for record, err := range c.Documents() {
		if err != nil {
			return got, err
		}
		if len(record.Versions) == 0 {
			continue
		}
		s, err := reader.File(record.Versions[len(record.Versions)-1].Files[0])
		if err != nil {
			return got, err
		}
		b, err := io.ReadAll(io.NewSectionReader(s, 0, s.Size()))
		if err != nil {
			return got, err
		}
		got[record.ID] = string(b)
		s.Close()
	}
	return got, nil
}

func (w *world) wantContents() {
	w.t.Helper()
	w.wantThese(w.contents(repository.At{}), w.texts)
}

func (w *world) wantThese(got, want map[string]string) {
	w.t.Helper()
	if len(got) != len(want) {
		w.t.Errorf("%d documents, want %d", len(got), len(want))
	}
	for id, text := range want {
		if got[id] != text {
			w.t.Errorf("document %q is not what was saved", id)
		}
	}
}

func (w *world) keys(prefix string) []string {
	w.t.Helper()
	var keys []string
	for o, err := range w.sink.List(w.t.Context(), prefix) {
		if err != nil {
			w.t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
	slices.Sort(keys)
	return keys
}

// checkpoint writes a checkpoint however few manifests there are.
func (w *world) checkpoint() {
	w.t.Helper()
	run := w.begin(nil)
	if err := run.CheckpointNow(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func bothKinds(t *testing.T, test func(t *testing.T, w *world)) {
	for _, sealed := range []bool{false, true} {
		t.Run(fmt.Sprintf("sealed=%v", sealed), func(t *testing.T) { test(t, newWorld(t, sealed)) })
	}
}

func TestWhatIsSavedComesBack(t *testing.T) {
	bothKinds(t, func(t *testing.T, w *world) {
		save := map[string]string{"été": w.text(10_000), "../../x": "", "Ag": "upper", "ag": "lower", "long": w.text(3 << 19)}
		for i := range 60 {
			save[fmt.Sprintf("pad-%03d", i)] = w.text(1000 + 2300*i%50_000)
		}
		w.mustRun(save)
		w.asOwner().wantContents()
		w.mustRun(map[string]string{"Ag": w.text(20_000)})
		w.asOwner().wantContents()
		for _, key := range w.keys("") {
			if strings.Contains(key, "ag") && strings.Contains(key, "pad-") {
				t.Errorf("key %q tells of a document", key)
			}
		}
	})
}

func TestObjectsStaySmall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	save := map[string]string{}
	for i := range 40 {
		save[fmt.Sprint(i)] = w.noise(512 << 10)
	}
	w.mustRun(save)
	packs := 0
	for o := range w.sink.List(t.Context(), "") {
		if o.Size > 8<<20 {
			t.Errorf("%s has %d bytes", o.Key, o.Size)
		}
		if strings.HasPrefix(o.Key, "packs/") {
			packs++
		}
	}
	if packs < 3 || packs > 5 {
		t.Errorf("%d packs for 20 MiB", packs)
	}
	w.asOwner().wantContents()
}

func TestRunnerCannotReadDocuments(t *testing.T) {
	w := newWorld(t, true)
	w.mustRun(map[string]string{"ag": "secret"})
	if _, err := w.tryContents(repository.At{}); !errors.Is(err, repository.ErrNoIdentity) {
		t.Errorf("the runner read a document: %v", err)
	}
	w.options.Identities = []age.Identity{identity(t)}
	if _, err := w.tryContents(repository.At{}); !errors.Is(err, repository.ErrNoIdentity) {
		t.Errorf("a stranger read a manifest: %v", err)
	}
	w.options.Identities = nil
	if err := w.run(nil, true); !errors.Is(err, repository.ErrNoIdentity) {
		t.Errorf("a run that can read nothing went on: %v", err)
	}
}

func TestCheckpointKeepsAll(t *testing.T) {
	bothKinds(t, func(t *testing.T, w *world) {
		t.Parallel()
		for i := range 70 {
			w.mustRun(map[string]string{fmt.Sprint("pad-", i%7): fmt.Sprint("text ", i), fmt.Sprint("new-", i): "n"})
		}
		if n := len(w.keys("checkpoints/")); n != 2 {
			t.Errorf("%d checkpoints after 70 runs", n)
		}
		w.asOwner().wantContents()
		at := w.now.Add(-60 * 24 * time.Hour)
		if got := w.asOwner().contents(repository.At{Time: at}); got["pad-0"] != "text 7" || got["new-9"] != "n" || got["new-10"] != "" {
			t.Errorf("60 days ago: %d documents, pad-0 = %q", len(got), got["pad-0"])
		}
		// What a checkpoint includes is not needed any more.
		for _, key := range w.keys("manifests/")[:60] {
			if err := w.sink.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
		w.asOwner().wantContents()
	})
}

// TestChangedRunnerIsTakenUp: a machine with another runner identity warns of
// all that was written before, until one run has the owner's identity.
func TestChangedRunnerIsTakenUp(t *testing.T) {
	w := newWorld(t, true)
	w.mustRun(map[string]string{"ag": "x", "bureau": "y"})
	w.mustRun(nil)
	runner := identity(t)
	w.options.Runner, w.options.Own = recipients(t, runner), runner
	w.options.Identities = []age.Identity{runner}
	if err := w.run(nil, true); !errors.Is(err, repository.ErrNoIdentity) {
		t.Errorf("without the owner: %v", err)
	}
	w.options.Identities = append(slices.Clone(w.owner), runner)
	w.mustRun(map[string]string{"ag": "z"})
	checkpoints := len(w.keys("checkpoints/"))
	w.options.Identities = []age.Identity{runner}
	w.damaged = nil
	w.mustRun(nil)
	if len(w.damaged) > 0 || checkpoints != 1 {
		t.Errorf("%d checkpoints, warnings %v", checkpoints, w.damaged)
	}
	w.options.Identities = append(slices.Clone(w.owner), runner)
	w.mustRun(nil)
	if n := len(w.keys("checkpoints/")); n != checkpoints {
		t.Errorf("%d checkpoints after a run that had nothing to take up", n)
	}
	w.asOwner().wantContents()
}

// TestRepositoryIsReadWithMoreIdentitiesAtOnce: as a server does that several
// people ask.
func TestRepositoryIsReadWithMoreIdentitiesAtOnce(t *testing.T) {
	w := newWorld(t, true)
	w.mustRun(map[string]string{"ag": "x"})
	r, err := repository.Open(t.Context(), w.sink, w.options)
	if err != nil {
		t.Fatal(err)
	}
	opens := func(r *repository.Repository) error {
		c, err := r.Read(t.Context(), repository.At{})
		if err != nil {
			return err
		}
		defer c.Close()
		rd := r.NewReader(t.Context())
		defer rd.Close()
		for record, err := range c.Documents() {
			if err != nil {
				return err
			}
			s, err := rd.File(record.Newest().Files[0])
			if err != nil {
				return err
			}
			s.Close()
		}
		return nil
	}
	var g errgroup.Group
	for range 4 {
		g.Go(func() error {
			if err := opens(r); !errors.Is(err, repository.ErrNoIdentity) {
				return fmt.Errorf("the runner's identity alone: %v", err)
			}
			return nil
		})
		g.Go(func() error {
			if err := opens(r.With(w.owner...)); err != nil {
				return fmt.Errorf("with the owner's identity: %w", err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}
