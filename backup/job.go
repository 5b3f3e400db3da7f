package backup

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/padsync/padsync/manifest"
)

// A server is a source in a run.
type server struct {
	*Source
	place    int  // in manifests
	unsure   bool // it has documents whose id is a guess, or perhaps another spelling of their own
	standing standing

	// Guarded by the run's mu.
	rest    Rest
	lacking map[string]int // documents, by the form that was asked for
}

// A job is a document to look at. There is one for each document of a run, so
// it is small.
type job struct {
	given   *Document
	server  *server
	index   int    // place in the run's jobs
	checked uint32 // the last look, as a Unix time; 0: never
	resumed bool   // a run that is taken up has looked at it
	urgent  bool   // its source may delete it before the next usual run
}

// certain reports whether the id is known to be the document's own.
func (j *job) certain() bool { return j.given.Locator == "" }

// guess reports whether the id is a guess that no look has confirmed: its
// answer may show that another job is the same document.
func (j *job) guess() bool { return !j.certain() && j.checked == 0 }

func (j *job) locator() string { return cmp.Or(j.given.Locator, j.given.ID) }

// arrange sorts the sources as manifests do, each once.
func arrange(given []*Source) []*server {
	var servers []*server
	for _, s := range given {
		at, known := find(servers, s.Source)
		if !known {
			servers = slices.Insert(servers, at, &server{Source: s, rest: Rest{Source: s}})
		}
	}
	for i, s := range servers {
		s.place = i
	}
	return servers
}

func find(servers []*server, source manifest.Source) (int, bool) {
	return slices.BinarySearchFunc(servers, source, func(s *server, source manifest.Source) int { return s.Compare(source) })
}

// server finds a source in the run, nil if it is not the run's.
func (r *run) server(source manifest.Source) *server {
	at, known := find(r.servers, source)
	if !known {
		return nil
	}
	return r.servers[at]
}

// arrangeDocuments sorts the documents by server, then id, each once: of two
// links to one document, the one with a locator opens more.
func (r *run) arrangeDocuments() {
	documents := r.plan.Documents
	r.jobs = make([]job, len(documents))
	for i := range documents {
		d := &documents[i]
		s := r.server(d.Source.Source)
		r.jobs[i] = job{given: d, server: s}
		s.unsure = s.unsure || d.Locator != "" || !s.All && d.ID != strings.ToLower(d.ID)
	}
	slices.SortStableFunc(r.jobs, func(a, b job) int { return cmp.Or(compare(a, b), strings.Compare(b.given.Locator, a.given.Locator)) })
	r.jobs = slices.CompactFunc(r.jobs, func(a, b job) bool {
		return compare(a, b) == 0 && (a.given.Locator == b.given.Locator || b.given.Locator == "")
	})
	for i := range r.jobs {
		r.jobs[i].index = i
	}
}

func compare(a, b job) int {
	return cmp.Or(cmp.Compare(a.server.place, b.server.place), strings.Compare(a.given.ID, b.given.ID))
}

// byServer gives the jobs of each server, in the order to do them in.
func byServer(jobs []job) iter.Seq2[*server, []job] {
	return func(yield func(*server, []job) bool) {
		for len(jobs) > 0 {
			n := 1
			for n < len(jobs) && jobs[n].server == jobs[0].server {
				n++
			}
			slices.SortStableFunc(jobs[:n], order)
			if !yield(jobs[0].server, jobs[:n]) {
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
