package setup

import (
	"fmt"
	"slices"
	"testing"

	"github.com/padsync/padsync/catalog"
)

// An account lists its own pads, and not all of its server: others that a browser
// has are new. No account is asked.
func TestPadsOfAnAccountAreKnownOnceTheyAreSaved(t *testing.T) {
	b := newBench(t, true)
	listed, typed := b.pad("listed"), b.pad("typed")
	b.with(func(c *catalog.Catalog) error {
		state := catalog.State{State: "current", Versions: 1}
		return c.Learn(t.Context(), "repository", each([]catalog.Heard{{Key: listed, State: state}, {Key: typed, State: state}}))
	})
	b.choose(catalog.Manual, "typed")
	visited := b.pad("visited")
	b.with(func(c *catalog.Catalog) error { return c.Keep(t.Context(), []catalog.Found{{Key: visited}}) })
	account := fmt.Sprintf("[[source]]\nkind = \"etherpad\"\nurl = %q\nall = true\nmypads-login = \"marie\"\nmypads-password-file = \"none\"\n", b.server)
	for _, c := range []struct {
		config string
		want   []string
		choice map[string]string
	}{
		{account, []string{"/p/visited"}, map[string]string{"listed": "automatic", "typed": "manual"}},
		{account + "api-key-file = \"none\"\n", nil, map[string]string{"listed": "automatic", "typed": "automatic"}},
		{"", []string{"/p/listed", "/p/visited"}, map[string]string{"listed": Elsewhere, "typed": "manual"}},
	} {
		b.config = c.config
		finds, _ := b.discovers(b.server+"/p/listed/timeslider", b.server+"/p/typed", b.server+"/p/visited")
		unknown, err := finds.Unknown(t.Context())
		var got []string
		for _, f := range unknown {
			got = append(got, "/p/"+f.ID)
		}
		if slices.Sort(got); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q: new are %q, %v, want %q", c.config, got, err, c.want)
		}
		d, err := b.settings().Documents(t.Context(), true, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range d.All {
			if want := c.choice[d.All[i].ID]; want != "" && d.Choice(&d.All[i]) != want {
				t.Errorf("%q: %s is %s, want %s", c.config, d.All[i].ID, d.Choice(&d.All[i]), want)
			}
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// An admin link alone does not show the id that a poll's author chose: what was
// known by one is the poll that the first backup found there.
func TestAPollThatWasJoinedIsNotNewAgain(t *testing.T) {
	b := newBench(t, true)
	const server, link = "https://nuudel.digitalcourage.de", "https://nuudel.digitalcourage.de/aBcDeFgHiJkLmN0pqRsTuVwX/admin"
	found := catalog.Key{Kind: "framadate", Base: server, ID: "aBcDeFgHiJkLmN0p"}
	is := catalog.Key{Kind: "framadate", Base: server, ID: "AG-2027"}
	automatic := catalog.Automatic
	b.with(func(c *catalog.Catalog) error {
		if err := c.Change(t.Context(), []catalog.Key{found}, catalog.Change{Choice: &automatic}); err != nil {
			return err
		}
		return c.Join(t.Context(), found, is)
	})
	if _, lines := b.discovers(link, server+"/AG-2027"); len(lines) != 0 {
		t.Errorf("new are %q", lines)
	}
}
