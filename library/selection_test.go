package library

import (
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
		s := Select([]Name{given})
		for id, state := range c.saved {
			s.named[0].learn(&manifest.Record{Source: pads, ID: id, State: state})
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
