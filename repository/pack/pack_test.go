package pack_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository/object"
	"github.com/padsync/padsync/repository/pack"
	"github.com/padsync/padsync/sinks/memory"
)

// A world is packs in a store, and who reads them.
type world struct {
	t       *testing.T
	objects *object.Store
	to      []crypto.Recipient
	random  *rand.ChaCha8
	packs   []manifest.Pack
}

func newWorld(t *testing.T, sealed bool) *world {
	w := &world{t: t, random: rand.NewChaCha8([32]byte{1})}
	w.objects = &object.Store{Sink: memory.New(time.Now), Pool: spool.New(t.TempDir(), 0), Sealed: sealed}
	if sealed {
		id, err := crypto.Generate(false)
		if err != nil {
			t.Fatal(err)
		}
		to, err := crypto.RecipientOf(id)
		if err != nil {
			t.Fatal(err)
		}
		w.to, w.objects.Identities = []crypto.Recipient{to}, []age.Identity{id}
	}
	return w
}

func (w *world) writer() *pack.Writer {
	w.t.Helper()
	writer, err := pack.NewWriter(pack.Options{
		Objects: w.objects, Recipients: w.to, Now: time.Now, Random: w.random,
		Full: func(p manifest.Pack, s *spool.Spool) {
			defer s.Close()
			if err := w.objects.Sink.Put(w.t.Context(), p.Key, s, p.Size); err != nil {
				w.t.Error(err)
			}
			w.packs = append(w.packs, p)
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return writer
}

func (w *world) noise(n int) string {
	b := make([]byte, n)
	w.random.Read(b)
	return string(b)
}

func member(name, content string) pack.Member {
	return pack.Member{Name: name, Modified: time.Unix(1e9, 0), Size: int64(len(content)), Content: strings.NewReader(content)}
}

// TestEachFileLiesWhereItsPlaceTells: short and long ones, in several packs, of
// which some begin for a long one.
func TestEachFileLiesWhereItsPlaceTells(t *testing.T) {
	for _, sealed := range []bool{false, true} {
		t.Run(fmt.Sprint("sealed ", sealed), func(t *testing.T) {
			w := newWorld(t, sealed)
			writer := w.writer()
			var contents []string
			for _, n := range []int{1, 0, 500, 127 << 10, 128 << 10, 300 << 10, 3 << 20, 10, 9 << 20, 20, 2 << 20} {
				contents = append(contents, w.noise(n))
			}
			var places []*pack.Place
			for i := range contents {
				dir := fmt.Sprintf("s/d/%d/", i)
				of := []pack.Member{member(dir+"first", contents[i]), member(dir+"second", "second of "+dir)}
				at, err := writer.Add(member(dir+"document.json", "{}"), of...)
				if err != nil {
					t.Fatal(err)
				}
				if len(at) != 2 {
					t.Fatalf("%d places of 2 files", len(at))
				}
				places = append(places, at[0])
			}
			if err := writer.Flush(); err != nil {
				t.Fatal(err)
			}
			if len(w.packs) < 3 {
				t.Errorf("%d packs", len(w.packs))
			}
			rd := pack.NewReader(t.Context(), w.objects)
			defer rd.Close()
			for i, content := range contents {
				f := manifest.File{Name: "first", Size: int64(len(content)), SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(content)))}
				s, err := rd.File(places[i].Record(f))
				if err != nil {
					t.Errorf("file %d, at %+v: %v", i, *places[i], err)
					continue
				}
				s.Close()
			}
			w.walk(contents, places)
		})
	}
}

// walk finds each first file by walking through the packs, at its place.
func (w *world) walk(contents []string, places []*pack.Place) {
	w.t.Helper()
	found := 0
	for _, in := range w.packs {
		s, err := pack.Fetch(w.t.Context(), w.objects, in)
		if err != nil {
			w.t.Fatal(err)
		}
		defer s.Close()
		if err := pack.Walk(w.objects, in, s, func(h *tar.Header, at pack.Place, r io.Reader) error {
			var i int
			if n, _ := fmt.Sscanf(h.Name, "s/d/%d/first", &i); n == 0 || !strings.HasSuffix(h.Name, "/first") {
				return nil
			}
			b, err := io.ReadAll(r)
			if !bytes.Equal(b, []byte(contents[i])) || at != *places[i] {
				w.t.Errorf("%s is found at %+v, not at %+v", h.Name, at, *places[i])
			}
			found++
			return err
		}); err != nil {
			w.t.Fatal(err)
		}
	}
	if found != len(contents) {
		w.t.Errorf("%d of %d files are found", found, len(contents))
	}
}

// TestPlaceHoldsWhenItsPackIsGivenAway, and not before: what was added and is in
// no pack lies nowhere.
func TestPlaceHoldsWhenItsPackIsGivenAway(t *testing.T) {
	w := newWorld(t, false)
	writer := w.writer()
	at, err := writer.Add(member("s/d/v/document.json", "{}"), member("s/d/v/x", "x"))
	if err != nil {
		t.Fatal(err)
	}
	if at[0].In != (manifest.Pack{}) || len(w.packs) > 0 {
		t.Errorf("it lies at %+v, of %d packs", *at[0], len(w.packs))
	}
	if err := writer.Flush(); err != nil {
		t.Fatal(err)
	}
	before := *at[0]
	if len(w.packs) != 1 || before.In != w.packs[0] {
		t.Errorf("it lies at %+v, and the packs are %v", before, w.packs)
	}
	if _, err := writer.Add(member("s/d/w/document.json", "{}"), member("s/d/w/x", "x")); err != nil {
		t.Fatal(err)
	}
	if err := writer.Flush(); err != nil {
		t.Fatal(err)
	}
	if *at[0] != before {
		t.Errorf("it lay at %+v, and now at %+v", before, *at[0])
	}
	if err := errors.Join(writer.Flush(), writer.Discard()); err != nil || len(w.packs) != 2 {
		t.Errorf("nothing more was added: %d packs, %v", len(w.packs), err)
	}
}

// TestNoPackWithoutAFileIsGivenAway: nothing would name it.
func TestNoPackWithoutAFileIsGivenAway(t *testing.T) {
	w := newWorld(t, false)
	writer := w.writer()
	at, err := writer.Add(member("s/d/v/document.json", "{}"), member("s/d/v/x", w.noise(9<<20)))
	if err == nil {
		err = writer.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(w.packs) != 1 || at[0].In != w.packs[0] {
		t.Errorf("the file lies in %v, and there are %v", at[0].In, w.packs)
	}
}
