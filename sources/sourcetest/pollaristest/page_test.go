package pollaristest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
)

func TestAddressesLeadWhereTheyDoOnAPollaris(t *testing.T) {
	s := New(Options{Now: then, Prefix: "/sub", Base: "https://p.example"})
	p := garden()
	p.Slug = "Garden_1"
	s.Put(p)
	p = lunch()
	p.ID, p.Slug = "aaaaaaaaaaaaaaaaaaaa", "new"
	s.Put(p)
	draft := s.Put(Poll{Title: "Draft", Draft: true, Proposals: []Proposal{{Label: "A"}}})
	v := visitor(t, s)
	for _, c := range []struct {
		address string
		want    int
		to      string
	}{
		{"/polls/Garden_1", 200, ""},
		{"/polls/Garden_1.csv", 200, ""},
		{"/index.php/polls/Garden_1", 200, ""},
		{"/polls/Garden_1/", 301, "https://p.example/sub/polls/Garden_1"},
		{"/polls/Garden_1/authenticate", 302, "/sub/polls/Garden_1"},
		{"/polls/garden_1", 404, ""}, // upper case is other than lower
		{secretID, 404, ""},          // a slug takes the place of the id
		{secretID + ".csv", 404, ""},
		{adminOf + "/admin", 200, ""},
		{adminOf + "/admin/", 301, "https://p.example/sub" + adminOf + "/admin"},
		{adminOf + "/edit", 200, ""},
		{adminOf + "/dates", 200, ""},
		{adminOf + "/slots", 200, ""},
		{adminOf + "/settings", 200, ""},
		{adminOf + "/proposals", 404, ""}, // it has dates
		{adminOf + "/summary", 302, "/sub" + adminOf + "/admin"},
		{adminOf + "/complete", 200, ""},
		{secretID + "/fedcba98765432100124/admin", 404, ""},
		{"/polls/Garden_1/fedcba98765432100123/admin", 404, ""},
		{adminOf + "/deletion", 200, ""},
		{adminOf + "/votes/297ae4ca2c25fc6f4c75/deletion", 405, ""},
		{adminOf + "/comments/1/deletion", 405, ""},
		{"/polls/new.csv", 200, ""},
		{"/polls/" + draft.ID, 404, ""},
		{"/polls/" + draft.ID + ".csv", 404, ""},
		{"/polls/" + draft.ID + "/" + draft.Token + "/admin", 302, "/sub/polls/" + draft.ID + "/" + draft.Token + "/summary?flow=on"},
		{"/polls/" + draft.ID + "/" + draft.Token + "/edit", 200, ""},
		{"/polls/Garden_1.json", 404, ""},
		{"/polls/Garden_1.ics", 404, ""},
		{"/studs.php?poll=x", 404, ""},
		{"/exportcsv.php?poll=x", 404, ""},
		{"/AexK1bhSlKn9HA8Y", 404, ""},
		{"/AexK1bhSlKn9HA8Y/", 404, ""},
		{"/AexK1bhSlKn9HA8YAexK1bhS/admin", 404, ""},
		{"/my", 200, ""},
		{"/preferences", 200, ""},
		{"/robots.txt", 200, ""},
		{"/", 200, ""},
	} {
		got := v.get("/sub" + c.address)
		if got.Code != c.want || got.Header().Get("Location") != c.to {
			t.Errorf("%s: %d to %s", c.address, got.Code, got.Header().Get("Location"))
		}
	}
	if page := v.get("/sub/polls/new").Body.String(); !strings.Contains(page, `name="poll[title]"`) || strings.Contains(page, "Lunch") {
		t.Error("the poll of the slug new is not behind the wizard")
	}
	if table := v.get("/sub/polls/new.csv").Body.String(); !strings.Contains(table, "Bob") {
		t.Error("the table of the slug new is behind the wizard, too")
	}
	if page := v.get("/sub/index.php/polls/Garden_1").Body.String(); !strings.Contains(page, `value="https://p.example/sub/index.php/polls/Garden_1"`) {
		t.Error("links of a page of index.php are without that")
	}
	if got := v.get("/sub/robots.txt").Body.String(); !strings.Contains(got, "Disallow: /polls/\n") {
		t.Error(got)
	}
	if got := v.do(http.MethodPut, "/sub/polls/Garden_1", ""); got.Code != 200 {
		t.Errorf("another method: %d", got.Code)
	}
}

func TestAWebServerMayAnswerForItself(t *testing.T) {
	v := visitor(t, New(Options{Now: then, NoPHP: true}))
	if got := v.get("/studs.php?poll=x"); got.Code != 404 || strings.Contains(got.Body.String(), "color-scheme") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	s := New(Options{Now: then, Front: "<h1>Back soon"})
	s.Put(garden())
	if got := visitor(t, s).get(secretID + ".csv"); got.Code != 200 || got.Body.String() != "<h1>Back soon" {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

func TestErrorsAreJSONForThoseWhoAsk(t *testing.T) {
	s := New(Options{Now: then})
	s.Put(garden())
	for address, want := range map[string]string{"/polls/x": "application/problem+json", secretID: "text/html; charset=UTF-8"} {
		r, w := httptest.NewRequest(http.MethodGet, address, nil), httptest.NewRecorder()
		r.Header.Set("Accept", "application/json")
		if s.ServeHTTP(w, r); w.Header().Get("Content-Type") != want {
			t.Errorf("%s: %d, %s", address, w.Code, w.Header())
		}
	}
}

func TestPagesAreInTheLanguageThatIsAskedFor(t *testing.T) {
	s := New(Options{Now: then})
	s.Put(garden())
	for _, c := range []struct{ asked, lang, legend, short, yes, missing string }{
		{"", "en-GB", "Sunday 25 October 2026", "Sun 25 Oct 2026 : 9h", "Yes", "no such page"},
		{"en-GB", "en-GB", "Sunday 25 October 2026", "Sun 25 Oct 2026 : 9h", "Yes", "no such page"},
		{"xx, fr;q=0.8, de;q=0.9", "de", "Sonntag 25 Oktober 2026", "So. 25 Okt. 2026 : 9h", "Ja", "gibt es nicht"},
		{"fr-CA", "fr-FR", "dimanche 25 octobre 2026", "dim. 25 oct. 2026 : 9h", "Oui", "n’existe pas"},
	} {
		v := visitor(t, s)
		v.language = c.asked
		page := strings.ReplaceAll(v.get(secretID).Body.String(), "\n\t", "")
		for _, want := range []string{`lang="` + c.lang + `"`, "<legend>" + c.legend, `data-date="` + c.legend, `title="` + c.short, `sr-only">` + c.yes, "vote vote--yes"} {
			if !strings.Contains(page, want) {
				t.Errorf("%q: no %s", c.asked, want)
			}
		}
		if table := v.get(secretID + ".csv").Body.String(); !strings.Contains(table, ","+c.yes+"\n") || !strings.Contains(table, "2026-10-25") {
			t.Errorf("%q: %s", c.asked, table)
		}
		if page := v.get("/polls/x").Body.String(); !strings.Contains(page, c.missing) {
			t.Errorf("%q: the page of what is missing is another", c.asked)
		}
	}
	// What a session chose wins over what its browser asks for.
	v := visitor(t, s)
	if got := v.get("/preferences").Body.String(); !strings.Contains(got, `name="preferences[locale]"><option`) || !strings.Contains(got, `<option value="en_GB" selected="selected">`) {
		t.Error(got)
	}
	if got := v.send("/preferences", "preferences", "preferences[locale]", "fr_FR"); got.Code != 302 {
		t.Fatal(got.Code)
	}
	if !strings.Contains(v.get(secretID).Body.String(), `lang="fr-FR"`) {
		t.Error("the choice is forgotten")
	}
}

func TestAPollIsClosedOnTheDayAfterItsLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the day is 2000-01-01
		for closes, closed := range map[string]bool{"1999-12-31": true, "2000-01-01": false, "": false} {
			s := New(Options{})
			p := garden()
			p.Closes = closes
			s.Put(p)
			v := visitor(t, s)
			page := v.get(secretID).Body.Bytes()
			if len(find(t, page, "form", "", "")) == 0 != closed || strings.Contains(string(page), "text--danger") != closed || !strings.Contains(string(page), "Bob") {
				t.Errorf("%s: closed is not %v", closes, closed)
			}
			token := "a.b.c"
			if !closed {
				token = v.token(secretID, "vote[_token]")
			}
			got := v.do(http.MethodPost, secretID, encoded("vote[authorName]", "Late", "vote[_token]", token))
			q, _ := s.Poll(p.ID)
			if want := map[bool]int{true: 200, false: 302}[closed]; got.Code != want || len(q.Votes) == 2 != closed {
				t.Errorf("%s: a vote is %d, and then there are %d", closes, got.Code, len(q.Votes))
			}
		}
	})
}

func TestPagesShowTheDatesSortedAndTheFormCountsAsTheDatabase(t *testing.T) {
	s := New(Options{Now: then})
	p := garden()
	p.Proposals = append(p.Proposals, Proposal{ID: 20, Date: "2026-10-25", Label: "late"})
	s.Put(p)
	page := visitor(t, s).get(secretID).Body.Bytes()
	var got []string
	for _, n := range find(t, page, "div", "class", "vote__choices") {
		got = append(got, attribute(n, "data-proposal-id")+" "+attribute(n, "id"))
	}
	want := "12 vote_answers_3_value, 10 vote_answers_1_value, 11 vote_answers_2_value, 20 vote_answers_4_value, 9 vote_answers_0_value"
	if strings.Join(got, ", ") != want {
		t.Error(got)
	}
}

// No clause orders the proposals of a classic poll.
func TestProposalsOfAClassicPollMaySwapWithTheirAnswers(t *testing.T) {
	s := New(Options{Now: then})
	p := s.Put(lunch())
	s.Change(p.ID, func(p *Poll) { p.Swap(0, 2) })
	got := visitor(t, s).get("/polls/My-slug_1.csv").Body.String()
	want := ",\"Sälat, 12:30\",'=SUM(1),\"Pizza; the \"\"big\"\" one\"\nBob,\"If needed\",No,Yes\n\"'-Cé \"\"x\"\"\",Yes,,\n"
	if got != want {
		t.Error(got)
	}
}

func TestCommentsAreRenderedAndTellTheirOffset(t *testing.T) {
	s := New(Options{Now: then, Zone: paris(t)})
	p := garden()
	p.Comments = []Comment{
		{Author: "Ann", Text: "# Head\n\n- **a**\n- [b](https://example.org/?a=1&b=2)\n\n> q\n\n<b>x</b> *y*\nz ~~w~~ [js](javascript:1)", Created: at("2026-10-25T00:30:00Z")},
		{Author: "Bob", Text: "x", Created: at("2026-10-25T01:30:00Z")},
	}
	s.Put(p)
	page := visitor(t, s).get(secretID).Body.Bytes()
	for _, moment := range []string{"2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"} {
		if len(find(t, page, "time", "datetime", moment)) != 1 {
			t.Errorf("no %s", moment)
		}
	}
	want := "Head\n<ul>\n<li><strong>a</strong></li>\n<li><a href=\"https://example.org/?a=1&amp;b=2\">b</a></li>\n</ul>\n<blockquote>\n<p>q</p>\n</blockquote>\n" +
		"<p>&lt;b&gt;x&lt;/b&gt; <em>y</em><br />\nz <del>w</del> [js](javascript:1)</p>"
	if !strings.Contains(string(page), want) {
		t.Error(rendered(s.polls[p.ID].Comments[0].Text))
	}
}

func TestWhoeverSeesThePageOfModeAnyMayEditAllVotes(t *testing.T) {
	s := New(Options{Now: then})
	p := garden()
	p.Edit = Any
	s.Put(p)
	page := visitor(t, s).get(secretID).Body.Bytes()
	links := find(t, page, "a", "href", secretID+"/votes/297ae4ca2c25fc6f4c75/edit#poll")
	if len(links) != 1 || attribute(links[0].Parent, "class") != "proposals-table__author" {
		t.Errorf("%d links", len(links))
	}
}
