package etherpad

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/sources"
)

// A lifetime is how long servers keep a pad that nobody changes.
type lifetime struct {
	hosts  []string
	days   int
	longer string // ids with this ending are kept longer; nobody says how long
	source string // who says so, and when it was read there
}

// lifetimes are those of public servers. A server does not say it with an
// export, and asking for each pad would double the requests.
func lifetimes() []lifetime {
	const framapad, wiki = "list of instances on framapad.org, 2026-11", `wiki of Etherpad, "Sites That Run Etherpad", 2026-11`
	return []lifetime{
		{hosts: []string{"quotidien.framapad.org"}, days: 1, source: framapad},
		{hosts: []string{"hebdo.framapad.org"}, days: 7, source: framapad},
		{hosts: []string{"mensuel.framapad.org"}, days: 30, source: framapad},
		{hosts: []string{"bimestriel.framapad.org"}, days: 60, source: framapad},
		{hosts: []string{"semestriel.framapad.org"}, days: 180, source: framapad},
		{hosts: []string{"annuel.framapad.org", "annuel2.framapad.org"}, days: 365, source: framapad},
		{hosts: []string{"pad.colibris-outilslibres.org", "pad.infini.fr"}, days: 180, source: framapad},
		{hosts: []string{"pad.riseup.net", "pad.systemli.org"}, days: 30, longer: "-keep", source: wiki},
		{hosts: []string{"pad.ouvaton.coop"}, days: 400, source: wiki},
		{hosts: []string{"beta.etherpad.org"}, days: 30, source: wiki + ", revision of 2017-03"},
		{hosts: []string{"zumpad.zum.de"}, days: 180, source: "dikola.uni-halle.de, 2026-11"},
		// Chosen when a pad is made; this is the default, a day and a year are the others.
		{hosts: []string{"yopad.eu"}, days: 30, source: "dbjr.de, 2026-11"},
	}
}

// Never is the Options.ExpiresAfter of a server that keeps pads for ever.
const Never = sources.Never

// lifetimeOf is what is known of the server with this base address.
func lifetimeOf(base string, given int) lifetime {
	if given != 0 {
		return lifetime{days: max(given, 0)}
	}
	u, err := url.Parse(base)
	if err != nil {
		return lifetime{}
	}
	all := lifetimes()
	i := slices.IndexFunc(all, func(l lifetime) bool { return slices.Contains(l.hosts, u.Hostname()) })
	if i < 0 {
		return lifetime{}
	}
	return all[i]
}

// Expires implements sources.Expirer: the day from which the server deletes a
// pad that was last changed then, as far as is known of the server.
func (s *Source) Expires(id string, modified time.Time) string {
	return s.lifetime.expires(id, modified)
}

// Expires is what Source.Expires of the server with this base address gives,
// where its Options had ExpiresAfter.
func Expires(base string, expiresAfter int, id string, modified time.Time) string {
	return lifetimeOf(base, expiresAfter).expires(id, modified)
}

func (l lifetime) expires(id string, modified time.Time) string {
	if l.days == 0 || modified.IsZero() || l.longer != "" && strings.HasSuffix(id, l.longer) {
		return ""
	}
	return modified.UTC().AddDate(0, 0, l.days).Format(time.DateOnly)
}
