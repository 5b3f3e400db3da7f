package web_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources/sourcetest/pollaristest"
	"github.com/padsync/padsync/web"
)

const pollID = "0123456789abcdef0123"

// polls is a server of polls, with one that is saved by each backup.
func (w *world) polls(p pollaristest.Poll) *pollaristest.Server {
	w.Helper()
	polls := pollaristest.New(pollaristest.Options{})
	p.ID = pollID
	polls.Put(p)
	server := httptest.NewServer(polls)
	w.Cleanup(server.Close)
	c, err := w.OpenCatalog(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	defer c.Close()
	key := catalog.Key{Kind: "pollaris", Base: server.URL, ID: pollID}
	if err := c.Change(w.Context(), []catalog.Key{key}, catalog.Change{Choice: new(catalog.Automatic)}); err != nil {
		w.Fatal(err)
	}
	return polls
}

func (w *world) onlyDocument(p *web.Page) string {
	w.Helper()
	return regexp.MustCompile(`/documents/[0-9a-f]{6,}`).FindString(w.shows(p, "/documents"))
}

var began = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

func springPoll() pollaristest.Poll {
	return pollaristest.Poll{
		Kind: poll.Date, Title: "Chantier", Description: "Prévoir\ndes gants", Author: "Maëlle", Created: began,
		Proposals: []pollaristest.Proposal{{ID: 1, Date: "2027-03-06", Label: "9h"}, {ID: 2, Date: "2027-03-06", Label: "14h"}, {ID: 3, Date: "2027-03-13", Label: "9h"}},
		Votes: []pollaristest.Vote{
			{Name: "Karim", Answers: []poll.Answer{poll.Yes, poll.No, poll.Yes}, Created: began},
			{Name: "Awa", Answers: []poll.Answer{poll.No, poll.IfNeedBe}, Created: began.Add(time.Minute)},
		},
		Comments: []pollaristest.Comment{{ID: 1, Author: "Odile", Text: "Le 13, j’apporte la brouette", Created: began}},
	}
}

func TestPollIsAPicture(t *testing.T) {
	w := newWorld(t)
	polls := w.polls(springPoll())
	w.backUp()
	p := w.page("en")
	here := w.onlyDocument(p)
	body := w.shows(p, here, "<h1>Chantier</h1>", "2 votes", "Chosen most, at a tie:", "Saturday 6 March 2027 9h", "Saturday 13 March 2027 9h", "1 yes, out of 2 votes",
		"1 yes, 1 no</span>", "0 yes, 1 if need be, 1 no</span>", "1 yes, 1 without an answer</span>", `<rect class="maybe" width="50.0%" height="12"/><rect class="yes" width="0.0%" height="12"/></svg>`+"\n"+`<span class="soft">0 yes, 1 if need be`, "Prévoir", "des gants",
		`<th scope="row"><bdi>Karim</bdi></th>`, "Odile", "la brouette", "Times are those of this computer (", "form=ics", "form=csv")
	if n := strings.Count(body, `<span class="best-name">`); n != 2 {
		t.Errorf("%d choices are marked as the best", n)
	}
	if strings.Contains(body, `type="range"`) {
		t.Error("a single version has a slider")
	}
	ics := w.get(p, regexp.MustCompile(`href="([^"]*form=ics[^"]*)"`).FindStringSubmatch(strings.ReplaceAll(body, "&amp;", "&"))[1])
	if ics.Code != http.StatusOK || strings.Count(ics.Body.String(), "BEGIN:VEVENT") != 3 {
		t.Errorf("the calendar: %d, %s", ics.Code, ics.Body)
	}
	polls.Change(pollID, func(p *pollaristest.Poll) {
		p.Votes[0].Answers = []poll.Answer{poll.No, poll.No, poll.Yes}
		p.Votes = append(p.Votes, pollaristest.Vote{Name: "Solène", Answers: []poll.Answer{poll.Yes, poll.Yes, poll.Yes}, Created: began.Add(time.Hour)})
	})
	w.backUp()
	body = w.shows(p, here, `type="range" min="0" max="1" value="1"`, "version 2 of 2", "voted: Solène", "changed the vote: Karim", "Chosen most: <strong>Saturday 13 March 2027 9h</strong>", "2 yes, 1 without an answer, out of 3 votes")
	first := regexp.MustCompile(`href="([^"]*)" rel="prev"`).FindStringSubmatch(body)[1]
	if then := w.shows(p, first, "version 1 of 2", `value="0"`, "out of 2 votes"); strings.Contains(then, "Solène") {
		t.Error("the first version has a later vote")
	}
	moved := w.get(p, here+"/stop?n=0")
	if to := moved.Header().Get("Location"); moved.Code != http.StatusSeeOther || to != first {
		t.Errorf("the slider leads to %q (%d), want %q", to, moved.Code, first)
	}
	for _, wrong := range []string{"?n=2", "?n=-1", "?n=x", ""} {
		if got := w.get(p, here+"/stop"+wrong); got.Code != http.StatusNotFound {
			t.Errorf("stop%s: %d", wrong, got.Code)
		}
	}
}

func TestHiddenVotesOfAPollAreSaidToBe(t *testing.T) {
	w := newWorld(t)
	hidden := springPoll()
	hidden.Hidden = true
	w.polls(hidden)
	w.backUp()
	p := w.page("en")
	body := w.shows(p, w.onlyDocument(p), "The server did not show the votes.", "Only its author sees the votes")
	for _, wrong := range []string{"Nobody voted", "0 yes", "<tfoot>", "chosen most"} {
		if strings.Contains(body, wrong) {
			t.Errorf("a poll whose votes are hidden says %q", wrong)
		}
	}
}

func TestWhatPeopleWroteInAPollDoesNothing(t *testing.T) {
	w := newWorld(t)
	evil := nasty + "\x1b[31m\u202e" + strings.Repeat("x", 150)
	p := springPoll()
	p.Kind, p.Title, p.Description, p.Author = poll.Classic, evil, evil, nasty
	for i := range p.Proposals {
		p.Proposals[i].Date, p.Proposals[i].Label = "", evil
	}
	p.Votes[0].Name, p.Comments[0].Author, p.Comments[0].Text = nasty, nasty, evil
	polls := w.polls(p)
	w.backUp()
	polls.Change(pollID, func(p *pollaristest.Poll) {
		p.Votes = append(p.Votes, pollaristest.Vote{Name: nasty + "2", Answers: []poll.Answer{poll.Yes}, Created: began.Add(time.Hour)})
	})
	w.backUp()
	page := w.page("en")
	body := w.shows(page, w.onlyDocument(page), "&lt;script&gt;")
	for _, bad := range []string{"<script>x", "<img", "<style>*", "\x1b", "\u202e", `style="`} {
		if strings.Contains(body, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
}

func TestLargePollIsBoundedAndLeadsToAllOfIt(t *testing.T) {
	w := newWorld(t)
	p := springPoll()
	for i := range 900 {
		p.Votes = append(p.Votes, pollaristest.Vote{Name: strings.Repeat("n", 90), Answers: []poll.Answer{poll.Yes, poll.No, poll.IfNeedBe}, Created: began.Add(time.Duration(i) * time.Second)})
	}
	w.polls(p)
	w.backUp()
	page := w.page("en")
	body := w.shows(page, w.onlyDocument(page), "The whole table, of 902 votes", "901 yes")
	if len(body) > 200<<10 {
		t.Errorf("the page has %d bytes", len(body))
	}
}
