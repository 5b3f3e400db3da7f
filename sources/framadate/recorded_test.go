package framadate

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/testserver"
	"github.com/padsync/padsync/sources"
)

// recorded is a file of the answers that real servers gave.
func recorded(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(testserver.Recorded(t, "framadate"), filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	y = poll.Yes
	m = poll.IfNeedBe
	n = poll.No
	u = poll.Unknown
)

func is(b bool) *bool { return &b }

// A public page tells these of an open poll.
func open() poll.Settings {
	return poll.Settings{Hidden: is(false), Locked: is(false), Expired: is(false), Password: is(false)}
}

func byAdmin(mail string) poll.Settings {
	s := open()
	s.Edit, s.Mail = poll.EditAll, mail
	return s
}

func slots() []poll.Choice {
	return []poll.Choice{
		{Date: "2027-01-11", Moment: "09:00"}, {Date: "2027-01-11", Moment: "14h-16h"}, {Date: "2027-01-11", Moment: "Evening"},
		{Date: "2027-01-12", Moment: "09:00"}, {Date: "2027-02-02", Moment: "10:00"}, {Date: "2027-02-02", Moment: "11:00"},
	}
}

const (
	rawDescription   = "# Ordre du jour\n\n- **budget**\n- *divers*\n\nVoir [le site](https://example.org/?a=1&b=2)\nligne 2 <script>alert(1)</script>  deux espaces"
	shownAsMarkdown  = "# Ordre du jour\n\n- **budget**\n- *divers*\n\nVoir [le site](https://example.org/?a=1&b=2)  \nligne 2 &lt;script&gt;alert(1)&lt;/script&gt;\u00a0\u00a0deux espaces"
	commentsRecorded = "2026-11-22T11:01"
)

func reunion(description, commented, expires string, s poll.Settings) *poll.Poll {
	return &poll.Poll{
		Title: "Réunion de rentrée", Author: "Zoé Martin", Description: description, Kind: poll.Date, Choices: slots(),
		Votes: []poll.Vote{
			{Name: "Alice", Answers: []poll.Answer{y, y, n, m, y, y}}, {Name: "Bob", Answers: []poll.Answer{n, n, n, n, n, n}},
			{Name: "Chloé", Answers: []poll.Answer{m, y, y, y, m, n}}, {Name: "Partial", Answers: []poll.Answer{y, u, u, u, n, u}},
		},
		Comments: []poll.Comment{
			{Author: "Alice", Date: commented, Text: "Premier commentaire"},
			{Author: "Bob", Date: commented, Text: "Ligne 1\nLigne 2 <b>gras</b> & \"guillemets\""},
		},
		Settings: s, Expires: expires,
	}
}

func pizza(markdown bool, s poll.Settings) *poll.Poll {
	p := &poll.Poll{
		Title: "Which pizza?", Author: "Bob", Description: "Plain description", Kind: poll.Classic,
		Choices:  []poll.Choice{{Label: "Margherita"}, {Label: `Quattro "formaggi", hot`}, {Label: "Calzone"}},
		Votes:    []poll.Vote{{Name: "Alice", Answers: []poll.Answer{y, n, m}}, {Name: "Bob", Answers: []poll.Answer{m, y, n}}},
		Comments: []poll.Comment{{Author: "Alice", Date: commentsRecorded, Text: "hungry"}},
		Settings: s,
	}
	for i := range p.Choices {
		if markdown {
			p.Choices[i].Markdown = p.Choices[i].Label
		}
	}
	return p
}

// small has the choices A and B and Alice's vote, or the first four slots.
func small(title string, kind poll.Kind, s poll.Settings, comments ...string) *poll.Poll {
	p := &poll.Poll{Title: title, Author: "Zoé Martin", Kind: kind, Settings: s, Comments: []poll.Comment{}}
	p.Choices = []poll.Choice{{Label: "A"}, {Label: "B"}}
	p.Votes = []poll.Vote{{Name: "Alice", Answers: []poll.Answer{y, m}}}
	if kind == poll.Date {
		p.Choices = slots()[:4]
		p.Votes[0].Answers = []poll.Answer{y, y, n, m}
	}
	for _, text := range comments {
		p.Comments = append(p.Comments, poll.Comment{Author: "Alice", Date: commentsRecorded, Text: text})
	}
	return p
}

func change(p *poll.Poll, f func(*poll.Poll)) *poll.Poll {
	f(p)
	return p
}

func TestRecordedPollsAreReadWhole(t *testing.T) {
	links := func(p *poll.Poll) {
		p.Description = "| a | b |\n|---|---|\n| 1 | 2 |"
		p.Choices = []poll.Choice{{Label: "Framasoft"}, {Label: "logo"}, {Label: "alt text"}, {Label: "bold choice"}, {Label: "https://example.org/bare"}, {}}
		p.Votes[0].Answers = []poll.Answer{y, n, m, y, n, y}
		for i, shown := range []string{
			"[Framasoft](https://framasoft.org/?x=1&y=2)", "![logo](https://example.org/logo.png)", "[![alt text](https://example.org/i.png)](https://example.org/page)",
			"**bold** choice", "[https://example.org/bare](https://example.org/bare)", "![](https://example.org/noalt.png)",
		} {
			p.Choices[i].Markdown = shown
		}
	}
	markdown := func(p *poll.Poll) {
		for i, raw := range []string{
			"[Framasoft](https://framasoft.org/?x=1&y=2)", "![logo](https://example.org/logo.png)", "[![alt text](https://example.org/i.png)](https://example.org/page)",
			"**bold** choice", "https://example.org/bare", "![](https://example.org/noalt.png)",
		} {
			p.Choices[i].Markdown = raw
		}
	}
	hidden := open()
	hidden.Hidden = is(true)
	hiddenAdmin := byAdmin("zoe@example.org")
	hiddenAdmin.Hidden = is(true)
	expired := poll.Settings{Hidden: is(false), Expired: is(true), Password: is(false)}
	expiredAdmin := byAdmin("zoe@example.org")
	expiredAdmin.Expired = is(true)
	locked := open()
	locked.Locked = is(true)
	public := poll.Settings{Hidden: is(false), Expired: is(false), Password: is(true), PublicResults: is(true)}
	zoe := byAdmin("zoe@example.org")

	for _, c := range []struct {
		page, table string
		id, admin   string
		want        *poll.Poll
		suspect     sources.Suspicion
	}{
		{"date-slots/public.fr.html", "date-slots/public.fr.csv", "vac8oBNKwD5LRw6o", "", reunion(shownAsMarkdown, commentsRecorded, "", open()), ""},
		{"date-slots/admin.fr.html", "date-slots/admin.fr.csv", "vac8oBNKwD5LRw6o", "vac8oBNKwD5LRw6ohU2FZVuG", reunion(rawDescription, commentsRecorded, "2027-01-20", zoe), ""},
		{"date-slots/admin.en.html", "date-slots/admin.en.csv", "vac8oBNKwD5LRw6o", "vac8oBNKwD5LRw6ohU2FZVuG", reunion(rawDescription, commentsRecorded, "", zoe), ""},
		{"_release-1.1.19/date-slots.public.fr.html", "_release-1.1.19/date-slots.public.fr.csv", "vac8oBNKwD5LRw6o", "", reunion(shownAsMarkdown, commentsRecorded, "", open()), ""},
		{"_release-1.1.19/date-slots.admin.en.html", "_release-1.1.19/date-slots.public.en.csv", "vac8oBNKwD5LRw6o", "vac8oBNKwD5LRw6ohU2FZVuG", reunion(rawDescription, "", "2027-01-20", zoe), ""},
		{"_release-1.0.3/date-slots.public.en.html", "_release-1.0.3/date-slots.public.en.csv", "vac8oBNKwD5LRw6o", "", reunion(rawDescription, "", "", open()), ""},
		{"_release-1.0.3/date-slots.admin.en.html", "_release-1.0.3/date-slots.public.en.csv", "vac8oBNKwD5LRw6o", "vac8oBNKwD5LRw6ohU2FZVuG", reunion(rawDescription, "", "2027-01-20", zoe), ""},
		{"_develop-1.2/date-slots.public.en.html", "_develop-1.2/date-slots.public.en.csv", "2IbqDxwrhGyxytdf", "", reunion(shownAsMarkdown, "", "", open()), ""},
		{"_develop-1.2/date-slots.admin.en.html", "_develop-1.2/date-slots.public.en.csv", "2IbqDxwrhGyxytdf", "2IbqDxwrhGyxytdfPxXoxDBh", reunion(rawDescription, "", "2027-05-21", zoe), ""},
		{"classic-basic/public.fr.html", "classic-basic/public.fr.csv", "AexK1bhSlKn9HA8Y", "", pizza(true, open()), ""},
		{"classic-basic/public.en.html", "_release-1.1.19/classic-basic.public.en.csv", "AexK1bhSlKn9HA8Y", "", pizza(false, open()), ""},
		{"classic-basic/public.fr.html", "_release-1.0.3/classic-basic.public.fr.csv", "AexK1bhSlKn9HA8Y", "", pizza(true, open()), ""},
		{"classic-basic/public.fr.html", "_develop-1.2/classic-basic.public.fr.csv", "AexK1bhSlKn9HA8Y", "", pizza(true, open()), ""},
		{"classic-basic/admin.en.html", "classic-basic/admin.en.csv", "AexK1bhSlKn9HA8Y", "AexK1bhSlKn9HA8YaO6FoaJg", pizza(true, byAdmin("bob@example.org")), ""},
		{"classic-links/public.en.html", "classic-links/public.en.csv", "AzeCW6tWTpyeEyXQ", "", change(small("Links and images", poll.Classic, open()), links), ""},
		{"classic-links/admin.en.html", "classic-links/admin.en.csv", "AzeCW6tWTpyeEyXQ", "AzeCW6tWTpyeEyXQzeBeMs8G", change(change(small("Links and images", poll.Classic, zoe), links), markdown), ""},
		{"date-zero-votes/public.en.html", "date-zero-votes/public.fr.csv", "KPUb29NlcAUym7sg", "", change(small("Nobody voted", poll.Date, open()), func(p *poll.Poll) {
			p.Choices = []poll.Choice{{Label: "Mon 1 March 2027", Moment: "08:00"}, {Label: "Tue 2 March 2027"}}
			p.Votes = []poll.Vote{}
		}), ""},
		{"editable-own/public.en.html", "editable-own/public.en.csv", "5cUvjnr8zqrE69cX", "", small("Own vote editable", poll.Classic, open()), ""},
		{"expired/public.fr.html", "expired/public.fr.csv", "OVPvLI4UyYPnl9dK", "", change(small("expired", poll.Date, expired, "x"), purged), ""},
		{"expired/admin.en.html", "expired/admin.en.csv", "OVPvLI4UyYPnl9dK", "OVPvLI4UyYPnl9dKXKqicApd", change(change(small("expired", poll.Date, expiredAdmin, "x"), showDays), purged), ""},
		{"hidden/public.fr.html", "", "rVBnUhOu4gX7jHSb", "", change(change(small("Hidden results", poll.Date, hidden, "comment visible?"), showDaysInFrench), func(p *poll.Poll) { p.Votes = nil }), VotesHidden},
		{"hidden/admin.en.html", "hidden/admin.en.csv", "rVBnUhOu4gX7jHSb", "rVBnUhOu4gX7jHSbJqX8Af3s", change(small("Hidden results", poll.Date, hiddenAdmin, "comment visible?"), func(p *poll.Poll) {
			p.Votes = append(p.Votes, poll.Vote{Name: "Bob", Answers: []poll.Answer{n, n, n, n}})
		}), ""},
		{"locked/public.en.html", "locked/public.en.csv", "ZXPUKmyJXQbhJMAn", "", small("Locked", poll.Classic, locked, "before lock"), ""},
		{"password-public/public.en.html", "password-public/public.en.csv", "PtsyweYi4joSPQd8", "", small("Password, results public", poll.Classic, public, "public comment"), ""},
		{"valuemax/public.en.html", "valuemax/public.en.csv", "y6121K1aCmhrXYmE", "", change(small("Two per slot", poll.Classic, open()), func(p *poll.Poll) {
			p.Votes = []poll.Vote{
				{Name: "Alice", Answers: []poll.Answer{y, n}}, {Name: "Bob", Answers: []poll.Answer{y, y}},
				{Name: "Dora", Answers: []poll.Answer{m, n}}, {Name: "Eve", Answers: []poll.Answer{n, y}},
			}
		}), ""},
	} {
		t.Run(c.page, func(t *testing.T) {
			p, err := parsePage(bytes.NewReader(recorded(t, c.page)))
			if err != nil {
				t.Fatal(err)
			}
			if p.publicID != c.id || p.adminID != c.admin {
				t.Errorf("ids %q, %q", p.publicID, p.adminID)
			}
			var rows *table
			if c.table != "" {
				if rows, err = parseTable(bytes.NewReader(recorded(t, c.table)), p.Kind, p.french); err != nil {
					t.Fatal(err)
				}
			}
			got, suspect := p.join(rows)
			if d := cmp.Diff(c.want, got); d != "" || suspect != c.suspect {
				t.Error(suspect, d)
			}
			if _, err := got.Encode(); err != nil {
				t.Error(err)
			}
		})
	}
}

// purged is what pages of expired polls say.
func purged(p *poll.Poll) { p.Purge = "2027-01-11" }

// showDays: without French, and without links to delete, no day is certain.
func showDays(p *poll.Poll) {
	for i, day := range []string{"Mon 11 January 2027", "Mon 11 January 2027", "Mon 11 January 2027", "Tue 12 January 2027"} {
		p.Choices[i].Date, p.Choices[i].Label = "", day
	}
}

func showDaysInFrench(p *poll.Poll) {
	for i, day := range []string{"lun. 11 janvier 2027", "lun. 11 janvier 2027", "lun. 11 janvier 2027", "mar. 12 janvier 2027"} {
		p.Choices[i].Date, p.Choices[i].Label = "", day
	}
}

func TestRecordedPagesThatAreNoPollAreTold(t *testing.T) {
	for name, want := range map[string]error{
		"deleted/public.en.html": fs.ErrNotExist, "deleted/public.fr.csv": fs.ErrNotExist, "_misc/nonexistent.html": fs.ErrNotExist,
		"_misc/nonexistent-admin.html": fs.ErrNotExist, "_misc/admin-id-as-poll.html": fs.ErrNotExist, "_misc/bad-chars.html": fs.ErrNotExist,
		"password/public.fr.html": ErrPassword, "password/public.en.html": ErrPassword, "password/public-wrong-password.en.html": ErrPassword,
		"_misc/home.html": sources.ErrRefused, "_misc/create_poll-date.html": sources.ErrRefused,
		"_misc/not-found-path.html": sources.ErrRefused, "_misc/superadmin-polls.html": sources.ErrRefused,
	} {
		if _, err := parsePage(bytes.NewReader(recorded(t, name))); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

func TestRecordedListHasAllPolls(t *testing.T) {
	p, err := parseList(bytes.NewReader(recorded(t, "_misc/superadmin-polls.html")))
	if err != nil || p.total != 22 || len(p.admins) != 22 {
		t.Fatalf("%+v, %v", p, err)
	}
	if p.admins["AexK1bhSlKn9HA8Y"] != "AexK1bhSlKn9HA8YaO6FoaJg" || p.admins["AG-2027-Asso"] == "" {
		t.Errorf("%q", p.admins)
	}
}

func TestRecordedRefusalsAreNoTable(t *testing.T) {
	for _, name := range []string{"hidden/public.fr.csv", "password/public.en.csv", "_misc/nonexistent.csv"} {
		if rows, err := parseTable(bytes.NewReader(recorded(t, name)), poll.Classic, true); !errors.Is(err, sources.ErrRefused) {
			t.Errorf("%s: %+v, %v", name, rows, err)
		}
	}
}
