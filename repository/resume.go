package repository

import (
	"time"

	"github.com/padsync/padsync/manifest"
)

// resumeWithin is how long what an interrupted run found is good enough.
const resumeWithin = 24 * time.Hour

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

// Resume is the name of the run that the next one takes up: that of the
// highest manifest, if it has not come to its end, else "".
func (c *Contents) Resume() string {
	last := c.last()
	if last == nil || c.complete()[last.header.Run] {
		return ""
	}
	return last.header.Run
}

// complete are the runs that came to their end.
func (c *Contents) complete() map[string]bool {
	runs := make(map[string]bool)
	for _, in := range c.inputs {
		if in.header.Complete {
			runs[in.header.Run] = true
		}
	}
	return runs
}

// Resumed gives a function that reports whether the run that is taken up, or
// one that it took up itself and that was cut off too, has found what there is
// of a document, so that it need not be looked at again.
func (c *Contents) Resumed() func(*manifest.Record) bool {
	resumes, run := make(map[string]string), make(map[string]string)
	for _, in := range c.inputs {
		resumes[in.header.Run] = in.header.Resumes
		run[in.id] = in.header.Run
	}
	chain, complete := make(map[string]bool), c.complete()
	for name := c.Resume(); name != "" && !chain[name] && !complete[name]; name = resumes[name] {
		chain[name] = true
	}
	now := c.repo.Now()
	return func(r *manifest.Record) bool {
		found := r.State == manifest.Missing || r.State == manifest.Current && len(r.Versions) > 0 && !r.Lost
		return found && chain[run[r.Told]] && now.Sub(r.Checked).Abs() < resumeWithin
	}
}
