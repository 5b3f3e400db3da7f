package framadate_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/framadate"
	"github.com/padsync/padsync/sources/sourcetest"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

const base = "http://polls.example.org/sub"

var dialects = map[string]framadatetest.Dialect{
	"1.0.3": framadatetest.R103, "1.1.19": framadatetest.R1119, "v1.1.x": framadatetest.HEAD11, "1.2": framadatetest.DEV12,
}

// inBubbles runs test with a server of each dialect and a source for it, where
// waiting takes no time. A request that padsync may not send fails it.
func inBubbles(t *testing.T, o framadatetest.Options, test func(*testing.T, *framadatetest.Server, *framadate.Source)) {
	t.Helper()
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			o := o
			o.Dialect, o.Prefix = dialect, "/sub"
			o.Unasked = func(request string) { t.Errorf("unasked: %s", request) }
			synctest.Test(t, func(t *testing.T) {
				server := framadatetest.New(o)
				source, _ := open(t, server)
				test(t, server, source)
			})
		})
	}
}

func open(t *testing.T, h http.Handler) (*framadate.Source, *polite.Client) {
	t.Helper()
	return openWith(t, h, framadate.Options{})
}

func openWith(t *testing.T, h http.Handler, o framadate.Options) (*framadate.Source, *polite.Client) {
	t.Helper()
	transport, stop := sourcetest.Serve(requests.Watch(h, func(request string) { t.Errorf("not in docs/requests.md: %s", request) }))
	t.Cleanup(stop)
	client := polite.New(polite.Options{Transport: transport})
	s, err := framadate.New(base, client, new(spool.Pool), o)
	if err != nil {
		t.Fatal(err)
	}
	return s, client
}

func fetch(t *testing.T, s *framadate.Source, locator, validator string) *sources.Version {
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

// sent is what the server answers.
func sent(server *framadatetest.Server, address string) string {
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
	return w.Body.String()
}

// decode gives what a look saw; what it did not see is in tests of its own.
func decode(t *testing.T, v *sources.Version) *poll.Poll {
	t.Helper()
	p := decodeAll(t, v)
	p.Unseen = nil
	return p
}

func decodeAll(t *testing.T, v *sources.Version) *poll.Poll {
	t.Helper()
	p, err := poll.Decode(strings.NewReader(file(t, v, "poll.json")))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func is(b bool) *bool { return &b }

// meeting is a date poll with what is odd in names and moments.
func meeting() framadatetest.Poll {
	return framadatetest.Poll{Poll: poll.Poll{
		Title: `Nasty "quotes", & <b>tags</b>`, Author: "Zoé", Description: "Ordre du jour", Kind: poll.Date, Expires: "2027-07-10",
		Choices: []poll.Choice{
			{Date: "2027-01-11", Moment: "9h"}, {Date: "2027-01-11", Moment: `"soir", chez <Léa>`},
			{Date: "2027-01-12"}, {Date: "2027-12-01", Moment: "14:00-15:00"},
		},
		Votes: []poll.Vote{
			{Name: "Alice", Answers: []poll.Answer{poll.Yes, poll.No, poll.IfNeedBe, poll.Unknown}},
			{Name: "=1+1", Answers: []poll.Answer{poll.Yes, poll.Yes, poll.Yes, poll.Yes}},
			{Name: "line1\nline2 <b>&amp;", Answers: []poll.Answer{poll.No, poll.No, poll.No, poll.No}},
			{Name: "日本\u202e", Answers: []poll.Answer{poll.No, poll.No, poll.No, poll.No}},
		},
		Comments: []poll.Comment{{Author: "Bob", Date: "2026-11-22T11:01", Text: "a\nb <script>alert(1)</script> & \"c\""}},
		Settings: poll.Settings{Mail: "zoe@example.org", Edit: poll.EditOwn},
	}}
}

func pizza() framadatetest.Poll {
	return framadatetest.Poll{Poll: poll.Poll{
		Title: "Pizza?", Kind: poll.Classic,
		Choices: []poll.Choice{
			{Label: `Quattro "formaggi", hot`}, {Label: "bold", Markdown: "**bold**"}, {Label: "logo", Markdown: "![logo](https://example.org/l.png)"},
		},
		Votes:    []poll.Vote{{Name: "Alice", Answers: []poll.Answer{poll.Yes, poll.No, poll.IfNeedBe}}},
		Comments: []poll.Comment{},
	}}
}

// told is what an admin page tells of p; public, what the public page does.
func told(p framadatetest.Poll, dialect framadatetest.Dialect) *poll.Poll {
	q := p.Poll
	q.Settings.Hidden, q.Settings.Locked, q.Settings.Expired, q.Settings.Password = is(false), is(false), is(false), is(false)
	if q.Settings.Edit == "" {
		q.Settings.Edit = poll.EditAll
	}
	q.Choices = append([]poll.Choice(nil), q.Choices...)
	for i, c := range q.Choices {
		if q.Kind == poll.Classic && c.Markdown == "" {
			q.Choices[i].Markdown = c.Label
		}
	}
	q.Comments = append([]poll.Comment{}, q.Comments...)
	for i := range q.Comments {
		if dialect == framadatetest.DEV12 {
			q.Comments[i].Date = ""
		}
	}
	return &q
}

func public(p framadatetest.Poll, dialect framadatetest.Dialect) *poll.Poll {
	q := told(p, dialect)
	q.Settings.Edit, q.Settings.Mail, q.Expires = "", "", ""
	return q
}

func TestPollsAreSavedWholeFromBothLinks(t *testing.T) {
	for name, dialect := range dialects {
		for _, p := range []framadatetest.Poll{meeting(), pizza()} {
			t.Run(name+" "+string(p.Kind), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					server := framadatetest.New(framadatetest.Options{Dialect: dialect, Prefix: "/sub", Unasked: func(r string) { t.Errorf("unasked: %s", r) }})
					s, client := open(t, server)
					id, admin := server.Add(p)
					v := fetch(t, s, id, "")
					if d := cmp.Diff(public(p, dialect), decode(t, v)); d != "" {
						t.Error(d)
					}
					if v.ID != id || v.Title != p.Title || v.Private != nil || v.Suspect != "" || len(v.Files) != 3 || v.Facts.Length < 10 {
						t.Errorf("%+v", v)
					}
					v = fetch(t, s, admin+"/admin", "")
					if d := cmp.Diff(told(p, dialect), decode(t, v)); d != "" {
						t.Error(d)
					}
					if v.Facts.Expires != p.Expires {
						t.Errorf("expires %q", v.Facts.Expires)
					}
					if v.ID != id || v.Private["admin"] != base+"/adminstuds.php?poll="+admin {
						t.Errorf("%q, %q", v.ID, v.Private)
					}
					if client.Requests() != 4 || server.Sessions() != 1 {
						t.Errorf("%d requests in %d sessions", client.Requests(), server.Sessions())
					}
					if file(t, v, "page.html") != sent(server, "/sub/adminstuds.php?poll="+admin+"&lang=fr") {
						t.Error("the page is not as sent")
					}
					if file(t, v, "poll.csv") != sent(server, "/sub/exportcsv.php?admin="+admin+"&lang=fr") {
						t.Error("the table is not as sent")
					}
				})
			})
		}
	}
}

func TestConformance(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		id, _ := server.Add(meeting())
		closed := meeting()
		closed.Password = "s3cret"
		closedID, _ := server.Add(closed)
		var hostile []string
		for _, id := range []string{"CON", "nul", "-rf", "create-poll", "AbCdEf1234567890", "abcdef1234567891"} {
			p := meeting()
			p.ID = id
			p.Title = "../../x\u2028</title><script>\u202e" + strings.Repeat("🎉", 50)
			p.Author, p.Description = p.Title, p.Title
			p.Choices[0].Moment = "\"\n,\r\n=cmd|"
			p.Votes[0].Name = p.Title + "\r\n,\",\""
			hostile = append(hostile, id)
			server.Add(p)
		}
		faults := &sourcetest.Faults{Handler: server}
		source, _ := open(t, faults)
		err := sourcetest.Check(t.Context(), sourcetest.Fixture{
			Source: source, Faults: faults, ID: id, Public: true,
			Change:  func() { server.Change(id, func(p *framadatetest.Poll) { p.Votes = p.Votes[1:] }) },
			Missing: "NoSuchPollId1234", Forbidden: closedID, Hostile: hostile,
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestUnchangedPollCostsOneRequest(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		s, client := open(t, server)
		id, admin := server.Add(meeting())
		for _, locator := range []string{id, admin + "/admin"} {
			first := fetch(t, s, locator, "")
			before := client.Requests()
			if v := fetch(t, s, locator, first.Validator); !v.Unchanged || v.ID != id || client.Requests() != before+1 {
				t.Errorf("%+v after %d requests", v, client.Requests()-before)
			}
		}
	})
}

func TestCustomIDsAreToldByTheServer(t *testing.T) {
	for _, scripts := range []bool{false, true} {
		inBubbles(t, framadatetest.Options{Scripts: scripts}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
			for _, id := range []string{"AG-2027-Asso", "CustomOf16Letter", "Custom24CustomCustom0024"} {
				p := meeting()
				p.ID, p.Admin = id, "iOcYAB9"+(id + "xxxxxxxxxxxxxxxxx")[3:20]
				p.Admin = strings.ReplaceAll(p.Admin, "-", "x")
				_, admin := server.Add(p)
				a, err := framadate.ParseAddress(base + "/" + admin + "/admin")
				if err != nil {
					t.Fatal(err)
				}
				byAdmin, byLink := fetch(t, s, a.Locator(), ""), fetch(t, s, id, "")
				if byAdmin.ID != id || byLink.ID != id {
					t.Errorf("%q and %q, want %q", byAdmin.ID, byLink.ID, id)
				}
			}
		})
	}
}

func TestIDsAreTheServersWhateverTheirCase(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		p := meeting()
		p.ID = "AG-2027"
		server.Add(p)
		if v := fetch(t, s, "ag-2027", ""); v.ID != "AG-2027" {
			t.Errorf("%q", v.ID)
		}
	})
}

func TestHiddenVotesAreNotTakenForNone(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		p := meeting()
		p.Settings.Hidden = is(true)
		id, admin := server.Add(p)
		v := fetch(t, s, id, "")
		got := decode(t, v)
		if got.Votes != nil || !*got.Settings.Hidden || len(got.Choices) != 4 || len(got.Comments) != 1 || strings.Contains(file(t, v, "poll.json"), `"votes":`) {
			t.Errorf("%+v", got)
		}
		if v.Suspect != framadate.VotesHidden || v.Facts.Blank || len(v.Files) != 2 {
			t.Errorf("%+v", v)
		}
		if got.Choices[0].Date != "" || got.Choices[0].Label == "" {
			t.Errorf("a day that is not certain: %+v", got.Choices[0])
		}
		v = fetch(t, s, admin+"/admin", "")
		if got := decode(t, v); len(got.Votes) != 4 || !*got.Settings.Hidden || v.Suspect != "" {
			t.Errorf("%+v", got)
		}
		server.Change(id, func(p *framadatetest.Poll) { p.Comments = nil })
		if v := fetch(t, s, id, ""); v.Facts.Blank {
			t.Error("blank, though there may be votes")
		}
	})
}

func TestTextsThatTheServerEncodesTwiceAreAsTheyWereWritten(t *testing.T) {
	inBubbles(t, framadatetest.Options{Twice: true}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		for _, p := range []framadatetest.Poll{meeting(), pizza()} {
			p.Title, p.Author = p.Title+" à Évry 🎉", "Zoé"
			id, admin := server.Add(p)
			for _, locator := range []string{id, admin + "/admin"} {
				v := fetch(t, s, locator, "")
				got := decode(t, v)
				if got.Title != p.Title || v.Title != p.Title || got.Author != "Zoé" || !got.Repaired || v.Suspect != "" ||
					cmp.Diff(p.Votes, got.Votes) != "" || got.Choices[1].Moment != p.Choices[1].Moment {
					t.Errorf("%+v, %+v", got, v)
				}
				if !strings.Contains(file(t, v, "page.html"), "Zo\u00c3") {
					t.Error("the page is not as sent")
				}
			}
		}
	})
}

func TestNoVotesIsBlankAndNotHidden(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		for _, p := range []framadatetest.Poll{meeting(), pizza()} {
			p.Votes, p.Comments = nil, nil
			id, _ := server.Add(p)
			v := fetch(t, s, id, "")
			if got := decode(t, v); got.Votes == nil || len(got.Votes) != 0 || v.Suspect != "" || !v.Facts.Blank {
				t.Errorf("%+v, %+v", got, v)
			}
		}
	})
}

func TestPasswordIsToldAndTheAdminLinkNeedsNone(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		p := meeting()
		p.Password = "s3cret"
		id, admin := server.Add(p)
		if v, err := s.Fetch(t.Context(), id, ""); !errors.Is(err, framadate.ErrPassword) || !errors.Is(err, fs.ErrPermission) {
			t.Error(v, err)
		}
		if got := decode(t, fetch(t, s, admin+"/admin", "")); !*got.Settings.Password || *got.Settings.PublicResults || len(got.Votes) != 4 {
			t.Errorf("%+v", got)
		}
		server.Change(id, func(p *framadatetest.Poll) { p.Settings.PublicResults = is(true) })
		v := fetch(t, s, id, "")
		if got := decode(t, v); !*got.Settings.Password || !*got.Settings.PublicResults || len(got.Votes) != 4 || v.Suspect != "" {
			t.Errorf("%+v", got)
		}
	})
}

func TestExpiredAndLockedPollsAreReadable(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		for _, p := range []framadatetest.Poll{meeting(), pizza()} {
			p.Settings.Expired, p.Purge = is(true), "2027-09-08"
			id, admin := server.Add(p)
			for _, locator := range []string{id, admin + "/admin"} {
				v := fetch(t, s, locator, "")
				got := decode(t, v)
				if got.Purge != p.Purge || v.Facts.Expires != p.Purge {
					t.Errorf("deleted on %q, %q", got.Purge, v.Facts.Expires)
				}
				if !*got.Settings.Expired || got.Title != p.Title || got.Author != p.Author || len(got.Votes) != len(p.Votes) || got.Choices[0].Date != p.Choices[0].Date {
					t.Errorf("%+v", got)
				}
			}
			p.Settings, p.Purge = poll.Settings{Locked: is(true)}, ""
			id, admin = server.Add(p)
			for _, locator := range []string{id, admin + "/admin"} {
				if got := decode(t, fetch(t, s, locator, "")); !*got.Settings.Locked || *got.Settings.Expired || len(got.Votes) != len(p.Votes) {
					t.Errorf("%+v", got)
				}
			}
		}
	})
}

func TestManyColumnsAndRaggedRows(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		p := framadatetest.Poll{Poll: poll.Poll{Title: "wide", Kind: poll.Date}}
		day := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
		for i := range 240 {
			p.Choices = append(p.Choices, poll.Choice{Date: day.AddDate(0, 0, i/2).Format(time.DateOnly), Moment: fmt.Sprintf("%dh", i%2)})
		}
		for _, n := range []int{1, 240, 243} {
			v := poll.Vote{Name: fmt.Sprint(n)}
			for range n {
				v.Answers = append(v.Answers, poll.IfNeedBe)
			}
			p.Votes = append(p.Votes, v)
		}
		id, admin := server.Add(p)
		for _, locator := range []string{id, admin + "/admin"} {
			v := fetch(t, s, locator, "")
			got := decode(t, v)
			if d := cmp.Diff(p.Choices, got.Choices); d != "" || v.Suspect != "" {
				t.Error(v.Suspect, d)
			}
			if d := cmp.Diff(p.Votes, got.Votes); d != "" {
				t.Error(d)
			}
		}
	})
}

func TestNineHundredAndNinetyChoicesAreAllRead(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		p := framadatetest.Poll{Poll: poll.Poll{Title: "wide", Kind: poll.Classic}}
		vote := poll.Vote{Name: "Ada"}
		for i := range 990 {
			label := fmt.Sprintf("choice %d, or not", i)
			p.Choices = append(p.Choices, poll.Choice{Label: label, Markdown: label})
			vote.Answers = append(vote.Answers, []poll.Answer{poll.Yes, poll.IfNeedBe, poll.No, poll.Unknown}[i%4])
		}
		p.Votes = []poll.Vote{vote}
		id, _ := server.Add(p)
		v := fetch(t, s, id, "")
		got := decode(t, v)
		if cmp.Diff(p.Choices, got.Choices)+cmp.Diff(p.Votes, got.Votes) != "" || v.Suspect != "" {
			t.Errorf("%q, %d choices", v.Suspect, len(got.Choices))
		}
	})
}

func TestNamesAreAsTheyWereWritten(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		p := meeting()
		p.Votes, p.Comments = nil, nil
		for _, name := range []string{
			`back\slash`, "tab\tin it", "two\nlines", "\u200fשלום", "日本語", "<b>bold</b> &amp; &", "Zo\u00e9", "Zoe\u0301", "dup", "Dup", "+33 6", "@me", "-", "'=x",
			"🎉", `"quoted"`, "a,b;c", strings.Repeat("é", 64), "0",
		} {
			p.Votes = append(p.Votes, poll.Vote{Name: name, Answers: []poll.Answer{poll.Yes, poll.No, poll.No, poll.No}})
			p.Comments = append(p.Comments, poll.Comment{Author: name, Text: name})
		}
		id, admin := server.Add(p)
		for _, locator := range []string{id, admin + "/admin"} {
			v := fetch(t, s, locator, "")
			got := decode(t, v)
			if d := cmp.Diff(p.Votes, got.Votes) + cmp.Diff(p.Comments, got.Comments); d != "" || v.Suspect != "" {
				t.Error(v.Suspect, d)
			}
		}
	})
}

func TestClosedChoicesAreReadToo(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		p := pizza()
		p.ValueMax = 1
		p.Votes[0].Answers = []poll.Answer{poll.IfNeedBe, poll.Yes, poll.No}
		id, admin := server.Add(p)
		v := fetch(t, s, id, "")
		if got := decode(t, v); cmp.Diff(p.Votes, got.Votes) != "" || got.Choices[1].Label != "bold" || got.Choices[1].Markdown != "**bold**" || got.Choices[2].Markdown == "" || v.Suspect != "" {
			t.Errorf("%+v", got)
		}
		if got := decode(t, fetch(t, s, admin+"/admin", "")); got.Choices[1].Markdown != "**bold**" {
			t.Errorf("%+v", got)
		}
	})
}

func TestWhoMayChangeVotesIsToldToTheAdmin(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		for _, edit := range []poll.Edit{poll.EditNone, poll.EditOwn, poll.EditAll} {
			p := meeting()
			p.Settings.Edit = edit
			id, admin := server.Add(p)
			if got := decode(t, fetch(t, s, admin+"/admin", "")); got.Settings.Edit != edit || *got.Settings.Locked {
				t.Errorf("%s: %+v", edit, got.Settings)
			}
			if got := decode(t, fetch(t, s, id, "")); got.Settings.Edit != "" {
				t.Errorf("%s: guessed %+v", edit, got.Settings)
			}
		}
	})
}

func TestTableIsOnlyWhatTheServerSaysIsOne(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		id, _ := server.Add(meeting())
		for _, header := range []string{"Content-Disposition", "Content-Type"} {
			s, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer := httptest.NewRecorder()
				server.ServeHTTP(answer, r)
				if strings.Contains(r.URL.Path, "exportcsv") {
					answer.Header().Set(header, "text/plain")
				}
				maps.Copy(w.Header(), answer.Header())
				w.Write(answer.Body.Bytes())
			}))
			if v, err := s.Fetch(t.Context(), id, ""); !errors.Is(err, sources.ErrRefused) {
				t.Error(header, v, err)
			}
		}
	})
}

func TestDaysAreRightWhereverTheServerIs(t *testing.T) {
	for _, hours := range []int{-11, -9, 0, 2, 9, 13} {
		zone := time.FixedZone("", hours*60*60)
		inBubbles(t, framadatetest.Options{Zone: zone}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
			p := meeting()
			_, admin := server.Add(p)
			if got := decode(t, fetch(t, s, admin+"/admin", "")); cmp.Diff(p.Choices, got.Choices) != "" {
				t.Errorf("%d h: %+v", hours, got.Choices)
			}
			// Without the table only the link to delete tells, and not for
			// certain far from Greenwich.
			p.Fault = framadatetest.NoTable
			_, admin = server.Add(p)
			v := fetch(t, s, admin+"/admin", "")
			got := decode(t, v)
			want := p.Choices[0].Date
			if hours < -10 || hours > 10 {
				want = ""
			}
			if got.Choices[0].Date != want || got.Choices[0].Moment != "9h" || len(got.Votes) != 4 || v.Suspect != framadate.Disagreement || v.Validator != "" || len(v.Files) != 2 {
				t.Errorf("%d h: %+v", hours, got.Choices[0])
			}
		})
	}
}

func TestWithoutFrenchNothingIsGuessed(t *testing.T) {
	inBubbles(t, framadatetest.Options{NoFrench: true}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		p := meeting()
		id, _ := server.Add(p)
		v := fetch(t, s, id, "")
		got := decode(t, v)
		for i, c := range got.Choices {
			if c.Date != p.Choices[i].Date && (c.Date != "" || c.Label == "") {
				t.Errorf("%+v", c)
			}
		}
		if cmp.Diff(p.Votes, got.Votes) != "" || v.Suspect != "" {
			t.Errorf("%q %+v", v.Suspect, got.Votes)
		}
	})
}

func TestPageAndTableThatDifferAreLookedAtAgainAndSuspect(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		p := meeting()
		p.Fault = framadatetest.Differs
		id, _ := server.Add(p)
		s, client := open(t, server)
		v := fetch(t, s, id, "")
		if v.Suspect != framadate.Disagreement || v.Validator != "" || len(v.Files) != 3 || client.Requests() != 4 {
			t.Errorf("%+v after %d requests", v, client.Requests())
		}
	})
}

func TestBadTableIsInNoVersion(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		id, admin := server.Add(meeting())
		faults := &sourcetest.Faults{Handler: server}
		s, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "exportcsv") {
				faults.ServeHTTP(w, r)
			} else {
				server.ServeHTTP(w, r)
			}
		}))
		for _, fault := range []sourcetest.Fault{sourcetest.Down, sourcetest.Silent, sourcetest.Cut, sourcetest.CutCleanly, sourcetest.Empty, sourcetest.NotUTF8, sourcetest.ErrorPage} {
			faults.Set(fault)
			for _, locator := range []string{id, admin + "/admin"} {
				if v, err := s.Fetch(t.Context(), locator, ""); err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
					t.Errorf("%s: %+v, %v", fault, v, err)
				}
			}
		}
	})
}

// TestFolderThatIsMissingHereIsNoMissingPoll, nor the server's fault: large
// pages go into a temporary one.
func TestFolderThatIsMissingHereIsNoMissingPoll(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		id, _ := server.Add(meeting())
		_, client := open(t, server)
		s, err := framadate.New(base, client, spool.New(t.TempDir()+"/none", 1), framadate.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if v, err := s.Fetch(t.Context(), id, ""); err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, sources.ErrRefused) {
			t.Error(v, err)
		}
	})
}

func TestPHPsWarningBehindThePageIsNoHarm(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		id, _ := server.Add(meeting())
		s, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			server.ServeHTTP(w, r)
			if strings.Contains(r.URL.Path, "studs.php") {
				io.WriteString(w, "<br />\n<b>Warning</b>: something in <b>file.php</b> on line <b>1</b><br />\n")
			}
		}))
		if v := fetch(t, s, id, ""); v.Suspect != "" || len(decode(t, v).Votes) != 4 {
			t.Errorf("%+v", v)
		}
	})
}

func TestVoteBetweenTheTwoRequestsIsInTheVersion(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		id, _ := server.Add(meeting())
		tables := 0
		s, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "exportcsv") {
				if tables++; tables == 1 {
					server.Change(id, func(p *framadatetest.Poll) { p.Votes = append(p.Votes, poll.Vote{Name: "Late"}) })
				}
			}
			server.ServeHTTP(w, r)
		}))
		v := fetch(t, s, id, "")
		if got := decode(t, v); len(got.Votes) != 5 || v.Suspect != "" || v.Validator == "" {
			t.Errorf("%q %+v", v.Suspect, got.Votes)
		}
	})
}

func TestBrokenPollIsAnErrorAndNotMissing(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		p := meeting()
		p.Fault = framadatetest.Broken
		id, _ := server.Add(p)
		v, err := s.Fetch(t.Context(), id, "")
		if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			t.Error(v, err)
		}
	})
}

func TestAnotherPollIsRefused(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		id, admin := server.Add(meeting())
		other, otherAdmin := server.Add(pizza())
		s, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.URL.RawQuery = strings.NewReplacer(id, other, admin, otherAdmin).Replace(r.URL.RawQuery)
			r.RequestURI = r.URL.RequestURI()
			server.ServeHTTP(w, r)
		}))
		for _, locator := range []string{id, admin + "/admin"} {
			if v, err := s.Fetch(t.Context(), locator, ""); !errors.Is(err, sources.ErrRefused) {
				t.Error(v, err)
			}
		}
	})
}

func TestProbeTellsFramadateFromOthersWithOneRequest(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		id, admin := server.Add(meeting())
		closed := meeting()
		closed.Password = "x"
		closedID, _ := server.Add(closed)
		s, client := open(t, server)
		for i, c := range []struct {
			locator string
			want    error
		}{{id, nil}, {admin + "/admin", nil}, {closedID, nil}, {"NoSuchPollId1234", fs.ErrNotExist}} {
			if err := s.Probe(t.Context(), c.locator); !errors.Is(err, c.want) || (err != nil) != (c.want != nil) {
				t.Errorf("%d: %v, want %v", i, err, c.want)
			}
		}
		if client.Requests() != 4 {
			t.Errorf("%d requests", client.Requests())
		}
		blog, _ := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, `<!DOCTYPE html><html><body><main><div class="alert alert-warning"><h2>Not here</h2></div></main></body></html>`)
		}))
		if err := blog.Probe(t.Context(), id); !errors.Is(err, sources.ErrRefused) || errors.Is(err, sources.ErrServer) {
			t.Error(err)
		}
	})
}

func TestProbeDoesNotTakeAServerThatIsDownForAnother(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		id, _ := server.Add(meeting())
		for _, fault := range []sourcetest.Fault{sourcetest.Down, sourcetest.Silent, sourcetest.Cut} {
			faults := &sourcetest.Faults{Handler: server}
			s, _ := open(t, faults)
			faults.Set(fault)
			if err := s.Probe(t.Context(), id); !errors.Is(err, sources.ErrServer) || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", fault, err)
			}
		}
	})
}

func TestOnlyTheSameRequestOverTLSIsARedirectToFollow(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, _ *framadate.Source) {
		id, _ := server.Add(meeting())
		for to, follow := range map[string]bool{
			"https://polls.example.org%": true, "https://other.example.org%": false, "http://polls.example.org/sub/" + id: false,
			"https://polls.example.org/sub/" + id + "/action/delete_vote/x": false,
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

func TestEndlessPageEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			for {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		}))
		if v, err := s.Fetch(t.Context(), "AbCdEf1234567890", ""); !errors.Is(err, sources.ErrRefused) {
			t.Error(v, err)
		}
		if client.Received() > 20<<20 {
			t.Errorf("received %d bytes", client.Received())
		}
	})
}

func TestWhatIsNoLocatorIsNotAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := open(t, http.NotFoundHandler())
		for _, locator := range []string{"", "../x", "a b", "a&b=c", "short/admin", "AbCdEf1234567890/admin", "AbCdEf1234567890hU2FZVuG/admin/action/delete_vote/MQ"} {
			if v, err := s.Fetch(t.Context(), locator, ""); !errors.Is(err, sources.ErrAddress) {
				t.Error(v, err)
			}
		}
		if client.Requests() != 0 {
			t.Error("the server was asked")
		}
	})
}
