package main

import (
	"bytes"
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/backup"
)

// newTestProgress shows in lines what becomes of two pads: one of a file, and
// one that was given.
func newTestProgress(t *testing.T) (*progress, *bytes.Buffer) {
	t.Helper()
	out := new(bytes.Buffer)
	a := testApp(t, nil)
	a.stdout = out
	file := "pads.txt"
	p := a.newProgress(false)
	p.know([]wanted{{origin: origin{file: &file, line: 7}}, {origin: origin{text: "https://pad.example.org/p/given"}}})
	p.sources = []backup.Source{{Source: pads}}
	p.hashes = &hashes{repository: "0123"}
	return p, out
}

func TestLinesNameOnlyWhatTheCommandLineHad(t *testing.T) {
	p, out := newTestProgress(t)
	for line, id := range map[int]string{1: "hidden", 2: "given"} {
		for _, e := range []backup.Event{
			{Outcome: backup.Saved},
			{Outcome: backup.Saved, Suspect: "shrunk", New: true},
			{Outcome: backup.Missing, New: true},
			{Outcome: backup.Failed, Err: fs.ErrNotExist},
			{Outcome: backup.Failed, Err: errors.New("a reason\x1b[2J")},
		} {
			e.ID, e.Document = id, backup.Document{ID: id, Line: line}
			p.observe(e)
		}
	}
	if strings.Contains(out.String(), "hidden") || strings.Contains(out.String(), "\x1b") {
		t.Errorf("shown:\n%s", out)
	}
	if n := strings.Count(out.String(), "https://pad.example.org, line 7 of pads.txt ("); n != 5 {
		t.Errorf("%d of 5 lines for the pad of the file:\n%s", n, out)
	}
	if n := strings.Count(out.String(), "/p/given"); n != 5 {
		t.Errorf("%d of 5 lines for the pad that was given:\n%s", n, out)
	}
}

func TestNothingIsSaidOfWhatDidNotChange(t *testing.T) {
	p, out := newTestProgress(t)
	for _, outcome := range []backup.Outcome{backup.Unchanged, backup.Resumed, backup.Missing} {
		p.observe(backup.Event{Document: backup.Document{Line: 1}, Outcome: outcome})
	}
	if out.Len() > 0 {
		t.Errorf("said: %s", out)
	}
}

func TestOneWaitIsToldOnce(t *testing.T) {
	p, out := newTestProgress(t)
	until := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	for i := range 20 {
		p.waiting("https://pad.example.org", until.Add(time.Duration(i)*50*time.Millisecond))
	}
	p.waiting("https://pad.example.org", until.Add(90*time.Second))
	p.waiting("https://other.example.org", until)
	if n := strings.Count(out.String(), "\n"); n != 3 {
		t.Errorf("%d lines, want 3:\n%s", n, out)
	}
	if !regexp.MustCompile(`^waiting for https://pad\.example\.org until \d\d:\d\d:\d\d\n`).MatchString(out.String()) {
		t.Errorf("said: %s", out)
	}
}

func TestByteSizesAreForPeople(t *testing.T) {
	for lang, sizes := range map[string]map[int64]string{
		"en": {0: "0 B", 1023: "1023 B", 1536: "1.5 KiB", 5 << 20: "5.0 MiB", 3 << 30: "3.0 GiB", 3 << 40: "3072.0 GiB"},
		"fr": {0: "0 o", 1023: "1023 o", 1536: "1,5 Kio", 5 << 20: "5,0 Mio", 3 << 30: "3,0 Gio"},
	} {
		a := testApp(t, map[string]string{"LANG": lang})
		for n, want := range sizes {
			if got := a.byteSize(n); got != want {
				t.Errorf("%s: %d: %s, want %s", lang, n, got, want)
			}
		}
	}
}
