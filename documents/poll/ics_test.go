package poll

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/padsync/padsync/documents"
)

var stamp = time.Date(2026, 11, 22, 12, 0, 0, 0, time.FixedZone("", 3600))

func calendar(t *testing.T, p *Poll, id string) string {
	t.Helper()
	var b strings.Builder
	if err := p.WriteICS(&b, documents.French, id, stamp); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestICSHasAnEventForEachChoice(t *testing.T) {
	p := assembly()
	p.Title = `Assemblée, générale; \o/`
	got := strings.ReplaceAll(calendar(t, p, "id"), "\r\n ", "")
	var lines []string
	for line := range strings.SplitSeq(got, "\r\n") {
		if !strings.HasPrefix(line, "UID:") {
			lines = append(lines, line)
		}
	}
	want := strings.Split(`BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//padsync//poll//EN
BEGIN:VEVENT
DTSTAMP:20261122T110000Z
DTSTART:20270111T090000
SUMMARY:Assemblée\, générale\; \\o/
DESCRIPTION:Oui (1): Alice\nSi nécessaire (1): Bob & <Chloé>
STATUS:TENTATIVE
TRANSP:TRANSPARENT
END:VEVENT
BEGIN:VEVENT
DTSTAMP:20261122T110000Z
DTSTART:20270111T140000
DTEND:20270111T153000
SUMMARY:Assemblée\, générale\; \\o/
DESCRIPTION:Oui (2): Alice\, Bob & <Chloé>
STATUS:TENTATIVE
TRANSP:TRANSPARENT
END:VEVENT
BEGIN:VEVENT
DTSTAMP:20261122T110000Z
DTSTART;VALUE=DATE:20270111
SUMMARY:Assemblée\, générale\; \\o/ – soirée\, chez Léa
STATUS:TENTATIVE
TRANSP:TRANSPARENT
END:VEVENT
BEGIN:VEVENT
DTSTAMP:20261122T110000Z
DTSTART;VALUE=DATE:20270201
SUMMARY:Assemblée\, générale\; \\o/
DESCRIPTION:Si nécessaire (1): Alice
STATUS:TENTATIVE
TRANSP:TRANSPARENT
END:VEVENT
END:VCALENDAR
`, "\n")
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
}

func TestICSLinesAreFoldedBetweenCharacters(t *testing.T) {
	p := assembly()
	p.Title = strings.Repeat("é日本語\u202e", 200) + "\x00\x07\tend\r\nnext\rthird"
	got := calendar(t, p, "id")
	if strings.Count(got, "\n") != strings.Count(got, "\r\n") || strings.Count(got, "\r") != strings.Count(got, "\r\n") {
		t.Error("a line does not end with CR LF")
	}
	for line := range strings.SplitSeq(got, "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\x00\x07") {
			t.Errorf("%d bytes: %q", len(line), line)
		}
	}
	if !strings.Contains(strings.ReplaceAll(got, "\r\n ", ""), strings.Repeat("é日本語\u202e", 200)+"\tend\\nnext\\nthird") {
		t.Error("the title is not whole")
	}
}

func TestICSIsTheSameForTheSamePollAndNamesAreUnique(t *testing.T) {
	p := assembly()
	p.Choices = append(p.Choices, p.Choices[0])
	a, b, other := calendar(t, p, "secret"), calendar(t, p, "secret"), calendar(t, p, "other")
	if a != b {
		t.Error("two calendars of one poll differ")
	}
	if strings.Contains(a, "secret") {
		t.Error("the id is in the calendar")
	}
	names := make(map[string]bool)
	for line := range strings.SplitSeq(a+other, "\r\n") {
		if !strings.HasPrefix(line, "UID:") {
			continue
		}
		if names[line] {
			t.Errorf("%s twice", line)
		}
		names[line] = true
	}
	if len(names) != 10 {
		t.Errorf("%d names", len(names))
	}
}

func TestPollWithoutDatesHasNoCalendar(t *testing.T) {
	for _, p := range []*Poll{
		{Kind: Classic, Choices: []Choice{{Label: "A"}}},
		{Kind: Date, Choices: []Choice{{Label: "lun. 11"}}},
	} {
		var b strings.Builder
		if err := p.WriteICS(&b, documents.English, "id", stamp); !errors.Is(err, ErrNoDates) || b.Len() > 0 {
			t.Error(err, b.String())
		}
	}
}

func TestLongNamesAreNotRepeatedWholeByEachEvent(t *testing.T) {
	long := strings.Repeat("é", 1<<20)
	p := &Poll{Kind: Date, Title: long, Votes: []Vote{{Name: long}}}
	for range 300 {
		p.Choices = append(p.Choices, Choice{Date: "2027-01-11"})
		p.Votes[0].Answers = append(p.Votes[0].Answers, Yes)
	}
	var got strings.Builder
	if err := p.WriteICS(&got, documents.English, "x", time.Time{}); err != nil || got.Len() > 4<<20 || !strings.Contains(got.String(), "…") {
		t.Errorf("%d bytes, %v", got.Len(), err)
	}
}

// A short id that its author chose can be guessed, and its hash then shows it.
func TestPublishedCalendarShowsNoIdNotEvenItsHash(t *testing.T) {
	calendar := func(id string) string {
		d := &document{look: Look{Poll: assembly()}, id: id}
		var b strings.Builder
		if err := d.Publish(documents.Publication{Key: "key"}).Write(&b, "ics", documents.English); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if calendar("fete") != calendar("bal") {
		t.Error("the calendar depends on the id")
	}
}
