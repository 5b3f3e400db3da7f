package library

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/padsync/padsync/manifest"
)

// TestOtherSpellingIsFoundWhereItIsTheSameDocument: if nothing has the very id,
// or one of the two is gone as its server takes both for one.
func TestOtherSpellingIsFoundWhereItIsTheSameDocument(t *testing.T) {
	type states = map[string]manifest.State
	for name, c := range map[string]struct {
		named string
		saved states
		want  []string
	}{
		"only the other":     {"https://pad.example.org/p/Bureau", states{"bureau": manifest.Current}, []string{"bureau"}},
		"by its id":          {"Bureau", states{"bureau": manifest.Current}, []string{"bureau"}},
		"two documents":      {"Bureau", states{"bureau": manifest.Current, "Bureau": manifest.Current}, []string{"Bureau"}},
		"went on, by new":    {"bureau", states{"bureau": manifest.Current, "Bureau": manifest.Missing}, []string{"Bureau", "bureau"}},
		"went on, by old":    {"Bureau", states{"bureau": manifest.Current, "Bureau": manifest.Missing}, []string{"Bureau", "bureau"}},
		"of another server":  {"https://other.example.org/p/Bureau", states{"bureau": manifest.Current}, nil},
		"more than the case": {"Bureaux", states{"bureau": manifest.Current}, nil},
	} {
		given := Name{Text: c.named}
		if server, id, found := strings.Cut(strings.TrimPrefix(c.named, "https://"), "/p/"); found {
			given.Addresses = []Address{{"etherpad", server, id}}
		}
		s := Select([]Name{given}, nil)
		for id, state := range c.saved {
			s.named[0].learn(Known{Source: pads, ID: id, State: state})
		}
		var got []string
		for id := range c.saved {
			if s.Has(pads, id) {
				got = append(got, id)
			}
		}
		if slices.Sort(got); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestNameMeansWhatItFitsFirst: an exact id before a name, a name before a hash,
// that before a pattern.
func TestNameMeansWhatItFitsFirst(t *testing.T) {
	other := manifest.Source{Kind: "framadate", URL: "https://poll.example.org"}
	saved := []Known{
		{Source: pads, ID: "budget", Called: "Œuvre d’Été"}, {Source: pads, ID: "ag-2026", Called: "Budget"}, {Source: pads, ID: "ag-2025", Called: "BUREAU"},
		{Source: other, ID: "poll", Called: "Réunion du bureau"}, {Source: other, ID: "ag-2026"}, {Source: pads, ID: "Case"}, {Source: pads, ID: "a*b"}, {Source: pads, ID: "axb"},
		{Source: pads, ID: "twin1", Called: "Twins"}, {Source: pads, ID: "twin2", Called: "twins"}, {Source: pads, ID: "gone", State: manifest.Erased, Called: "gone"},
	}
	hash := NoNames("r").Short(pads, "axb")
	for named, want := range map[string]string{
		"budget": "budget", "BUDGET": "ag-2026", "oeuvre d'ete": "budget", "bureau": "ag-2025", "reunion  du BUREAU": "poll", "case": "Case",
		"ag-2026": "several", "twins": "several", "Twins": "several", hash: "axb", hash[:5]: "",
		"a*b": "a*b", "ag-202*": "ag-2025 ag-2026 ag-2026", "name:*bur*": "ag-2025 poll", "name:OEUVRE*": "budget", "gone": "", "nothing": "", "twin?": "twin1 twin2", "given here": "twin1",
	} {
		s := Select([]Name{{Text: named}}, map[Address]string{{"etherpad", pads.Address(), "twin1"}: "Given here", {"etherpad", pads.Address(), "ag-2026"}: "Budget"})
		if named == "twins" || named == "Twins" {
			s = Select([]Name{{Text: named}}, nil)
		}
		_, err := s.LearnFrom("r", func(yield func(Known, error) bool) {
			for _, k := range saved {
				if !yield(k, nil) {
					return
				}
			}
		})
		var got []string
		for _, k := range saved {
			if k.State != manifest.Erased && s.Has(k.Source, k.ID) {
				got = append(got, k.ID)
			}
		}
		slices.Sort(got)
		if several, is := errors.AsType[*SeveralError](err); is {
			if !errors.Is(err, ErrSeveral) || len(several.Fits) != 2 || len(several.Fits[0].Hash) < 6 {
				t.Errorf("%q: %+v", named, several)
			}
			got = []string{"several"}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q is %q, not %q", named, got, want)
		}
		if s.ByPattern() != (strings.ContainsAny(named, "*?") && named != "a*b") {
			t.Errorf("%q: by a pattern: %v", named, s.ByPattern())
		}
	}
}

// TestNameMeansInThePastWhatItMeansNow: it may have been given since.
func TestNameMeansInThePastWhatItMeansNow(t *testing.T) {
	s := Select([]Name{{Text: "bureau"}}, nil)
	for _, called := range []string{"Bureau", "", "Another"} {
		_, err := s.LearnFrom("r", func(yield func(Known, error) bool) { yield(Known{Source: pads, ID: "ag", Called: called}, nil) })
		if err != nil || !s.Has(pads, "ag") {
			t.Errorf("when it was called %q: %v", called, err)
		}
	}
}

func TestNearestNamesAreTold(t *testing.T) {
	s := Select([]Name{{Text: "Budjet 2026"}}, nil)
	_, err := s.LearnFrom("r", func(yield func(Known, error) bool) {
		for _, k := range []Known{{Source: pads, ID: "x", Called: "Budget 2026"}, {Source: pads, ID: "budget-2026"}, {Source: pads, ID: "y", Called: "Something else"}} {
			if !yield(k, nil) {
				return
			}
		}
	})
	if names := s.Near(false); err != nil || !slices.Equal(names, []string{"Budget 2026"}) {
		t.Errorf("%q, %v", names, err)
	}
	if names := s.Near(true); !slices.Equal(names, []string{"Budget 2026", "budget-2026"}) {
		t.Errorf("with ids: %q", names)
	}
}
