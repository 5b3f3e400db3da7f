package move

import (
	"errors"
	"slices"

	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources"
)

// A Report counts documents: what became of them, or would. Each is counted in
// one of the first eight.
type Report struct {
	Moved   int // made now; of a Preview: to be made
	Found   int // there already, from a move without this table
	Earlier int // made by an earlier run
	Differs int // made now, and reads back differently
	Unsure  int // may have been made, and is not tried again
	Failed  int // not made
	Unsaved int // no version was ever saved
	Left    int // no target takes its kind

	Doubtful int // of those unsure: the next run finds out
	Sealed   int // of those failed: no identity opens its packs
	Mailless int // of those failed: its target wants an organiser's address, and none was saved

	To   map[*Target]int // of those moved
	Lost []Lost          // of those that were made now; of a Preview: to be made
}

// Lost counts the documents that have a loss.
type Lost struct {
	Loss  sources.Loss
	Count int
}

// Documents are all that were counted, except those of which nothing was saved.
func (r *Report) Documents() int {
	return r.Moved + r.Found + r.Earlier + r.Differs + r.Unsure + r.Failed + r.Left
}

func (r *Report) count(e *Event) {
	switch {
	case e.State == Left:
		r.Left++
	case e.Differs():
		r.Differs++
	case e.Unsure():
		r.Unsure++
		if e.Target.Finds {
			r.Doubtful++
		}
	case errors.Is(e.Err, library.ErrNoVersion):
		r.Unsaved++
	case e.Err != nil:
		r.Failed++
	case e.Earlier:
		r.Earlier++
	case e.State == Found:
		r.Found++
	default:
		r.Moved++
		if r.To == nil {
			r.To = make(map[*Target]int)
		}
		r.To[e.Target]++
	}
	if errors.Is(e.Err, repository.ErrNoIdentity) {
		r.Sealed++
	}
	if errors.Is(e.Err, sources.ErrMail) {
		r.Mailless++
	}
	if !e.Earlier && e.State != Failed {
		r.lose(e.Losses)
	}
}

func (r *Report) lose(losses []sources.Loss) {
	for _, loss := range losses {
		i := slices.IndexFunc(r.Lost, func(l Lost) bool { return l.Loss == loss })
		if i < 0 {
			i, r.Lost = len(r.Lost), append(r.Lost, Lost{Loss: loss})
		}
		r.Lost[i].Count++
	}
}
