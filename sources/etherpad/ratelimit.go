package etherpad

import "time"

// Etherpad's own limit for exports, unless its operator sets another.
const (
	defaultLimit  = 10
	defaultWindow = 90 * time.Second
)

// LimitTime is about how long Etherpad's own limit, 10 exports in 90 seconds,
// makes it take to fetch so many pads. The windows of 1.8.14 begin at times of
// their own, so it may take up to one window less.
func (s *Source) LimitTime(pads int) time.Duration {
	exports := pads * (1 + len(s.formats))
	return time.Duration(max(exports-1, 0)/defaultLimit) * defaultWindow
}

// ImportTime is about how long Etherpad's own limit makes it take to import so
// many pads, as LimitTime says, and ImportRequests how many requests: to see
// that the id is free, to import and to read back.
func (s *Source) ImportTime(pads int) time.Duration {
	return time.Duration(max(s.ImportRequests(pads)-1, 0)/defaultLimit) * defaultWindow
}

// ImportRequests counts those that the server's limit counts.
func (s *Source) ImportRequests(pads int) int {
	if s.access.Operator() || s.group != "" {
		return 2 * pads // the API, or MyPads, says which ids are free
	}
	return 3 * pads
}
