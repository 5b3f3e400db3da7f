package etherpad

import (
	"net/url"
	"time"
)

// expires is the day from which on the server deletes a pad that was last
// changed then, if it announces that; else it is "". A server tells nothing of
// it with an export, and to ask for each pad would double the requests: but
// Framapad's, where most people meet it, say it in their names.
func (s *Source) expires(modified time.Time) string {
	u, err := url.Parse(s.base)
	if err != nil || modified.IsZero() {
		return ""
	}
	days := map[string]int{
		"quotidien.framapad.org": 1, "hebdo.framapad.org": 7, "mensuel.framapad.org": 30,
		"bimestriel.framapad.org": 60, "semestriel.framapad.org": 180, "annuel.framapad.org": 365,
	}[u.Hostname()]
	if days == 0 {
		return ""
	}
	return modified.UTC().AddDate(0, 0, days).Format(time.DateOnly)
}
