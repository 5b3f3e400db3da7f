package crypto_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"filippo.io/age"
	"github.com/padsync/padsync/crypto"
)

// counter counts what a store would be asked.
type counter struct {
	r     io.ReaderAt
	reads atomic.Int64
	bytes atomic.Int64
}

func (c *counter) ReadAt(p []byte, off int64) (int, error) {
	c.reads.Add(1)
	c.bytes.Add(int64(len(p)))
	return c.r.ReadAt(p, off)
}

func newKey(t testing.TB, postQuantum bool) (crypto.NativeIdentity, crypto.Recipient) {
	t.Helper()
	id, err := crypto.Generate(postQuantum)
	if err != nil {
		t.Fatal(err)
	}
	r, err := crypto.RecipientOf(id)
	if err != nil {
		t.Fatal(err)
	}
	return id, r
}

func seal(t testing.TB, plain []byte, recipients ...age.Recipient) []byte {
	t.Helper()
	var sealed bytes.Buffer
	w, err := crypto.Seal(&sealed, recipients...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return sealed.Bytes()
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(b)
	return b
}

func TestOpenGivesWhatWasSealed(t *testing.T) {
	for _, postQuantum := range []bool{false, true} {
		id, r := newKey(t, postQuantum)
		for _, size := range []int{0, 1, 1<<16 - 1, 1 << 16, 1<<16 + 1, 1<<17 + 1, 1 << 19} {
			t.Run(fmt.Sprint(postQuantum, size), func(t *testing.T) {
				plain := random(size)
				sealed := seal(t, plain, r)
				stream, err := age.Decrypt(bytes.NewReader(sealed), id)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := io.ReadAll(stream); err != nil || !bytes.Equal(got, plain) {
					t.Errorf("age opens it: %d bytes, %v", len(got), err)
				}
				at, n, err := crypto.Open(bytes.NewReader(sealed), int64(len(sealed)), id)
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(io.NewSectionReader(at, 0, n))
				if err != nil || n != int64(size) || !bytes.Equal(got, plain) {
					t.Errorf("Open: %d of %d bytes, %v", len(got), n, err)
				}
			})
		}
	}
}

func TestReadsAtTheEndsAreEOF(t *testing.T) {
	id, r := newKey(t, false)
	sealed := seal(t, random(100), r)
	at, _, err := crypto.Open(bytes.NewReader(sealed), int64(len(sealed)), id)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 50)
	for off, want := range map[int64]int{80: 20, 100: 0, 101: 0, 1<<63 - 1: 0} {
		if n, err := at.ReadAt(buf, off); n != want || err != io.EOF {
			t.Errorf("ReadAt(%d) = %d, %v", off, n, err)
		}
	}
	if _, err := at.ReadAt(buf, -1); err == nil || err == io.EOF {
		t.Errorf("ReadAt(-1): %v", err)
	}
}

func TestConcurrentReadsGiveTheRightBytes(t *testing.T) {
	id, r := newKey(t, false)
	plain := random(1 << 20)
	sealed := seal(t, plain, r)
	at, _, err := crypto.Open(bytes.NewReader(sealed), int64(len(sealed)), id)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for seed := range uint64(8) {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, 0))
			for range 50 {
				off := rnd.IntN(len(plain))
				got := make([]byte, 1+rnd.IntN(min(200_000, len(plain)-off)))
				if _, err := at.ReadAt(got, int64(off)); err != nil && err != io.EOF {
					t.Error(err)
				}
				if !bytes.Equal(got, plain[off:off+len(got)]) {
					t.Errorf("other bytes at %d", off)
				}
			}
		})
	}
	wg.Wait()
}

func TestOneDocumentOfAPackCostsThreeReads(t *testing.T) {
	id, r := newKey(t, true)
	plain := random(7 << 20)
	sealed := seal(t, plain, r)
	store := &counter{r: bytes.NewReader(sealed)}
	at, _, err := crypto.Open(store, int64(len(sealed)), id)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 300_000)
	if _, err := at.ReadAt(got, 3_000_000); err != nil || !bytes.Equal(got, plain[3_000_000:3_300_000]) {
		t.Fatalf("ReadAt: %v", err)
	}
	if n := store.reads.Load(); n != 3 {
		t.Errorf("%d reads, want 3", n)
	}
	if n := store.bytes.Load(); n > 600_000 {
		t.Errorf("%d bytes read", n)
	}
	if _, err := at.ReadAt(got[:1000], 3_150_000); err != nil {
		t.Fatal(err)
	}
	if n := store.reads.Load(); n != 3 {
		t.Errorf("the same place again: %d reads, want 3", n)
	}
}

func TestSmallFileCostsOneRead(t *testing.T) {
	id, r := newKey(t, false)
	sealed := seal(t, random(100_000), r)
	store := &counter{r: bytes.NewReader(sealed)}
	at, size, err := crypto.Open(store, int64(len(sealed)), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, io.NewSectionReader(at, 0, size)); err != nil {
		t.Fatal(err)
	}
	if n := store.reads.Load(); n != 1 {
		t.Errorf("%d reads, want 1", n)
	}
}

func TestManyRecipientsOpen(t *testing.T) {
	var recipients []age.Recipient
	var last age.Identity
	for range 30 {
		id, r := newKey(t, true)
		last, recipients = id, append(recipients, r)
	}
	plain := random(300_000)
	sealed := seal(t, plain, recipients...)
	at, size, err := crypto.Open(bytes.NewReader(sealed), int64(len(sealed)), last)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(io.NewSectionReader(at, 0, size)); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func openAll(sealed []byte, id age.Identity) error {
	at, size, err := crypto.Open(bytes.NewReader(sealed), int64(len(sealed)), id)
	if err == nil {
		_, err = io.Copy(io.Discard, io.NewSectionReader(at, 0, size))
	}
	return err
}

func TestDamageIsNeverGivenAsData(t *testing.T) {
	id, r := newKey(t, false)
	sealed := seal(t, random(200_000), r)
	for _, at := range []int{0, 30, 100, 180, 250, 70_000, len(sealed) - 1} {
		flipped := slices.Clone(sealed)
		flipped[at] ^= 1
		if openAll(flipped, id) == nil {
			t.Errorf("byte %d flipped: no error", at)
		}
		if openAll(sealed[:at], id) == nil {
			t.Errorf("cut at byte %d: no error", at)
		}
	}
	// At a chunk's end, a stream without the sealed size would look whole.
	cut := sealed[:len(sealed)-(200_000%(1<<16)+16)]
	if openAll(cut, id) == nil {
		t.Error("cut between chunks: no error")
	}
}

func TestAnotherIdentityOpensNothing(t *testing.T) {
	_, r := newKey(t, false)
	other, _ := newKey(t, false)
	var none *age.NoIdentityMatchError
	if err := openAll(seal(t, random(10), r), other); !errors.As(err, &none) {
		t.Errorf("error %v, want NoIdentityMatchError", err)
	}
}

type brokenAt struct{ err error }

func (b brokenAt) ReadAt([]byte, int64) (int, error) { return 0, b.err }

func TestErrorOfTheStorePassesThrough(t *testing.T) {
	id, r := newKey(t, false)
	want := errors.New("store is down")
	if _, _, err := crypto.Open(brokenAt{want}, 1<<20, id); !errors.Is(err, want) {
		t.Errorf("Open: %v", err)
	}
	sealed := seal(t, random(1<<20), r)
	store := &breaks{r: bytes.NewReader(sealed), after: 2, err: want}
	at, _, err := crypto.Open(store, int64(len(sealed)), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := at.ReadAt(make([]byte, 10), 100_000); !errors.Is(err, want) {
		t.Errorf("ReadAt: %v", err)
	}
}

type breaks struct {
	r     io.ReaderAt
	after int
	err   error
}

func (b *breaks) ReadAt(p []byte, off int64) (int, error) {
	if b.after--; b.after < 0 {
		return 0, b.err
	}
	return b.r.ReadAt(p, off)
}
