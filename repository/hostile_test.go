package repository_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// store puts an object, named by its hash between prefix and ending.
func (w *world) store(prefix, ending string, content []byte) manifest.Pack {
	w.t.Helper()
	key := fmt.Sprintf("%s%x%s", prefix, sha256.Sum256(content), ending)
	if err := w.sink.Put(w.t.Context(), key, bytes.NewReader(content), int64(len(content))); err != nil {
		w.t.Fatal(err)
	}
	return manifest.Pack{Key: key, Size: int64(len(content))}
}

func compress(t testing.TB, plain []byte) []byte {
	t.Helper()
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return encoder.EncodeAll(plain, nil)
}

// forge stores a manifest or a checkpoint with a sound hash, and gives its id.
func (w *world) forge(prefix string, h manifest.Header, documents ...manifest.Document) string {
	w.t.Helper()
	return w.put(prefix, h, compress(w.t, w.encoded(h, documents...)))
}

// encoded is a manifest before it is compressed.
func (w *world) encoded(h manifest.Header, documents ...manifest.Document) []byte {
	w.t.Helper()
	var b bytes.Buffer
	e, err := manifest.NewEncoder(&b, h)
	if err != nil {
		w.t.Fatal(err)
	}
	w.encode(e, documents)
	return b.Bytes()
}

// storeManifest stores a manifest as it is written here, whatever its size.
func (w *world) storeManifest(h manifest.Header, plain []byte) {
	w.t.Helper()
	var b bytes.Buffer
	encoder, err := zstd.NewWriter(&b, zstd.WithWindowSize(1<<20))
	if err == nil {
		_, err = encoder.Write(plain)
	}
	if err == nil {
		err = encoder.Close()
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.put("manifests/", h, b.Bytes())
}

// put stores a manifest or checkpoint under its id.
func (w *world) put(prefix string, h manifest.Header, content []byte) string {
	w.t.Helper()
	id := manifest.ID(h.Sequence, h.Finished.Time, sha256.Sum256(content))
	if err := w.sink.Put(w.t.Context(), prefix+id+".json.zst", bytes.NewReader(content), int64(len(content))); err != nil {
		w.t.Fatal(err)
	}
	return id
}

// forgePart adds a part to a checkpoint's header.
func (w *world) forgePart(h *manifest.Header, documents ...manifest.Document) {
	w.t.Helper()
	var b bytes.Buffer
	e, err := manifest.NewPartEncoder(&b, h)
	if err != nil {
		w.t.Fatal(err)
	}
	w.encode(e, documents)
	h.Parts = append(h.Parts, w.store("parts/", ".json.zst", compress(w.t, b.Bytes())))
}

func (w *world) encode(e *manifest.Encoder, documents []manifest.Document) {
	w.t.Helper()
	for i := range documents {
		if err := e.Encode(&documents[i]); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// id is the repository's, or some if there is none yet.
func (w *world) id() string {
	w.t.Helper()
	r, err := repository.Open(w.t.Context(), w.sink, w.options)
	if errors.Is(err, repository.ErrNone) {
		return strings.Repeat("0", 32)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return r.ID()
}

func (w *world) header(sequence int64) manifest.Header {
	at := manifest.At(w.now)
	return manifest.Header{Repository: w.id(), Sequence: sequence, Run: strings.Repeat("a", 32), Started: at, Finished: at, Complete: true, Sources: []manifest.Source{pads}}
}

// records reads what is known, and what was left out on the way.
func (w *world) records() (ids []string, damaged int) {
	w.t.Helper()
	w.damaged = nil
	r, err := repository.Open(w.t.Context(), w.sink, w.options)
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := r.Read(w.t.Context(), repository.At{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	for record, err := range c.Documents() {
		if err != nil {
			w.t.Fatal(err)
		}
		ids = append(ids, record.ID)
	}
	return ids, len(w.damaged)
}

// TestManifestsThatLieAreLeftOut: their hashes are right, and what they tell
// cannot be.
func TestManifestsThatLieAreLeftOut(t *testing.T) {
	a, b := manifest.Document{ID: "a", State: manifest.Failed}, manifest.Document{ID: "b", State: manifest.Failed}
	for name, forge := range map[string]func(w *world){
		"parts that are not in order": func(w *world) {
			h := w.header(2)
			w.forgePart(&h, b)
			w.forgePart(&h, a)
			w.forge("checkpoints/", h)
		},
		"a document in two parts": func(w *world) {
			h := w.header(2)
			w.forgePart(&h, a)
			w.forgePart(&h, a)
			w.forge("checkpoints/", h)
		},
		"a part that is not there": func(w *world) {
			h := w.header(2)
			h.Parts = []manifest.Pack{{Key: "parts/" + strings.Repeat("0", 64) + ".json.zst", Size: 1}}
			w.forge("checkpoints/", h)
		},
		"a checkpoint with documents of its own": func(w *world) { w.forge("checkpoints/", w.header(2), a) },
		"a manifest with what checkpoints have": func(w *world) {
			h := w.header(2)
			h.Told = []string{"9999999999-20991231T000000Z-0000000000000000"}
			w.forge("manifests/", h, a)
		},
		"a key that tells another sequence": func(w *world) {
			id := w.forge("manifests/", w.header(2), a)
			editKey(w, "manifests/"+id+".json.zst", "manifests/0000000009"+id[10:]+".json.zst")
		},
		"a key that tells another time": func(w *world) {
			id := w.forge("manifests/", w.header(2), a)
			editKey(w, "manifests/"+id+".json.zst", "manifests/"+id[:11]+"2036"+id[15:]+".json.zst")
		},
		"no JSON": func(w *world) {
			content := compress(w.t, []byte("no JSON"))
			id := manifest.ID(2, w.now, sha256.Sum256(content))
			w.sink.Put(w.t.Context(), "manifests/"+id+".json.zst", bytes.NewReader(content), int64(len(content)))
		},
		"more bytes than any manifest": func(w *world) {
			w.sink.Put(w.t.Context(), "manifests/0000000002-20261122T000000Z-0000000000000000.json.zst", endless{}, 65<<20)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, false)
			w.mustRun(map[string]string{"sound": "x"})
			forge(w)
			if ids, damaged := w.records(); len(ids) != 1 || ids[0] != "sound" || damaged != 1 {
				t.Errorf("documents are %q, %d objects are left out", ids, damaged)
			}
			if report := w.check(); len(report.Problems) == 0 {
				t.Error("check finds nothing")
			}
			w.mustRun(map[string]string{"sound": "y"})
			w.wantThese(w.contents(repository.At{}), map[string]string{"sound": "y"})
		})
	}
}

// endless has as many bytes as are asked for.
type endless struct{}

func (endless) ReadAt(b []byte, _ int64) (int, error) { clear(b); return len(b), nil }

func editKey(w *world, from, to string) {
	w.t.Helper()
	w.sink = clone(w.t, w.sink, func(_ string, b []byte) []byte { return b })
	editObject(w.t, w.sink, from, func(b []byte) []byte {
		if err := w.sink.Put(w.t.Context(), to, bytes.NewReader(b), int64(len(b))); err != nil {
			w.t.Fatal(err)
		}
		return b
	})
	if err := w.sink.Delete(w.t.Context(), from); err != nil {
		w.t.Fatal(err)
	}
}

// TestCheckpointsThatIncludeEachOtherHideNothing: the newest counts.
func TestCheckpointsThatIncludeEachOtherHideNothing(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"sound": "x"})
	older, newer := w.header(2), w.header(3)
	older.Includes = []string{"0000000003-20261123T030000Z-0000000000000000"}
	w.forgePart(&older, manifest.Document{ID: "old", State: manifest.Failed})
	id := w.forge("checkpoints/", older)
	newer.Includes = []string{id, id}
	w.forgePart(&newer, manifest.Document{ID: "new", State: manifest.Failed})
	w.forge("checkpoints/", newer)
	if ids, damaged := w.records(); fmt.Sprint(ids) != "[new sound]" || damaged != 0 {
		t.Errorf("documents are %q, %d objects are left out", ids, damaged)
	}
}

func TestForeignObjectsAreIgnored(t *testing.T) {
	w := newWorld(t, false)
	foreign := []string{"manifests/notes.txt", "checkpoints/a/b", "parts/notes.txt", "parts/a.json.zst", "packs/notes.txt", "notes.txt"}
	put := func() {
		for _, key := range foreign {
			if err := w.sink.Put(t.Context(), key, strings.NewReader("x"), 1); err != nil {
				t.Fatal(err)
			}
		}
	}
	put()
	for i := range 32 { // enough for a checkpoint
		w.mustRun(map[string]string{"ag": fmt.Sprint(i)})
	}
	w.wantContents()
	w.wantSound()
}

// TestPlacesThatCannotBeAreRefused: what a manifest says of where a file lies
// neither panics nor costs more than a file.
func TestPlacesThatCannotBeAreRefused(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(nil)
	short := compress(t, []byte("hello"))
	bomb := compress(t, make([]byte, 200<<20))
	pack := w.store("packs/", ".tar.zst", append(bytes.Clone(short), bomb...))
	frame := [2]int64{0, int64(len(short))}
	bombFrame := [2]int64{int64(len(short)), int64(len(bomb))}
	r, err := repository.Open(t.Context(), w.sink, w.options)
	if err != nil {
		t.Fatal(err)
	}
	reader := r.NewReader(t.Context())
	defer reader.Close()
	read := func(f manifest.File) error {
		if f.SHA256 == "" {
			f.SHA256 = strings.Repeat("0", 64)
		}
		s, err := reader.File(manifest.FileRecord{File: f, In: pack})
		if err == nil {
			s.Close()
		}
		return err
	}
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte("ell")))
	if err := read(manifest.File{Frame: frame, Offset: 1, Size: 3, SHA256: sum}); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]manifest.File{
		"offset and size overflow":  {Frame: frame, Offset: math.MaxInt64, Size: math.MaxInt64},
		"offset at the limit":       {Frame: frame, Offset: math.MaxInt64, Size: 1},
		"size at the limit":         {Frame: frame, Offset: 1, Size: math.MaxInt64},
		"behind the frame":          {Frame: frame, Offset: 5, Size: 1},
		"empty, behind the frame":   {Frame: frame, Offset: 6, Size: 0},
		"frame overflows":           {Frame: [2]int64{math.MaxInt64, math.MaxInt64}, Size: 3},
		"frame behind the pack":     {Frame: [2]int64{pack.Size + 1, 0}, Size: 3},
		"frame longer than pack":    {Frame: [2]int64{1, pack.Size}, Size: 3},
		"no frame at all":           {Frame: [2]int64{0, 0}, Size: 1},
		"within a frame":            {Frame: [2]int64{1, 5}, Size: 3},
		"far into a bomb":           {Frame: bombFrame, Offset: 100 << 20, Size: 3},
		"more of a bomb than it is": {Frame: bombFrame, Offset: 0, Size: 201 << 20},
		"the bomb's beginning":      {Frame: bombFrame, Offset: 0, Size: 3},
		"a larger file than any":    {Frame: bombFrame, Offset: 0, Size: 5 << 30},
	} {
		if err := read(f); !errors.As(err, new(*repository.CorruptError)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSequenceFarAboveAllOthersIsDamage: what anybody with append-only rights
// can store ends no repository, and its trace in a machine's memory heals.
func TestSequenceFarAboveAllOthersIsDamage(t *testing.T) {
	two := func(w *world, prefix string, sequence int64) { // two bytes, under the right name
		id := manifest.ID(sequence, w.now, sha256.Sum256([]byte("{}")))
		if err := w.sink.Put(t.Context(), prefix+id+".json.zst", strings.NewReader("{}"), 2); err != nil {
			t.Fatal(err)
		}
	}
	for name, forge := range map[string]func(w *world){
		"two bytes":                 func(w *world) { two(w, "manifests/", manifest.MaxSequence-1) },
		"two bytes as a checkpoint": func(w *world) { two(w, "checkpoints/", manifest.MaxSequence) },
		"a manifest":                func(w *world) { w.forge("manifests/", w.header(manifest.MaxSequence)) },
		"a manifest on steps of two bytes": func(w *world) {
			for sequence := int64(900_000); sequence < 5_000_000; sequence += 900_000 {
				two(w, "manifests/", sequence)
			}
			w.forge("manifests/", w.header(5_000_000), manifest.Document{ID: "forged", State: manifest.Failed})
		},
		"a checkpoint on such steps": func(w *world) {
			two(w, "manifests/", 900_000)
			two(w, "manifests/", 1_800_000)
			h := w.header(1_900_000)
			for _, key := range w.keys("manifests/") {
				h.Includes = append(h.Includes, key[len("manifests/"):len("manifests/")+44])
			}
			h.Includes = h.Includes[:1]
			w.forge("checkpoints/", h)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, false)
			w.mustRun(map[string]string{"ag": "x"})
			forge(w)
			w.mustRun(map[string]string{"ag": "y", "bureau": "z"})
			w.wantContents()
			if !slices.ContainsFunc(w.damaged, func(e *repository.CorruptError) bool { return errors.Is(e, repository.ErrSequence) }) {
				t.Errorf("it is not told: %v", w.damaged)
			}
			if got := w.lastSequence(); got != 2 {
				t.Errorf("the next run has sequence %d", got)
			}
		})
	}
	w := newWorld(t, false)
	w.mustRun(nil)
	for last, want := range map[int64]int64{math.MaxInt64: 2, manifest.MaxSequence: 2, 1_000_002: 2, 1_000_001: 1_000_002, 9: 10} {
		run := w.begin(nil, last)
		if run.Sequence() != want {
			t.Errorf("after one of %d that is remembered, the next run has sequence %d", last, run.Sequence())
		}
	}
	w.forge("manifests/", w.header(1_000_001)) // the last that can be
	w.damaged = nil
	w.mustRun(nil)
	if len(w.damaged) > 0 || w.lastSequence() != 1_000_002 {
		t.Errorf("%v, sequence %d", w.damaged, w.lastSequence())
	}
}

// lastSequence is that of the last manifest that is sound.
func (w *world) lastSequence() (last int64) {
	w.t.Helper()
	runs, err := w.open().Runs(w.t.Context())
	if err != nil || len(runs) == 0 {
		w.t.Fatal("no runs", err)
	}
	return runs[len(runs)-1].Sequence
}

// begin only begins a run.
func (w *world) tryBegin(o repository.RunOptions) error {
	w.t.Helper()
	r := w.open()
	c, err := r.Read(w.t.Context(), repository.At{})
	if err != nil {
		return err
	}
	defer c.Close()
	o.Sources = []manifest.Source{pads}
	run, err := r.Begin(w.t.Context(), c, o)
	if err != nil {
		return err
	}
	return run.Discard()
}

func TestRunThatCanReadNoManifestRefuses(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"ag": "x"})
	editObject(t, w.sink, "manifests/", func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
	if err := w.tryBegin(repository.RunOptions{}); !errors.As(err, new(*repository.CorruptError)) {
		t.Errorf("error is %v", err)
	}
}

// TestWhatServersSayCanAlwaysBeReadAgain: text that is no UTF-8 and times
// without a form cost neither the run nor what it saved.
func TestWhatServersSayCanAlwaysBeReadAgain(t *testing.T) {
	w := newWorld(t, false)
	r := w.open()
	c, err := r.Read(t.Context(), repository.At{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	run, err := r.Begin(t.Context(), c, repository.RunOptions{Program: "p\xff", Host: "h\xff", Sources: []manifest.Source{pads}})
	if err != nil {
		t.Fatal(err)
	}
	for i, modified := range []time.Time{time.Unix(math.MaxInt32*1000, 0), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)} {
		id := fmt.Sprint("pad-", i)
		v := version(id, "x")
		v.Modified, v.Title, v.Revision, v.Validator = modified, "t\xff", strings.Repeat("é", 4000)+"\xff", "v\xff"
		v.Facts.First, v.Facts.Content, v.Facts.Expires, v.Files[0].Format = "f\xff", strings.Repeat("\xff", 9000), "e\xff", "etherpad\xff"
		v.Private = map[string]string{"admin\xff": "\xff"}
		if err := run.Save(manifest.Document{ID: id, State: manifest.Current}, v, "shrunk\xff", nil); err != nil {
			t.Fatal(err)
		}
	}
	run.Tell(manifest.Document{ID: "other", State: manifest.Failed, Error: strings.Repeat("\xff", 5000)})
	if err := run.Commit(t.Context(), manifest.AtEnd); err != nil {
		t.Fatal(err)
	}
	if got := w.contents(repository.At{}); len(got) != 3 {
		t.Errorf("%d documents of 3, %v", len(got), w.damaged)
	}
}

// TestDocumentFoundTwiceIsOne: the best of it is told, and all of it is kept.
func TestDocumentFoundTwiceIsOne(t *testing.T) {
	w := newWorld(t, false)
	run := w.begin(nil)
	run.Tell(manifest.Document{ID: "ag", State: manifest.Failed, Error: "no"})
	for _, text := range []string{"one", "two"} {
		if err := run.Save(manifest.Document{ID: "ag", State: manifest.Current}, version("ag", text), "", nil); err != nil {
			t.Fatal(err)
		}
	}
	run.Tell(manifest.Document{ID: "ag", State: manifest.Missing})
	if err := run.Commit(t.Context(), manifest.AtEnd); err != nil {
		t.Fatal(err)
	}
	for record, err := range w.read(repository.At{}).Documents() {
		if err != nil || record.State != manifest.Current || len(record.Versions) != 2 {
			t.Errorf("the record is %+v, %v", record, err)
		}
	}
	w.wantSound()
}

// TestLostPackIsNotForgotten: a checkpoint that is written while a pack is not
// there keeps its versions, for it may come back, and check goes on to tell.
func TestLostPackIsNotForgotten(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"ag": "lost"})
	key := w.keys("packs/")[0]
	whole := clone(t, w.sink, func(_ string, b []byte) []byte { return b })
	if err := w.sink.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	for i := range 32 {
		w.mustRun(map[string]string{fmt.Sprint("pad-", i): "x"})
	}
	if len(w.keys("checkpoints/")) == 0 {
		t.Fatal("no checkpoint")
	}
	if report := w.check(); len(report.Problems) != 1 || report.Problems[0].Object != key || report.Problems[0].Problem != "missing" {
		t.Errorf("problems: %+v", report.Problems)
	}
	if got := w.contents(repository.At{}); got["ag"] != "" {
		t.Errorf("a document without its pack is %q", got["ag"])
	}
	rc, err := whole.Get(t.Context(), key, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	b.ReadFrom(rc)
	if err := w.sink.Put(t.Context(), key, bytes.NewReader(b.Bytes()), int64(b.Len())); err != nil {
		t.Fatal(err)
	}
	w.wantContents()
	w.wantSound()
}

// TestFullDiskIsNoDamage: what this machine cannot do says nothing of a pack.
func TestFullDiskIsNoDamage(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"long": w.text(3 << 20), "short": "x"})
	w.options.Pool = spool.New(t.TempDir()+"/gone", 1000)
	r, err := repository.Open(t.Context(), w.sink, w.options)
	if err != nil {
		t.Fatal(err)
	}
	if report, err := r.Check(t.Context(), true, nil); err == nil || errors.As(err, new(*repository.CorruptError)) {
		t.Errorf("check says %+v, %v", report, err)
	}
	if _, err := w.tryContents(repository.At{}); err == nil || errors.As(err, new(*repository.CorruptError)) {
		t.Errorf("reading says %v", err)
	}
	before := w.keys("")
	if err := w.run(map[string]string{"new": w.text(3 << 20)}, true); err == nil {
		t.Error("the run claims success")
	}
	if after := w.keys(""); len(after) != len(before) {
		t.Errorf("the run stored %v", after)
	}
}

func decompress(t testing.TB, b []byte) []byte {
	t.Helper()
	decoder, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer decoder.Close()
	plain, err := decoder.DecodeAll(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}
