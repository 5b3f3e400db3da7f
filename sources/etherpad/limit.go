package etherpad

import "time"

// Etherpad's own limit for exports, unless its operator sets another.
const (
	defaultLimit  = 10
	defaultWindow = 90 * time.Second
)

// LeastTime is how long it takes at least to fetch so many pads from a server
// that has Etherpad's own limit: 10 exports in 90 seconds.
func (s *Source) LeastTime(pads int) time.Duration {
	exports := pads * (1 + len(s.formats))
	return time.Duration(max(exports-1, 0)/defaultLimit) * defaultWindow
}
