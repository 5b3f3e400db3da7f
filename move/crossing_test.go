package move_test

import (
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/move"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/framadate"
	"github.com/padsync/padsync/sources/pollaris"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
	"github.com/padsync/padsync/sources/sourcetest/pollaristest"
)

const pollServer = "http://polls.example.org"

// clientOf sends requests to a server in this process.
func clientOf(t *testing.T, h http.Handler) *polite.Client {
	t.Helper()
	transport, stop := sourcetest.Serve(h)
	t.Cleanup(stop)
	return polite.New(polite.Options{Transport: transport})
}

func framadateTarget(t *testing.T, h http.Handler) move.Target {
	t.Helper()
	client, err := framadate.New(pollServer, clientOf(t, h), new(spool.Pool), framadate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return move.Target{Source: manifest.Source{Kind: "framadate", URL: pollServer}, Client: client, Takes: framadate.Kind().Takes}
}

func pollarisTarget(t *testing.T, h http.Handler) move.Target {
	t.Helper()
	client, err := pollaris.New(pollServer, clientOf(t, h), new(spool.Pool), pollaris.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return move.Target{Source: manifest.Source{Kind: "pollaris", URL: pollServer}, Client: client, Takes: pollaris.Kind().Takes}
}

// document is what a look at a target has of a poll.
func document(t *testing.T, from move.Target, locator string) (*poll.Poll, string) {
	t.Helper()
	v, err := from.Client.Fetch(t.Context(), locator, "")
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	i := slices.IndexFunc(v.Files, func(f sources.File) bool { return f.Name == "poll.json" })
	text, err := io.ReadAll(io.NewSectionReader(v.Files[i].Content, 0, v.Files[i].Size))
	if err != nil {
		t.Fatal(err)
	}
	p, err := poll.Decode(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return p, string(text)
}

// cross moves a document to a target, checks what is said to be lost, before and
// after, and gives the locator that its new admin link has.
func cross(t *testing.T, kind, id, text string, to move.Target, lost ...sources.Loss) string {
	t.Helper()
	m := &moving{Plan: planOf(t, kind, saved{id: id, file: "poll.json", format: "json", text: text}), table: filepath.Join(t.TempDir(), "moved.csv")}
	m.Targets = []move.Target{to}
	table := openTable(t, m.table, to)
	if _, err := move.Preview(t.Context(), m.observed(), table); err != nil {
		t.Fatal(err)
	}
	foreseen := m.events[0].Losses
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	if err := m.run(t, t.Context()); err != nil || m.report.Moved != 1 {
		t.Fatalf("%v, %+v", err, m.events)
	}
	for _, told := range [][]sources.Loss{foreseen, m.events[0].Losses} {
		if d := cmp.Diff(slices.Sorted(slices.Values(lost)), slices.Sorted(slices.Values(told))); d != "" {
			t.Errorf("to %s: %s", to.Kind, d)
		}
	}
	table = openTable(t, m.table, to)
	defer table.Close()
	row, ok := table.Row(kind, "https://old.example/p/"+id)
	if !ok {
		t.Fatal("it is not in the table")
	}
	if key, ok := strings.CutPrefix(row.Admin, pollServer+"/adminstuds.php?poll="); ok {
		return key + "/admin"
	}
	return strings.TrimPrefix(row.Admin, pollServer+"/polls/")
}

// newPollaris is one that polls are made on.
func newPollaris(t *testing.T) *pollaristest.Server {
	return pollaristest.New(pollaristest.Options{Importing: true, Unasked: func(request string) { t.Errorf("unasked: %s", request) }})
}

// TestPollGoesToAPollarisAndBack with all that both servers have, and the losses of
// each way are all that differs.
func TestPollGoesToAPollarisAndBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		yes := true
		old := framadatetest.New(framadatetest.Options{})
		_, admin := old.Add(framadatetest.Poll{ID: "AbCdEf1234567890", Poll: poll.Poll{
			Title: "Quand ?", Author: "Ada", Description: "Le **budget**", Kind: poll.Date,
			Choices: []poll.Choice{{Date: "2027-01-11", Moment: "9h"}, {Date: "2027-01-11", Moment: "soir"}, {Date: "2027-01-12"}},
			Votes: []poll.Vote{
				{Name: "Zoé", Answers: []poll.Answer{poll.Yes, poll.No, poll.IfNeedBe}}, {Name: "Ann", Answers: []poll.Answer{poll.Unknown, poll.Yes, poll.No}},
			},
			Comments: []poll.Comment{{Author: "Zoé", Text: "À *bientôt* !"}, {Author: "Ann", Text: "Oui"}},
			Settings: poll.Settings{Locked: &yes, Hidden: &yes, Edit: poll.EditOwn}, Expires: "2000-03-01",
		}})
		first, text := document(t, framadateTarget(t, old), admin+"/admin")

		between := pollarisTarget(t, newPollaris(t))
		there := cross(t, "framadate", "AbCdEf1234567890", text, between,
			pollaris.LossAdmin, pollaris.LossTimes, pollaris.LossLocale, pollaris.LossOptions, // always
			pollaris.LossSlots,  // the 12th has no moment
			pollaris.LossLock,   // it is over instead
			pollaris.LossMarkup, // "*bientôt*"
		)
		_, text = document(t, between, there)

		home := framadateTarget(t, framadatetest.New(framadatetest.Options{}))
		back := cross(t, "pollaris", "AbCdEf1234567890", text, home,
			framadate.LossAdmin, framadate.LossTimes, // always
			framadate.LossExpiry, // no Framadate takes a day that is over
			framadate.LossMarkup,
		)
		last, _ := document(t, home, back)
		first.Choices[2].Moment = "Day"
		first.Settings.Edit = last.Settings.Edit // no page of a locked poll tells
		if d := cmp.Diff(first, last, cmpopts.IgnoreFields(poll.Poll{}, "Expires", "Purge", "Unseen"), cmpopts.IgnoreFields(poll.Comment{}, "Date")); d != "" {
			t.Error(d)
		}
	})
}

// TestDocumentGoesToItsOwnKindFirst.
func TestDocumentGoesToItsOwnKindFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		taking, own := pollarisTarget(t, newPollaris(t)), framadateTarget(t, framadatetest.New(framadatetest.Options{}))
		m := &moving{Plan: planOf(t, "framadate", saved{id: "p", file: "poll.json", format: "json", text: aPoll}), table: filepath.Join(t.TempDir(), "moved.csv")}
		m.Targets = []move.Target{taking, own}
		if err := m.run(t, t.Context()); err != nil || m.events[0].Target.Kind != "framadate" {
			t.Error(err, m.events)
		}
		m.Targets[1].Kind, m.Targets[0].Takes, m.Targets[1].Takes = "etherpad", nil, nil
		m.table = filepath.Join(t.TempDir(), "moved.csv")
		if err := m.run(t, t.Context()); err != nil || m.report.Left != 1 {
			t.Error(err, m.report)
		}
	})
}
