package spool

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

func body(n int) []byte { return bytes.Repeat([]byte("not a secret but private"), n/24+1)[:n] }

func receive(t *testing.T, p *Pool, plain []byte) *Spool {
	t.Helper()
	s, err := p.Receive(iotest.HalfReader(bytes.NewReader(plain)), int64(len(plain)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestSpoolGivesWhatWasReceived(t *testing.T) {
	for _, size := range []int{0, 1, 1000, 1001, 140_000} {
		p := New(t.TempDir(), 1000)
		plain := body(size)
		s := receive(t, p, plain)
		if s.Size() != int64(size) || s.SHA256() != sha256.Sum256(plain) {
			t.Errorf("%d bytes: size %d or the hash is wrong", size, s.Size())
		}
		if err := iotest.TestReader(io.NewSectionReader(s, 0, s.Size()), plain); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := s.ReadAt(make([]byte, 1), 0); !errors.Is(err, os.ErrClosed) {
			t.Errorf("ReadAt after Close: %v", err)
		}
		if err := s.Close(); err != nil || p.used != 0 {
			t.Errorf("closed twice: %v; %d bytes are still reserved", err, p.used)
		}
	}
}

func TestNoPlainByteAndNoNameIsOnTheDisk(t *testing.T) {
	dir := t.TempDir()
	w := New(dir, 1000).Create()
	w.Write(body(500))
	if w.file != nil {
		t.Fatal("a small spool is in a file")
	}
	w.Write(body(200_000))
	s, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	onDisk, err := io.ReadAll(io.NewSectionReader(w.file, 0, math.MaxInt64))
	if err != nil || len(onDisk) < 200_500 {
		t.Fatalf("%d bytes in the file, %v", len(onDisk), err)
	}
	if bytes.Contains(onDisk, []byte("private")) {
		t.Error("plain bytes are in the file")
	}
	info, err := w.file.Stat()
	if err != nil || info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if names, _ := os.ReadDir(dir); len(names) != 0 && runtime.GOOS != "windows" {
		t.Errorf("the folder holds %v", names)
	}
}

func TestSealedBytesAreKeptAsTheyAre(t *testing.T) {
	w := New(t.TempDir(), 10).CreateSealed()
	w.Write(body(5))
	w.Write(body(100))
	s, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want := string(body(5)) + string(body(100))
	onDisk, _ := io.ReadAll(io.NewSectionReader(w.file, 0, math.MaxInt64))
	got, err := io.ReadAll(io.NewSectionReader(s, 0, s.Size()))
	if string(onDisk) != want || string(got) != want || err != nil {
		t.Errorf("on the disk %q, read %q, %v", onDisk, got, err)
	}
}

func TestBrokenBodyLeavesNothing(t *testing.T) {
	broken := errors.New("cut")
	for _, size := range []int{10, 100_000} {
		dir := t.TempDir()
		p := New(dir, 1000)
		r := io.MultiReader(bytes.NewReader(body(size)), iotest.ErrReader(broken))
		if s, err := p.Receive(r, 1<<20); s != nil || !errors.Is(err, broken) {
			t.Errorf("Receive = %v, %v", s, err)
		}
		if names, _ := os.ReadDir(dir); p.used != 0 || len(names) != 0 {
			t.Errorf("%d bytes in memory and files %v are left", p.used, names)
		}
	}
}

func TestEndlessBodyIsTooLarge(t *testing.T) {
	p := New(t.TempDir(), 1000)
	for _, max := range []int64{0, 999, 1000, 100_000} {
		if _, err := p.Receive(bytes.NewReader(body(int(max))), max); err != nil {
			t.Errorf("just %d bytes: %v", max, err)
		}
		if _, err := p.Receive(zeros{}, max); !errors.Is(err, ErrTooLarge) {
			t.Errorf("more than %d bytes: %v", max, err)
		}
	}
	if _, err := p.Receive(strings.NewReader("x"), math.MaxInt64); err != nil {
		t.Error(err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestMemoryOfAllSpoolsIsBounded(t *testing.T) {
	p := New(t.TempDir(), 1<<20)
	for range 40 {
		receive(t, p, body(1<<20))
	}
	if p.used > budget || p.used < budget/2 {
		t.Errorf("%d bytes in memory", p.used)
	}
}

// TestUnwritableFolderFailsAndLeavesNothing, and says so in words only: to a
// source's caller os.ErrNotExist would mean that the document is gone.
func TestUnwritableFolderFailsAndLeavesNothing(t *testing.T) {
	p := New(filepath.Join(t.TempDir(), "gone"), 1000)
	wrong := func(err error) bool {
		return err == nil || errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "no such file")
	}
	if _, err := p.Receive(zeros{}, 1<<20); wrong(err) {
		t.Errorf("error %v", err)
	}
	w := p.Create()
	w.Write(body(2000))
	if s, err := w.Finish(); s != nil || wrong(err) {
		t.Errorf("Finish after a failed Write = %v, %v", s, err)
	}
	if p.used != 0 {
		t.Errorf("%d bytes are still reserved", p.used)
	}
}

func TestPoolServesManyAtOnce(t *testing.T) {
	var p Pool
	var wg sync.WaitGroup
	for n := range 16 {
		wg.Go(func() {
			plain := body(n * 40_000)
			s, err := p.Receive(bytes.NewReader(plain), math.MaxInt64)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			got, err := io.ReadAll(io.NewSectionReader(s, 0, s.Size()))
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%d bytes of %d, %v", len(got), len(plain), err)
			}
		})
	}
	wg.Wait()
}

// Memory is used again as soon as a spool is closed, even while somebody
// still reads it.
func TestReaderOfAClosedSpoolNeverSeesAnothersBytes(t *testing.T) {
	p := New(t.TempDir(), 0)
	var wg sync.WaitGroup
	for n := range 200 {
		own := bytes.Repeat([]byte{byte(n)}, 5000)
		s := receive(t, p, own)
		for range 2 {
			wg.Go(func() {
				got := make([]byte, len(own))
				for range 20 {
					if _, err := s.ReadAt(got, 0); err == nil && !bytes.Equal(got, own) {
						t.Error("bytes of another spool were read")
					}
				}
			})
		}
		s.Close()
	}
	wg.Wait()
}
