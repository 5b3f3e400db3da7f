package sinktest_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sinks/sinktest"
)

func put(t *testing.T, s sinks.Sink, key string) error {
	return s.Put(t.Context(), key, strings.NewReader("content"), 7)
}

func has(t *testing.T, s sinks.Sink, key string) bool {
	r, err := s.Get(t.Context(), key, 0, -1)
	if err == nil {
		_ = r.Close()
	}
	return !errors.Is(err, fs.ErrNotExist)
}

func TestFaultyFailsThatWriteOnly(t *testing.T) {
	for _, applied := range []bool{false, true} {
		m := memory.New(time.Now)
		f := &sinktest.Faulty{Sink: m, At: 2, Applied: applied}
		if err := put(t, f, "first"); err != nil {
			t.Error(err)
		}
		if err := put(t, f, "second"); !errors.Is(err, sinktest.ErrInjected) {
			t.Error(err)
		}
		if err := f.Delete(t.Context(), "first"); err != nil {
			t.Error(err)
		}
		if has(t, m, "first") || has(t, m, "second") != applied || f.Writes() != 3 {
			t.Errorf("applied %t: %t %t after %d writes", applied, has(t, m, "first"), has(t, m, "second"), f.Writes())
		}
	}
}

func TestAfterACrashEveryCallFails(t *testing.T) {
	m := memory.New(time.Now)
	f := &sinktest.Faulty{Sink: m, At: 2, Crash: true}
	if err := put(t, f, "first"); err != nil {
		t.Fatal(err)
	}
	_, errGet := f.Get(t.Context(), "first", 0, -1)
	if errGet != nil {
		t.Fatal(errGet)
	}
	errs := []error{f.Delete(t.Context(), "first"), put(t, f, "third")}
	_, errGet = f.Get(t.Context(), "first", 0, -1)
	errs = append(errs, errGet)
	for _, err := range f.List(t.Context(), "") {
		errs = append(errs, err)
	}
	for _, err := range errs {
		if !errors.Is(err, sinktest.ErrInjected) {
			t.Error(err)
		}
	}
	if len(errs) != 4 || !has(t, m, "first") || has(t, m, "third") {
		t.Errorf("%v, first %t, third %t", errs, has(t, m, "first"), has(t, m, "third"))
	}
}

func TestCountsCallsAndBytes(t *testing.T) {
	c := &sinktest.Count{Sink: memory.New(time.Now)}
	for _, key := range []string{"packs/a", "packs/b", "manifests/a"} {
		if err := put(t, c, key); err != nil {
			t.Fatal(err)
		}
		has(t, c, key)
	}
	r, err := c.Get(t.Context(), "packs/a", 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	for b := make([]byte, 2); err == nil; _, err = r.Read(b) {
	}
	for range c.List(t.Context(), "packs/") {
	}
	if n := c.Calls(""); n != 8 {
		t.Errorf("%d calls", n)
	}
	if n := c.Calls("packs/"); n != 6 {
		t.Errorf("%d calls for packs", n)
	}
	if n := c.Read("packs/"); n != 3 {
		t.Errorf("%d bytes read from packs", n)
	}
	if c.Reset(); c.Calls("") != 0 || c.Read("") != 0 {
		t.Error("counts after Reset")
	}
}
