package framadate_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/framadate"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

// always are lost with every poll whose id is free.
var always = []sources.Loss{framadate.LossAdmin, framadate.LossOptions, framadate.LossTimes}

// saved is a poll as it would be fetched by its link, or its admin's.
func saved(t *testing.T, p framadatetest.Poll, admin bool) *sources.Version {
	t.Helper()
	server := framadatetest.New(framadatetest.Options{Dialect: framadatetest.HEAD11, Prefix: "/sub"})
	p.ID = or(p.ID, rand.Text()[:16])
	id, adminID := server.Add(p)
	s, _ := open(t, server)
	if admin {
		return fetch(t, s, adminID+"/admin", "")
	}
	return fetch(t, s, id, "")
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// version has just a poll.json.
func version(t *testing.T, p *poll.Poll) *sources.Version {
	t.Helper()
	b, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return &sources.Version{ID: rand.Text()[:16], Files: []sources.File{{Name: "poll.json", Format: "json", Size: int64(len(b)), Content: strings.NewReader(string(b))}}}
}

// imported is what the new poll's admin page and table tell.
func imported(t *testing.T, s *framadate.Source, v *sources.Version) (*poll.Poll, *sources.Imported) {
	t.Helper()
	made, err := s.Import(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	again := fetch(t, s, strings.TrimPrefix(made.Private["admin"], base+"/adminstuds.php?poll=")+"/admin", "")
	if again.ID != made.ID || made.Address != base+"/studs.php?poll="+made.ID {
		t.Errorf("%+v, and the page says %s", made, again.ID)
	}
	return decode(t, again), made
}

// likeness compares what a poll is, without what the server makes itself.
var likeness = cmp.Options{
	cmpopts.IgnoreFields(poll.Poll{}, "Expires", "Purge"), cmpopts.IgnoreFields(poll.Comment{}, "Date"),
	cmp.Transformer("choice", func(c poll.Choice) [3]string {
		if c.Date == "" && c.Markdown == "" {
			c.Markdown = c.Label
		}
		return [3]string{c.Date, c.Moment, c.Markdown}
	}),
	cmp.Transformer("settings", func(s poll.Settings) [6]any {
		on := func(b *bool) bool { return b != nil && *b }
		if on(s.Locked) {
			s.Edit = ""
		}
		return [6]any{on(s.Hidden), on(s.Locked), on(s.Password), on(s.PublicResults), s.Edit, s.Mail}
	}),
}

func checkLosses(t *testing.T, got []sources.Loss, want ...sources.Loss) {
	t.Helper()
	want = append(slices.Clone(always), want...)
	if d := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got))); d != "" {
		t.Error("losses:", d)
	}
}

// soon is a day that every server takes for the end of a poll.
func soon() string { return time.Now().AddDate(0, 0, 30).Format(time.DateOnly) }

// fits is a poll with what is odd but can be brought back whole.
func fits() framadatetest.Poll {
	p := meeting()
	p.Choices[1].Moment = `"soir" ; chez Léa & co`
	p.Expires, p.Settings.Mail = soon(), ""
	return p
}

func wide(kind poll.Kind, columns int) framadatetest.Poll {
	p := framadatetest.Poll{Poll: poll.Poll{Title: "wide", Author: "Ada", Kind: kind, Settings: poll.Settings{Edit: poll.EditAll}, Expires: soon()}}
	day := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	odd := poll.Vote{Name: "Ada"}
	for i := range columns {
		c := poll.Choice{Date: day.AddDate(0, 0, i/2).Format(time.DateOnly), Moment: fmt.Sprintf("%dh", i%2)}
		if kind == poll.Classic {
			c = poll.Choice{Label: fmt.Sprintf("choice %d, or not", i)}
		}
		p.Choices = append(p.Choices, c)
		odd.Answers = append(odd.Answers, []poll.Answer{poll.Yes, poll.IfNeedBe, poll.No, poll.Unknown}[i*i%11%4])
	}
	p.Votes = []poll.Vote{odd, {Name: "Short", Answers: odd.Answers[:1]}, {Name: "Long", Answers: append(slices.Clone(odd.Answers[:columns]), poll.Yes, poll.No)}}
	return p
}

func TestImportedPollsReadBackTheSame(t *testing.T) {
	polls := map[string]func() framadatetest.Poll{
		"dates": fits,
		"classic": func() framadatetest.Poll {
			p := pizza()
			p.Author, p.Expires = "Bob", soon()
			return p
		},
		"no votes": func() framadatetest.Poll {
			p := fits()
			p.Votes, p.Comments = nil, nil
			return p
		},
		"hidden": func() framadatetest.Poll {
			p := fits()
			p.Settings.Hidden = is(true)
			return p
		},
		"240 columns": func() framadatetest.Poll { return wide(poll.Date, 240) },
	}
	inBubbles(t, framadatetest.Options{Mail: true}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		for name, p := range polls {
			p := p()
			p.Settings.Mail = "zoe@example.org"
			v := saved(t, p, true)
			want := decode(t, v)
			before := server.Sessions()
			got, made := imported(t, s, v)
			if d := cmp.Diff(want, got, likeness); d != "" {
				t.Error(name, d)
			}
			if got.Expires != want.Expires {
				t.Errorf("%s: ends on %s, not on %s", name, got.Expires, want.Expires)
			}
			if n := server.Sessions() - before; n > 2 { // one for the import, one for looking
				t.Errorf("%s: %d sessions", name, n)
			}
			checkLosses(t, made.Losses)
			checkLosses(t, losses(t, s, v))
		}
		if server.Mails() != 2*len(polls) {
			t.Errorf("%d mails for %d polls", server.Mails(), len(polls))
		}
	})
}

func TestTablesOfImportedPollsAreTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := framadatetest.New(framadatetest.Options{Dialect: framadatetest.HEAD11, Prefix: "/sub"})
		s, _ := open(t, server)
		for _, p := range []framadatetest.Poll{fits(), pizza(), wide(poll.Date, 24), wide(poll.Classic, 99)} {
			p.Author = "Zoé"
			v := saved(t, p, true)
			_, made := imported(t, s, v)
			if d := cmp.Diff(file(t, v, "poll.csv"), sent(server, "/sub/exportcsv.php?poll="+made.ID+"&lang=fr")); d != "" {
				t.Error(d)
			}
		}
	})
}

func TestNineHundredAndNinetyChoicesComeBackWhereTheyFit(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		v := saved(t, wide(poll.Classic, 990), true)
		made, err := s.Import(t.Context(), v)
		if strings.HasSuffix(t.Name(), "/1.2") {
			if !errors.Is(err, framadate.ErrTooLarge) || made != nil || errors.Is(err, sources.ErrDiffers) {
				t.Error(made, err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		got := decode(t, fetch(t, s, made.ID, ""))
		if d := cmp.Diff(decode(t, v).Votes, got.Votes); d != "" {
			t.Error(d)
		}
	})
}

func TestWhatNoFormTakesIsRefusedBeforeAnythingIsMade(t *testing.T) {
	days := framadatetest.Poll{Poll: poll.Poll{Title: "x", Kind: poll.Date}}
	for i := range 367 {
		days.Choices = append(days.Choices, poll.Choice{Date: time.Date(2027, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)})
	}
	moments := framadatetest.Poll{Poll: poll.Poll{Title: "x", Kind: poll.Date}}
	for i := range 990 {
		day := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i/90).Format(time.DateOnly)
		moments.Choices = append(moments.Choices, poll.Choice{Date: day, Moment: fmt.Sprint(i)})
	}
	long := pizza()
	long.Description = strings.Repeat("é", 40_000)
	uncertain := fits()
	uncertain.Choices = []poll.Choice{{Label: "Sa 1. Mai 2027"}}
	unsorted := fits()
	slices.Reverse(unsorted.Choices)
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, _ *framadatetest.Server, _ *framadate.Source) {
		for name, c := range map[string]struct {
			poll framadatetest.Poll
			want error
		}{
			"days": {days, framadate.ErrTooLarge}, "moments": {moments, framadate.ErrTooLarge}, "text": {long, framadate.ErrTooLarge},
			"choices": {wide(poll.Classic, 998), framadate.ErrTooLarge}, "uncertain": {uncertain, framadate.ErrNoDays}, "unsorted": {unsorted, framadate.ErrNoDays},
		} {
			server := framadatetest.New(framadatetest.Options{Prefix: "/sub"})
			s, client := open(t, server)
			made, err := s.Import(t.Context(), version(t, &c.poll.Poll))
			if !errors.Is(err, c.want) || made != nil || client.Requests() > 1 {
				t.Errorf("%s: %v, %v after %d requests", name, made, err, client.Requests())
			}
			if strings.Contains(err.Error(), "Mai") {
				t.Error(err)
			}
		}
	})
}

// TestPollKeepsItsOwnAddress, so that links to it go on to work, and takes no
// other poll's.
func TestPollKeepsItsOwnAddress(t *testing.T) {
	for _, closed := range []bool{false, true} {
		inBubbles(t, framadatetest.Options{NoCustom: closed}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
			for _, id := range []string{"", "AG-2027-Asso", "FourAndTwentyLetters1234", strings.Repeat("x", 64)} {
				p := fits()
				p.ID = id
				v := saved(t, p, true)
				told := losses(t, s, v)
				got, made := imported(t, s, v)
				if d := cmp.Diff(decode(t, v), got, likeness); d != "" {
					t.Error(d)
				}
				lost := framadate.LossAdmin
				if closed {
					lost = framadate.LossLinks
				}
				if (made.ID == v.ID) == closed || !slices.Contains(made.Losses, lost) || d(told, made.Losses) != "" {
					t.Errorf("%q for %q, losses %q, told before %q", made.ID, v.ID, made.Losses, told)
				}
				if public := fetch(t, s, made.ID, ""); public.Title != v.Title {
					t.Errorf("%q", public.Title)
				}

				before := fetch(t, s, made.ID, "").Facts.Content
				_, again := imported(t, s, v)
				if again.ID == made.ID || !slices.Contains(again.Losses, framadate.LossLinks) || fetch(t, s, made.ID, "").Facts.Content != before {
					t.Errorf("%q, then %q, losses %q", made.ID, again.ID, again.Losses)
				}
			}
		})
	}
}

func d(a, b []sources.Loss) string {
	return cmp.Diff(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// TestExpiryOneDayEarlyIsMended: a server whose database is in another zone
// takes a day off when it makes a poll.
func TestExpiryOneDayEarlyIsMended(t *testing.T) {
	for _, stubborn := range []bool{false, true} {
		inBubbles(t, framadatetest.Options{Early: true, NoMend: stubborn, Mail: true}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
			p := fits()
			p.Settings.Mail, p.Settings.Locked = "zoe@example.org", is(!strings.Contains(t.Name(), "/1.2"))
			got, made := imported(t, s, saved(t, p, true))
			if d := cmp.Diff(p.Votes, got.Votes); (got.Expires == p.Expires) == stubborn || d != "" || *got.Settings.Locked != *p.Settings.Locked {
				t.Errorf("ends on %s, not on %s: %s", got.Expires, p.Expires, d)
			}
			if stubborn {
				checkLosses(t, made.Losses, framadate.LossExpiry)
			} else {
				checkLosses(t, made.Losses)
			}
			if server.Mails() > 3 {
				t.Errorf("%d mails", server.Mails())
			}
		})
	}
}

func TestPlanOfManyPollsCostsOneRequest(t *testing.T) {
	for _, o := range []framadatetest.Options{{Mail: true}, {NoFrench: true}} {
		inBubbles(t, o, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
			s, client := open(t, server)
			for range 20 {
				_, err := s.Losses(t.Context(), saved(t, pizza(), true))
				if o.Mail != errors.Is(err, sources.ErrMail) || !o.Mail && !errors.Is(err, sources.ErrRefused) {
					t.Error(err)
				}
			}
			if client.Requests() != 1 {
				t.Errorf("%d requests", client.Requests())
			}
		})
	}
}

func TestVotesAreNeverLostForTheirNames(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		p := fits()
		long := strings.Repeat("n", 64)
		p.Votes = nil
		names := []string{"Zoé", "zoe", "ZOË", "Zoé (2)", long + "1", long + "2", "", "0", "Straße", "STRASE", "한", "하", "🎉", "🎈", "Zoe\u0301"}
		for i, name := range names {
			p.Votes = append(p.Votes, poll.Vote{Name: name, Answers: []poll.Answer{[]poll.Answer{poll.Yes, poll.No}[i%2]}})
		}
		v := version(t, &p.Poll)
		got, made := imported(t, s, v)
		var came []string
		for i, vote := range got.Votes {
			came = append(came, vote.Name)
			if cmp.Diff(p.Votes[i].Answers, vote.Answers) != "" {
				t.Errorf("vote %d: %v", i, vote)
			}
		}
		want := []string{"Zoé", "zoe (2)", "ZOË (3)", "Zoé (2) (2)", long, long[:60] + " (2)", "?", "(0)", "Straße", "STRASE (2)", "한", "하", "&#127881;", "&#127880;", "Zoe\u0301"}
		if strings.HasSuffix(t.Name(), "/1.2") {
			want[12], want[13], want[14] = "🎉", "🎈 (2)", "Zoe\u0301 (4)"
			checkLosses(t, made.Losses, framadate.LossNames)
		} else {
			checkLosses(t, made.Losses, framadate.LossNames, framadate.LossEmoji)
		}
		if d := cmp.Diff(want, came); d != "" {
			t.Error(d)
		}
		checkLosses(t, losses(t, s, v), made.Losses[3:]...)
	})
}

func TestChoicesKeepTheirPlaces(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		p := fits().Poll
		p.Choices = []poll.Choice{
			{Date: "2027-01-11", Moment: "9h, room 12"}, {Date: "2027-01-11", Moment: "0"}, {Date: "2027-01-11"}, {Date: "2027-01-12"},
			{Date: "2027-01-13", Moment: "<b>soir</b>"}, {Date: "2027-01-13", Moment: "a < b"},
		}
		got, made := imported(t, s, version(t, &p))
		var moments []string
		for _, c := range got.Choices {
			moments = append(moments, c.Moment)
		}
		if d := cmp.Diff([]string{"9h- room 12", "(0)", "?", "", "‹b>soir‹/b>", "a < b"}, moments); d != "" {
			t.Error(d)
		}
		checkLosses(t, made.Losses, framadate.LossChoices)

		p.Kind, p.Choices = poll.Classic, []poll.Choice{{Markdown: "a, b"}, {}, {Label: "0"}, {Markdown: "<i>x</i>"}, {Label: "bold", Markdown: "**bold**"}, {Label: "a, b"}}
		got, made = imported(t, s, version(t, &p))
		var raw []string
		for _, c := range got.Choices {
			raw = append(raw, c.Markdown)
		}
		if d := cmp.Diff([]string{"a, b", "?", "(0)", "‹i>x‹/i>", "**bold**", "a, b"}, raw); d != "" {
			t.Error(d)
		}
		checkLosses(t, made.Losses, framadate.LossChoices)
	})
}

func TestCommentsKeepTheirOrderAndNoneIsDropped(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		p := fits().Poll
		p.Comments = []poll.Comment{
			{Author: "Bob", Text: "+1"}, {Author: "Alice", Text: "+1"}, {Author: "bob", Text: "+1 "}, {Author: "", Text: "<script>alert(1)</script>\n\n&amp; 🎉"}, {Author: "Bob", Text: "+1"}, {Author: "Bob", Text: "+1 (3)"},
		}
		got, made := imported(t, s, version(t, &p))
		party := "<script>alert(1)</script>\n\n&amp; &#127881;"
		want := []poll.Comment{{Author: "Bob", Text: "+1"}, {Author: "Alice", Text: "+1"}, {Author: "bob", Text: "+1 (2)"}, {Author: "?", Text: party}, {Author: "Bob", Text: "+1 (3)"}, {Author: "Bob", Text: "+1 (3) (2)"}}
		losses := []sources.Loss{framadate.LossRepeats, framadate.LossNames, framadate.LossEmoji}
		if strings.HasSuffix(t.Name(), "/1.2") {
			want[3].Text, losses = "<script>alert(1)</script>\n\n&amp; 🎉", losses[:2]
		}
		if d := cmp.Diff(want, got.Comments, likeness); d != "" {
			t.Error(d)
		}
		checkLosses(t, made.Losses, losses...)
	})
}

func TestWhatAPasswordProtectedStaysProtected(t *testing.T) {
	for _, public := range []bool{false, true} {
		inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
			p := fits()
			p.Password, p.Settings.PublicResults = "s3cret", is(public)
			v := saved(t, p, true)
			got, made := imported(t, s, v)
			if d := cmp.Diff(decode(t, v), got, likeness); d != "" || !*got.Settings.Password {
				t.Error(d)
			}
			checkLosses(t, made.Losses, framadate.LossPassword)
			checkLosses(t, losses(t, s, v), framadate.LossPassword)
			if again, err := s.Fetch(t.Context(), made.ID, ""); !public && !errors.Is(err, framadate.ErrPassword) {
				t.Error("anybody sees the votes", again, err)
			}
			server.Change(made.ID, func(p *framadatetest.Poll) {
				if p.Password == "s3cret" || len(p.Password) < 20 {
					t.Errorf("the password is %q", p.Password)
				}
			})

			server.Delete(made.ID)
			s, _ = openWith(t, server, framadate.Options{Passwords: map[string]string{v.ID: "n3w"}})
			_, made = imported(t, s, v)
			checkLosses(t, made.Losses)
			server.Change(made.ID, func(p *framadatetest.Poll) {
				if p.Password != "n3w" {
					t.Errorf("the password is %q", p.Password)
				}
			})
		})
	}
}

func TestPollsSavedFromTheirPublicPageComeBackWithWhatItTells(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		p := fits()
		v := saved(t, p, false)
		got, made := imported(t, s, v)
		want := decode(t, v)
		want.Settings.Edit = poll.EditOwn
		if d := cmp.Diff(want, got, likeness); d != "" {
			t.Error(d)
		}
		checkLosses(t, made.Losses, framadate.LossPublic, framadate.LossExpiry)

		p.Settings.Hidden = is(true)
		v = saved(t, p, false)
		got, made = imported(t, s, v)
		if len(got.Votes) != 0 || !*got.Settings.Hidden || len(got.Comments) != 1 || got.Choices[0].Date != p.Choices[0].Date {
			t.Errorf("%+v", got)
		}
		checkLosses(t, made.Losses, framadate.LossPublic, framadate.LossExpiry, framadate.LossVotes, framadate.LossDays)
	})
}

func TestExpiredAndLockedPollsComeBackWithANewLife(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		p := fits()
		p.Settings.Expired, p.Expires, p.Purge = is(true), "1999-12-01", "2000-02-01"
		got, made := imported(t, s, saved(t, p, true))
		if *got.Settings.Expired || got.Expires != time.Now().AddDate(0, 0, 180).Format(time.DateOnly) {
			t.Errorf("%+v", got)
		}
		checkLosses(t, made.Losses, framadate.LossPublic, framadate.LossExpiry)

		p = fits()
		p.Settings.Locked, p.Expires = is(true), "2027-07-10" // far from the bubble's day
		got, made = imported(t, s, saved(t, p, true))
		losses := []sources.Loss{framadate.LossExpiry}
		if latest := strings.HasSuffix(t.Name(), "/1.2"); latest == *got.Settings.Locked {
			t.Errorf("%+v", got.Settings)
		} else if latest {
			losses = append(losses, framadate.LossLock)
		}
		if len(got.Votes) != len(p.Votes) || len(got.Comments) != 1 {
			t.Errorf("%+v", got)
		}
		checkLosses(t, made.Losses, losses...)
	})
}

func TestOrganisersAddressIsTheOneGiven(t *testing.T) {
	for _, mails := range []bool{false, true} {
		inBubbles(t, framadatetest.Options{Mail: mails}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
			p := fits()
			p.Settings.Mail = "zoe@example.org"
			v := saved(t, p, true)
			other, _ := openWith(t, server, framadate.Options{Mail: "me@example.org"})
			got, made := imported(t, other, v)
			if want := map[bool]string{true: "me@example.org"}[mails]; got.Settings.Mail != want {
				t.Errorf("%q", got.Settings.Mail)
			}
			checkLosses(t, made.Losses, framadate.LossMail)

			v = saved(t, p, false)
			if _, err := s.Losses(t.Context(), v); mails != errors.Is(err, sources.ErrMail) || !mails && err != nil {
				t.Error("the plan:", err)
			}
			made, err := s.Import(t.Context(), v)
			if mails && (!errors.Is(err, sources.ErrMail) || made != nil || server.Mails() != 2) || !mails && err != nil {
				t.Error(made, err)
			}
		})
	}
}

// breaking fails the n-th request that fits, before or behind the server.
func breaking(server http.Handler, n int, behind bool, fits func(*http.Request) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fits(r) {
			if n--; n == 0 {
				if behind {
					server.ServeHTTP(discard{http.Header{}}, r)
				}
				panic(http.ErrAbortHandler)
			}
		}
		server.ServeHTTP(w, r)
	})
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

func to(part string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == http.MethodPost && strings.Contains(r.URL.Path, part) }
}

func TestPollIsMadeAtMostOnceAndLostAnswersAreTold(t *testing.T) {
	for _, behind := range []bool{false, true} {
		inBubbles(t, framadatetest.Options{Mail: true}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
			p := fits()
			p.Settings.Mail = "zoe@example.org"
			v := saved(t, p, true)
			s, _ := open(t, breaking(server, 2, behind, to("create_date_poll.php")))
			made, err := s.Import(t.Context(), v)
			if !errors.Is(err, sources.ErrUnsure) || made != nil || errors.Is(err, sources.ErrDiffers) {
				t.Error(made, err)
			}
			if want := map[bool]int{true: 2}[behind]; server.Mails() != want {
				t.Errorf("%d mails", server.Mails())
			}
			// A step before the last made nothing.
			for _, step := range []string{"create_poll.php", "create_date_poll.php"} {
				s, _ := open(t, breaking(server, 1, behind, to(step)))
				if made, err := s.Import(t.Context(), v); err == nil || made != nil || errors.Is(err, sources.ErrUnsure) {
					t.Error(step, made, err)
				}
			}
		})
	}
}

func TestLostAnswersToVotesAndCommentsCastNoneTwice(t *testing.T) {
	for _, behind := range []bool{false, true} {
		for _, part := range []string{"adminstuds.php", "add_comment.php"} {
			inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
				v := saved(t, fits(), true)
				votes := 0
				s, _ := open(t, breaking(server, 1, behind, func(r *http.Request) bool {
					if to("adminstuds.php")(r) {
						votes++
					}
					return to(part)(r)
				}))
				got, made := imported(t, s, v)
				if want := map[bool]int{false: 4, true: 5}[part == "adminstuds.php" && !behind]; votes != want {
					t.Errorf("%d votes were sent", votes)
				}
				if d := cmp.Diff(decode(t, v), got, likeness); d != "" {
					t.Error(part, d)
				}
				checkLosses(t, made.Losses)
			})
		}
	}
}

func TestHalfAPollIsTold(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		v := saved(t, fits(), true)
		for _, part := range []string{"adminstuds.php", "add_comment.php", "exportcsv.php"} {
			s, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.URL.Path, part) && (r.Method == http.MethodPost || part == "exportcsv.php") {
					w.WriteHeader(http.StatusInternalServerError)
					return
				}
				server.ServeHTTP(w, r)
			}))
			made, err := s.Import(t.Context(), v)
			if !errors.Is(err, sources.ErrDiffers) || made == nil || made.ID == "" || made.Private["admin"] == "" {
				t.Errorf("%s: %+v, %v", part, made, err)
			}
			if made != nil && (strings.Contains(err.Error(), made.ID) || strings.Contains(err.Error(), "Alice")) {
				t.Error(err)
			}
		}
	})
}

func TestPollThatReadsBackOtherwiseIsTold(t *testing.T) {
	inBubbles(t, framadatetest.Options{Mail: true}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		p := fits()
		p.Password, p.Settings.Mail = "s3cret", "zoe@example.org"
		v := saved(t, p, true)
		for _, c := range []struct {
			part   string
			change func(*framadatetest.Poll)
		}{
			{"title", func(p *framadatetest.Poll) { p.Title = "x" }},
			{"organiser", func(p *framadatetest.Poll) { p.Author = "x" }},
			{"description", func(p *framadatetest.Poll) { p.Description = "x" }},
			{"choices", func(p *framadatetest.Poll) { p.Choices[0].Moment = "x" }},
			{"votes", func(p *framadatetest.Poll) { p.Votes[0].Answers[0] = poll.No }},
			{"table", func(p *framadatetest.Poll) { p.Fault = framadatetest.Differs }},
			{"comments", func(p *framadatetest.Poll) { p.Comments = nil }},
			{"settings", func(p *framadatetest.Poll) { p.Settings.Hidden = is(true) }},
			{"settings", func(p *framadatetest.Poll) { p.Settings.Mail = "x@example.org" }},
			{"settings", func(p *framadatetest.Poll) { p.Settings.PublicResults = is(true) }},
			{"settings", func(p *framadatetest.Poll) { p.Settings.Edit = poll.EditAll }},
			{"settings", func(p *framadatetest.Poll) { p.Password = "" }},
		} {
			s, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				server.ServeHTTP(w, r)
				if r.Method == http.MethodPost && strings.Contains(r.URL.Path, "add_comment") {
					server.Change(v.ID, c.change)
				}
			}))
			made, err := s.Import(t.Context(), v)
			if !errors.Is(err, sources.ErrDiffers) || made == nil || !strings.Contains(err.Error(), c.part) {
				t.Errorf("%s: %+v, %v", c.part, made, err)
			}
			server.Delete(v.ID)
		}
	})
}

func TestImportOfWhatIsNoPollAsksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := open(t, http.NotFoundHandler())
		text := "{}"
		for _, v := range []*sources.Version{{}, {Files: []sources.File{{Name: "poll.json", Format: "json", Size: 2, Content: strings.NewReader(text)}}}} {
			if made, err := s.Import(t.Context(), v); !errors.Is(err, poll.ErrInvalid) || made != nil {
				t.Error(made, err)
			}
			if losses, err := s.Losses(t.Context(), v); !errors.Is(err, poll.ErrInvalid) || losses != nil {
				t.Error(losses, err)
			}
		}
		if client.Requests() != 0 {
			t.Error("the server was asked")
		}
	})
}

func TestServerThatMakesNoPollsIsRefused(t *testing.T) {
	inBubbles(t, framadatetest.Options{NoFrench: true}, func(t *testing.T, _ *framadatetest.Server, s *framadate.Source) {
		v := saved(t, fits(), true)
		if made, err := s.Import(t.Context(), v); !errors.Is(err, sources.ErrRefused) || made != nil {
			t.Error(made, err)
		}
		blog, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, `<!DOCTYPE html><html lang="fr"><body><main></main></body></html>`)
		}))
		if made, err := blog.Import(t.Context(), v); !errors.Is(err, sources.ErrRefused) || made != nil {
			t.Error(made, err)
		}
	})
}

func TestPollWithoutItsChoicesIsNotMade(t *testing.T) {
	inBubbles(t, framadatetest.Options{Mail: true}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		p := fits()
		p.Settings.Mail = "zoe@example.org"
		v := saved(t, p, true)
		s, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "create_date_poll") {
				r = httptest.NewRequest(http.MethodGet, "/sub/create_poll.php?type=date&lang=fr", nil)
				r.Header.Set("Accept-Language", "fr")
			}
			server.ServeHTTP(w, r)
		}))
		if made, err := s.Import(t.Context(), v); !errors.Is(err, sources.ErrRefused) || made != nil || server.Mails() != 0 {
			t.Error(made, err)
		}
	})
}

func TestCancelledImportEnds(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		v := saved(t, fits(), true)
		ctx, cancel := context.WithCancel(t.Context())
		s, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "add_comment") {
				cancel()
			}
			server.ServeHTTP(w, r)
		}))
		made, err := s.Import(ctx, v)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, sources.ErrDiffers) || made == nil {
			t.Error(made, err)
		}
	})
}

func TestPollsMadeAtTheSameTimeAreNotMixed(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		problems := make(chan error)
		const polls = 6
		for i := range polls {
			p := fits().Poll
			p.Title = fmt.Sprint("poll ", i)
			v := version(t, &p)
			go func() { _, err := s.Import(t.Context(), v); problems <- err }()
		}
		for range polls {
			if err := <-problems; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestMakingAPollPurgesOthers(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		old := pizza()
		old.Expires = "1999-01-01"
		server.Add(old)
		imported(t, s, saved(t, fits(), true))
		if server.Purged() != 1 {
			t.Errorf("%d purged", server.Purged())
		}
	})
}

// TestPollOfAPollarisIsTaken, and what no Framadate has is named.
func TestPollOfAPollarisIsTaken(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		none := 0
		p := fits().Poll
		p.Settings = poll.Settings{
			Hidden: is(false), Expired: is(false), Password: is(false), Edit: poll.EditOwn,
			MaxVotes: &none, NoIfNeedBe: is(false), NoByDefault: is(false), NotifyVotes: is(false), NotifyComments: is(false),
		}
		p.Comments = []poll.Comment{{Author: "Dora", Date: "2026-10-01T07:15:00+01:00", Text: "Hello"}}
		got, made := imported(t, s, version(t, &p))
		if d := cmp.Diff(&p, got, likeness); d != "" {
			t.Error(d)
		}
		plain := []sources.Loss{framadate.LossAdmin, framadate.LossTimes}
		if d := d(made.Losses, plain); d != "" {
			t.Error(d)
		}

		limit := 2
		p.Settings.MaxVotes, p.Settings.NoIfNeedBe, p.Settings.NotifyVotes, p.Settings.Draft = &limit, is(true), is(true), is(true)
		p.Comments[0].Text = "Hello **all**"
		if d := d(losses(t, s, version(t, &p)), append(plain, framadate.LossRules, framadate.LossDraft, framadate.LossMarkup)); d != "" {
			t.Error(d)
		}

		p.Expires, p.Settings.Expired = "1999-12-31", is(true)
		if strings.HasSuffix(t.Name(), "/1.2") {
			return // which cannot lock
		}
		if got, _ := imported(t, s, version(t, &p)); !*got.Settings.Locked {
			t.Error("a poll that was over is open")
		}
	})
}

func TestImporterConforms(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		requests := 0
		faults := &sourcetest.Faults{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests++
			server.ServeHTTP(w, r)
		})}
		s, _ := open(t, faults)
		v := saved(t, framadatetest.Poll{ID: "SomePollsId12345", Poll: poll.Poll{
			Title: "Quand ?", Author: "Ada", Kind: poll.Date, Choices: []poll.Choice{{Date: "2027-01-11"}, {Date: "2027-01-12"}},
			Votes: []poll.Vote{{Name: "Zoé", Answers: []poll.Answer{poll.Yes, poll.No}}}, Expires: "2027-07-10",
		}}, false)
		broken := &sources.Version{ID: v.ID, Files: []sources.File{{Name: "poll.json", Format: "json", Size: 2, Content: strings.NewReader("{}")}}}
		err := sourcetest.CheckImporter(t.Context(), sourcetest.ImportFixture{
			Importer: s, Faults: faults, Version: v, Broken: broken, Requests: func() int { return requests },
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// losses are those that a plan tells.
func losses(t *testing.T, s *framadate.Source, v *sources.Version) []sources.Loss {
	t.Helper()
	found, err := s.Losses(t.Context(), v)
	if err != nil {
		t.Error(err)
	}
	return found
}
