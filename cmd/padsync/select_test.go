package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources"
)

var (
	pads  = manifest.Source{Kind: "etherpad", URL: "https://pad.example.org"}
	polls = manifest.Source{Kind: "framadate", URL: "https://poll.example.org"}
)

func TestDocumentsAreChosenByAddressIDOrPattern(t *testing.T) {
	for _, c := range []struct {
		args string
		from manifest.Source
		id   string
		want bool
	}{
		{"", pads, "anything", true},
		{"ag", pads, "ag", true},
		{"ag", pads, "ag-2026", false},
		{"Ag", pads, "ag", false},
		{"ag-*", pads, "ag-2026", true},
		{"ag-*", pads, "ag-20/26", true},
		{"a?", pads, "ag", true},
		{"été", pads, "été", true},
		{"[", pads, "[", true},
		{"http://pad.example.org/p/ag", pads, "ag", true},
		{"https://pad.example.org/p/ag/timeslider#5", pads, "ag", true},
		{"https://pad.example.org/p/%C3%A9t%C3%A9?lang=fr", pads, "été", true},
		{"https://pad.example.org/p/ag", pads, "other", false},
		{"https://other.example.org/p/ag", pads, "ag", false},
		{"https://poll.example.org/AbCdEf1234567890", polls, "AbCdEf1234567890", true},
		{"https://poll.example.org/AbCdEf1234567890", pads, "AbCdEf1234567890", false},
		{"other https://poll.example.org/studs.php?poll=AbCdEf1234567890", polls, "AbCdEf1234567890", true},
	} {
		s, err := (&setup.Setup{Kinds: setup.AllKinds(), Getenv: func(string) string { return "" }, Tell: func(message.Message) {}}).Select(t.Context(), strings.Fields(c.args))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Has(c.from, c.id); got != c.want {
			t.Errorf("%q and %s of %s: %v", c.args, c.id, c.from.URL, got)
		}
	}
	_, err := (&setup.Setup{Kinds: setup.AllKinds(), Getenv: func(string) string { return "" }, Tell: func(message.Message) {}}).Select(t.Context(), []string{"ftp://secret.example.org/p/x"})
	if !errors.Is(err, sources.ErrAddress) || testApp(t, nil).exitCode(err) != exitUsage || strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v", err)
	}
}

// TestWhatIsPrintedIsUnderstood, whatever a server calls its documents.
func TestWhatIsPrintedIsUnderstood(t *testing.T) {
	for _, id := range []string{
		".", "..", "r.deadbeef", "with  raw spaces", " begins and ends ", "a:b::c", "tab\tand\nline", "été", "e\u0301te\u0301", "a/b", "../../x", "?x#y%",
		"*", "[", "g.0123456789abcdef$privé", "%2e", "p", "ends.", "ends:", "export", "timeslider", "x/admin", "a\x00b", "日本語",
	} {
		for _, from := range []manifest.Source{pads, {Kind: "etherpad", URL: "https://example.org/sub/pads"}} {
			printed := setup.AllKinds().URL(from, id)
			s, err := (&setup.Setup{Kinds: setup.AllKinds(), Getenv: func(string) string { return "" }, Tell: func(message.Message) {}}).Select(t.Context(), []string{printed})
			if err != nil || !s.Has(from, id) {
				t.Errorf("%q is printed as %s, which is not understood: %v", id, printed, err)
			}
		}
	}
	s, err := (&setup.Setup{Kinds: setup.AllKinds(), Getenv: func(string) string { return "" }, Tell: func(message.Message) {}}).Select(t.Context(), []string{setup.AllKinds().URL(polls, "AG-2027-Asso")})
	if err != nil || !s.Has(polls, "AG-2027-Asso") {
		t.Error(err)
	}
}

func TestWhen(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for s, want := range map[string]repository.At{
		"": {},
		"0000000007-20261122T021404Z-4f1c09a2b7d83e65": {Manifest: "0000000007-20261122T021404Z-4f1c09a2b7d83e65"},
		"2026-11-20":                {Time: time.Date(2026, 11, 20, 23, 59, 59, 999999999, paris)},
		"2026-11-20 14:30":          {Time: time.Date(2026, 11, 20, 14, 30, 59, 999999999, paris)},
		"2026-11-20T14:30:05":       {Time: time.Date(2026, 11, 20, 14, 30, 5, 0, paris)},
		"2026-11-20T14:30:05Z":      {Time: time.Date(2026, 11, 20, 14, 30, 5, 0, time.UTC)},
		"2026-11-20T14:30:05+05:00": {Time: time.Date(2026, 11, 20, 9, 30, 5, 0, time.UTC)},
		"20261120T143005Z":          {Time: time.Date(2026, 11, 20, 14, 30, 5, 0, time.UTC)},
	} {
		got, _, err := library.ParseWhen(s, paris)
		if err != nil || !got.Time.Equal(want.Time) || got.Manifest != want.Manifest {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	if _, run, err := library.ParseWhen(strings.Repeat("0a", 16), paris); run == "" || err != nil {
		t.Errorf("a run's name: %q, %v", run, err)
	}
	for _, s := range []string{"yesterday", "2026-13-01", "20", "2026-11-20 25:00"} {
		if _, _, err := library.ParseWhen(s, paris); !errors.Is(err, library.ErrWhen) || testApp(t, nil).exitCode(err) != exitUsage {
			t.Errorf("%q: %v", s, err)
		}
	}
}
