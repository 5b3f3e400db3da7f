package pollaris_test

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/pollaris"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/pollaristest"
)

const (
	base  = "http://polls.example.org/sub"
	id    = "0123456789abcdef0123"
	token = "fedcba98765432100123"
	link  = id + "/" + token + "/admin"

	y = poll.Yes
	m = poll.IfNeedBe
	n = poll.No
	u = poll.Unknown
)

var dialects = map[string]pollaristest.Dialect{"1.1": pollaristest.V11, "1.2": pollaristest.V12}

// inBubbles runs test with a server of each dialect, where waiting takes no time.
// A request that padsync may not send, such as one that changes something, fails
// it.
func inBubbles(t *testing.T, o pollaristest.Options, test func(*testing.T, *pollaristest.Server)) {
	t.Helper()
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			o := o
			o.Dialect, o.Prefix = dialect, "/sub"
			o.Unasked = func(request string) { t.Errorf("unasked: %s", request) }
			synctest.Test(t, func(t *testing.T) { test(t, pollaristest.New(o)) })
		})
	}
}

func open(t *testing.T, h http.Handler) (*pollaris.Source, *polite.Client) {
	t.Helper()
	return openWith(t, h, pollaris.Options{})
}

func openWith(t *testing.T, h http.Handler, o pollaris.Options) (*pollaris.Source, *polite.Client) {
	t.Helper()
	transport, stop := sourcetest.Serve(requests.Watch(h, func(request string) { t.Errorf("not in docs/requests.md: %s", request) }))
	t.Cleanup(stop)
	client := polite.New(polite.Options{Transport: transport})
	s, err := pollaris.New(base, client, new(spool.Pool), o)
	if err != nil {
		t.Fatal(err)
	}
	return s, client
}

func fetch(t *testing.T, s *pollaris.Source, locator, validator string) *sources.Version {
	t.Helper()
	v, err := s.Fetch(t.Context(), locator, validator)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// file is the content of a file, "" if there is none of the name.
func file(t *testing.T, v *sources.Version, name string) string {
	t.Helper()
	for _, f := range v.Files {
		if f.Name == name {
			b, err := io.ReadAll(io.NewSectionReader(f.Content, 0, f.Size))
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
	}
	return ""
}

// decode gives what a look saw, and what it did not see.
func decode(t *testing.T, v *sources.Version) (*poll.Poll, []poll.Part) {
	t.Helper()
	p, err := poll.Decode(strings.NewReader(file(t, v, "poll.json")))
	if err != nil {
		t.Fatal(err)
	}
	unseen := p.Unseen
	p.Unseen = nil
	return p, unseen
}

func is(b bool) *bool { return &b }

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// garden is a poll of dates: two moments of one day, and in the database another
// order than on the page.
func garden() pollaristest.Poll {
	return pollaristest.Poll{
		ID: id, Token: token, Kind: poll.Date, Title: "Garden day", Description: "Bring *gloves*\n", Author: `Anna "A" Ünal`, Mail: "anna@example.org",
		Proposals: []pollaristest.Proposal{
			{ID: 9, Date: "2026-10-26", Label: "02:30"}, {ID: 10, Date: "2026-09-25", Label: "9h"},
			{ID: 11, Date: "2026-09-25", Label: "14h-16h"}, {ID: 12, Date: "2026-05-24", Label: "Day"},
		},
		Votes: []pollaristest.Vote{
			{ID: "297ae4ca2c25fc6f4c75", Name: "Bob", Answers: []poll.Answer{y, n, m}, Created: at("2026-10-01T08:00:01+02:00")},
			{ID: "30d254d7f49ee09544d2", Name: "Nil", Created: at("2026-10-01T09:30:59+02:00")},
		},
		Comments: []pollaristest.Comment{{Author: "Dora", Text: "Hello **all**\nsecond line <i>", Created: at("2026-10-01T08:15:00+02:00")}},
		Closes:   "2026-11-30", NotifyVotes: true, MaxVotes: 2, Created: at("2026-09-30T10:00:00+02:00"),
	}
}

// lunch is a classic poll with names and choices that a table does not tell whole.
func lunch() pollaristest.Poll {
	return pollaristest.Poll{
		ID: id, Token: token, Slug: "My-slug_1", Kind: poll.Classic, Title: "Lunch <where>?", Author: "Anna", NoMaybe: true,
		Proposals: []pollaristest.Proposal{{ID: 1, Label: `Pizza; the "big" one`}, {ID: 2, Label: "=SUM(1)"}, {ID: 3, Label: "Sälat,\t12:30"}, {ID: 4, Label: "2027-01-11"}},
		Votes: []pollaristest.Vote{
			{Name: "Bob", Answers: []poll.Answer{y, n, m, u}}, {Name: `-Cé "x"`, Answers: []poll.Answer{u, u, y, n}}, {Name: "会議"},
		},
	}
}

// public is what the page of garden tells while the poll is open.
func public() *poll.Poll {
	return &poll.Poll{
		Title: "Garden day", Description: "Bring *gloves*", Kind: poll.Date,
		Choices: []poll.Choice{
			{Date: "2026-05-24", Moment: "Day"}, {Date: "2026-09-25", Moment: "9h"}, {Date: "2026-09-25", Moment: "14h-16h"}, {Date: "2026-10-26", Moment: "02:30"},
		},
		Votes:    []poll.Vote{{Name: "Bob", Answers: []poll.Answer{u, n, m, y}}, {Name: "Nil", Answers: []poll.Answer{u, u, u, u}}},
		Comments: []poll.Comment{{Author: "Dora", Date: "2026-10-01T07:15:00+01:00", Text: "Hello **all**  \nsecond line &lt;i&gt;"}},
		Settings: poll.Settings{Hidden: is(false), Expired: is(false), Password: is(false), NoIfNeedBe: is(false), NoByDefault: is(false)},
	}
}

// told is what its admin link tells.
func told(dialect string) *poll.Poll {
	p, most := public(), 2
	p.Description, p.Author, p.Expires, p.Created = "Bring *gloves*\n", `Anna "A" Ünal`, "2026-11-30", "2026-09-30T09:00:00+01:00"
	p.Settings.Edit, p.Settings.Mail, p.Settings.MaxVotes = poll.EditOwn, "anna@example.org", &most
	p.Settings.NotifyVotes, p.Settings.NotifyComments = is(true), is(false)
	if dialect == "1.2" {
		p.Votes[0].Date, p.Votes[1].Date = "2026-10-01T07:00:01+01:00", "2026-10-01T08:30:59+01:00"
	}
	return p
}

func name(t *testing.T) string { return t.Name()[strings.LastIndexByte(t.Name(), '/')+1:] }

func TestPollsOfDatesAreSavedWholeFromBothLinks(t *testing.T) {
	inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
		server.Put(garden())
		s, client := open(t, server)
		v := fetch(t, s, id, "")
		got, unseen := decode(t, v)
		if d := cmp.Diff(public(), got); d != "" {
			t.Error(d)
		}
		wantUnseen := []poll.Part{
			poll.PartAuthor, poll.PartCreated, poll.PartDescriptionMarkdown, poll.PartVoteTimes, poll.PartEdit, poll.PartMail,
			poll.PartMaxVotes, poll.PartNotify, poll.PartExpires,
		}
		if d := cmp.Diff(wantUnseen, unseen); d != "" {
			t.Error(d)
		}
		if v.ID != id || v.Title != "Garden day" || v.Private != nil || v.Suspect != "" || len(v.Files) != 3 || v.Facts.Length < 10 || v.Facts.Expires != "" {
			t.Errorf("%+v", v)
		}
		if client.Requests() != 2 || server.Sessions() != 1 {
			t.Errorf("%d requests in %d sessions", client.Requests(), server.Sessions())
		}
		if strings.Contains(file(t, v, "page.html"), token) || !strings.HasPrefix(file(t, v, "poll.csv"), ",2026-05-24,2026-09-25,") {
			t.Error("the page has the admin link, or the table is not as sent")
		}

		by := fetch(t, s, link, "")
		got, unseen = decode(t, by)
		if d := cmp.Diff(told(name(t)), got); d != "" {
			t.Error(d)
		}
		if name(t) == "1.2" && len(unseen) > 0 || by.ID != id || by.Private["admin"] != base+"/polls/"+link || by.Suspect != "" {
			t.Errorf("%q, unseen is %q, private is %q", by.ID, unseen, by.Private)
		}
		if client.Requests() != 2+6 || server.Sessions() != 2 {
			t.Errorf("%d requests in %d sessions", client.Requests(), server.Sessions())
		}
		if strings.Contains(file(t, by, "page.html"), token) {
			t.Error("the page has the admin link in it")
		}
		for part, hash := range v.Facts.Fields {
			if by.Facts.Fields[part] != hash {
				t.Errorf("by the admin link, %s is another", part)
			}
		}
	})
}

func TestClassicPollsAreSavedWholeAndTheServerTellsTheirNames(t *testing.T) {
	inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
		server.Put(lunch())
		s, client := open(t, server)
		v, by := fetch(t, s, "My-slug_1", ""), fetch(t, s, link, "")
		if client.Requests() != 2+5 {
			t.Errorf("%d requests", client.Requests())
		}
		want := &poll.Poll{
			Title: "Lunch <where>?", Kind: poll.Classic,
			Choices:  []poll.Choice{{Label: `Pizza; the "big" one`}, {Label: "=SUM(1)"}, {Label: "Sälat,\t12:30"}, {Label: "2027-01-11"}},
			Votes:    []poll.Vote{{Name: "Bob", Answers: []poll.Answer{y, n, m, u}}, {Name: `-Cé "x"`, Answers: []poll.Answer{u, u, y, n}}, {Name: "会議", Answers: []poll.Answer{u, u, u, u}}},
			Comments: []poll.Comment{},
			Settings: poll.Settings{Hidden: is(false), Expired: is(false), Password: is(false), NoIfNeedBe: is(true), NoByDefault: is(false)},
		}
		got, _ := decode(t, v)
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		for _, v := range []*sources.Version{v, by} {
			if v.ID != "My-slug_1" || v.Suspect != "" {
				t.Errorf("it is %q, %s", v.ID, v.Suspect)
			}
		}
		if got, _ := decode(t, by); got.Expires != "" || *got.Settings.MaxVotes != 0 || got.Author != "Anna" {
			t.Errorf("%+v", got)
		}
		// Once its slug is another, the poll's id is no name of it.
		if _, err := s.Fetch(t.Context(), id, ""); !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	})
}

func TestUnchangedPollCostsOneRequestOrThreeByItsAdminLink(t *testing.T) {
	inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
		server.Put(garden())
		s, client := open(t, server)
		for locator, cost := range map[string]int64{id: 1, link: 3} {
			first := fetch(t, s, locator, "")
			again := fetch(t, s, locator, "")
			if again.Validator != first.Validator || again.Facts.Content != first.Facts.Content {
				t.Error("two looks at the same poll differ")
			}
			before := client.Requests()
			if v := fetch(t, s, locator, first.Validator); !v.Unchanged || v.ID != id || client.Requests() != before+cost {
				t.Errorf("%+v after %d requests", v, client.Requests()-before)
			}
		}
	})
}

func TestWhatOnlyTheAdminLinkTellsIsAChangeToIt(t *testing.T) {
	for what, change := range map[string]func(*pollaristest.Poll){
		"closing date": func(p *pollaristest.Poll) { p.Closes = "" }, "options": func(p *pollaristest.Poll) { p.NotifyComments = true },
		"markdown": func(p *pollaristest.Poll) { p.Description = "Bring *gloves*" }, "author": func(p *pollaristest.Poll) { p.Author = "Eve" },
	} {
		inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
			server.Put(garden())
			s, _ := open(t, server)
			first, public := fetch(t, s, link, ""), fetch(t, s, id, "")
			server.Change(id, change)
			if v := fetch(t, s, link, first.Validator); v.Unchanged || v.Facts.Content == first.Facts.Content {
				t.Errorf("%s: no change", what)
			}
			if v := fetch(t, s, id, public.Validator); !v.Unchanged {
				t.Errorf("%s: a change to the public link", what)
			}
		})
	}
}

func TestConformance(t *testing.T) {
	inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
		server.Put(garden())
		locked := lunch()
		locked.ID, locked.Slug, locked.Password = "", "locked", "s3cret"
		server.Put(locked)
		var hostile []string
		for _, slug := range []string{"CON", "nul", "-rf", "_", "polls", "admin", "abcdef0123456789abcd"} {
			p := garden()
			p.ID, p.Token, p.Slug = "", "", slug
			p.Title = "../../x\u2028</title><script>\u202e" + strings.Repeat("🎉", 50)
			p.Author, p.Description = p.Title, p.Title+"\n\n[x](javascript:alert(1))"
			p.Proposals[0].Label = "\"\n,\r\n=cmd|"
			p.Votes[0].Name = p.Title + "\r\n,\",\""
			p.Comments[0].Author, p.Comments[0].Text = p.Title, p.Title
			hostile = append(hostile, slug)
			server.Put(p)
		}
		for _, given := range []struct{ locator, missing string }{{id, "nosuchpoll"}, {link, "00000000000000000000/00000000000000000000/admin"}} {
			faults := &sourcetest.Faults{Handler: server}
			source, _ := open(t, faults)
			err := sourcetest.Check(t.Context(), sourcetest.Fixture{
				Source: source, Faults: faults, ID: given.locator, Public: given.locator == id,
				Change:  func() { server.Change(id, func(p *pollaristest.Poll) { p.Votes = p.Votes[:len(p.Votes)-1] }) },
				Missing: given.missing, Forbidden: "locked", Hostile: hostile,
			})
			if err != nil {
				t.Errorf("%s: %v", given.locator, err)
			}
		}
	})
}

// TestAnswersThatComeLateTakeNoSessionAway: two polls are looked at at once, and the
// first answer for the other comes between the admin page of this one, which opens
// its results, and its own page.
func TestAnswersThatComeLateTakeNoSessionAway(t *testing.T) {
	inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
		p, other := garden(), garden()
		other.ID, other.Token, other.Votes = strings.Repeat("0", 20), strings.Repeat("1", 20), nil
		p.Hidden, other.Hidden = true, true
		server.Put(p)
		server.Put(other)
		s, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			took := time.Second
			if strings.Contains(r.URL.Path, other.ID) && r.Header.Get("Cookie") == "" {
				took = 1500 * time.Millisecond // it is sent after the first second
			}
			server.ServeHTTP(w, r)
			time.Sleep(took) // of the bubble: what is written is not sent before
		}))
		var both sync.WaitGroup
		for i, at := range []string{link, other.ID + "/" + other.Token + "/admin"} {
			both.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				v, err := s.Fetch(t.Context(), at, "")
				if err != nil {
					t.Error(err)
					return
				}
				defer v.Close()
				if v.Suspect != "" {
					t.Errorf("%s is suspect: %s", v.ID, v.Suspect)
				}
			})
		}
		both.Wait()
	})
}

func TestHiddenResultsAreSeenByTheAdminLinkAlone(t *testing.T) {
	inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
		p := garden()
		p.Hidden = true
		if name(t) == "1.2" {
			p.Edit = pollaristest.Any
		}
		server.Put(p)
		s, client := open(t, server)
		v := fetch(t, s, id, "")
		got, _ := decode(t, v)
		if got.Votes != nil || !*got.Settings.Hidden || len(got.Choices) != 4 || len(got.Comments) != 1 || v.Suspect != pollaris.VotesHidden || v.Facts.Blank || len(v.Files) != 2 {
			t.Errorf("%+v, %+v", got, v)
		}
		before := client.Requests()
		by := fetch(t, s, link, "")
		if got, _ := decode(t, by); len(got.Votes) != 2 || !*got.Settings.Hidden || by.Suspect != "" || len(by.Files) != 3 {
			t.Errorf("%+v, %+v", got, by)
		}
		if cost := client.Requests() - before; cost != 6 {
			t.Errorf("%d requests", cost)
		}
		page := file(t, by, "page.html")
		for _, secret := range []string{token, "297ae4ca2c25fc6f4c75", "30d254d7f49ee09544d2"} {
			if strings.Contains(page, secret) {
				t.Errorf("the page has %s", secret)
			}
		}
		if !strings.Contains(page, "Nil") || strings.Contains(page, `_token]" value="`) && !strings.Contains(page, `_token]" value=""`) {
			t.Error("the page has no votes, or tokens")
		}
		// The visitor's session never saw the admin page.
		if v := fetch(t, s, id, ""); v.Suspect != pollaris.VotesHidden || strings.Contains(file(t, v, "page.html"), token) {
			t.Errorf("%+v", v)
		}
		before = client.Requests()
		if v := fetch(t, s, link, by.Validator); !v.Unchanged || client.Requests()-before != 4 {
			t.Errorf("%+v after %d requests", v, client.Requests()-before)
		}
	})
}

// TestOnlyWhatNeededNoMoreThanTheLinkIsPublic, whatever else the source could
// have sent.
func TestOnlyWhatNeededNoMoreThanTheLinkIsPublic(t *testing.T) {
	inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
		server.Put(garden())
		locked := garden()
		locked.ID, locked.Token, locked.Slug, locked.Password = "", "", "locked", "s3cret"
		server.Put(locked)
		s, _ := openWith(t, server, pollaris.Options{Passwords: map[string]string{"": "s3cret"}})
		for _, c := range []struct {
			locator string
			want    bool
		}{{id, true}, {link, false}, {"locked", false}, {id, true}} {
			first := fetch(t, s, c.locator, "")
			again := fetch(t, s, c.locator, first.Validator)
			if first.Public != c.want || again.Public != c.want || !again.Unchanged {
				t.Errorf("at first %v, then %v, want %v", first.Public, again.Public, c.want)
			}
		}
	})
}

func TestPasswordOpensAPoll(t *testing.T) {
	inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
		p := garden()
		p.Password = "s3cret"
		server.Put(p)
		with := func(password string) *pollaris.Source {
			s, _ := openWith(t, server, pollaris.Options{Passwords: map[string]string{id: password}})
			return s
		}
		if _, err := with("").Fetch(t.Context(), id, ""); !errors.Is(err, pollaris.ErrPassword) || !errors.Is(err, fs.ErrPermission) {
			t.Error(err)
		}
		if _, err := with("wrong").Fetch(t.Context(), id, ""); !errors.Is(err, pollaris.ErrWrongPassword) || !errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "wrong") {
			t.Error(err)
		}
		s := with("s3cret")
		v := fetch(t, s, id, "")
		if got, _ := decode(t, v); len(got.Votes) != 2 || !*got.Settings.Password || *got.Settings.PublicResults || len(v.Files) != 3 {
			t.Errorf("%+v", got)
		}
		if again := fetch(t, s, id, v.Validator); !again.Unchanged {
			t.Error("let in already, it sees another poll")
		}
		if got, _ := decode(t, fetch(t, with("s3cret"), link, "")); len(got.Votes) != 2 || !*got.Settings.Password || *got.Settings.PublicResults {
			t.Errorf("%+v", got)
		}

		// The admin link alone shows all but the answers.
		for _, password := range []string{"", "wrong"} {
			s := with(password)
			v := fetch(t, s, link, "")
			got, unseen := decode(t, v)
			want := told(name(t))
			want.Votes, want.Settings.Password, want.Settings.PublicResults, want.Settings.Expired = nil, is(true), is(false), nil
			if d := cmp.Diff(want, got); d != "" || !slices.Contains(unseen, poll.PartVotes) || v.Suspect != pollaris.VotesUnseen {
				t.Errorf("%s, unseen is %q, %s", v.Suspect, unseen, d)
			}
			page := file(t, v, "page.html")
			if strings.Contains(page, token) || strings.Contains(page, "297ae4ca2c25fc6f4c75") || !strings.Contains(page, "Bob") {
				t.Error("the page is not that of the admin, made safe")
			}
			if again := fetch(t, s, link, v.Validator); !again.Unchanged {
				t.Error("two looks at the same poll differ")
			}
			if opened := fetch(t, with("s3cret"), link, ""); name(t) == "1.2" && opened.Facts.Fields["vote-times"] != v.Facts.Fields["vote-times"] {
				t.Error("the same votes have other times")
			}
			server.Change(id, func(p *pollaristest.Poll) { p.Votes = append(p.Votes, pollaristest.Vote{Name: "Eve" + password}) })
			if after := fetch(t, s, link, v.Validator); after.Unchanged || after.Facts.Fields["vote-times"] == v.Facts.Fields["vote-times"] {
				t.Error("a vote more is no news")
			}
		}
	})
}

// TestPasswordAndAdminLinkTogetherShowHiddenResults: neither does alone.
func TestPasswordAndAdminLinkTogetherShowHiddenResults(t *testing.T) {
	inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
		p := garden()
		p.Password, p.Hidden = "s3cret", true
		server.Put(p)
		s, _ := openWith(t, server, pollaris.Options{Passwords: map[string]string{"": "s3cret"}})
		if v := fetch(t, s, id, ""); v.Suspect != pollaris.VotesHidden {
			t.Errorf("%s by the password", v.Suspect)
		}
		v := fetch(t, s, link, "")
		if got, _ := decode(t, v); len(got.Votes) != 2 || v.Suspect != "" || strings.Contains(file(t, v, "page.html"), token) {
			t.Errorf("%+v, %s by both", got.Votes, v.Suspect)
		}
		s, _ = open(t, server)
		if v := fetch(t, s, link, ""); v.Suspect != pollaris.VotesUnseen {
			t.Errorf("%s by the admin link", v.Suspect)
		}
	})
}

func TestPasswordForVotingHidesNothing(t *testing.T) {
	inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
		p := garden()
		p.Password, p.VotesOnly = "s3cret", true
		server.Put(p)
		s, _ := open(t, server)
		for _, locator := range []string{id, link} {
			got, _ := decode(t, fetch(t, s, locator, ""))
			if len(got.Votes) != 2 || !*got.Settings.Password || !*got.Settings.PublicResults {
				t.Errorf("%s: %+v", locator, got.Settings)
			}
		}
	})
}

func TestClosedPollIsSavedAndItsEndIsNoChange(t *testing.T) {
	inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
		p := garden()
		today := time.Now().In(time.FixedZone("", 60*60)).Format(time.DateOnly)
		p.Closes = today // still open
		server.Put(p)
		s, _ := open(t, server)
		open, byOpen := fetch(t, s, id, ""), fetch(t, s, link, "")
		server.Change(id, func(p *pollaristest.Poll) { p.Closes = "1999-12-31" })
		closed, byClosed := fetch(t, s, id, ""), fetch(t, s, link, "")
		for v, over := range map[*sources.Version]bool{open: false, byOpen: false, closed: true, byClosed: true} {
			if got, _ := decode(t, v); *got.Settings.Expired != over || len(got.Votes) != 2 {
				t.Errorf("over is %t: %+v", over, got.Settings)
			}
		}
		for part, hash := range closed.Facts.Fields {
			if open.Facts.Fields[part] != hash {
				t.Errorf("%s is another since the poll is closed", part)
			}
		}
		if day := byClosed.Facts.Fields["expires"]; day == byOpen.Facts.Fields["expires"] {
			t.Error("the admin link does not tell of another closing date")
		}
	})
}

func TestDraftIsSavedByItsAdminLink(t *testing.T) {
	for _, p := range []pollaristest.Poll{garden(), lunch()} {
		inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
			p.Draft, p.Votes, p.Comments = true, nil, nil
			p = server.Put(p)
			s, _ := open(t, server)
			if _, err := s.Fetch(t.Context(), p.Slug, ""); !errors.Is(err, fs.ErrNotExist) {
				t.Error(err)
			}
			v := fetch(t, s, link, "")
			got, _ := decode(t, v)
			if !*got.Settings.Draft || got.Kind != p.Kind || len(got.Choices) != len(p.Proposals) || got.Votes == nil || got.Title != p.Title || v.Suspect != "" {
				t.Errorf("%+v, %s", got, v.Suspect)
			}
			if again := fetch(t, s, link, v.Validator); !again.Unchanged {
				t.Error("two looks at the same draft differ")
			}
		})
	}
}

// TestDraftWithoutChoicesIsNotGone: its author may come to them.
func TestDraftWithoutChoicesIsNotGone(t *testing.T) {
	for _, p := range []pollaristest.Poll{garden(), lunch()} {
		inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
			p.Draft, p.Votes, p.Comments, p.Proposals = true, nil, nil, nil
			server.Put(p)
			s, _ := open(t, server)
			if v, err := s.Fetch(t.Context(), link, ""); errors.Is(err, fs.ErrNotExist) || !errors.Is(err, sources.ErrRefused) {
				t.Errorf("%+v, %v", v, err)
			}
		})
	}
}

func TestPollWhoseAddressIsTheServersOwnPageIsSavedByItsAdminLink(t *testing.T) {
	inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
		p := garden()
		p.Slug = "new"
		server.Put(p)
		s, client := open(t, server)
		if _, err := s.Fetch(t.Context(), "new", ""); !errors.Is(err, pollaris.ErrShadowed) || client.Requests() != 0 {
			t.Error(err)
		}
		v := fetch(t, s, link, "")
		if got, _ := decode(t, v); v.ID != "new" || got.Votes != nil || len(got.Choices) != 4 || v.Suspect != pollaris.VotesUnseen {
			t.Errorf("%q, %s", v.ID, v.Suspect)
		}
	})
}

// TestPollThatItsAdminLinkShowsIsNotGone, whatever its own address gives.
func TestPollThatItsAdminLinkShowsIsNotGone(t *testing.T) {
	inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
		server.Put(garden())
		s, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/sub/polls/"+id {
				r.URL.Path = "/sub/polls/nosuchpoll"
				r.RequestURI = r.URL.Path
			}
			server.ServeHTTP(w, r)
		}))
		if v := fetch(t, s, link, ""); v.ID != id || v.Suspect != pollaris.VotesUnseen {
			t.Errorf("%q, %s", v.ID, v.Suspect)
		}
	})
}

func TestWrongAdminLinkIsToldFromAPollThatIsGone(t *testing.T) {
	inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
		server.Put(garden())
		s, _ := open(t, server)
		wrong := id + "/00000000000000000000/admin"
		if _, err := s.Fetch(t.Context(), wrong, ""); !errors.Is(err, pollaris.ErrAdminLink) || !errors.Is(err, fs.ErrPermission) {
			t.Error(err)
		}
		server.Delete(id)
		for _, locator := range []string{wrong, link, id} {
			if _, err := s.Fetch(t.Context(), locator, ""); !errors.Is(err, fs.ErrNotExist) || errors.Is(err, sources.ErrServer) {
				t.Errorf("%s: %v", locator, err)
			}
		}
	})
}

func TestMomentsHaveTheOffsetOfTheirDay(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	inBubbles(t, pollaristest.Options{Zone: zone}, func(t *testing.T, server *pollaristest.Server) {
		p := garden()
		p.Comments = []pollaristest.Comment{
			{Author: "Dora", Text: "> quote\n\n- a\n- [b](https://example.org/?x=1&y=2)\n\n<b>no</b>", Created: at("2026-10-25T00:30:00Z")},
			{Author: "Eve", Text: "later", Created: at("2026-10-25T01:30:00Z")},
		}
		server.Put(p)
		s, _ := open(t, server)
		got, _ := decode(t, fetch(t, s, id, ""))
		if len(got.Comments) != 2 || got.Comments[0].Date != "2026-10-25T02:30:00+02:00" || got.Comments[1].Date != "2026-10-25T02:30:00+01:00" {
			t.Fatalf("%+v", got.Comments)
		}
		if text := got.Comments[0].Text; !strings.Contains(text, "> quote") || !strings.Contains(text, "[b](https://example.org/?x=1&y=2)") || !strings.Contains(text, "&lt;b&gt;no") {
			t.Errorf("%q", text)
		}
	})
}

func TestTwinNamesAndOthersVotesAreRead(t *testing.T) {
	inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
		p := lunch()
		p.Votes[2].Name = "Bob"
		if name(t) == "1.2" {
			p.Edit = pollaristest.Any
		}
		server.Put(p)
		s, _ := open(t, server)
		v := fetch(t, s, "My-slug_1", "")
		got, _ := decode(t, v)
		if len(got.Votes) != 3 || got.Votes[0].Name != "Bob" || got.Votes[1].Name != `-Cé "x"` || got.Votes[2].Name != "Bob" || v.Suspect != "" {
			t.Errorf("%+v, %s", got.Votes, v.Suspect)
		}
		if name(t) == "1.2" && got.Settings.Edit != poll.EditAll {
			t.Errorf("%+v", got.Settings)
		}
	})
}

func TestPollWithoutVotesHasNone(t *testing.T) {
	for _, p := range []pollaristest.Poll{garden(), lunch()} {
		inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
			p.Votes, p.Comments, p.Title = nil, nil, "会議"
			p = server.Put(p)
			s, _ := open(t, server)
			v := fetch(t, s, p.Slug, "")
			if got, _ := decode(t, v); got.Votes == nil || len(got.Votes) > 0 || !v.Facts.Blank || v.Suspect != "" || v.Title != "会議" {
				t.Errorf("%+v, %+v", got, v)
			}
		})
	}
}

func TestDaysOfThePageWinOverThoseOfTheTable(t *testing.T) {
	inBubbles(t, pollaristest.Options{Early: true}, func(t *testing.T, server *pollaristest.Server) {
		server.Put(garden())
		s, _ := open(t, server)
		for _, locator := range []string{id, link} {
			v := fetch(t, s, locator, "")
			got, _ := decode(t, v)
			if d := cmp.Diff(public().Choices, got.Choices); d != "" || !got.DaysDiffer || v.Suspect != "" || v.Validator == "" {
				t.Errorf("%s: %t, %s, %s", locator, got.DaysDiffer, v.Suspect, d)
			}
		}
	})
}

func TestTableThatDiffersIsLookedAtAgainAndThenSuspect(t *testing.T) {
	for _, fault := range []pollaristest.Fault{pollaristest.Differs, pollaristest.NoTable} {
		inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
			p := garden()
			p.Fault = fault
			server.Put(p)
			s, client := open(t, server)
			v := fetch(t, s, id, "")
			if got, _ := decode(t, v); v.Suspect != pollaris.Disagreement || v.Validator != "" || len(got.Votes) != 2 || client.Requests() != 4 {
				t.Errorf("%s after %d requests", v.Suspect, client.Requests())
			}
		})
	}
}

func TestOnlyTheSameRequestOverTLSIsARedirectToFollow(t *testing.T) {
	inBubbles(t, pollaristest.Options{}, func(t *testing.T, server *pollaristest.Server) {
		server.Put(garden())
		for to, follow := range map[string]bool{
			"https://polls.example.org%": true, "https://other.example.org%": false, "http://polls.example.org/sub/polls/" + id + ".csv": false,
			"https://polls.example.org/sub/polls/" + link: false,
		} {
			asked := 0
			s, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if asked++; asked == 1 {
					http.Redirect(w, r, strings.Replace(to, "%", r.URL.RequestURI(), 1), http.StatusMovedPermanently)
					return
				}
				server.ServeHTTP(w, r)
			}))
			v, err := s.Fetch(t.Context(), id, "")
			if follow != (err == nil) || follow != (asked == 3) || !follow && !errors.Is(err, sources.ErrRefused) {
				t.Errorf("%s: %d requests, %v", to, asked, err)
			}
			if err := v.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}
