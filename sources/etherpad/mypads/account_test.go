package mypads

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzGroups: whatever MyPads says, it is understood the same way twice, or
// refused without a word of it.
func FuzzGroups(f *testing.F) {
	for _, answer := range []string{
		`{"value":{"groups":{"g-1":{"name":"é","admins":["m-1"],"users":[],"visibility":"private","readonly":false,"pads":["p-1"]}},` +
			`"pads":{"p-1":{"name":"Compte rendu","group":"g-1","visibility":null,"readonly":null,"_id":"p-1","ctime":1}},` +
			`"users":{"m-1":{"_id":"m-1","login":"marie","email":"marie@exemple.fr"}},"admins":{},"bookmarks":{"groups":{},"pads":{}}}}`,
		`{"value":{"pads":{"p":{"group":"none","visibility":"public","readonly":true}},"groups":{},"users":{"x":{"email":"marie"}}}}`,
		`{"value":{"pads":{}}} {}`, `{"value":{"pads":{"\ud800":{"name":"\ud800"}}},"value":{"pads":null}}`, `[]`, ``,
	} {
		f.Add(answer)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		var m, again Membership
		if err := m.decode(strings.NewReader(answer), "marie"); err != nil {
			if err != errNoGroups || m.Pads != nil {
				t.Errorf("%d pads, %v", len(m.Pads), err)
			}
			return
		}
		if err := again.decode(strings.NewReader(answer), "marie"); err != nil || len(again.Pads) != len(m.Pads) {
			t.Errorf("%d pads, then %d, %v", len(m.Pads), len(again.Pads), err)
		}
		for id, p := range m.Pads {
			if !utf8.ValidString(id) || !utf8.ValidString(p.Name) || again.Pads[id] != p {
				t.Errorf("%q: %+v, then %+v", id, p, again.Pads[id])
			}
		}
	})
}

func TestPadsAreSeenWithTheAccountsEyes(t *testing.T) {
	answer := func(group, pad, users string) string {
		return `{"value":{"groups":{"g":{` + group + `}},"pads":{"p":{"name":"CR","group":"g"` + pad + `}},"users":{` + users + `}}}`
	}
	const private, self = `"visibility":"private","admins":["other-1"]`, `"m-1":{"login":"marie"}`
	for _, c := range []struct {
		answer string
		want   Pad
	}{
		{answer(private, ``, self), Pad{closed: true}},
		{answer(private, ``, `"m-1":{"login":"m","email":"marie"}`), Pad{closed: true}},
		{answer(private, ``, ``), Pad{}}, // who it is does not show
		{answer(`"visibility":"private","admins":["m-1"]`, ``, self), Pad{}},
		{answer(private, `,"visibility":"public"`, self), Pad{}},
		{answer(private, `,"visibility":"restricted"`, self), Pad{closed: true}},
		{answer(`"visibility":"restricted"`, `,"visibility":"private"`, self), Pad{closed: true, own: true}},
		{answer(`"visibility":"private","admins":["m-1"]`, `,"visibility":"private"`, self), Pad{own: true}},
		{answer(`"visibility":"restricted"`, ``, self), Pad{}},
		{answer(`"readonly":true`, ``, self), Pad{Archived: true}},
		{answer(`"readonly":true`, `,"readonly":false`, self), Pad{}},
		{answer(`"readonly":false`, `,"readonly":true`, self), Pad{Archived: true}},
	} {
		c.want.Name, c.want.Group = "CR", "g"
		var m Membership
		err := m.decode(strings.NewReader(c.answer), "marie")
		if err != nil || m.Pads["p"] != c.want || m.groups["g"] != strings.Contains(c.answer, `{"readonly":true`) {
			t.Errorf("%s: %+v, %v; want %+v", c.answer, m, err, c.want)
		}
	}
}
