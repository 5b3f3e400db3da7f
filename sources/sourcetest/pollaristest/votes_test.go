package pollaristest

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/padsync/padsync/documents/poll"
)

func names(votes []*Vote) (list []string) {
	for _, v := range votes {
		list = append(list, v.Name)
	}
	return list
}

func TestVotesCountAsTheDatabaseDoesNotAsThePageShows(t *testing.T) {
	s := New(Options{Now: then})
	p := garden() // its columns are 3, 1, 2, 0
	s.Put(p)
	v := visitor(t, s)
	got := v.send(secretID, "vote", "vote[authorName]", " Zoé ", "vote[answers][0][value]", "yes", "vote[answers][3][value]", "maybe", "vote[answers][1][value]", "")
	if got.Code != 302 || got.Header().Get("Location") != secretID {
		t.Fatal(got.Code)
	}
	q, _ := s.Poll(p.ID)
	if d := cmp.Diff([]poll.Answer{yes, blank, blank, maybe}, q.Votes[2].Answers); d != "" || q.Votes[2].Name != "Zoé" {
		t.Error(q.Votes[2].Name, d)
	}
}

func TestVotesThatAreRefusedAre422(t *testing.T) {
	for _, c := range []struct {
		change func(*Poll)
		pairs  []string
	}{
		{nil, []string{"vote[authorName]", " "}},
		{nil, []string{"vote[authorName]", "bOB"}},
		{nil, []string{"vote[authorName]", "Eve", "vote[answers][0][value]", "perhaps"}},
		{nil, []string{"vote[authorName]", "Eve", "vote[answers][4][value]", "yes"}},
		{nil, []string{"vote[authorName]", "Eve", "vote[other]", "x"}},
		{func(p *Poll) { p.NoMaybe = true }, []string{"vote[authorName]", "Eve", "vote[answers][0][value]", "maybe"}},
		{func(p *Poll) { p.MaxVotes = 1 }, []string{"vote[authorName]", "Eve", "vote[answers][0][value]", "yes"}},
		{func(p *Poll) { p.Password, p.VotesOnly = "s3cret", true }, []string{"vote[authorName]", "Eve", "vote[password]", "no"}},
	} {
		s := New(Options{Now: then})
		p := garden()
		if c.change != nil {
			c.change(&p)
		}
		s.Put(p)
		got := visitor(t, s).send(secretID, "vote", c.pairs...)
		if q, _ := s.Poll(p.ID); got.Code != 422 || len(q.Votes) != 2 {
			t.Errorf("%q: %d, and %d votes", c.pairs, got.Code, len(q.Votes))
		}
	}
}

func TestOptionsOfVotingShowInTheForm(t *testing.T) {
	s := New(Options{Now: then})
	p := lunch()
	p.NoMaybe, p.NoByDefault = true, true
	s.Put(p)
	page := visitor(t, s).get("/polls/My-slug_1").Body.Bytes()
	if n := len(find(t, page, "input", "value", "maybe")); n != 0 {
		t.Errorf("%d may be", n)
	}
	if n := len(find(t, page, "input", "checked", "checked")); n != 3 || len(find(t, page, "input", "value", "no")) != 3 {
		t.Errorf("%d are checked", n)
	}
	s.Change(p.ID, func(p *Poll) { p.NoByDefault = false })
	if n := len(find(t, visitor(t, s).get("/polls/My-slug_1").Body.Bytes(), "input", "checked", "checked")); n != 0 {
		t.Errorf("%d are checked", n)
	}
}

func TestAPasswordForVotesHidesNothing(t *testing.T) {
	s := New(Options{Now: then})
	p := garden()
	p.Password, p.VotesOnly = "s3cret", true
	s.Put(p)
	v := visitor(t, s)
	if got := v.get(secretID); got.Code != 200 || len(find(t, got.Body.Bytes(), "input", "name", "vote[password]")) != 1 {
		t.Error(got.Code)
	}
	if got := v.send(secretID, "vote", "vote[authorName]", "Eve", "vote[password]", "s3cret"); got.Code != 302 {
		t.Error(got.Code)
	}
}

func TestNamesMayBeTwinsInTheOldDialect(t *testing.T) {
	s := New(Options{Now: then, Dialect: V11})
	p := s.Put(garden())
	if got := visitor(t, s).send(secretID, "vote", "vote[authorName]", "Bob"); got.Code != 302 {
		t.Error(got.Code)
	}
	if q, _ := s.Poll(p.ID); len(q.Votes) != 3 {
		t.Errorf("%d votes", len(q.Votes))
	}
}

func TestVotesOfOneSecondHaveNoOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Now: then})
		p := lunch()
		p.Votes = nil
		s.Put(p)
		for _, name := range []string{"A", "B", "C"} {
			if got := visitor(t, s).send("/polls/My-slug_1", "vote", "vote[authorName]", name); got.Code != 302 {
				t.Fatal(got.Code)
			}
			if name == "B" {
				time.Sleep(time.Second) // of the bubble
			}
		}
		q, _ := s.Poll(p.ID)
		if d := cmp.Diff([]string{"B", "A", "C"}, names(q.inOrder())); d != "" {
			t.Error(d)
		}
	})
}

func TestASessionsOwnVoteIsShownToItAndMayBeEdited(t *testing.T) {
	s := New(Options{Now: then})
	p := garden()
	p.Hidden = true
	s.Put(p)
	v := visitor(t, s)
	v.send(secretID, "vote", "vote[authorName]", "Eve", "vote[answers][0][value]", "yes")
	q, _ := s.Poll(p.ID)
	edit := secretID + "/votes/" + q.Votes[2].ID + "/edit"
	page := v.get(secretID).Body.Bytes()
	if len(find(t, page, "div", "data-controller", "storage")) != 1 || len(find(t, page, "a", "href", edit+"#poll")) != 1 || len(find(t, page, "span", "class", "vote vote--yes")) != 1 {
		t.Error("the vote is not shown")
	}
	if page := v.get(secretID).Body.Bytes(); len(find(t, page, "p", "class", "notification")) != 0 {
		t.Error("what was done is told twice")
	}
	stranger := visitor(t, s)
	if page := v.get(edit).Body.Bytes(); len(find(t, page, "a", "href", edit+"#poll")) != 0 || len(find(t, page, "form", "", "")) != 1 {
		t.Error("the page of a vote links to itself, or has other forms")
	}
	if values := inputsOf(t, stranger, edit); values["vote[authorName]"] != "Eve" || values["vote[answers][0][value]"] != "yes" {
		t.Error(values)
	}
	if got := stranger.send(edit, "vote", "vote[authorName]", "Eve", "vote[answers][0][value]", "no"); got.Code != 302 {
		t.Error(got.Code)
	}
	if r, _ := s.Poll(p.ID); len(r.Votes) != 3 || r.Votes[2].answer(0) != no || !r.Votes[2].Created.Equal(q.Votes[2].Created) {
		t.Errorf("%+v", r.Votes)
	}
	for _, change := range []func(*Poll){func(p *Poll) { p.Edit = No }, func(p *Poll) { p.Edit, p.Closes = Own, "1999-01-01" }} {
		s.Change(p.ID, change)
		if got := stranger.get(edit); got.Code != 302 || got.Header().Get("Location") != secretID {
			t.Error(got.Code)
		}
	}
}

func TestVotesAndCommentsMailTheOrganiser(t *testing.T) {
	for _, notify := range []bool{false, true} {
		s := New(Options{Now: then})
		p := garden()
		p.NotifyVotes, p.NotifyComments = notify, notify
		s.Put(p)
		v := visitor(t, s)
		v.send(secretID, "vote", "vote[authorName]", "Eve")
		v.send(secretID, "comment", "comment[authorName]", " Eve ", "comment[content]", "Hi *all*\r\n")
		if page := v.get(secretID).Body.Bytes(); len(find(t, page, "p", "class", "notification")) != 1 || len(find(t, page, "div", "data-controller", "storage")) != 0 {
			t.Error("the page after it does not say so, or takes it for a vote")
		}
		if want := map[bool]int{true: 2}[notify]; s.Mails() != want {
			t.Errorf("%d mails", s.Mails())
		}
		if q, _ := s.Poll(p.ID); q.Comments[1].Author != "Eve" || q.Comments[1].Text != "Hi *all*" {
			t.Errorf("%+v", q.Comments)
		}
	}
}

func TestCommentsWithoutANameOrTextAre422(t *testing.T) {
	s := New(Options{Now: then})
	s.Put(garden())
	v := visitor(t, s)
	for _, pairs := range [][]string{{"comment[content]", "x"}, {"comment[authorName]", "x", "comment[content]", " \n"}} {
		if got := v.send(secretID, "comment", pairs...); got.Code != 422 {
			t.Errorf("%q: %d", pairs, got.Code)
		}
	}
	// Another form's fields are no comment, and so no mistake.
	if got := v.do(http.MethodPost, secretID, "x=y"); got.Code != 200 {
		t.Error(got.Code)
	}
}
