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
	"github.com/padsync/padsync/internal/machine"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/library"
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
	p.origins = []setup.Origin{setup.Line(&file, 7), setup.Named("https://pad.example.org/p/given")}
	p.hashes = library.NoNames("0123")
	p.warned = machine.At("").Warned("0123")
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
			e.ID, e.Document = id, backup.Document{Source: &backup.Source{Source: pads}, ID: id, Line: line}
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
		p.observe(backup.Event{Document: backup.Document{Source: &backup.Source{Source: pads}, Line: 1}, Outcome: outcome})
	}
	if out.Len() > 0 {
		t.Errorf("said: %s", out)
	}
}

func TestOneWaitIsToldOnce(t *testing.T) {
	p, out := newTestProgress(t)
	until := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	for i := range 20 {
		p.waiting(polite.Wait{Server: "https://pad.example.org", Until: until.Add(time.Duration(i) * 50 * time.Millisecond), Why: polite.Limit})
	}
	p.waiting(polite.Wait{Server: "https://pad.example.org", Until: until.Add(90 * time.Second), Why: polite.Refused})
	p.waiting(polite.Wait{Server: "https://other.example.org", Until: until, Why: polite.Slow})
	if n := strings.Count(out.String(), "\n"); n != 3 {
		t.Errorf("%d lines, want 3:\n%s", n, out)
	}
	if !regexp.MustCompile(`^waiting for https://pad\.example\.org until \d\d:\d\d:\d\d \(0 s\): it allows no more requests before\n`).MatchString(out.String()) {
		t.Errorf("said: %s", out)
	}
}

func TestWaitsSayWhyAndForHowLong(t *testing.T) {
	for lang, want := range map[string][]string{
		"en": {"allows no more", "refuses", "no answer", "cannot do its work", "limit", "refused", "slow", "down"},
		"fr": {"ne permet pas", "refuse", "ne répond pas", "ne peut pas", "limite", "refus", "lent", "panne"},
	} {
		a := testApp(t, map[string]string{"LANG": lang})
		for i, why := range []polite.Why{polite.Limit, polite.Refused, polite.Slow, polite.Down} {
			w := polite.Wait{Server: "https://pad.example.org", Until: time.Now().Add(75 * time.Second), Why: why}
			if got := a.words.Waiting(w); !strings.Contains(got, want[i]) || !strings.Contains(got, "(75 s)") {
				t.Errorf("%s, %s: %q", lang, why, got)
			}
			var waits waits
			waits.note(w)
			// What matters fits beside a count and a size in 40 columns.
			if got := []rune(waits.text(a)); !strings.Contains(string(got[:min(24, len(got))]), want[4+i]) || !strings.Contains(string(got[:min(24, len(got))]), "75 s") {
				t.Errorf("%s, %s: %q", lang, why, string(got))
			}
		}
	}
}
