package setup

import (
	"errors"
	"fmt"
	"testing"

	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
)

func TestEntriesBecomeDocuments(t *testing.T) {
	none := new(config.Source)
	pad := &config.Source{Kind: "etherpad", URL: config.NewSecret("https://pad.example.org/sub/")}
	poll := &config.Source{Kind: "framadate", URL: config.NewSecret("https://poll.example.org")}
	open := &config.Source{URL: config.NewSecret("https://example.org")}
	for _, c := range []struct {
		source *config.Source
		entry  string
		want   string
	}{
		{none, "https://pad.example.org/p/ag", "etherpad https://pad.example.org ag true"},
		{none, "https://poll.example.org/AbCdEf1234567890", "framadate https://poll.example.org AbCdEf1234567890 false"},
		{none, "https://framadate.org/AbCdEf1234567890", "framadate https://framadate.org AbCdEf1234567890 true"},
		{none, "https://poll.example.org/studs.php?poll=x", "framadate https://poll.example.org x true"},
		{none, "https://h/AbCdEf1234567890zzzzzzzz/admin", "framadate https://h AbCdEf1234567890zzzzzzzz/admin true"},
		{pad, "ag 2026", "etherpad https://pad.example.org/sub ag_2026 true"},
		{pad, "été", "etherpad https://pad.example.org/sub été true"},
		{pad, "https://other.example.org/p/x", "etherpad https://other.example.org x true"},
		{poll, "AbCdEf1234567890", "framadate https://poll.example.org AbCdEf1234567890 true"},
		{poll, "AbCdEf1234567890zzzzzzzz/admin", "framadate https://poll.example.org AbCdEf1234567890zzzzzzzz/admin true"},
		{none, "https://poll.example.org/polls/ag", "pollaris https://poll.example.org ag false"},
		{none, "https://h/polls/0123456789abcdef0123/fedcba98765432100123/admin", "pollaris https://h 0123456789abcdef0123/fedcba98765432100123/admin true"},
		{open, "AbCdEf1234567890", "pollaris https://example.org AbCdEf1234567890 false"},
		{open, "no.poll", "etherpad https://example.org no.poll true"},
	} {
		w, err := newSetup(t, nil).parseDocument(c.source, c.entry)
		if got := fmt.Sprint(w.kind, " ", w.base, " ", w.locator, " ", w.candidates == nil); got != c.want || err != nil {
			t.Errorf("%q: %s, %v", c.entry, got, err)
		}
	}
	for _, entry := range []string{"ag", "https://example.org/", "ftp://h/p/x", "nonsense://"} {
		if _, err := newSetup(t, nil).parseDocument(none, entry); !errors.Is(err, sources.ErrAddress) {
			t.Errorf("%q: %v", entry, err)
		}
	}
}

// TestWhatIsPrintedIsTaken, whatever a server calls its documents.
func TestWhatIsPrintedIsTaken(t *testing.T) {
	s := newSetup(t, nil)
	for _, id := range []string{
		".", "..", "r.deadbeef", "with  raw spaces", " begins and ends ", "a:b::c", "tab\tand\nline", "été", "e\u0301te\u0301", "a/b", "../../x", "?x#y%",
		"*", "[", "g.0123456789abcdef$privé", "%2e", "p", "ends.", "ends:", "export", "timeslider", "x/admin", "a\x00b", "日本語",
	} {
		for _, from := range []manifest.Source{{Kind: "etherpad", URL: "https://pad.example.org"}, {Kind: "etherpad", URL: "https://example.org/sub/pads"}} {
			printed := s.Kinds.URL(from, id)
			w, err := s.parseDocument(new(config.Source), printed)
			if err != nil || w.base != from.URL || w.id != id && w.verbatim != id {
				t.Errorf("%q is printed as %s, which is taken for %+v: %v", id, printed, w, err)
			}
		}
	}
}
