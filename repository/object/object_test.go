package object_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/repository/object"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/memory"
)

const text = "what was written to it"

// stored makes an object and puts it into the store; it gives its hash.
func stored(t *testing.T, s *object.Store, key string, to ...crypto.Recipient) string {
	t.Helper()
	w, err := s.Create(to...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	o, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if err := s.Sink.Put(t.Context(), key, o, o.Size()); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", o.SHA256())
}

func newStore(t *testing.T) *object.Store {
	return &object.Store{Sink: memory.New(time.Now), Pool: spool.New(t.TempDir(), 0)}
}

func sealed(t *testing.T) (*object.Store, crypto.Recipient) {
	t.Helper()
	s := newStore(t)
	id, err := crypto.Generate(false)
	if err != nil {
		t.Fatal(err)
	}
	to, err := crypto.RecipientOf(id)
	if err != nil {
		t.Fatal(err)
	}
	s.Sealed, s.Identities = true, []age.Identity{id}
	return s, to
}

func readAll(t *testing.T, s *object.Store, r io.ReaderAt, size int64) (string, error) {
	t.Helper()
	plain, n, err := s.Open(r, size)
	if err != nil {
		return "", object.Unsealed("packs/x", err)
	}
	b, err := io.ReadAll(io.NewSectionReader(plain, 0, n))
	if err != nil {
		err = object.Unsealed("packs/x", err)
	}
	return string(b), err
}

func TestSealedObjectIsReadByItsIdentityAlone(t *testing.T) {
	s, to := sealed(t)
	hash := stored(t, s, "packs/x", to)
	o, err := s.Fetch(t.Context(), "packs/x", hash, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	raw, err := io.ReadAll(io.NewSectionReader(o, 0, o.Size()))
	if err != nil || bytes.Contains(raw, []byte(text)) {
		t.Errorf("it is stored as %q, %v", raw, err)
	}
	if got, err := readAll(t, s, o, o.Size()); got != text || err != nil {
		t.Errorf("it is %q, %v", got, err)
	}
	remote := &object.Remote{Context: t.Context(), Store: s, Key: "packs/x"}
	if got, err := readAll(t, s, remote, o.Size()); got != text || err != nil {
		t.Errorf("read in parts it is %q, %v", got, err)
	}
	other, _ := sealed(t)
	for _, ids := range [][]age.Identity{nil, other.Identities} {
		s.Identities = ids
		if _, err := readAll(t, s, o, o.Size()); !errors.Is(err, object.ErrNoIdentity) {
			t.Errorf("with %d identities of others: %v", len(ids), err)
		}
	}
}

func TestOtherBytesThanTheKeyTellsAreDamage(t *testing.T) {
	s := newStore(t)
	hash := stored(t, s, "packs/x")
	for name, c := range map[string]struct {
		want  string
		limit int64
		sound bool
	}{
		"as it is":     {hash, int64(len(text)), true},
		"by its start": {hash[:16], int64(len(text)), true},
		"another hash": {fmt.Sprintf("%x", sha256.Sum256(nil)), 1 << 20, false},
		"too long":     {"", int64(len(text)) - 1, false},
	} {
		o, err := s.Fetch(t.Context(), "packs/x", c.want, c.limit)
		if err == nil {
			o.Close()
		}
		if (err == nil) != c.sound || !c.sound && !object.IsDamaged(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWhatTheStoreSaysIsNoDamage: it may give the object another time.
func TestWhatTheStoreSaysIsNoDamage(t *testing.T) {
	s := newStore(t)
	refused := errors.New("refused")
	for name, c := range map[string]struct {
		sink        sinks.Sink
		gone, alone bool
	}{
		"it is not there": {s.Sink, true, false},
		"it is refused":   {failing{s.Sink, refused}, false, true},
	} {
		s.Sink = c.sink
		_, fetched := s.Fetch(t.Context(), "packs/none", "", 1<<20)
		_, read := (&object.Remote{Context: t.Context(), Store: s, Key: "packs/none"}).ReadAt(make([]byte, 1), 0)
		for _, err := range []error{fetched, read, object.Unsealed("packs/none", read)} {
			if !object.FromStore(err) || object.Gone(err) != c.gone || object.IsDamaged(err) {
				t.Errorf("%s: %v", name, err)
			}
			corrupt, is := errors.AsType[*object.CorruptError](object.Alone(t.Context(), "packs/none", err))
			if is != c.alone || is && (corrupt.Problem != "unreadable" || !object.FromStore(corrupt)) {
				t.Errorf("%s, alone: %v", name, corrupt)
			}
		}
	}
	if damaged := object.Unsealed("packs/x", io.ErrUnexpectedEOF); object.FromStore(damaged) || !object.IsDamaged(damaged) {
		t.Errorf("bytes that are wrong: %v", damaged)
	}
}

// failing refuses to give anything.
type failing struct {
	sinks.Sink
	err error
}

func (f failing) Get(context.Context, string, int64, int64) (io.ReadCloser, error) { return nil, f.err }

func TestWhatIsDiscardedIsNotKept(t *testing.T) {
	s, to := sealed(t)
	w, err := s.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, strings.NewReader(strings.Repeat("x", 1<<20))); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Discard(), w.Discard()); err != nil {
		t.Error(err)
	}
	if o, err := w.Finish(); err == nil {
		o.Close()
		t.Error("it is there nevertheless")
	}
}
