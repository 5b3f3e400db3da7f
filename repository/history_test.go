package repository_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// file is the newest version's file of the document "a".
func (w *world) file() manifest.FileRecord {
	w.t.Helper()
	return w.record(repository.At{}).Newest().Files[0]
}

// everyVersion gives the contents of the document "a", the newest last.
func (w *world) everyVersion() (texts []string) {
	w.t.Helper()
	r := w.open()
	rd := r.NewReader(w.t.Context())
	defer rd.Close()
	for _, v := range w.record(repository.At{}).Versions {
		s, err := rd.File(v.Files[0])
		if err != nil {
			w.t.Fatal(err)
		}
		b, err := io.ReadAll(io.NewSectionReader(s, 0, s.Size()))
		s.Close()
		if err != nil {
			w.t.Fatal(err)
		}
		texts = append(texts, string(b))
	}
	return texts
}

func (w *world) stored() (n int64) {
	w.t.Helper()
	for o, err := range w.sink.List(w.t.Context(), "packs/") {
		if err != nil {
			w.t.Fatal(err)
		}
		n += o.Size
	}
	return n
}

// TestHistoryIsStoredOnce, in plain and in sealed repositories, by a machine
// that cannot read packs, and comes back byte for byte.
func TestHistoryIsStoredOnce(t *testing.T) {
	for _, sealed := range []bool{false, true} {
		w := newWorld(t, sealed)
		var want []string
		for day := range 12 {
			text := grown(300_000 + day*1000)
			want = append(want, text)
			before := w.stored()
			w.mustRun(map[string]string{"a": text, "b": fmt.Sprint(day)})
			if added := w.stored() - before; day > 0 && added > 30_000 {
				t.Errorf("sealed=%v: day %d stored %d bytes", sealed, day, added)
			}
		}
		if f := w.file(); len(f.Shares) == 0 || f.Size != int64(len(want[11])) {
			t.Errorf("sealed=%v: the newest is %+v", sealed, f)
		}
		if got := w.asOwner().everyVersion(); !slices.Equal(got, want) {
			t.Errorf("sealed=%v: what comes back is something else", sealed)
		}
		w.asOwner().wantSound()
	}
}

// TestWhoCanReadAVersionCanReadAllOfIt: pieces that others can read are not
// shared, even if the document did not change when the recipients did.
func TestWhoCanReadAVersionCanReadAllOfIt(t *testing.T) {
	w := newWorld(t, true)
	w.mustRun(map[string]string{"a": grown(200_000), "b": "x"})
	owner := identity(t)
	w.owner, w.options.Recipients, w.change = []age.Identity{owner}, recipients(t, owner), true
	w.mustRun(map[string]string{"b": "y"})
	w.change = false
	for day, shares := range []int{0, 1} {
		w.mustRun(map[string]string{"a": grown(201_000 + 1000*day)})
		f := w.file()
		if len(f.Shares) != shares {
			t.Errorf("day %d: it shares %d pieces, want %d", day, len(f.Shares), shares)
		}
		rd := w.asOwner().open().NewReader(t.Context())
		s, err := rd.File(f)
		if err != nil {
			t.Fatalf("day %d: who can read it now: %v", day, err)
		}
		s.Close()
		rd.Close()
	}
}

// TestPiecesAreFew however often a document grows, and lie where they were
// brought: no piece is found by way of another version.
func TestPiecesAreFew(t *testing.T) {
	w := newWorld(t, false)
	most := 0
	for day := range 60 {
		w.mustRun(map[string]string{"a": grown(300_000 + day*700)})
		record := w.record(repository.At{})
		f := record.Newest().Files[0]
		most = max(most, len(f.History.Pieces))
		for i, p := range f.Shared() {
			if !slices.ContainsFunc(record.Versions, func(v manifest.VersionRecord) bool {
				return v.Name == f.History.Pieces[i].In.Version && v.Files[0].In == p.In
			}) {
				t.Fatalf("day %d: piece %d is not where %s brought it", day, i, f.History.Pieces[i].In.Version)
			}
		}
	}
	if most > 12 {
		t.Errorf("%d pieces", most)
	}
	w.mustRun(map[string]string{"a": grown(300_000 + 60*700)})
	w.wantSound()
}

func TestWhatIsNoLongerTheSameIsStoredAgain(t *testing.T) {
	long := grown(200_000)
	for name, c := range map[string]struct {
		next   string
		shares bool
	}{
		"nothing new":             {long + " more chat", true},
		"a shorter one":           {grown(150_000), false},
		"another beginning":       {strings.Replace(long, "[", "[x", 1), false},
		"another one":             {strings.ReplaceAll(long, "a", "b"), false},
		"one that is short now":   {grown(1000), false},
		"one that is not one now": {strings.ReplaceAll(long, "]", ""), false},
		"a longer head":           {"head" + grown(210_000), true},
		"one byte is another":     {long[:150_000] + "_" + long[150_001:], false},
		"one byte more":           {grown(200_001), true},
		"nothing behind":          {strings.TrimSuffix(long, " end of 200000"), true},
		"twice as long":           {grown(400_000), true},
		"the history is the file": {long[strings.Index(long, "["):], true},
	} {
		w := newWorld(t, false)
		w.mustRun(map[string]string{"a": long})
		w.mustRun(map[string]string{"a": c.next})
		if f := w.file(); len(f.Shares) > 0 != c.shares {
			t.Errorf("%s: it shares %d pieces", name, len(f.Shares))
		}
		if got := w.everyVersion(); !slices.Equal(got, []string{long, c.next}) {
			t.Errorf("%s: what comes back is something else", name)
		}
		w.wantSound()
	}
}

// TestVersionNeedsThePacksOfItsPieces: without one of them it is none, and the
// next run saves it again.
func TestVersionNeedsThePacksOfItsPieces(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": grown(200_000)})
	key := w.keys("packs/")[0]
	w.mustRun(map[string]string{"a": grown(210_000), "b": "other"})
	flipped := clone(t, w.sink, func(k string, b []byte) []byte {
		if k == key {
			b[len(b)/2] ^= 1
		}
		return b
	})
	if err := w.sink.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	report := w.check()
	if len(report.Problems) != 1 || report.Problems[0].Object != key || report.Problems[0].Problem != "missing" || len(report.Problems[0].Documents) != 1 {
		t.Errorf("check: %+v", report.Problems)
	}
	if r := w.record(repository.At{}); r != nil && len(r.Versions) > 0 {
		t.Errorf("versions that cannot be read: %+v", r.Versions)
	}
	w.mustRun(map[string]string{"a": grown(220_000)})
	if f := w.file(); len(f.Shares) > 0 {
		t.Error("it shares what is not there")
	}
	if got := w.everyVersion(); len(got) != 1 || got[0] != grown(220_000) {
		t.Error("what was saved again does not come back")
	}

	w.sink = flipped
	report = w.check()
	if len(report.Problems) != 1 || len(report.Problems[0].Documents) != 1 || report.Problems[0].Documents[0].ID != "a" {
		t.Errorf("check of a flipped byte: %+v", report.Problems)
	}
	if _, err := w.tryContents(repository.At{}); err == nil || !strings.Contains(err.Error(), key) {
		t.Errorf("reading: %v", err)
	}
}

// TestPacksThatOnlyPiecesNeedAreChecked: of the version that brought them
// nothing may be known any more.
func TestPacksThatOnlyPiecesNeedAreChecked(t *testing.T) {
	for _, missing := range []bool{true, false} {
		w := newWorld(t, false)
		w.mustRun(map[string]string{"a": grown(200_000)})
		w.mustRun(map[string]string{"a": grown(210_000)})
		lost := w.keys("manifests/")[0]
		if err := w.sink.Delete(t.Context(), lost); err != nil {
			t.Fatal(err)
		}
		if got := w.everyVersion(); len(got) != 1 || got[0] != grown(210_000) {
			t.Error("the version does not come back")
		}
		problems := func() []repository.Problem {
			return slices.DeleteFunc(w.check().Problems, func(p repository.Problem) bool { return p.Object == idIn(lost) })
		}
		if found := problems(); len(found) > 0 {
			t.Errorf("problems: %+v", found)
		}
		first := w.file().Shares[0].Key
		editObject(t, w.sink, first, map[bool]func([]byte) []byte{false: func(b []byte) []byte { b[len(b)/2] ^= 1; return b }}[missing])
		if found := problems(); len(found) != 1 || found[0].Object != first || len(found[0].Documents) != 1 {
			t.Errorf("missing=%v: %+v", missing, found)
		}
	}
}

// TestSeveralPiecesOfOneVersionAreShared: others may write such.
func TestSeveralPiecesOfOneVersionAreShared(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": grown(200_000)})
	before := *w.record(repository.At{}).Newest()
	f := before.Files[0]
	from := strings.Index(grown(200_000), "[") + 1
	h := manifest.History{Offset: f.History.Offset}
	for _, part := range []string{grown(200_000)[from:][:150_000], grown(200_000)[from:][150_000:200_000]} {
		h.Pieces = append(h.Pieces, manifest.Piece{Length: int64(len(part)), SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(part)))})
	}
	f.History = &h
	before.Files = []manifest.FileRecord{f}
	run := w.begin(nil)
	w.now = w.now.AddDate(0, 0, 1)
	if err := run.Save(manifest.Document{ID: "a", State: manifest.Current}, version("a", grown(201_000)), "", &before); err != nil {
		t.Fatal(err)
	}
	if err := run.Commit(t.Context(), manifest.AtEnd); err != nil {
		t.Fatal(err)
	}
	if n := len(w.file().Shares); n != 2 {
		t.Errorf("%d pieces are shared", n)
	}
	if got := w.everyVersion(); got[1] != grown(201_000) {
		t.Error("what comes back is something else")
	}
}

// TestCheckpointKeepsThePlacesOfPieces and a run goes on from it.
func TestCheckpointKeepsThePlacesOfPieces(t *testing.T) {
	w := newWorld(t, true)
	var want []string
	for day := range 5 {
		want = append(want, grown(200_000+1000*day))
		w.mustRun(map[string]string{"a": want[day]})
	}
	for i := range 30 {
		w.mustRun(map[string]string{"b": fmt.Sprint(i)})
	}
	if len(w.keys("checkpoints/")) == 0 {
		t.Fatal("no checkpoint")
	}
	for _, key := range w.keys("manifests/") {
		if err := w.sink.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	want = append(want, grown(300_000))
	w.mustRun(map[string]string{"a": want[5]})
	if f := w.file(); len(f.Shares) == 0 {
		t.Error("nothing is shared by way of a checkpoint")
	}
	if got := w.asOwner().everyVersion(); !slices.Equal(got, want) {
		t.Error("what comes back is something else")
	}
	w.asOwner().wantSound()
}

// condemnPacks writes a manifest that says of all packs that they will be
// deleted.
func (w *world) condemnPacks() {
	w.t.Helper()
	h := w.header(2)
	h.Condemned = w.keys("packs/")
	w.forge("manifests/", h)
}

// TestPackThatIsCondemnedIsNotShared: it is about to be deleted.
func TestPackThatIsCondemnedIsNotShared(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": grown(200_000)})
	w.condemnPacks()
	w.mustRun(map[string]string{"a": grown(210_000)})
	if f := w.file(); len(f.Shares) > 0 {
		t.Error("it shares what is about to be deleted")
	}
}

// TestCheckpointForgetsNoCondemnation, which is never withdrawn.
func TestCheckpointForgetsNoCondemnation(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": grown(200_000)})
	w.condemnPacks()
	for range 2 {
		w.now = w.now.Add(time.Hour)
		w.checkpoint()
	}
	w.mustRun(map[string]string{"a": grown(210_000)})
	if f := w.file(); len(f.Shares) > 0 {
		t.Error("it shares what is about to be deleted")
	}
}

// TestSharedPackThatGoesMeanwhileFailsTheRun: the run must not claim that the
// document is safe.
func TestSharedPackThatGoesMeanwhileFailsTheRun(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": grown(200_000)})
	shared := w.keys("packs/")[0]
	c := w.read(repository.At{})
	run := w.begin(c)
	before, err := newest(c, "a")
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Save(manifest.Document{ID: "a", State: manifest.Current}, version("a", grown(210_000)), "", before); err != nil {
		t.Fatal(err)
	}
	if err := w.sink.Delete(t.Context(), shared); err != nil {
		t.Fatal(err)
	}
	if err := run.Commit(t.Context(), manifest.AtEnd); err == nil {
		t.Error("the run claims success")
	}
}

// TestHistoryThatIsNoneIsRefused before anything of the version is stored.
func TestHistoryThatIsNoneIsRefused(t *testing.T) {
	w := newWorld(t, false)
	for _, h := range [][2]int64{{-1, 5}, {5, 4}, {0, 1 << 40}, {math.MinInt64, math.MaxInt64}} {
		run := w.begin(nil)
		v := version("a", "text")
		v.Files[0].History = h
		if err := run.Save(manifest.Document{ID: "a", State: manifest.Current}, v, "", nil); err == nil {
			t.Errorf("%v is taken", h)
		}
		run.Discard()
	}
}

// TestPriorThatLiesCostsOnlySharing: whatever a manifest tells of the version
// before, the new one is saved whole, or shares bytes with the right hash.
func TestPriorThatLiesCostsOnlySharing(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": grown(200_000)})
	sound := w.record(repository.At{}).Newest()
	for name, lie := range map[string]func(f *manifest.FileRecord){
		"endless":   func(f *manifest.FileRecord) { f.History.Pieces[0].Length = math.MaxInt64 },
		"far away":  func(f *manifest.FileRecord) { f.Offset, f.History.Offset = math.MaxInt64, math.MaxInt64 },
		"many":      func(f *manifest.FileRecord) { f.History.Pieces = slices.Repeat(f.History.Pieces, 1000) },
		"no hash":   func(f *manifest.FileRecord) { f.History.Pieces[0].SHA256 = "" },
		"no pieces": func(f *manifest.FileRecord) { f.History.Pieces = nil },
	} {
		before := *sound
		before.Files = slices.Clone(sound.Files)
		h := *sound.Files[0].History
		h.Pieces = slices.Clone(h.Pieces)
		before.Files[0].History = &h
		lie(&before.Files[0])
		run := w.begin(nil)
		if err := run.Save(manifest.Document{ID: "b", State: manifest.Current}, version("b", grown(210_000)), "", &before); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := run.Commit(t.Context(), manifest.AtEnd); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := w.contents(repository.At{}); got["b"] != grown(210_000) {
			t.Errorf("%s: what comes back is something else", name)
		}
		run.Discard()
		w.now = w.now.AddDate(0, 0, 1)
	}
}

// TestPiecesThatCannotBeAreRefused neither panic nor cost more than a file.
func TestPiecesThatCannotBeAreRefused(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": grown(200_000)})
	w.mustRun(map[string]string{"a": grown(210_000)})
	bomb := compress(t, make([]byte, 200<<20))
	in := w.store("packs/", ".tar.zst", bomb)
	sound := w.file()
	rd := w.open().NewReader(t.Context())
	defer rd.Close()
	for name, lie := range map[string]func(f *manifest.FileRecord, p *manifest.Piece){
		"another hash":       func(_ *manifest.FileRecord, p *manifest.Piece) { p.SHA256 = strings.Repeat("0", 64) },
		"another place":      func(_ *manifest.FileRecord, p *manifest.Piece) { p.In.Offset++ },
		"a place far away":   func(_ *manifest.FileRecord, p *manifest.Piece) { p.In.Offset = math.MaxInt64 },
		"another frame":      func(_ *manifest.FileRecord, p *manifest.Piece) { p.In.Frame[0]++ },
		"no frame":           func(_ *manifest.FileRecord, p *manifest.Piece) { p.In.Frame = [2]int64{math.MaxInt64, math.MaxInt64} },
		"shorter":            func(_ *manifest.FileRecord, p *manifest.Piece) { p.Length-- },
		"longer than all":    func(_ *manifest.FileRecord, p *manifest.Piece) { p.Length = math.MaxInt64 },
		"the history begins": func(f *manifest.FileRecord, _ *manifest.Piece) { f.History.Offset++ },
		"it begins behind":   func(f *manifest.FileRecord, _ *manifest.Piece) { f.History.Offset = f.Size },
		"the rest is other":  func(f *manifest.FileRecord, _ *manifest.Piece) { f.History.Stored = strings.Repeat("0", 64) },
		"in another pack":    func(f *manifest.FileRecord, _ *manifest.Piece) { f.Shares[0] = f.In },
		"in no pack": func(f *manifest.FileRecord, _ *manifest.Piece) {
			f.Shares[0].Key = "packs/" + strings.Repeat("0", 64) + ".tar.zst"
		},
		"a bomb": func(f *manifest.FileRecord, p *manifest.Piece) {
			f.Shares[0], p.In.Frame = in, [2]int64{0, int64(len(bomb))}
		},
		"many bombs": func(f *manifest.FileRecord, p *manifest.Piece) {
			p.In.Frame, p.In.Offset = [2]int64{0, int64(len(bomb))}, 1<<32-1
			f.History.Pieces = slices.Repeat([]manifest.Piece{*p}, 64)
			f.Shares = slices.Repeat([]manifest.Pack{in}, 64)
		},
	} {
		f := sound
		h := *sound.History
		h.Pieces, f.Shares = slices.Clone(h.Pieces), slices.Clone(sound.Shares)
		at := *h.Pieces[0].In
		h.Pieces[0].In, f.History = &at, &h
		lie(&f, &h.Pieces[0])
		s, err := rd.File(f)
		if err == nil {
			s.Close()
		}
		if !errors.As(err, new(*repository.CorruptError)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s, err := rd.File(sound); err != nil {
		t.Errorf("afterwards: %v", err)
	} else {
		s.Close()
	}
}

// TestManifestOfAHistoryThatCannotBeIsRefused: none is written, and none is read.
func TestManifestOfAHistoryThatCannotBeIsRefused(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": grown(200_000)})
	w.mustRun(map[string]string{"a": grown(210_000)})
	v := w.record(repository.At{}).Newest()
	for name, lie := range map[string]func(h *manifest.History){
		"":                     func(*manifest.History) {},
		"no pieces":            func(h *manifest.History) { h.Pieces = nil },
		"many pieces":          func(h *manifest.History) { h.Pieces = slices.Repeat(h.Pieces[:1], 65) },
		"an empty piece":       func(h *manifest.History) { h.Pieces[1].Length = 0 },
		"a negative one":       func(h *manifest.History) { h.Pieces[1].Length = -1 },
		"a long one":           func(h *manifest.History) { h.Pieces[1].Length = math.MaxInt64 },
		"together too long":    func(h *manifest.History) { h.Pieces[1].Length += 100 },
		"one without a hash":   func(h *manifest.History) { h.Pieces[1].SHA256 = "x" },
		"begins before":        func(h *manifest.History) { h.Offset = -1 },
		"begins behind":        func(h *manifest.History) { h.Offset = math.MaxInt64 },
		"in another order":     func(h *manifest.History) { slices.Reverse(h.Pieces) },
		"nothing is stored":    func(h *manifest.History) { h.Stored = "" },
		"no hash of the rest":  func(h *manifest.History) { h.Stored = "x" },
		"all is stored":        func(h *manifest.History) { h.Pieces[0].In = nil },
		"a version of no name": func(h *manifest.History) { h.Pieces[0].In.Version = "../x" },
		"a pack of no key":     func(h *manifest.History) { h.Pieces[0].In.Pack = 2 },
		"a negative pack":      func(h *manifest.History) { h.Pieces[0].In.Pack = -1 },
		"a negative offset":    func(h *manifest.History) { h.Pieces[0].In.Offset = -1 },
		"a negative frame":     func(h *manifest.History) { h.Pieces[0].In.Frame[1] = -1 },
	} {
		h := w.header(3)
		f := v.Files[0].Relocate(func(p manifest.Pack) int {
			h.Packs = append(h.Packs, p)
			return len(h.Packs) - 1
		})
		lie(f.History)
		saved := manifest.At(w.now)
		var b bytes.Buffer
		e, err := manifest.NewEncoder(&b, h)
		if err == nil {
			err = e.Encode(&manifest.Document{ID: "a", Versions: []manifest.DocumentVersion{{Name: v.Name, Saved: &saved, Files: []manifest.File{f}}}})
		}
		if (err == nil) != (name == "") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTwoMachinesShareFromOneVersion at once, and neither loses anything.
func TestTwoMachinesShareFromOneVersion(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": grown(200_000)})
	texts := []string{grown(200_000), grown(210_000), grown(220_000)}
	var runs []*repository.Run
	for i := range 2 {
		c := w.read(repository.At{})
		run := w.begin(c)
		before, err := newest(c, "a")
		if err != nil {
			t.Fatal(err)
		}
		if err := run.Save(manifest.Document{ID: "a", State: manifest.Current}, version("a", texts[i+1]), "", before); err != nil {
			t.Fatal(err)
		}
		runs = append(runs, run)
	}
	for _, run := range runs {
		if err := run.Commit(t.Context(), manifest.AtEnd); err != nil {
			t.Fatal(err)
		}
	}
	got := w.everyVersion()
	slices.Sort(got)
	if !slices.Equal(got, texts) {
		t.Error("what comes back is something else")
	}
	w.wantSound()
}
