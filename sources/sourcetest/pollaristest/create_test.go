package pollaristest

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/padsync/padsync/documents/poll"
)

// started makes a draft, and returns the path of its admin's pages.
func started(t *testing.T, b *browser, kind string, pairs ...string) string {
	t.Helper()
	got := b.send("/polls/new?type="+kind, "poll", append([]string{"poll[title]", " Picnic ", "poll[authorName]", "Ada"}, pairs...)...)
	step := map[string]string{"date": "/dates?flow=on", "classic": "/proposals?flow=on"}[kind]
	admin, ok := strings.CutSuffix(got.Header().Get("Location"), step)
	if got.Code != 302 || !ok {
		t.Fatalf("%d to %s", got.Code, got.Header().Get("Location"))
	}
	return admin
}

func TestTheWizardMakesAPollAndPublishingMails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Now: then})
		v := visitor(t, s)
		admin := started(t, v, "date", "poll[description]", "At *noon*", "poll[closedAt]", "2000-02-01", "poll[authorEmail]", "ada@example.org")
		next := func(page, form, to string, pairs ...string) {
			t.Helper()
			if got := v.send(admin+page, form, pairs...); got.Code != 302 || got.Header().Get("Location") != admin+to {
				t.Fatalf("%s: %d to %s", page, got.Code, got.Header().Get("Location"))
			}
		}
		for _, page := range []string{"/slots", "/summary", "/settings", "/complete"} {
			if got := v.get(admin + page); got.Code != 302 {
				t.Errorf("%s before there are dates: %d", page, got.Code)
			}
		}
		next("/dates?flow=on", "poll_dates", "/slots?flow=on", "poll_dates[dates][0][value]", "2000-01-20", "poll_dates[dates][1][value]", "2000-01-10")
		next("/slots?flow=on", "poll_slots", "/summary?flow=on", "poll_slots[dates][1][proposals][0][label]", "noon")
		next("/settings", "poll_settings", "/summary?flow=on", "poll_settings[slug]", "picnic", "poll_settings[areResultsPublic]", "1", "poll_settings[editVoteMode]", "own")
		if got := v.get("/polls/picnic"); got.Code != 404 || s.Mails() != 0 {
			t.Errorf("a draft is shown (%d), or told of (%d)", got.Code, s.Mails())
		}
		next("/summary?flow=on", "poll_summary", "/complete?flow=on")
		if got := v.get(admin + "/complete?flow=on").Body.String(); !strings.Contains(got, `value="http://example.com/polls/picnic"`) || s.Mails() != 1 {
			t.Error(s.Mails())
		}
		if !strings.Contains(v.get("/polls/picnic").Body.String(), admin+"/admin") {
			t.Error("the session that published it is no admin's")
		}
		id := strings.Split(admin, "/")[2]
		got, _ := s.Poll(id)
		// The first slot was sent for the later day, and the other day got one.
		want := Poll{
			ID: id, Token: strings.Split(admin, "/")[3], Slug: "picnic", Kind: poll.Date, Title: "Picnic", Description: "At *noon*", Author: "Ada",
			Mail: "ada@example.org", Locale: "en_GB", Closes: "2000-02-01", Edit: Own, Created: got.Created,
			Proposals: []Proposal{{ID: got.Proposals[0].ID, Date: "2000-01-10", Label: "Day"}, {ID: got.Proposals[1].ID, Date: "2000-01-20", Label: "noon"}},
		}
		if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Poll{}, Proposal{})); d != "" {
			t.Error(d)
		}
	})
}

func TestADraftWithoutItsClosingDateNeverCloses(t *testing.T) {
	s := New(Options{Now: then})
	v := visitor(t, s)
	started(t, v, "classic")
	if p := s.Polls()[0]; p.Closes != "" || !p.Draft || !p.NotifyVotes || p.Kind != poll.Classic {
		t.Errorf("%+v", p)
	}
	if values := inputsOf(t, v, "/polls/new?type=classic"); values["poll[closedAt]"] == "" {
		t.Error("the form proposes no closing date")
	}
}

func TestAnAddressMayBeDemanded(t *testing.T) {
	s := New(Options{Now: then, RequireMail: true})
	v := visitor(t, s)
	if got := v.send("/polls/new?type=date", "poll", "poll[title]", "x", "poll[authorName]", "Ada"); got.Code != 422 || len(s.Polls()) != 0 {
		t.Error(got.Code)
	}
	admin := started(t, v, "classic", "poll[authorEmail]", "ada@example.org")
	v.send(admin+"/proposals?flow=on", "poll_proposals", "poll_proposals[proposals][0][label]", "A")
	v.send(admin+"/summary?flow=on", "poll_summary")
	if s.Mails() != 1 {
		t.Errorf("%d mails", s.Mails())
	}
}

func TestAnOldIDMayBecomeTheSlugOfANewPoll(t *testing.T) {
	s := New(Options{Now: then})
	old := s.Put(garden())
	v := visitor(t, s)
	admin := started(t, v, "classic")
	v.send(admin+"/proposals?flow=on", "poll_proposals", "poll_proposals[proposals][0][label]", "A")
	set := func() int {
		return v.send(admin+"/settings", "poll_settings", "poll_settings[slug]", old.ID).Code
	}
	if got := set(); got != 422 {
		t.Errorf("a slug that is taken: %d", got)
	}
	s.Delete(old.ID)
	if got := set(); got != 302 {
		t.Errorf("a slug that is free: %d", got)
	}
}
