package catalog

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// MostMoments is how many Moments has.
const MostMoments = 24

// Moments are the seconds at which versions were saved, the oldest first: of many,
// MostMoments of them, with the first and the last. They can be compared.
type Moments string

// MomentsOf are those of these times, in whatever order; zero ones are left out.
func MomentsOf(times []time.Time) Moments {
	times = slices.DeleteFunc(slices.Clone(times), time.Time.IsZero)
	slices.SortFunc(times, time.Time.Compare)
	var text []byte
	for i, t := range times {
		// Of each stretch of the list, the last.
		if n := len(times); n > MostMoments && i > 0 && i*(MostMoments-1)/(n-1) == (i-1)*(MostMoments-1)/(n-1) {
			continue
		}
		if len(text) > 0 {
			text = append(text, ' ')
		}
		text = strconv.AppendInt(text, t.Unix(), 36)
	}
	return Moments(text)
}

// Times are the moments. What is none is left out.
func (m Moments) Times() []time.Time {
	var all []time.Time
	for text := range strings.FieldsSeq(string(m)) {
		if n, err := strconv.ParseInt(text, 36, 64); err == nil && len(all) < MostMoments {
			all = append(all, time.Unix(n, 0).UTC())
		}
	}
	return all
}
