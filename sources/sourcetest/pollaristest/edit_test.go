package pollaristest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/padsync/padsync/documents/poll"
)

// inputsOf are the values of a form's fields, but for its token and prototypes.
func inputsOf(t *testing.T, b *browser, address string) map[string]string {
	t.Helper()
	values := make(map[string]string)
	page := b.get(address).Body.Bytes()
	for _, tag := range []string{"input", "textarea"} {
		for _, n := range find(t, page, tag, "", "") {
			name, value := attribute(n, "name"), attribute(n, "value")
			kind := attribute(n, "type")
			if tag == "textarea" {
				value = text(n)
			}
			if strings.Contains(name, "token") || strings.Contains(name, "__name__") || (kind == "checkbox" || kind == "radio") && attribute(n, "checked") == "" {
				continue
			}
			values[name] = value
		}
	}
	return values
}

func TestFormsOfTheAdminTellAllButThePassword(t *testing.T) {
	s := New(Options{Now: then})
	p := garden()
	p.Password, p.MaxVotes, p.NoMaybe, p.NoByDefault, p.Edit, p.Slug, p.Hidden = "s3cret", 3, true, true, Any, "x_y", true
	p.Description = "\nFirst *line*\n<b>"
	s.Put(p)
	v := visitor(t, s)
	for address, want := range map[string]map[string]string{
		"/edit": {
			"poll[title]": "Garden day", "poll[description]": "\nFirst *line*\n<b>", "poll[closedAt]": "2026-11-30",
			"poll[authorName]": `Anna "A" Ünal`, "poll[authorEmail]": "anna@example.org",
		},
		"/dates": {"poll_dates[dates][0][value]": "2026-10-24", "poll_dates[dates][1][value]": "2026-10-25", "poll_dates[dates][2][value]": "2026-10-26"},
		"/slots": {
			"poll_slots[dates][0][proposals][0][label]": "Day", "poll_slots[dates][1][proposals][0][label]": "9h",
			"poll_slots[dates][1][proposals][1][label]": "14h-16h", "poll_slots[dates][2][proposals][0][label]": "02:30",
		},
		"/settings": {
			"poll_settings[disableMaybe]": "1", "poll_settings[voteNoByDefault]": "1", "poll_settings[maxVotes]": "3", "poll_settings[slug]": "x_y",
			"poll_settings[isPasswordProtected]": "1", "poll_settings[plainPassword][first]": "", "poll_settings[plainPassword][second]": "",
			"poll_settings[editVoteMode]": "any", "poll_settings[notifyOnVotes]": "1", "poll_settings[notifyOnComments]": "1",
		},
	} {
		if d := cmp.Diff(want, inputsOf(t, v, adminOf+address)); d != "" {
			t.Errorf("%s: %s", address, d)
		}
	}
}

func proposalsOf(s *Server, id string) (list []string) {
	p, _ := s.Poll(id)
	for i, proposal := range p.Proposals {
		answers := ""
		for _, v := range p.Votes {
			answers += " " + string(v.answer(i))
		}
		list = append(list, proposal.Date+" "+proposal.Label+answers)
	}
	return list
}

func TestDatesAreNumberedAsSortedAndThoseLeftOutGo(t *testing.T) {
	s := New(Options{Now: then})
	p := garden() // the database has the 26th first
	s.Put(p)
	v := visitor(t, s)
	got := v.send(adminOf+"/dates", "poll_dates", "poll_dates[dates][5][value]", "2026-10-20", "poll_dates[dates][0][value]", "2026-10-30", "poll_dates[dates][2][value]", "2026-10-26")
	if got.Code != 302 || got.Header().Get("Location") != adminOf+"/slots" {
		t.Errorf("%d to %s", got.Code, got.Header().Get("Location"))
	}
	// The 20th has no slot yet, and is the first of the next form.
	want := []string{"2026-10-26 02:30 yes unknown", "2026-10-30 Day unknown unknown"}
	if d := cmp.Diff(want, proposalsOf(s, p.ID)); d != "" {
		t.Error(d)
	}
	// What is left out is one of the day, in the visitor's language.
	v.language = "fr"
	got = v.send(adminOf+"/slots", "poll_slots", "poll_slots[dates][1][proposals][0][label]", "9h", "poll_slots[dates][2][proposals][0][label]", " Day ",
		"poll_slots[dates][2][proposals][1][label]", "Night")
	if got.Code != 302 || got.Header().Get("Location") != adminOf+"/admin" {
		t.Errorf("%d to %s", got.Code, got.Header().Get("Location"))
	}
	want = []string{"2026-10-26 9h yes unknown", "2026-10-30 Day unknown unknown", "2026-10-20 Journée unknown unknown", "2026-10-30 Night unknown unknown"}
	if d := cmp.Diff(want, proposalsOf(s, p.ID)); d != "" {
		t.Error(d)
	}
}

func TestEqualDatesAreTwoInFormsAndOneOnThePage(t *testing.T) {
	s := New(Options{Now: then})
	p := s.Put(Poll{Title: "Twins", Kind: poll.Date, Draft: true})
	admin := "/polls/" + p.ID + "/" + p.Token
	v := visitor(t, s)
	v.send(admin+"/dates", "poll_dates", "poll_dates[dates][0][value]", "2026-10-25", "poll_dates[dates][1][value]", "2026-10-25")
	v.send(admin+"/slots", "poll_slots", "poll_slots[dates][0][proposals][0][label]", "9h", "poll_slots[dates][1][proposals][0][label]", "9h")
	if got := v.send(admin+"/summary", "poll_summary"); got.Code != 302 {
		t.Error(got.Code)
	}
	if d := cmp.Diff([]string{"2026-10-25 9h", "2026-10-25 9h"}, proposalsOf(s, p.ID)); d != "" {
		t.Error(d)
	}
	if n := len(find(t, v.get("/polls/"+p.ID).Body.Bytes(), "div", "class", "panel--date__legend")); n != 1 {
		t.Errorf("%d days", n)
	}
	if n := len(inputsOf(t, v, admin+"/dates")); n != 2 {
		t.Errorf("%d dates", n)
	}
}

func TestProposalsAreNumberedAsTheDatabaseHasThem(t *testing.T) {
	s := New(Options{Now: then})
	p := s.Put(lunch())
	v := visitor(t, s)
	got := v.send(adminOf+"/proposals", "poll_proposals", "poll_proposals[proposals][7][label]", " Soup ", "poll_proposals[proposals][2][label]", "Salad", "poll_proposals[proposals][0][label]", "Pizza")
	want := []string{" Pizza yes unknown", " Salad ifneedbe yes", " Soup unknown unknown"}
	if d := cmp.Diff(want, proposalsOf(s, p.ID)); d != "" || got.Code != 302 {
		t.Error(got.Code, d)
	}
}

func TestWhatFormsRefuseIs422AndChangesNothing(t *testing.T) {
	long := strings.Repeat("é", 201)
	for _, c := range []struct {
		page, form, field, value string
	}{
		{"/edit", "poll", "[title]", " "}, {"/edit", "poll", "[title]", long}, {"/edit", "poll", "[closedAt]", "30/11/2026"},
		{"/edit", "poll", "[authorName]", ""}, {"/edit", "poll", "[authorEmail]", "nobody"}, {"/edit", "poll", "[other]", "x"}, {"/edit", "poll", "[_token]", "a.b.c"},
		{"/dates", "poll_dates", "[dates][0][value]", ""}, {"/dates", "poll_dates", "[dates][3][value]", "soon"},
		{"/slots", "poll_slots", "[dates][1][proposals][1][label]", ""}, {"/slots", "poll_slots", "[dates][1][proposals][4][label]", long}, {"/slots", "poll_slots", "[dates][9][proposals][0][label]", "x"},
		{"/settings", "poll_settings", "[slug]", ""}, {"/settings", "poll_settings", "[slug]", "taken"}, {"/settings", "poll_settings", "[slug]", "a b"},
		{"/settings", "poll_settings", "[maxVotes]", "many"}, {"/settings", "poll_settings", "[editVoteMode]", "all"},
		{"/settings", "poll_settings", "[plainPassword][first]", "only one"},
	} {
		s := New(Options{Now: then})
		before := s.Put(garden())
		s.Put(Poll{Title: "Other", Slug: "taken", Proposals: []Proposal{{Label: "A"}}})
		v := visitor(t, s)
		token := v.token(adminOf+c.page, c.form+"[_token]")
		values := inputsOf(t, v, adminOf+c.page)
		values[c.form+"[_token]"] = token
		values[c.form+c.field] = c.value
		var pairs []string
		for name, value := range values {
			pairs = append(pairs, name, value)
		}
		got := v.do(http.MethodPost, adminOf+c.page, encoded(pairs...))
		if got.Code != 422 || len(find(t, got.Body.Bytes(), "p", "class", "form__error")) == 0 {
			t.Errorf("%s%s=%.9q: %d", c.form, c.field, c.value, got.Code)
		}
		after, _ := s.Poll(before.ID)
		if d := cmp.Diff(before, after, cmpopts.IgnoreUnexported(Poll{}, Proposal{})); d != "" {
			t.Errorf("%s%s=%.9q: %s", c.form, c.field, c.value, d)
		}
	}
}

func TestSettingsThatAreNotSentAreUnchecked(t *testing.T) {
	s := New(Options{Now: then})
	p := garden()
	p.NoMaybe, p.Edit, p.Password, p.VotesOnly = true, Any, "s3cret", true
	s.Put(p)
	if got := visitor(t, s).send(adminOf+"/settings", "poll_settings", "poll_settings[slug]", "New_1"); got.Code != 302 {
		t.Fatal(got.Code)
	}
	got, _ := s.Poll(p.ID)
	if !got.Hidden || got.Edit != No || got.NotifyVotes || got.NotifyComments || got.NoMaybe || got.Password != "" || got.VotesOnly || got.Slug != "New_1" {
		t.Errorf("%+v", got)
	}
}

func TestPasswordsAreKeptUnlessAnotherIsSent(t *testing.T) {
	s := New(Options{Now: then})
	p := garden()
	p.Password = "s3cret"
	s.Put(p)
	v := visitor(t, s)
	set := func(password string, protected bool) string {
		t.Helper()
		pairs := []string{"poll_settings[slug]", p.ID, "poll_settings[plainPassword][first]", password, "poll_settings[plainPassword][second]", password}
		if protected {
			pairs = append(pairs, "poll_settings[isPasswordProtected]", "1")
		}
		if got := v.send(adminOf+"/settings", "poll_settings", pairs...); got.Code != 302 {
			t.Error(got.Code)
		}
		q, _ := s.Poll(p.ID)
		return q.Password
	}
	for _, c := range []struct {
		password  string
		protected bool
		want      string
	}{{"", true, "s3cret"}, {"n3w", true, "n3w"}, {"n3w", false, ""}, {"", true, ""}} { // the last: a poll without one stays so, and nothing tells
		if got := set(c.password, c.protected); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
	set("n3w", true)
	if got := v.get(secretID); got.Code != 200 {
		t.Errorf("the session that set it is asked for it: %d", got.Code)
	}
}

func TestTheOldDialectHasNoModeAnyAndNoTimesOfVotes(t *testing.T) {
	s := New(Options{Now: then, Dialect: V11})
	s.Put(garden())
	v := visitor(t, s)
	if got := v.send(adminOf+"/settings", "poll_settings", "poll_settings[slug]", "x", "poll_settings[editVoteMode]", "any"); got.Code != 422 {
		t.Error(got.Code)
	}
	if n := len(find(t, v.get(adminOf+"/admin").Body.Bytes(), "time", "", "")); n != 2 { // the closing date and Dora's comment
		t.Errorf("%d times", n)
	}
}

func TestASlugThatIsTooLongBreaksTheServer(t *testing.T) {
	s := New(Options{Now: then})
	s.Put(garden())
	v := visitor(t, s)
	if got := v.send(adminOf+"/settings", "poll_settings", "poll_settings[slug]", strings.Repeat("x", 21)); got.Code != 500 {
		t.Error(got.Code)
	}
	if got := v.get(secretID); got.Code != 200 {
		t.Errorf("and the poll is lost: %d", got.Code)
	}
}

// PHP reads a thousand fields. What is beyond is lost, and only if the token
// is does anybody know.
func TestAFormThatIsTooLongIsCut(t *testing.T) {
	for _, first := range []bool{false, true} {
		s := New(Options{Now: then})
		p := s.Put(lunch())
		v := visitor(t, s)
		token := []string{"poll_proposals[_token]", v.token(adminOf+"/proposals", "poll_proposals[_token]")}
		var pairs []string
		for i := range 1100 {
			pairs = append(pairs, fmt.Sprintf("poll_proposals[proposals][%d][label]", i), fmt.Sprint("P", i))
		}
		if first {
			pairs = append(token, pairs...)
		} else {
			pairs = append(pairs, token...)
		}
		got := v.do(http.MethodPost, adminOf+"/proposals", encoded(pairs...))
		want, kept := 422, 3
		if first {
			want, kept = 302, 999
		}
		if p, _ := s.Poll(p.ID); got.Code != want || len(p.Proposals) != kept {
			t.Errorf("token first: %v: %d, and %d proposals", first, got.Code, len(p.Proposals))
		}
	}
}

func TestDeletionAsksOnGETAndTellsNothingOfABadToken(t *testing.T) {
	s := New(Options{Now: then})
	p := s.Put(garden())
	v := visitor(t, s)
	page := v.get(adminOf + "/admin").Body.Bytes()
	vote, comment := adminOf+"/votes/297ae4ca2c25fc6f4c75/deletion", adminOf+"/comments/1/deletion"
	for n, address := range []string{vote, comment} {
		form := find(t, page, "form", "action", address)
		if len(form) != 1 {
			t.Fatalf("%d forms for %s", len(form), address)
		}
		token := ""
		for d := range form[0].Descendants() {
			if attribute(d, "name") == "_csrf_token" {
				token = attribute(d, "value")
			}
		}
		for _, sent := range []string{"", "a.b.c", token} {
			if s.Deleted() != n {
				t.Errorf("%d deleted before %q is sent to %s", s.Deleted(), sent, address)
			}
			if got := v.do(http.MethodPost, address, encoded("_csrf_token", sent)); got.Code != 302 || got.Header().Get("Location") != adminOf+"/admin" {
				t.Errorf("%s with %q: %d", address, sent, got.Code)
			}
		}
	}
	if q, _ := s.Poll(p.ID); len(q.Votes) != 1 || len(q.Comments) != 0 {
		t.Errorf("%d votes and %d comments are left", len(q.Votes), len(q.Comments))
	}
	if got := v.get(adminOf + "/deletion"); got.Code != 200 || s.Deleted() != 2 {
		t.Errorf("%d, %d deleted", got.Code, s.Deleted())
	}
	if got := v.send(adminOf+"/deletion", "poll_deletion"); got.Code != 302 || s.Deleted() != 3 {
		t.Errorf("%d, %d deleted", got.Code, s.Deleted())
	}
	for _, address := range []string{secretID, adminOf + "/admin"} {
		if got := v.get(address); got.Code != 404 {
			t.Errorf("%s: %d", address, got.Code)
		}
	}
}
