package backup

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// A job is a document to look at. There is one for each document of a run, so
// it is small.
type job struct {
	given   *Document // as the caller named it; its Source is a place in the caller's plan
	source  int32     // place in the run's sources
	index   int32     // place in the run's jobs
	checked uint32    // the last look, as a Unix time; 0: never
	resumed bool      // a run that is taken up has looked at it
	urgent  bool      // its source may delete it before the next usual run
}

// certain reports whether the id is known to be the document's own.
func (j *job) certain() bool { return j.given.Locator == "" }

// guess reports whether the id is a guess that no look has borne out: its
// answer may tell that another job is the same document.
func (j *job) guess() bool { return !j.certain() && j.checked == 0 }

func (j *job) locator() string { return cmp.Or(j.given.Locator, j.given.ID) }

// arrange sorts the sources as manifests do, and the documents by source,
// then id, each once: of two links to one document, the one with a locator
// opens more. What the caller's plan refers to stays as it is.
func (r *run) arrange() {
	p := &r.plan
	given := p.Sources
	p.Sources = slices.SortedStableFunc(slices.Values(given), compareSources)
	p.Sources = slices.CompactFunc(p.Sources, func(a, b Source) bool { return compareSources(a, b) == 0 })
	place := make([]int, len(given))
	r.given = make([]int, len(p.Sources))
	for i, s := range slices.Backward(given) {
		place[i], _ = slices.BinarySearchFunc(p.Sources, s, compareSources)
		r.given[place[i]] = i
	}
	r.standings = make([]standing, len(p.Sources))
	r.jobs, r.unsure = make([]job, len(p.Documents)), make(map[int]bool)
	for i := range p.Documents {
		d := &p.Documents[i]
		source := place[d.Source]
		r.jobs[i] = job{given: d, source: int32(source)}
		r.unsure[source] = r.unsure[source] || d.Locator != "" || !p.Sources[source].All && d.ID != strings.ToLower(d.ID)
	}
	slices.SortStableFunc(r.jobs, func(a, b job) int { return cmp.Or(compare(a, b), strings.Compare(b.given.Locator, a.given.Locator)) })
	r.jobs = slices.CompactFunc(r.jobs, func(a, b job) bool {
		return compare(a, b) == 0 && (a.given.Locator == b.given.Locator || b.given.Locator == "")
	})
	for i := range r.jobs {
		r.jobs[i].index = int32(i)
	}
}

// document is the job's document as the caller named it.
func (r *run) document(j *job) Document {
	d := *j.given
	d.Source = r.given[j.source]
	return d
}

func compareSources(a, b Source) int { return a.Compare(b.Source) }

func compare(a, b job) int {
	return cmp.Or(cmp.Compare(a.source, b.source), strings.Compare(a.given.ID, b.given.ID))
}

// bySource gives the jobs of each source, in the order to do them in.
func bySource(jobs []job) iter.Seq[[]job] {
	return func(yield func([]job) bool) {
		for len(jobs) > 0 {
			n := 1
			for n < len(jobs) && jobs[n].source == jobs[0].source {
				n++
			}
			slices.SortStableFunc(jobs[:n], order)
			if !yield(jobs[:n]) {
				return
			}
			jobs = jobs[n:]
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
