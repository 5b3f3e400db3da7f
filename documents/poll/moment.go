package poll

import (
	"regexp"
	"strconv"
	"time"
)

// A span is a moment's time of day; end is 0 if only the start is known.
type span struct{ start, end time.Duration }

var clock = regexp.MustCompile(`^(?i:(\d{1,2}) ?(?:h|:(\d\d)|h ?(\d\d)))(?: ?(?:-|–|—|à|to) ?(?i:(\d{1,2}) ?(?:h|:(\d\d)|h ?(\d\d))))?$`)

// parseMoment gives the time that the words of a moment mean, if that is
// certain: "9h", "9h30", "14:00-15:00". An end before the start may be of the
// next day, so it is not certain.
func parseMoment(moment string) (span, bool) {
	m := clock.FindStringSubmatch(moment)
	if m == nil {
		return span{}, false
	}
	start, ok := clockTime(m[1], m[2]+m[3])
	if !ok || m[4] == "" {
		return span{start: start}, ok
	}
	end, ok := clockTime(m[4], m[5]+m[6])
	return span{start, end}, ok && end > start
}

func clockTime(hours, minutes string) (time.Duration, bool) {
	h, err := strconv.Atoi(hours)
	m := 0
	if minutes != "" && err == nil {
		m, err = strconv.Atoi(minutes)
	}
	t := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	return t, err == nil && h < 24 && m < 60
}
