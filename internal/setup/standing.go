package setup

import (
	"time"

	"github.com/padsync/padsync/catalog"
)

// A Standing is how a repository stands beside the others, as far as the catalogue
// learned it.
type Standing struct {
	Shown  string    // its address, without secrets
	Local  bool      // it is a folder of this computer
	Newest time.Time // when a version was saved there last, zero if none was
	Lacks  time.Time // since when it has not what another one has, zero if it has all

	ID     string // of the repository that this machine saw there last, "" if none
	Sealed bool
}

// Standings are those of the repositories of the configuration.
func (d *Documents) Standings() []Standing {
	places := d.settings.Repositories
	all, at := make([]Standing, len(places)), make(map[string]int)
	for i, place := range places {
		all[i].Shown, all[i].Local = place.Shown, place.Kind == Local
		if known := d.settings.Machine.Repositories(place.place()).Repositories; len(known) > 0 {
			last := known[len(known)-1]
			at[last.ID] = i
			all[i].ID, all[i].Sealed = last.ID, last.Sealed
		}
	}
	states := make([]catalog.State, len(places))
	for i := range d.All {
		clear(states)
		for _, s := range d.All[i].States {
			if place, known := at[s.Repository]; known {
				states[place] = s
			}
		}
		newest := 0
		for i := range states {
			if states[i].Newest.After(states[newest].Newest) {
				newest = i
			}
		}
		for i := range states {
			all[i].take(&states[i], &states[newest])
		}
	}
	return all
}

// take takes what the repository says of a document, and what the one says that has
// its newest version.
func (s *Standing) take(own, newest *catalog.State) {
	if own.Newest.After(s.Newest) {
		s.Newest = own.Newest
	}
	// Who looked after that and saw no change has it, with an older date.
	if !newest.Newest.After(own.Newest) || !newest.Newest.After(own.Checked) {
		return
	}
	since := newest.Newest
	for _, saved := range newest.Saved.Times() {
		if saved.After(own.Newest) && saved.After(own.Checked) {
			since = saved
			break
		}
	}
	if s.Lacks.IsZero() || since.Before(s.Lacks) {
		s.Lacks = since
	}
}
