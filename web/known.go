package web

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/library"
)

// A knowledge is what lists show: what the catalogue has, as it was at one moment. It
// has no word of a language, and never changes, so all requests may read it at once.
type knowledge struct {
	mark   setup.Mark
	hour   time.Time // in which it was made: verdicts have days in them
	rows   []row
	of     []catalog.Document // of the rows
	byHash map[string]int
	orders map[string][]int // places of rows, by the name of an order

	services, tags []string
	versions       int           // of all documents
	runs           []catalog.Run // the newest first, chartRuns at most
	standings      []setup.Standing

	interval time.Duration // from one backup to the next, 0 if nothing makes them
}

// knowing keeps the last knowledge.
type knowing struct {
	changes setup.Changes

	mu   sync.Mutex // guards last, and makes others wait for who makes it
	last *knowledge
}

// forget has all be read anew: something changed that no mark shows.
func (n *knowing) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last = nil
}

// known is what the catalogue has. No repository is asked, and while nothing changed,
// nothing is read.
func (s *shared) known(ctx context.Context) (*knowledge, error) {
	settings, err := s.settings()
	if err != nil {
		return nil, err
	}
	s.knowing.mu.Lock()
	defer s.knowing.mu.Unlock()
	mark, err := s.knowing.changes.Mark(ctx, settings)
	if err != nil {
		return nil, err
	}
	hour := s.Now().Truncate(time.Hour)
	if last := s.knowing.last; last != nil && last.mark == mark && last.hour.Equal(hour) {
		return last, nil
	}
	d, err := settings.Catalogued(ctx)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	k := &knowledge{mark: mark, hour: hour, standings: d.Standings(), byHash: make(map[string]int)}
	if k.runs, err = d.Catalog.Runs(ctx, chartRuns); err != nil {
		return nil, err
	}
	k.read(s, d)
	if last := s.knowing.last; last != nil && last.hour.Equal(hour) {
		k.interval = last.interval
	} else {
		k.interval = s.interval(ctx)
	}
	s.knowing.last = k
	return k, nil
}

// isSealed reports whether the repository at a place is sealed, as far as this machine
// saw it.
func (k *knowledge) isSealed(shown string) bool {
	return slices.ContainsFunc(k.standings, func(s setup.Standing) bool { return s.Shown == shown && s.Sealed })
}

// read makes the rows.
func (k *knowledge) read(s *shared, d *setup.Documents) {
	failed, services, tags := failures(k.runs), make(map[string]int), make(map[string]int)
	for i := range d.All {
		one := &d.All[i]
		if d.Gone(one) {
			continue
		}
		r := s.row(d, one, failed)
		r.folded = library.Fold(r.Name + "\n" + r.URL)
		r.sorted = library.Fold(r.Name)
		k.byHash[r.Hash] = len(k.rows)
		k.rows, k.of = append(k.rows, r), append(k.of, *one)
		k.versions += r.State.Versions
		services[r.Service]++
		for _, tag := range r.Tags {
			tags[tag]++
		}
	}
	k.services, k.tags = usual(services), usual(tags)
	k.orders = make(map[string][]int, len(orders))
	for _, o := range orders {
		places := make([]int, len(k.rows))
		for i := range places {
			places[i] = i
		}
		slices.SortStableFunc(places, func(a, b int) int {
			return cmp.Or(o.compare(&k.rows[a], &k.rows[b]), strings.Compare(k.rows[a].sorted, k.rows[b].sorted))
		})
		k.orders[o.name] = places
	}
}

// mostOptions is how many services or tags one can choose among.
const mostOptions = 200

// usual are the names that most documents have, sorted.
func usual(counts map[string]int) []string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	names = names[:min(len(names), mostOptions)]
	slices.Sort(names)
	return names
}

// find is the row of a document, nil if there is none.
func (k *knowledge) find(hash string) *row {
	at, known := k.byHash[hash]
	if !known {
		return nil
	}
	return &k.rows[at]
}

// in gives the rows in an order, that of what asks for somebody if there is no such.
func (k *knowledge) in(order string) []int {
	if places, known := k.orders[order]; known {
		return places
	}
	return k.orders[""]
}

// orders of rows. Where nothing else tells two apart, their names do.
var orders = []struct {
	name, word string
	compare    func(a, b *row) int
}{
	{"", "web-order-look", func(a, b *row) int { return cmp.Compare(a.Verdict.rank(), b.Verdict.rank()) }},
	{"saved", "web-order-saved", func(a, b *row) int { return b.State.Newest.Compare(a.State.Newest) }},
	{"name", "web-order-name", func(a, b *row) int { return 0 }},
	{"service", "web-order-service", func(a, b *row) int { return strings.Compare(a.Service, b.Service) }},
}
