package pollaris_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/pollaris"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/pollaristest"
)

// always are lost with every poll whose address is free.
var always = []sources.Loss{pollaris.LossAdmin, pollaris.LossTimes, pollaris.LossLocale}

// importing is a server that polls may be made on.
var importing = pollaristest.Options{Importing: true}

// saved is a poll as it would be fetched by its admin link, or by its slug, from a
// server of the dialect of the test.
func saved(t *testing.T, p pollaristest.Poll, admin bool) *sources.Version {
	t.Helper()
	server := pollaristest.New(pollaristest.Options{Prefix: "/sub", Dialect: dialects[name(t)], Unasked: func(request string) { t.Errorf("unasked: %s", request) }})
	p = server.Put(p)
	s, _ := openWith(t, server, pollaris.Options{Passwords: map[string]string{p.Slug: p.Password}})
	if admin {
		return fetch(t, s, p.ID+"/"+p.Token+"/admin", "")
	}
	return fetch(t, s, p.Slug, "")
}

// version has just a poll.json.
func version(t *testing.T, id string, p *poll.Poll) *sources.Version {
	t.Helper()
	b, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return &sources.Version{ID: id, Files: []sources.File{{Name: "poll.json", Format: "json", Size: int64(len(b)), Content: strings.NewReader(string(b))}}}
}

// imported is what the admin link of the new poll tells, and what the server has.
func imported(t *testing.T, server *pollaristest.Server, s *pollaris.Source, v *sources.Version) (*poll.Poll, pollaristest.Poll, *sources.Imported) {
	t.Helper()
	made, err := s.Import(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	admin := strings.TrimPrefix(made.Private["admin"], base+"/polls/")
	got, ok := server.Poll(strings.Split(admin, "/")[0])
	if !ok || made.Address != base+"/polls/"+made.ID || made.ID != got.Slug {
		t.Fatalf("%+v is not %+v", made, got)
	}
	reader, _ := openWith(t, server, pollaris.Options{Passwords: map[string]string{made.ID: got.Password}})
	p, _ := decode(t, fetch(t, reader, admin, ""))
	return p, got, made
}

// likeness compares polls without what the server makes itself.
var likeness = cmp.Options{
	cmpopts.IgnoreFields(poll.Poll{}, "Created"), cmpopts.IgnoreFields(poll.Comment{}, "Date"), cmpopts.IgnoreFields(poll.Vote{}, "Date"),
	cmpopts.IgnoreFields(poll.Settings{}, "Expired"),
}

func checkLosses(t *testing.T, got []sources.Loss, want ...sources.Loss) {
	t.Helper()
	want = append(slices.Clone(always), want...)
	if d := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got))); d != "" {
		t.Error("losses:", d)
	}
}

func losses(t *testing.T, s *pollaris.Source, v *sources.Version) []sources.Loss {
	t.Helper()
	found, err := s.Losses(t.Context(), v)
	if err != nil {
		t.Error(err)
	}
	return found
}

// party is a poll with all rules on, and names and choices that are odd.
func party() pollaristest.Poll {
	p := lunch()
	p.Description, p.Mail = "Bring *gloves*\n\n- a\n- b", "anna@example.org"
	p.Hidden, p.NoByDefault, p.NotifyVotes, p.NotifyComments, p.MaxVotes, p.Edit = true, true, true, true, 1, pollaristest.No
	p.Comments = []pollaristest.Comment{{Author: "Dora", Text: "one"}, {Author: "Dora", Text: "one"}, {Author: "Eve", Text: "two\nlines"}}
	return p
}

func TestImportedPollsReadBackTheSame(t *testing.T) {
	password := garden()
	password.Password, password.Slug = "s3cret", "locked"
	votesOnly := garden()
	votesOnly.Password, votesOnly.VotesOnly, votesOnly.Slug = "s3cret", true, "votes-only"
	over := garden()
	over.Closes, over.Slug = "1999-12-31", "over"
	draft := garden()
	draft.Draft, draft.Votes, draft.Comments, draft.Slug = true, nil, nil, "draft"
	empty := lunch()
	empty.Votes, empty.Slug = nil, "empty"
	inBubbles(t, importing, func(t *testing.T, server *pollaristest.Server) {
		s, _ := openWith(t, server, pollaris.Options{Passwords: map[string]string{"locked": "s3cret", "votes-only": "s3cret"}})
		for _, p := range []pollaristest.Poll{garden(), party(), password, votesOnly, over, draft, empty} {
			v := saved(t, p, true)
			want, _ := decode(t, v)
			told := losses(t, s, v)
			got, has, made := imported(t, server, s, v)
			want.Description = strings.TrimSpace(want.Description)
			if d := cmp.Diff(want, got, likeness); d != "" {
				t.Errorf("%s: %s", v.ID, d)
			}
			if made.ID != v.ID || cmp.Diff(told, made.Losses) != "" || has.Password != p.Password {
				t.Errorf("%q for %q, losses %q, told before %q", made.ID, v.ID, made.Losses, told)
			}
			if strings.Contains(want.Description+fmt.Sprint(want.Comments), "**") {
				checkLosses(t, made.Losses, pollaris.LossMarkup)
			} else {
				checkLosses(t, made.Losses)
			}
		}
		if server.Mails() != 0 || server.Deleted() != 0 {
			t.Errorf("%d mails, %d deleted", server.Mails(), server.Deleted())
		}
	})
}

// TestVotesAreASecondApart, since the server knows no other order of them, and each
// is another visitor's.
func TestVotesAreASecondApart(t *testing.T) {
	inBubbles(t, importing, func(t *testing.T, server *pollaristest.Server) {
		p := lunch()
		p.Votes = nil
		for i := range 12 {
			p.Votes = append(p.Votes, pollaristest.Vote{Name: fmt.Sprint(12 - i), Answers: []poll.Answer{y}})
		}
		p.Comments = []pollaristest.Comment{{Author: "Dora", Text: "one"}, {Author: "Dora", Text: "two"}}
		v := saved(t, p, true)
		s, _ := open(t, server)
		_, has, _ := imported(t, server, s, v)
		if server.Sessions() < 1+12+2 {
			t.Errorf("%d sessions", server.Sessions())
		}
		for i := range has.Votes[1:] {
			if d := has.Votes[i+1].Created.Sub(has.Votes[i].Created); d < time.Second || has.Votes[i].Name != fmt.Sprint(12-i) {
				t.Errorf("vote %d is of %s, and the next %s after it", i, has.Votes[i].Name, d)
			}
		}
		if d := has.Comments[1].Created.Sub(has.Comments[0].Created); d < time.Second {
			t.Errorf("the second comment is %s after the first", d)
		}
	})
}

// TestAnswersGoToTheirChoices by what these are called, as the database may have them
// in any order, and the form to vote numbers them by that.
func TestAnswersGoToTheirChoices(t *testing.T) {
	twins := garden()
	twins.Proposals[1].Label = "14h-16h"
	for _, p := range []pollaristest.Poll{garden(), lunch(), twins} {
		inBubbles(t, importing, func(t *testing.T, server *pollaristest.Server) {
			s, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				server.ServeHTTP(w, r)
				if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/summary") {
					server.Change(strings.Split(r.URL.Path, "/")[3], func(p *pollaristest.Poll) { p.Swap(0, 3); p.Swap(0, 1) })
				}
			}))
			v := saved(t, p, true)
			want, _ := decode(t, v)
			got, _, _ := imported(t, server, s, v)
			for i, vote := range want.Votes {
				if d := cmp.Diff(said(want, vote), said(got, got.Votes[i])); d != "" {
					t.Errorf("%s: %s", vote.Name, d)
				}
			}
		})
	}
}

// said are the choices and what a vote answered to them, in an order of their own.
func said(p *poll.Poll, v poll.Vote) (all []string) {
	for i, c := range p.Choices {
		all = append(all, fmt.Sprint(c, " ", v.Answers[i]))
	}
	slices.Sort(all)
	return all
}

// TestNobodySeesAPollBeforeItIsWhole: until then its old address leads to nothing,
// and its results would not be hidden.
func TestNobodySeesAPollBeforeItIsWhole(t *testing.T) {
	inBubbles(t, importing, func(t *testing.T, server *pollaristest.Server) {
		v := saved(t, party(), true)
		s, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for _, p := range server.Polls() {
				if p.Slug == v.ID && (!p.Hidden || len(p.Votes) < 3 || len(p.Comments) < 3) {
					t.Errorf("at its address it has %d votes, and %d comments", len(p.Votes), len(p.Comments))
				}
			}
			server.ServeHTTP(w, r)
		}))
		imported(t, server, s, v)
	})
}

func TestPollKeepsItsAddressWhereThatIsFree(t *testing.T) {
	inBubbles(t, importing, func(t *testing.T, server *pollaristest.Server) {
		s, _ := open(t, server)
		v := saved(t, lunch(), true)
		_, first, made := imported(t, server, s, v)
		checkLosses(t, made.Losses)
		_, _, again := imported(t, server, s, v)
		if again.ID == v.ID || !slices.Contains(again.Losses, pollaris.LossLinks) || slices.Contains(again.Losses, pollaris.LossAdmin) {
			t.Errorf("%q, losses %q", again.ID, again.Losses)
		}
		if now, _ := server.Poll(first.ID); cmp.Diff(first, now, cmpopts.IgnoreUnexported(pollaristest.Poll{}, pollaristest.Proposal{})) != "" {
			t.Error("the first was changed")
		}
		p, _ := decode(t, v)
		for _, id := range []string{"new", "choose", "a b", "é", strings.Repeat("x", 21)} {
			_, _, made := imported(t, server, s, version(t, id, p))
			if made.ID == id || !slices.Contains(made.Losses, pollaris.LossLinks) {
				t.Errorf("%q for %q, losses %q", made.ID, id, made.Losses)
			}
		}
	})
}

// TestAnAddressIsDemandedOrNotMailed: publishing mails the one that the server
// demands, once, and nothing else mails.
func TestAnAddressIsDemandedOrNotMailed(t *testing.T) {
	demanding := importing
	demanding.RequireMail = true
	inBubbles(t, demanding, func(t *testing.T, server *pollaristest.Server) {
		s, client := open(t, server)
		v := saved(t, party(), false) // by its slug there is no address
		if _, err := s.Losses(t.Context(), v); !errors.Is(err, sources.ErrMail) {
			t.Error(err)
		}
		if made, err := s.Import(t.Context(), v); !errors.Is(err, sources.ErrMail) || made != nil || client.Requests() != 2 {
			t.Error(made, err)
		}
		s, _ = openWith(t, server, pollaris.Options{Mail: "me@example.org"})
		for i, v := range []*sources.Version{v, saved(t, party(), true)} {
			got, _, made := imported(t, server, s, v)
			if server.Mails() != i+1 || got.Settings.Mail != "me@example.org" || slices.Contains(made.Losses, pollaris.LossMail) != (i == 1) {
				t.Errorf("%d mails, losses %q", server.Mails(), made.Losses)
			}
		}
	})
}

func TestWhatWasNotSavedIsALoss(t *testing.T) {
	inBubbles(t, importing, func(t *testing.T, server *pollaristest.Server) {
		s, _ := open(t, server)
		hidden := garden()
		hidden.Hidden = true
		v := saved(t, hidden, false)
		got, _, made := imported(t, server, s, v)
		if !*got.Settings.Hidden || len(got.Votes) > 0 || got.Expires != "" {
			t.Errorf("%+v", got)
		}
		checkLosses(t, made.Losses, pollaris.LossVotes, pollaris.LossPublic, pollaris.LossOptions, pollaris.LossExpiry, pollaris.LossMarkup)
		if d := cmp.Diff(losses(t, s, v), made.Losses); d != "" {
			t.Error(d)
		}

		closed := garden()
		closed.Closes, closed.Slug = "1999-12-31", "closed"
		got, _, _ = imported(t, server, s, saved(t, closed, false))
		if !*got.Settings.Expired {
			t.Error("a poll that was over is open")
		}

		locked := garden()
		locked.Password, locked.Slug = "s3cret", "locked"
		v = saved(t, locked, true)
		_, has, made := imported(t, server, s, v)
		if has.Password == "" || has.Password == "s3cret" || has.VotesOnly {
			t.Errorf("anybody sees the votes: %q", has.Password)
		}
		checkLosses(t, made.Losses, pollaris.LossPassword, pollaris.LossMarkup)
	})
}

// TestPollOfAFramadateIsTaken, and what does not fit is named.
func TestPollOfAFramadateIsTaken(t *testing.T) {
	inBubbles(t, importing, func(t *testing.T, server *pollaristest.Server) {
		s, _ := open(t, server)
		p := &poll.Poll{
			Title: "Quand ?", Author: "Ada", Kind: poll.Date, Description: "**Hi**",
			Choices: []poll.Choice{{Date: "2027-02-01"}, {Date: "2027-01-11", Moment: "9h"}, {Date: "2027-01-11", Moment: "9h"}, {Date: "2027-01-11", Moment: "soir"}},
			Votes: []poll.Vote{
				{Name: "Zoé", Answers: []poll.Answer{y, n, m, u}}, {Name: "zOÉ", Answers: []poll.Answer{n}}, {Name: "", Answers: []poll.Answer{u, u, u, u, y}},
			},
			Comments: []poll.Comment{{Author: "Zoé", Date: "2026-11-22T11:01", Text: "À <b>bientôt</b> * !"}},
			Expires:  "2027-05-05", Settings: poll.Settings{Hidden: is(false), Locked: is(true), Password: is(false), Edit: poll.EditAll},
		}
		v := version(t, "AbCdEf1234567890", p)
		got, _, made := imported(t, server, s, v)
		wantChoices := []poll.Choice{{Date: "2027-01-11", Moment: "9h"}, {Date: "2027-01-11", Moment: "9h"}, {Date: "2027-01-11", Moment: "soir"}, {Date: "2027-02-01", Moment: "Day"}}
		wantVotes := []poll.Vote{{Name: "Zoé", Answers: []poll.Answer{n, m, u, y}}, {Name: "zOÉ (2)", Answers: []poll.Answer{u, u, u, n}}, {Name: "?", Answers: []poll.Answer{u, u, u, u}}}
		if d := cmp.Diff(wantChoices, got.Choices); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(wantVotes, got.Votes, likeness); d != "" || !*got.Settings.Expired || made.ID != v.ID {
			t.Error(made.ID, d)
		}
		want := []sources.Loss{pollaris.LossSlots, pollaris.LossNames, pollaris.LossAnswers, pollaris.LossMarkup, pollaris.LossLock, pollaris.LossOptions}
		checkLosses(t, losses(t, s, v), want...)
		if name(t) == "1.1" {
			want = append(want, pollaris.LossEdit) // only the poll's own form tells
		}
		checkLosses(t, made.Losses, want...)
	})
}

func TestWhatNoFormTakesIsRefusedBeforeAnythingIsMade(t *testing.T) {
	wide := func(n int) *poll.Poll {
		p := &poll.Poll{Title: "wide", Author: "Ada", Kind: poll.Classic}
		for i := range n {
			p.Choices = append(p.Choices, poll.Choice{Label: fmt.Sprint(i)})
		}
		p.Votes = []poll.Vote{{Name: "Ada", Answers: slices.Repeat([]poll.Answer{y}, n)}}
		return p
	}
	inBubbles(t, importing, func(t *testing.T, server *pollaristest.Server) {
		s, _ := open(t, server)
		uncertain := &poll.Poll{Title: "x", Kind: poll.Date, Choices: []poll.Choice{{Label: "Sa 1. Mai 2027"}}}
		for _, c := range []struct {
			poll *poll.Poll
			want error
		}{{wide(989), pollaris.ErrTooLarge}, {uncertain, pollaris.ErrNoDays}} {
			made, err := s.Import(t.Context(), version(t, "x", c.poll))
			if !errors.Is(err, c.want) || made != nil || len(server.Polls()) > 0 || strings.Contains(err.Error(), "Mai") {
				t.Error(made, err)
			}
		}
		got, _, _ := imported(t, server, s, version(t, "x", wide(988)))
		if len(got.Choices) != 988 || len(got.Votes) != 1 || got.Votes[0].Answers[987] != y {
			t.Errorf("%d choices", len(got.Choices))
		}
	})
}

// TestBrokenOffImportTellsTheAdminLink, wherever it was.
func TestBrokenOffImportTellsTheAdminLink(t *testing.T) {
	inBubbles(t, importing, func(t *testing.T, server *pollaristest.Server) {
		v := saved(t, garden(), true)
		for stop := 2; stop < 30; stop++ {
			sent := 0
			s, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					if sent++; sent >= stop {
						w.WriteHeader(http.StatusForbidden)
						return
					}
				}
				server.ServeHTTP(w, r)
			}))
			before := len(server.Polls())
			made, err := s.Import(t.Context(), v)
			if err == nil {
				if stop < 9 {
					t.Errorf("only %d forms", stop)
				}
				return
			}
			all := server.Polls()
			if made == nil || !errors.Is(err, sources.ErrDiffers) || len(all) != before+1 {
				t.Fatalf("%d: %+v, %v", stop, made, err)
			}
			last := all[len(all)-1]
			if made.Private["admin"] != base+"/polls/"+last.ID+"/"+last.Token+"/admin" {
				t.Errorf("%d: %q", stop, made.Private)
			}
			if made.Address != base+"/polls/"+last.Slug {
				t.Errorf("%d: it is said to be at %s, and is at %s", stop, made.Address, last.Slug)
			}
		}
		t.Error("it never ends well")
	})
}

// TestPollIsProtectedWhereItsAddressBreaksTheServer: some end in 500 where the
// address is taken. All else is set by then.
func TestPollIsProtectedWhereItsAddressBreaksTheServer(t *testing.T) {
	inBubbles(t, importing, func(t *testing.T, server *pollaristest.Server) {
		p := garden()
		p.Hidden, p.Slug = true, "garden-2026"
		v := saved(t, p, true)
		s, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/settings") {
				body, _ := io.ReadAll(r.Body)
				r.Body = io.NopCloser(bytes.NewReader(body))
				if form, err := url.ParseQuery(string(body)); err == nil && !strings.Contains(r.URL.Path, form.Get("poll_settings[slug]")) {
					w.WriteHeader(http.StatusInternalServerError)
					return
				}
			}
			server.ServeHTTP(w, r)
		}))
		made, err := s.Import(t.Context(), v)
		all := server.Polls()
		last := all[len(all)-1]
		if err != nil || made.Address != base+"/polls/"+last.ID || !last.Hidden {
			t.Errorf("%+v, %v, %+v", made, err, last)
		}
	})
}

func TestLostAnswersMakeNoVoteTwice(t *testing.T) {
	inBubbles(t, importing, func(t *testing.T, server *pollaristest.Server) {
		posts := make(map[string]int)
		s, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			last := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
			if r.Method == http.MethodPost && last != "new" {
				if posts[last]++; posts[last]%2 == 1 {
					server.ServeHTTP(httptest.NewRecorder(), r)
					w.WriteHeader(http.StatusBadGateway)
					return
				}
			}
			server.ServeHTTP(w, r)
		}))
		v := saved(t, garden(), true)
		_, has, _ := imported(t, server, s, v)
		if len(has.Votes) != 2 || len(has.Comments) != 1 {
			t.Errorf("%d votes, %d comments", len(has.Votes), len(has.Comments))
		}
	})
}

func TestConformanceOfImport(t *testing.T) {
	inBubbles(t, importing, func(t *testing.T, server *pollaristest.Server) {
		requests := 0
		faults := &sourcetest.Faults{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests++
			server.ServeHTTP(w, r)
		})}
		s, _ := open(t, faults)
		v := saved(t, garden(), true)
		broken := &sources.Version{ID: v.ID, Files: []sources.File{{Name: "poll.json", Format: "json", Size: 2, Content: strings.NewReader("{}")}}}
		err := sourcetest.CheckImporter(t.Context(), sourcetest.ImportFixture{
			Importer: s, Faults: faults, Version: v, Broken: broken, Requests: func() int { return requests },
		})
		if err != nil {
			t.Error(err)
		}
	})
}
