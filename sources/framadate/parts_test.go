package framadate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/framadate"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

// changed are the parts that both looks saw, and not the same.
func changed(a, b *sources.Version) (parts []string) {
	for part, hash := range a.Facts.Fields {
		if other := b.Facts.Fields[part]; other != "" && other != hash {
			parts = append(parts, part)
		}
	}
	slices.Sort(parts)
	return parts
}

func linked() framadatetest.Poll {
	p := pizza()
	p.Description = "Ordre du jour"
	p.Choices = []poll.Choice{
		{Label: "Framasoft", Markdown: "[Framasoft](https://framasoft.org/?x=1&y=2)"}, {Label: "logo", Markdown: "![logo](https://example.org/l.png)"},
		{Label: "", Markdown: "[![](https://example.org/noalt.png)](https://example.org/page)"}, {Label: "bold", Markdown: "**bold**"}, {Label: "plain, & \"so\" <on>"},
	}
	p.Votes[0].Answers = []poll.Answer{poll.Yes, poll.No, poll.IfNeedBe, poll.Yes, poll.No}
	p.Settings = poll.Settings{Mail: "zoe@example.org", Edit: poll.EditOwn}
	p.Comments = meeting().Comments
	p.Expires = "2027-07-10"
	return p
}

// TestLooksTellTheSameOfWhatBothSee, whatever the link, and before and after
// the end of the poll.
func TestLooksTellTheSameOfWhatBothSee(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		for name, change := range map[string]func(*framadatetest.Poll){
			"open":            func(*framadatetest.Poll) {},
			"hidden":          func(p *framadatetest.Poll) { p.Settings.Hidden = is(true) },
			"locked":          func(p *framadatetest.Poll) { p.Settings.Locked, p.Settings.Edit = is(true), "" },
			"public password": func(p *framadatetest.Poll) { p.Password, p.Settings.PublicResults = "x", is(true) },
			"full":            func(p *framadatetest.Poll) { p.ValueMax = 1 },
		} {
			for _, p := range []framadatetest.Poll{meeting(), linked()} {
				change(&p)
				id, admin := server.Add(p)
				looks := []*sources.Version{fetch(t, s, admin+"/admin", ""), fetch(t, s, id, "")}
				if whole := decodeAll(t, looks[0]).Unseen; slices.ContainsFunc(whole, func(p poll.Part) bool { return p != poll.PartTimes && (p != poll.PartEdit || name != "locked") }) {
					t.Errorf("%s: the admin did not see %q", name, whole)
				}
				server.Change(id, func(p *framadatetest.Poll) { p.Settings.Expired, p.Purge = is(true), "2027-09-08" })
				looks = append(looks, fetch(t, s, admin+"/admin", ""), fetch(t, s, id, ""))
				for i, v := range looks {
					for j, w := range looks {
						if parts := changed(v, w); len(parts) > 0 {
							t.Errorf("%s %s: looks %d and %d tell other things of %q", name, p.Kind, i, j, parts)
						}
					}
					got := decodeAll(t, v)
					for _, part := range got.Unseen {
						if v.Facts.Fields[string(part)] != "" {
							t.Errorf("%s: look %d saw and did not see %s", name, i, part)
						}
					}
					if i > 0 && (len(got.Unseen) == 0 || len(v.Facts.Fields) < 4) {
						t.Errorf("%s: look %d saw %q, and not %q", name, i, v.Facts.Fields, got.Unseen)
					}
				}
			}
		}
	})
}

// TestChangesAreInTheirPart, seen by both links.
func TestChangesAreInTheirPart(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		for want, change := range map[string]func(*framadatetest.Poll){
			"title":       func(p *framadatetest.Poll) { p.Title += "!" },
			"description": func(p *framadatetest.Poll) { p.Description = "Ordre de la nuit" },
			"votes":       func(p *framadatetest.Poll) { p.Votes[0].Answers = slices.Repeat([]poll.Answer{poll.No}, 5) },
			"comments":    func(p *framadatetest.Poll) { p.Comments = append(p.Comments, poll.Comment{Author: "x", Text: "y"}) },
			"choices": func(p *framadatetest.Poll) {
				p.Choices[0].Markdown = strings.Replace(p.Choices[0].Markdown, "framasoft", "elsewhere", 1)
			},
			"expires": func(p *framadatetest.Poll) { p.Expires = "2027-08-10" },
			"edit":    func(p *framadatetest.Poll) { p.Settings.Edit = poll.EditNone },
			"hidden":  func(p *framadatetest.Poll) { p.Settings.Hidden = is(true) },
		} {
			p := linked()
			id, admin := server.Add(p)
			for _, locator := range []string{id, admin + "/admin"} {
				server.Add(framadatetest.Poll{Poll: linked().Poll, ID: id, Admin: admin})
				before := fetch(t, s, locator, "")
				server.Change(id, change)
				got := changed(before, fetch(t, s, locator, ""))
				public := locator == id && (want == "expires" || want == "edit")
				if slices.Contains(got, want) == public || len(got) > 3 {
					t.Errorf("%s, of %s: %q", want, locator, got)
				}
			}
		}
	})
}

// TestLinksAndImagesOfChoicesAreReadFromEveryPage, also where the author's
// Markdown is not told.
func TestLinksAndImagesOfChoicesAreReadFromEveryPage(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		p := linked()
		id, admin := server.Add(p)
		for _, expired := range []bool{false, true} {
			server.Change(id, func(p *framadatetest.Poll) { p.Settings.Expired = is(expired) })
			for _, locator := range []string{id, admin + "/admin"} {
				got := decode(t, fetch(t, s, locator, ""))
				for i, c := range p.Choices[:4] {
					if got.Choices[i].Markdown != c.Markdown || got.Choices[i].Label != c.Label {
						t.Errorf("%s, over %t: %+v, want %+v", locator, expired, got.Choices[i], c)
					}
				}
			}
		}
	})
}

// TestColumnAndVotesThatAreGoneAreMissedByItems also where others came.
func TestColumnAndVotesThatAreGoneAreMissedByItems(t *testing.T) {
	inBubbles(t, framadatetest.Options{}, func(t *testing.T, server *framadatetest.Server, s *framadate.Source) {
		for _, p := range []framadatetest.Poll{meeting(), linked()} {
			id, admin := server.Add(p)
			for _, locator := range []string{id, admin + "/admin"} {
				server.Add(framadatetest.Poll{Poll: p.Poll, ID: id, Admin: admin})
				before := fetch(t, s, locator, "").Facts.Items
				server.Change(id, func(q *framadatetest.Poll) {
					q.Choices = append(slices.Clone(p.Choices[1:]), poll.Choice{Date: map[poll.Kind]string{poll.Date: "2027-12-24"}[p.Kind], Label: "new", Markdown: "new"})
					q.Votes = append(slices.Clone(p.Votes[1:]), poll.Vote{Name: "new", Answers: []poll.Answer{poll.Yes}})
				})
				after := fetch(t, s, locator, "").Facts.Items
				for _, part := range []string{"choices", "votes"} {
					if n := sources.ItemsGone(before[part], after[part]); n != 1 {
						t.Errorf("%s of %s: %d gone", part, locator, n)
					}
				}
			}
		}
		p := meeting()
		p.Settings.Hidden = is(true)
		id, _ := server.Add(p)
		if items := fetch(t, s, id, "").Facts.Items; items["votes"] != "" || items["choices"] == "" {
			t.Errorf("of a hidden poll: %q", items)
		}
	})
}
