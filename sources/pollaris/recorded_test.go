package pollaris

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/testserver"
)

// recorded is a file of the answers that a real server gave.
func recorded(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(testserver.Recorded(t, "pollaris"), name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func recordedPage(t *testing.T, name string) *goquery.Document {
	t.Helper()
	doc, err := parse(bytes.NewReader(recorded(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

const (
	y = poll.Yes
	m = poll.IfNeedBe
	n = poll.No
	u = poll.Unknown
)

func is(b bool) *bool { return &b }

func dora() poll.Comment {
	return poll.Comment{Author: "Dora", Date: "2026-10-01T08:15:00+02:00", Text: "Hello **all**  \nsecond line &lt;i&gt;"}
}

func garden(s poll.Settings) poll.Poll {
	return poll.Poll{
		Title: "Garden day", Description: "Bring *gloves*", Kind: poll.Date,
		Choices: []poll.Choice{
			{Date: "2026-10-24", Moment: "Day"}, {Date: "2026-10-25", Moment: "9h"}, {Date: "2026-10-25", Moment: "14h-16h"}, {Date: "2026-10-26", Moment: "02:30"},
		},
		Votes:    []poll.Vote{{Name: "Bob", Answers: []poll.Answer{u, n, m, y}}, {Name: "Nil", Answers: []poll.Answer{u, u, u, u}}},
		Comments: []poll.Comment{dora()}, Settings: s,
	}
}

func lunch(s poll.Settings) poll.Poll {
	return poll.Poll{
		Title: "Lunch <where>?", Kind: poll.Classic,
		Choices:  []poll.Choice{{Label: `Pizza; the "big" one`}, {Label: "=SUM(1)"}, {Label: "Sälat, 12:30"}},
		Votes:    []poll.Vote{{Name: "Bob", Answers: []poll.Answer{y, n, m}}, {Name: `-Cé "x"`, Answers: []poll.Answer{u, u, y}}},
		Comments: []poll.Comment{}, Settings: s,
	}
}

func TestRecordedPollsAreReadWhole(t *testing.T) {
	open := poll.Settings{Hidden: is(false), Expired: is(false), Password: is(false), NoIfNeedBe: is(false), NoByDefault: is(false)}
	hidden := open
	hidden.Hidden = is(true)
	closed := poll.Settings{Hidden: is(false), Expired: is(true)}
	unseen := lunch(hidden)
	unseen.Votes, unseen.Comments = nil, []poll.Comment{dora()}
	for _, c := range []struct {
		page, table, slug string
		want              poll.Poll
	}{
		{"date-poll.html", "date-poll.csv", "0123456789abcdef0123", garden(open)},
		{"date-poll-closed.html", "date-poll.csv", "0123456789abcdef0123", garden(closed)},
		{"classic-poll.html", "classic-poll.csv", "My-slug_1", lunch(open)},
		{"classic-poll.html", "classic-poll.fr.csv", "My-slug_1", lunch(open)},
		{"classic-poll-hidden-results.html", "", "My-slug_1", unseen},
	} {
		p, err := parsePage(recordedPage(t, c.page), c.slug)
		if err != nil {
			t.Errorf("%s: %v", c.page, err)
			continue
		}
		if d := cmp.Diff(c.want, p.Poll); d != "" {
			t.Errorf("%s: %s", c.page, d)
		}
		if c.table == "" {
			if p.Table || p.Results {
				t.Errorf("%s: its results are shown", c.page)
			}
			continue
		}
		rows, err := parseTable(bytes.NewReader(recorded(t, c.table)))
		if err != nil || !p.Table || !rows.agrees(p) {
			t.Errorf("%s and %s differ: %+v, %v", c.page, c.table, rows, err)
		}
	}
	if p, err := parsePage(recordedPage(t, "date-poll.html"), "other"); err == nil {
		t.Errorf("another poll is taken: %+v", p)
	}
}

func TestRecordedTableOfOldVersionsIsRead(t *testing.T) {
	table := recordedPage(t, "table-1.1.html").Find("table")
	p := new(page)
	if err := p.readChoices(recordedPage(t, "table-1.1.html"), table, new(goquery.Selection)); err != nil {
		t.Fatal(err)
	}
	if err := p.readVotes(table); err != nil {
		t.Fatal(err)
	}
	want := []poll.Vote{{Name: "Bob", Answers: []poll.Answer{n}}}
	if d := cmp.Diff(want, p.Votes); d != "" || p.Kind != poll.Date || p.Days[0] != "25 Oct 2026" {
		t.Errorf("%s, %s of %q", d, p.Kind, p.Days)
	}
}

func TestRecordedAdminPagesAreRead(t *testing.T) {
	f, most := new(forms), 2
	if err := f.readSettings(recordedPage(t, "admin-form-settings.html")); err != nil {
		t.Fatal(err)
	}
	if err := f.readEdit(recordedPage(t, "admin-form-edit.html")); err != nil {
		t.Fatal(err)
	}
	want := &forms{
		Title: "Garden day", Description: "Bring *gloves*", Author: `Anna "A" Ünal`, Expires: "2026-11-30", Slug: "My-slug_1",
		Settings: poll.Settings{
			Hidden: is(false), Password: is(true), PublicResults: is(false), Edit: poll.EditOwn, Mail: "anna@example.org", MaxVotes: &most,
			NoIfNeedBe: is(false), NoByDefault: is(false), NotifyVotes: is(true), NotifyComments: is(true),
		},
	}
	if d := cmp.Diff(want, f, cmpopts.IgnoreUnexported(forms{})); d != "" {
		t.Error(d)
	}

	c := new(choiceForm)
	if err := c.readDates(recordedPage(t, "admin-form-dates.html")); err != nil {
		t.Fatal(err)
	}
	if err := c.readSlots(recordedPage(t, "admin-form-slots.html")); err != nil {
		t.Fatal(err)
	}
	choices, differ := c.all()
	if d := cmp.Diff(garden(poll.Settings{}).Choices, choices); d != "" || differ {
		t.Error(differ, d)
	}

	a, err := parseAdmin(recordedPage(t, "date-poll-admin.html"))
	if err != nil {
		t.Fatal(err)
	}
	wantPage := &adminPage{
		Kind: poll.Date, Created: "2026-09-30T10:00:00+02:00", Shown: "Bring *gloves*", Comments: []poll.Comment{dora()},
		Votes: []castVote{{"Bob has voted on .", "2026-10-01T08:00:01+02:00"}, {"Nil has voted on .", "2026-10-01T09:30:59+02:00"}},
	}
	if d := cmp.Diff(wantPage, a); d != "" {
		t.Error(d)
	}
}

func TestDaysAreReadOnlyWhereTheirWordsAreCertain(t *testing.T) {
	for words, want := range map[string]string{
		"Sunday 25 October 2026": "2026-10-25", "Sun 25 Oct 2026": "2026-10-25", "25 Oct 2026": "2026-10-25", "Sunday, 25 October\u00a02026": "2026-10-25",
		"Tue 1 Sept 2026": "2026-09-01", "1 May 2026": "2026-05-01", "Monday 25 October 2026": "", "30 February 2026": "", "dimanche 25 octobre 2026": "",
		"25 Octopus 2026": "", "2026-10-25": "", "25 10 2026": "", "25 October": "", "": "", "Sunday 25 October 2026 9h": "",
	} {
		if got := dayInWords(words, true); got != want {
			t.Errorf("%q is %q", words, got)
		}
		if got := dayInWords(words, false); got != "" {
			t.Errorf("not in English, %q is %q", words, got)
		}
	}
}

// TestVotesHaveTimesOnlyOfTheirOwn: within a second, votes have no order.
func TestVotesHaveTimesOnlyOfTheirOwn(t *testing.T) {
	for said, want := range map[[2]string]string{
		{"Bob has voted", "Nil has voted"}: "2026-10-01T08:00:01+02:00", {"Nil has voted", "Bob has voted"}: "", {"Bob has voted", ""}: "",
	} {
		p := garden(poll.Settings{})
		k := &look{admin: &adminPage{Votes: []castVote{{said[0], "2026-10-01T08:00:01+02:00"}, {said[1], "2026-10-01T08:00:01+02:00"}}}}
		if said[1] == "" {
			k.admin.Votes = k.admin.Votes[:1]
		}
		k.joinTimes(&p)
		if p.Votes[0].Date != want || p.Votes[1].Date != want {
			t.Errorf("%q: %+v", said, p.Votes)
		}
	}
}

func TestVotesInAnotherOrderAreTheSame(t *testing.T) {
	p := lunch(poll.Settings{})
	other := lunch(poll.Settings{})
	slices.Reverse(other.Votes)
	k := &look{page: &page{Poll: p}}
	if k.partsOf(&p).Fields["votes"] != k.partsOf(&other).Fields["votes"] {
		t.Error("the order of votes counts")
	}
	other.Votes[0].Answers[0] = y
	if k.partsOf(&p).Fields["votes"] == k.partsOf(&other).Fields["votes"] {
		t.Error("another answer does not count")
	}
}

func TestRecordedPagesThatAreNoPollAreTold(t *testing.T) {
	for _, name := range []string{"not-found-404.html", "password.html", "password-wrong-422.html", "date-poll-admin.html", "admin-form-edit.html"} {
		if p, err := parsePage(recordedPage(t, name), "0123456789abcdef0123"); err == nil {
			t.Errorf("%s is taken for a poll: %+v", name, p)
		}
	}
	if !isOwn(string(recorded(t, "not-found-404.html"))) {
		t.Error("the page that a poll is not there is not known")
	}
}
