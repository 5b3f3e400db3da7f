package move_test

import (
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/move"
	"github.com/padsync/padsync/sources/framadate"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

// TestPollsThatLackAnOrganiserAreCounted before anything is made, and no others:
// none that has one, that an earlier run made, or that is not wanted.
func TestPollsThatLackAnOrganiserAreCounted(t *testing.T) {
	server := framadatetest.New(framadatetest.Options{Mail: true})
	front := httptest.NewServer(server)
	defer front.Close()
	client, err := framadate.New(front.URL, polite.New(polite.Options{}), new(spool.Pool), framadate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	poll := func(id, settings string) saved {
		return saved{id: id, file: "poll.json", format: "json", text: strings.TrimSuffix(aPoll, "}") + settings + "}"}
	}
	mailed := `,"settings":{"mail":"zoe@example.org"}`
	m := &moving{Plan: planOf(t, "framadate", poll("a", ""), poll("b", ""), poll("c", mailed), poll("made", ""), poll("unwanted", "")), table: filepath.Join(t.TempDir(), "moved.csv")}
	m.Wanted = func(r *manifest.Record) bool { return r.ID != "unwanted" }
	m.Targets = []move.Target{{Source: manifest.Source{Kind: "framadate", URL: front.URL}, Client: client, WantsMail: true}}
	table := openTable(t, m.table, m.Targets...)
	defer table.Close()
	if err := table.Write(move.Row{Kind: "framadate", Old: "https://old.example/p/made", State: move.Moved}); err != nil {
		t.Fatal(err)
	}
	if n, err := move.Mailless(t.Context(), m.observed(), table); n != 2 || err != nil || len(m.events) > 0 || server.Mails() > 0 {
		t.Errorf("%d, %v, and it told of %d documents", n, err, len(m.events))
	}
	if r, err := move.Run(t.Context(), m.observed(), table); err != nil || r.Mailless != 2 || r.Failed != 2 || r.Moved != 1 || r.Earlier != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	m.Targets[0].WantsMail = false
	if n, err := move.Mailless(t.Context(), m.Plan, table); n != 0 || err != nil {
		t.Errorf("of a server that wants none: %d, %v", n, err)
	}
}

// TestMoveTakesWhatTheLastLookDidNotSee from the versions before, and says so.
func TestMoveTakesWhatTheLastLookDidNotSee(t *testing.T) {
	server := framadatetest.New(framadatetest.Options{})
	front := httptest.NewServer(server)
	defer front.Close()
	client, err := framadate.New(front.URL, polite.New(polite.Options{}), new(spool.Pool), framadate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := planOf(t, "framadate",
		saved{id: "p", file: "poll.json", format: "json", parts: "title choices choices-markdown votes",
			text: `{"title":"AG","kind":"classic","choices":[{"label":"a","markdown":"**a**"}],"votes":[{"name":"Zoé","answers":["yes"]}]}`},
		saved{id: "p", file: "poll.json", format: "json", parts: "title choices",
			text: `{"title":"AG 2","kind":"classic","choices":[{"label":"a"}],"unseen":["choices-markdown","votes"]}`})
	m := &moving{Plan: p, table: filepath.Join(t.TempDir(), "moved.csv")}
	m.Targets = []move.Target{{Source: manifest.Source{Kind: "framadate", URL: front.URL}, Client: client}}
	if err := m.run(t, t.Context()); err != nil || len(m.events) != 1 || m.events[0].Err != nil {
		t.Fatal(err, m.events)
	}
	var made framadatetest.Poll
	server.Change(strings.TrimPrefix(m.events[0].Address, front.URL+"/studs.php?poll="), func(p *framadatetest.Poll) { made = *p })
	if made.Title != "AG 2" || len(made.Votes) != 1 || made.Choices[0].Markdown != "**a**" || made.Votes[0].Answers[0] != poll.Yes {
		t.Errorf("%+v", made)
	}
	if taken := m.events[0].Taken; len(taken) != 1 || taken[0].Parts(documents.English) != "choices, votes" {
		t.Errorf("taken %v", taken)
	}
}
