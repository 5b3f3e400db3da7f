package main

import (
	"time"

	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
)

// expiries are how many days servers keep pads, by their base addresses, as the
// configuration says; sources.Never: for ever.
type expiries map[string]int

func (s *settings) expiries() expiries {
	e := make(expiries)
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

// of is the day from which on its source may delete the document, "" if that is
// not known: for a pad as it is known by now, for a poll as the server told.
func (e expiries) of(kinds setup.Kinds, r *manifest.Record) string {
	kind, ok := kinds.Named(r.Source.Kind)
	if newest := r.Newest(); newest != nil && ok && kind.Expires != nil {
		return kind.Expires(r.Source.URL, e[r.Source.URL], r.ID, newest.Modified)
	}
	return r.Expires()
}

// expirySoon is how many days before a document may be deleted one is warned.
const expirySoon = 30

// expiry warns that the document's source may delete it from this day on, if
// that is soon after now; else it is "".
func (a *app) expiry(day string, now time.Time) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil || t.After(now.AddDate(0, 0, expirySoon)) {
		return ""
	}
	return a.text("expires", "Day", t.Format(time.DateOnly))
}
