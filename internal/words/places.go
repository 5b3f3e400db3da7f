package words

import "github.com/padsync/padsync/internal/setup"

// Seen is what there is at a place, a line for each thing.
func (w *Words) Seen(seen *setup.Seen) (lines []string) {
	r := seen.Repository
	switch {
	case r == nil && seen.Other:
		return []string{w.Text("seen-other", "Repository", seen.Own.Shown)}
	case r == nil:
		return []string{w.Text("seen-nothing")}
	}
	kind := "seen-plain"
	if r.Sealed {
		kind = "seen-sealed"
	}
	lines = []string{w.Text(kind)}
	if !r.Created.IsZero() {
		lines = append(lines, w.Text("seen-since", "Time", r.Created))
	}
	if !r.Last.IsZero() {
		lines = append(lines, w.Text("seen-last", "Time", r.Last))
	}
	switch {
	case r.Host != "":
		lines = append(lines, Printable(w.Text("seen-host", "Host", r.Host)))
	case r.Sealed && !r.Last.IsZero():
		lines = append(lines, w.Text("seen-closed"))
	}
	return lines
}

// Tried is what a step of a trial did at a place, which may keep all for ever.
func (w *Words) Tried(step setup.Step, keeps bool) string {
	switch {
	case step == setup.StepWrite:
		return w.Text("tried-write")
	case step == setup.StepRead:
		return w.Text("tried-read")
	case step == setup.StepList:
		return w.Text("tried-list")
	case keeps:
		return w.Text("tried-keeps")
	}
	return w.Text("tried-delete")
}
