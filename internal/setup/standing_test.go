package setup

import (
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/machine"
)

func TestRepositoryLagsBehindWhatAnotherHasSinceItLackedIt(t *testing.T) {
	at := func(day int) time.Time {
		if day == 0 {
			return time.Time{}
		}
		return time.Unix(1_790_000_000+int64(86400*day), 0).UTC()
	}
	s, err := newSetup(t, nil).Load(Options{Repositories: []string{"file:/a", "file:/b", "file:/never"}, Unencrypted: true})
	if err != nil {
		t.Fatal(err)
	}
	ids := map[byte]string{'a': strings.Repeat("a", 32), 'b': strings.Repeat("b", 32)}
	s.Machine.KeepRepository(s.Repositories[0].place(), machine.Repository{ID: ids['a']})
	s.Machine.KeepRepository(s.Repositories[1].place(), machine.Repository{ID: strings.Repeat("c", 32)}) // which was there before
	s.Machine.KeepRepository(s.Repositories[1].place(), machine.Repository{ID: ids['b']})
	state := func(repository byte, checked int, days ...int) catalog.State {
		s := catalog.State{Repository: ids[repository], Versions: len(days), Checked: at(checked)}
		var saved []time.Time
		for _, day := range days {
			s.Newest = at(day)
			saved = append(saved, s.Newest)
		}
		s.Saved = catalog.MomentsOf(saved)
		return s
	}
	for name, c := range map[string]struct {
		states [][]catalog.State // of each document
		lacks  []int             // days, 0 for nothing
	}{
		"nothing":                    {nil, []int{0, 0, 0}},
		"all have all":               {[][]catalog.State{{state('a', 9, 1, 5), state('b', 9, 1, 5)}}, []int{0, 0, 1}},
		"one was away":               {[][]catalog.State{{state('a', 9, 1, 5, 7), state('b', 1, 1)}}, []int{0, 5, 1}},
		"never had it":               {[][]catalog.State{{state('a', 9, 3, 7)}}, []int{0, 3, 3}},
		"the longest counts":         {[][]catalog.State{{state('a', 9, 1, 7), state('b', 1, 1)}, {state('a', 9, 4), state('b', 1)}}, []int{0, 4, 1}},
		"it came back":               {[][]catalog.State{{state('a', 9, 1, 5), state('b', 9, 1, 8)}}, []int{0, 0, 1}},
		"it looked without a change": {[][]catalog.State{{state('a', 9, 1), state('b', 9, 1, 8)}}, []int{0, 0, 1}},
	} {
		d := &Documents{settings: s}
		for _, states := range c.states {
			d.All = append(d.All, catalog.Document{States: append(states, catalog.State{Repository: strings.Repeat("d", 32), Newest: at(20)})})
		}
		for i, one := range d.Standings() {
			if want := at(c.lacks[i]); !one.Lacks.Equal(want) {
				t.Errorf("%s: %s lacks something since %v, want %v", name, one.Shown, one.Lacks, want)
			}
		}
	}
}
