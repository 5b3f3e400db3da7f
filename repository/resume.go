package repository

import (
	"maps"
	"slices"
	"time"

	"github.com/padsync/padsync/manifest"
)

const (
	// resumeWithin is how long the findings of an interrupted run are good
	// enough.
	resumeWithin = 2 * time.Hour

	// silence is the time without a manifest after which a run that did not say
	// that it ended is taken for killed.
	silence = 3 * commitEvery
)

// last is the manifest or checkpoint with the highest id that was read.
func (c *Contents) last() *input {
	var last *input
	for _, in := range c.inputs {
		if last == nil || in.id > last.id {
			last = in
		}
	}
	return last
}

// Interrupted are the runs that a run of these sources takes up, sorted: those
// that had one of them, ended before all was looked at, and were not taken up
// by a run that came to its end. A run that still goes on, as far as can be
// known, is not among them; gone reports whether this machine knows that a run
// is dead.
func (c *Contents) Interrupted(sources []manifest.Source, gone func(run string) bool) []string {
	ours := func(s manifest.Source) bool {
		return slices.ContainsFunc(sources, func(o manifest.Source) bool { return o.Compare(s) == 0 })
	}
	over, done, interrupted := make(map[string]bool), c.done(), make(map[string]bool)
	for _, in := range c.inputs {
		h := in.header
		over[h.Run] = over[h.Run] || h.Ended != ""
	}
	latest := c.latest()
	for _, in := range c.inputs {
		h := in.header
		if done[h.Run] || interrupted[h.Run] || !slices.ContainsFunc(h.Sources, ours) {
			continue
		}
		interrupted[h.Run] = over[h.Run] || c.repo.options.Now().Sub(latest[h.Run]) > silence || gone(h.Run)
	}
	maps.DeleteFunc(interrupted, func(_ string, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(interrupted))
}

// done are the runs that came to their end, by themselves or by way of those
// that took them up.
func (c *Contents) done() map[string]bool {
	resumes, done := make(map[string][]string), make(map[string]bool)
	var ends []string
	for _, in := range c.inputs {
		resumes[in.header.Run] = in.header.Resumes
		if in.header.Complete {
			ends = append(ends, in.header.Run)
		}
	}
	for len(ends) > 0 {
		run := ends[0]
		ends = ends[1:]
		if !done[run] {
			done[run] = true
			ends = append(ends, resumes[run]...)
		}
	}
	return done
}

// latest is when each run wrote its last manifest.
func (c *Contents) latest() map[string]time.Time {
	latest := make(map[string]time.Time)
	for _, in := range c.inputs {
		if at := in.header.Finished.Time; at.After(latest[in.header.Run]) {
			latest[in.header.Run] = at
		}
	}
	return latest
}

// Resumed gives a function that reports whether one of these runs has found,
// not long ago, what there is of a document, so that it need not be looked at
// again.
func (c *Contents) Resumed(runs []string) func(*manifest.Record) bool {
	told, sequences := make(map[string]bool), make(map[int64]bool)
	for _, in := range c.inputs {
		told[in.id] = slices.Contains(runs, in.header.Run)
		sequences[in.header.Sequence] = sequences[in.header.Sequence] || told[in.id]
	}
	// All manifests of a run share a sequence, also those in a checkpoint that
	// it wrote on its way.
	tells := func(id string) bool {
		if its, read := told[id]; read {
			return its
		}
		sequence, _, _, _ := manifest.ParseID(id)
		return sequences[sequence]
	}
	now := c.repo.options.Now()
	return func(r *manifest.Record) bool {
		found := r.State == manifest.Missing || r.State == manifest.Current && len(r.Versions) > 0 && !r.Lost
		return found && tells(r.Told) && now.Sub(r.Checked).Abs() < resumeWithin
	}
}
