package restore_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
)

// history is a pad to which a letter was added in each of these hours of
// November 2026, counted from its beginning.
func history(letters string, hours ...int) string {
	var revs, text strings.Builder
	for i, hour := range hours {
		at := time.Date(2026, 11, 1, hour, 0, 0, 0, time.UTC).UnixMilli()
		fmt.Fprintf(&revs, `,"pad:ag:revs:%d":{"changeset":"Z:%d>1`, i, i+1)
		if i > 0 {
			fmt.Fprintf(&revs, "=%d", i)
		}
		fmt.Fprintf(&revs, `+1$%c","meta":{"timestamp":%d}}`, letters[i], at)
		text.WriteByte(letters[i])
	}
	return fmt.Sprintf(`{"pad:ag":{"atext":{"text":"%s\n","attribs":"|1+%d"},"pool":{"numToAttrib":{},"nextNum":0},"head":%d,"chatHead":-1,"savedRevisions":[]}%s}`,
		text.String(), text.Len()+1, len(hours)-1, revs.String())
}

// TestPadsAreGivenAsTheyWere at a moment: from a history that reaches, else as
// they had been saved.
func TestPadsAreGivenAsTheyWere(t *testing.T) {
	const day = 24
	pad := func(text string, suspect string) saved { return saved{"ag", "ag.etherpad", "etherpad", text, suspect} }
	first := history("abc", 1, 2, 3)             // saved on the 22nd at 1
	second := history("abcd", 1, 2, 3, 21*day+2) // saved at 2, after one change more
	compacted := history("x", 21*day+3)
	for name, c := range map[string]struct {
		versions []saved
		hour     int
		want     string // "": nothing
		cut      bool
	}{
		"before anything was saved":              {[]saved{pad(first, "")}, 2, "ab", true},
		"between two versions":                   {[]saved{pad(first, ""), pad(second, "")}, 20 * day, "abc", true},
		"before it was made":                     {[]saved{pad(first, "")}, 0, "", false},
		"after all":                              {[]saved{pad(first, "")}, 40 * day, "abc", false},
		"after an accident":                      {[]saved{pad(first, ""), pad(compacted, "other-history")}, 40 * day, "abc", false},
		"made short, and saved before that":      {[]saved{pad(first, ""), pad(compacted, "")}, 2, "ab", true},
		"made short, and nothing was saved then": {[]saved{pad(compacted, "")}, 2, "", false},
		"text alone":                             {[]saved{{"ag", "ag.txt", "txt", "only text", "rescue-copy"}}, 2, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			p := plan(t, c.versions...)
			p.Point.Time = time.Date(2026, 11, 1, c.hour, 30, 0, 0, time.UTC)
			p.Formats = []string{"txt"}
			r, events := run(t, p)
			if c.want == "" {
				if r.NotYet != 1 || !errors.Is(events[0].Err, library.ErrNotYet) {
					t.Errorf("%+v, %v", r, events[0].Err)
				}
				if _, err := os.Lstat(p.Target); err == nil {
					t.Error("it left a folder")
				}
				return
			}
			if got := files(t, p.Target)["pads.example%2Fsub/ag/ag.txt"]; strings.TrimSpace(got) != c.want || (events[0].Cut != nil) != c.cut {
				t.Errorf("%q, cut %+v", got, events[0].Cut)
			}
		})
	}
}

// TestRevisionIsGivenWithNothingOfLater: forms that were saved beside the pad
// are of its newest revision.
func TestRevisionIsGivenWithNothingOfLater(t *testing.T) {
	p := plan(t, saved{"ag", "ag.etherpad", "etherpad", history("abc", 1, 2, 3), ""}, saved{"poll", "poll.json", "json", aPoll, ""})
	revision := 1
	p.Point.Revision = &revision
	p.Wanted = func(r *manifest.Record) bool { return r.ID == "ag" }
	if r, _ := run(t, p); r.Restored != 1 {
		t.Errorf("%+v", r)
	}
	got, err := os.ReadFile(filepath.Join(p.Target, "pads.example%2Fsub", "ag", "ag.etherpad"))
	if err != nil || !strings.Contains(string(got), `"head":1`) || strings.Contains(string(got), "revs:2") {
		t.Errorf("%s, %v", got, err)
	}
	for _, none := range []int{-1, 3} {
		p.Point.Revision = &none
		if r, _ := run(t, p); r.NotYet != 1 {
			t.Errorf("revision %d, which there is not: %+v", none, r)
		}
	}
	p.Wanted, p.Overwrite = func(r *manifest.Record) bool { return r.ID == "poll" }, true
	if r, _ := run(t, p); r.NotYet != 1 {
		t.Errorf("a revision of a poll: %+v", r)
	}
}
