package etherpad

import (
	"net/url"
	"time"
)

// lifetime is after how many days without a change the server deletes a pad, if
// it announces that, else 0. A server tells nothing of it with an export, and to
// ask for each pad would double the requests: but Framapad's, where most people
// meet it, say it in their names.
func lifetime(base string) (days int) {
	u, err := url.Parse(base)
	if err != nil {
		return 0
	}
	return map[string]int{
		"quotidien.framapad.org": 1, "hebdo.framapad.org": 7, "mensuel.framapad.org": 30,
		"bimestriel.framapad.org": 60, "semestriel.framapad.org": 180, "annuel.framapad.org": 365,
	}[u.Hostname()]
}

// expires is the day from which on the server deletes a pad that was last
// changed then, "" if it announces nothing.
func (s *Source) expires(modified time.Time) string {
	if s.lifetime == 0 || modified.IsZero() {
		return ""
	}
	return modified.UTC().AddDate(0, 0, s.lifetime).Format(time.DateOnly)
}
