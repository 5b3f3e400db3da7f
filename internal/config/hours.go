package config

import (
	"regexp"
	"strconv"
	"time"
)

var hours = regexp.MustCompile(`^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$`)

// Hours are a part of each day by the local time of this machine, such as
// "22:00-06:00". "" is the whole day.
type Hours string

// valid reports whether the text is one that Hours take.
func (h Hours) valid() bool { return h == "" || hours.MatchString(string(h)) && h[:5] != h[6:] }

// End says when the hours that now is in end; false if it is in none. For the
// whole day, the end is zero.
func (h Hours) End(now time.Time) (time.Time, bool) {
	m := hours.FindStringSubmatch(string(h))
	if m == nil {
		return time.Time{}, h == ""
	}
	at := func(hour, minute string, day int) time.Time {
		hh, _ := strconv.Atoi(hour)
		mm, _ := strconv.Atoi(minute)
		return time.Date(now.Year(), now.Month(), now.Day()+day, hh, mm, 0, 0, now.Location())
	}
	for _, day := range []int{-1, 0} {
		begin, end := at(m[1], m[2], day), at(m[3], m[4], day)
		if !end.After(begin) {
			end = at(m[3], m[4], day+1)
		}
		if !now.Before(begin) && now.Before(end) {
			return end, true
		}
	}
	return time.Time{}, false
}
