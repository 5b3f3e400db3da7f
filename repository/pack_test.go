package repository_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// TestPackIsCutAtMembers reads packs as docs/format.md describes them: whole
// with tar, and each frame alone.
func TestPackIsCutAtMembers(t *testing.T) {
	w := newWorld(t, false)
	save := map[string]string{"long": w.text(300 << 10), "longer": w.noise(4 << 20), "longest": strings.Repeat("x", 9<<20), "just": w.text(128 << 10)}
	for i := range 150 {
		save[fmt.Sprint("pad-", i)] = w.noise(100 + 346*i)
	}
	w.mustRun(save)
	frames := w.frames()
	randoms := map[string]bool{}
	for _, key := range w.keys("packs/") {
		content := w.object(key)
		whole := members(t, bytes.NewReader(decompress(t, content)))
		if first := whole[0]; first.Name != "padsync-pack" || first.Size != 32 || randoms[first.content] {
			t.Errorf("the first member is %+v", first)
		}
		randoms[whole[0].content] = true
		bounds := slices.Sorted(maps.Keys(frames[key]))
		if len(bounds) < 2 && len(content) > 1<<20 {
			t.Errorf("a pack of %d bytes has %d frames with files", len(content), len(bounds))
		}
		for _, begin := range bounds {
			checkFrame(t, decompress(t, content[begin:][:frames[key][begin]]))
		}
		for _, m := range whole {
			if m.Mode != 0o600 || m.ModTime.IsZero() {
				t.Errorf("member %s is of mode %o, time %v", m.Name, m.Mode, m.ModTime)
			}
		}
	}
	if len(randoms) < 2 {
		t.Errorf("%d packs", len(randoms))
	}
}

// checkFrame checks what is in one frame, alone.
func checkFrame(t *testing.T, plain []byte) {
	t.Helper()
	all := members(t, bytes.NewReader(plain))
	if len(plain) > 128<<10 && len(all) > 1 {
		t.Errorf("a frame of %d bytes has %d members", len(plain), len(all))
	}
	if first := all[0]; first.Size < 100<<10 && first.Name != "padsync-pack" && !strings.HasSuffix(first.Name, "/document.json") {
		t.Errorf("%s, of %d bytes, is not in the frame of its document.json", first.Name, first.Size)
	}
	if all[len(all)-1].end != int64(len(plain)) {
		t.Errorf("the frame of %d bytes does not end with a member", len(plain))
	}
}

// TestPackBeginsWithNoLongFrame: behind a file that ends a pack, the next of its
// version comes behind the random member of another.
func TestPackBeginsWithNoLongFrame(t *testing.T) {
	for _, size := range []int{127 << 10, 300 << 10} {
		w := newWorld(t, false)
		run := w.begin(nil)
		for _, id := range []string{"pad", strings.Repeat("A", 1000)} {
			v := version(id, w.noise(7<<20))
			v.Files = append(v.Files, version(id+" beside", w.noise(size)).Files...)
			if err := run.Save(manifest.Document{ID: id, State: manifest.Current}, v, "", nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := run.Commit(t.Context(), manifest.AtEnd); err != nil {
			t.Fatal(err)
		}
		w.wantSound()
		for key, frames := range w.frames() {
			content := w.object(key)
			for begin, length := range frames {
				checkFrame(t, decompress(t, content[begin:][:length]))
			}
		}
	}
}

// A pack that no manifest names is one that a later clearing up deletes, with
// the document.json of a version whose files lie elsewhere.
func TestEveryPackIsNamed(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"huge": w.noise(9 << 20)})
	if named, stored := len(w.frames()), len(w.keys("packs/")); named != stored {
		t.Errorf("%d of %d packs are named", named, stored)
	}
}

// frames gives the frames that manifests name: pack, offset and length.
func (w *world) frames() map[string]map[int64]int64 {
	w.t.Helper()
	frames := map[string]map[int64]int64{}
	c, err := w.open().Read(w.t.Context(), repository.At{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	for record, err := range c.Documents() {
		if err != nil {
			w.t.Fatal(err)
		}
		for _, f := range record.Newest().Files {
			if frames[f.In.Key] == nil {
				frames[f.In.Key] = map[int64]int64{}
			}
			frames[f.In.Key][f.Frame[0]] = f.Frame[1]
		}
	}
	return frames
}

func (w *world) object(key string) []byte {
	w.t.Helper()
	rc, err := w.sink.Get(w.t.Context(), key, 0, -1)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rc.Close()
	b, err := io.ReadAll(rc)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

type member struct {
	tar.Header
	content string
	end     int64 // of its last block
}

func members(t *testing.T, r *bytes.Reader) (all []member) {
	t.Helper()
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		at := r.Size() - int64(r.Len())
		all = append(all, member{*h, string(b), (at + 511) / 512 * 512})
	}
}

// FuzzReader reads a file out of any bytes: it comes as the manifest says, or
// the error tells of damage. The packs of the vectors are its corpus.
func FuzzReader(f *testing.F) {
	names, err := filepath.Glob(vectors + "/*")
	if err != nil {
		f.Fatal(err)
	}
	seeds := 0
	for _, name := range names {
		v := readVector(f, name)
		w := &world{t: f, sink: v.sink}
		for _, key := range w.keys("packs/") {
			b := w.object(key)
			f.Add(b, int64(0), int64(len(b)), int64(512), int64(32))
			seeds++
		}
	}
	if seeds < 10 {
		f.Fatalf("the corpus has %d packs", seeds)
	}
	w := newWorld(f, false)
	w.mustRun(nil)
	r, err := repository.Open(f.Context(), w.sink, w.options)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, pack []byte, begin, length, offset, size int64) {
		if begin < 0 || length < 0 || offset < 0 || size < 0 || begin > int64(len(pack)) || length > int64(len(pack))-begin {
			return // manifests do not tell such, or TestPlacesThatCannotBeAreRefused does
		}
		w := *w
		w.t = t
		in := w.store("packs/", ".tar.zst", pack)
		defer w.sink.Delete(t.Context(), in.Key)
		rd := r.NewReader(t.Context())
		defer rd.Close()
		s, err := rd.File(manifest.FileRecord{In: in, File: manifest.File{
			Frame: [2]int64{begin, length}, Offset: offset, Size: size, SHA256: hashIn(pack[begin:][:length], offset, size),
		}})
		if err == nil {
			s.Close()
		} else if !errors.As(err, new(*repository.CorruptError)) {
			t.Errorf("the error is %v", err)
		}
	})
}

// hashIn is the hash of what is at a place in a frame, as far as that exists.
func hashIn(frame []byte, offset, size int64) string {
	decoder, err := zstd.NewReader(bytes.NewReader(frame), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return ""
	}
	defer decoder.Close()
	plain, _ := io.ReadAll(io.LimitReader(decoder, 2<<20))
	if offset > int64(len(plain)) || size > int64(len(plain))-offset {
		return strings.Repeat("0", 64)
	}
	return fmt.Sprintf("%x", sha256.Sum256(plain[offset:][:size]))
}

// FuzzPieces reads a file that is said to lie in pieces anywhere: it comes as
// the manifest says, or the error tells of damage. The histories of the
// vectors are its corpus.
func FuzzPieces(f *testing.F) {
	w, v := newestFile(f, readVector(f, vectors+"/history").sink)
	sound := v.Files[0]
	if len(sound.Shares) == 0 {
		f.Fatal("the corpus has no pieces")
	}
	p := sound.History.Pieces[0]
	f.Add(sound.Size, sound.History.Offset, p.Length, p.In.Frame[0], p.In.Frame[1], p.In.Offset, byte(1))
	f.Add(sound.Size, int64(0), p.Length, p.In.Frame[0], p.In.Frame[1], p.In.Offset, byte(64))
	r := w.open()
	f.Fuzz(func(t *testing.T, size, begin, length, frame, frameLength, offset int64, times byte) {
		if min(size, begin, length-1, frame, frameLength, offset) < 0 || times < 1 || times > manifest.MaxPieces ||
			length > size || begin > size-length*int64(times) {
			return // manifests do not tell such
		}
		told, h := sound, *sound.History
		p := p
		p.Length, p.In = length, &manifest.Place{Version: p.In.Version, Frame: [2]int64{frame, frameLength}, Offset: offset}
		h.Offset, h.Pieces = begin, slices.Repeat([]manifest.Piece{p}, int(times))
		told.Size, told.History, told.Shares = size, &h, slices.Repeat(sound.Shares[:1], int(times))
		rd := r.NewReader(t.Context())
		defer rd.Close()
		s, err := rd.File(told)
		switch {
		case err == nil:
			if s.Size() != sound.Size || fmt.Sprintf("%x", s.SHA256()) != sound.SHA256 {
				t.Error("it is something else")
			}
			s.Close()
		case !errors.As(err, new(*repository.CorruptError)):
			t.Errorf("the error is %v", err)
		}
	})
}
