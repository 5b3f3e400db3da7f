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
