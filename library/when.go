package library

import (
	"errors"
	"regexp"
	"time"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// ErrWhen is for what is not a moment.
var ErrWhen = errors.New("not a time")

var runForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

// ParseWhen reads what somebody says of a moment: a date, which means its end, a time, the id
// of a manifest, or the name of a run, which it gives back as it is.
func ParseWhen(s string, zone *time.Location) (at repository.At, run string, err error) {
	if s == "" {
		return repository.At{}, "", nil
	}
	if _, _, _, ok := manifest.ParseID(s); ok {
		return repository.At{Manifest: s}, "", nil
	}
	if runForm.MatchString(s) {
		return repository.At{}, s, nil
	}
	if day, err := time.ParseInLocation("2006-01-02", s, zone); err == nil {
		return repository.At{Time: day.AddDate(0, 0, 1).Add(-time.Nanosecond)}, "", nil
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05", time.RFC3339, "20060102T150405Z07:00"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			// 14:30 means all of that minute.
			if len(s) == len("2006-01-02 15:04") && s[4] == '-' {
				t = t.Add(time.Minute - time.Nanosecond)
			}
			return repository.At{Time: t}, "", nil
		}
	}
	return repository.At{}, "", ErrWhen
}
