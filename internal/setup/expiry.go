package setup

import (
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
)

// Expiries are how many days servers keep documents that nobody changes, by
// their base addresses, as the configuration says; sources.Never: for ever.
type Expiries map[string]int

// Expiries are those of the configuration.
func (s *Settings) Expiries() Expiries {
	e := make(Expiries)
	for _, source := range s.Sources {
		base, err := sources.Normalize(source.URL.Reveal())
		if days := source.ExpiresAfter; days != nil && err == nil {
			e[base] = *days
			if *days == 0 {
				e[base] = sources.Never
			}
		}
	}
	return e
}

// Of is the day from which its source may delete the document, "" if that is
// not known: for a pad as it is known by now, for a poll as the server said.
func (e Expiries) Of(kinds Kinds, r *manifest.Record) string {
	kind, ok := kinds.Named(r.Source.Kind)
	if newest := r.Newest(); newest != nil && ok && kind.Expires != nil {
		return kind.Expires(r.Source.URL, e[r.Source.URL], r.ID, newest.Modified)
	}
	return r.Expires()
}
