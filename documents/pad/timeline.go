package pad

import (
	"iter"
	"time"
)

// A Day is what became of a pad on one day.
type Day struct {
	Date        time.Time      // its beginning, zero where the server gave no time
	First, Last int            // revisions
	Edits       map[string]int // revisions by author: the id, "" for those not among Authors
}

// Days counts the history by days in that zone, in the export's order. A clock
// that was set back makes a day come twice. It stops after an error.
func (p *Pad) Days(zone *time.Location) iter.Seq2[Day, error] {
	known := make(map[string]bool, len(p.Authors))
	for _, a := range p.Authors {
		known[a.ID] = true
	}
	return func(yield func(Day, error) bool) {
		var day Day
		for r, err := range p.Revisions() {
			if err != nil {
				yield(Day{}, err)
				return
			}
			date := dayOf(r.Time, zone)
			if day.Edits != nil && !date.Equal(day.Date) {
				if !yield(day, nil) {
					return
				}
				day = Day{}
			}
			if day.Edits == nil {
				day = Day{Date: date, First: r.Number, Edits: make(map[string]int)}
			}
			day.Last = r.Number
			if !known[r.Author] {
				r.Author = "" // so that what is held does not grow with the history
			}
			day.Edits[r.Author]++
		}
		if day.Edits != nil {
			yield(day, nil)
		}
	}
}

func dayOf(t time.Time, zone *time.Location) time.Time {
	if t.IsZero() {
		return t
	}
	year, month, day := t.In(zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, zone)
}
