package etherpad

import "time"

// Etherpad's own limit for exports, unless its operator sets another.
const (
	defaultLimit  = 10
	defaultWindow = 90 * time.Second
)

// LimitTime is about how long Etherpad's own limit, 10 exports in 90 seconds,
// makes it take to fetch so many pads. The windows of 1.8.14 begin at times of
// their own, so it may be up to one less.
func (s *Source) LimitTime(pads int) time.Duration {
	exports := pads * (1 + len(s.formats))
	return time.Duration(max(exports-1, 0)/defaultLimit) * defaultWindow
}
