package setup

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
)

// Change gives keys of the configuration other values, as config.Editor has both: a
// nil value takes the key out. Comments stay. What Load would refuse is not written;
// the error is a *config.Error then, and WrongKey tells the key. Settings that were
// loaded before stay as they are.
func (s *Settings) Change(values map[string]any) error {
	e, err := config.Edit(s.File, s.setup.Kinds.InConfig())
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if values[key] == nil {
			err = e.Remove(key)
		} else {
			err = e.Set(key, values[key])
		}
		if err != nil {
			return err
		}
	}
	return e.Save()
}

// WrongKey is the key that an error of the configuration is about, without the tables
// around it, "" if it is about none.
func WrongKey(err error) string {
	if wrong, ok := errors.AsType[*config.Error](err); ok {
		return wrong.Key[strings.LastIndexByte(wrong.Key, '.')+1:]
	}
	return ""
}

// SourceAt is the number of the configuration's source that is the server with this
// address, -1 if there is none.
func (s *Settings) SourceAt(base string) int {
	return slices.IndexFunc(s.Sources, func(source config.Source) bool {
		known, err := sources.Normalize(source.URL.Reveal())
		return err == nil && manifest.Address(known) == manifest.Address(base)
	})
}

// BaseOf is the address of the configuration's source of this number, as documents of
// its server have it, "" if the configuration does not say it.
func (s *Settings) BaseOf(source int) string {
	base, err := sources.Normalize(s.Sources[source].URL.Reveal())
	if err != nil {
		return ""
	}
	return base
}

// A Keeping is how long a server keeps a document that nobody changes.
type Keeping struct {
	Days    int  // 0: not known, or for ever
	Forever bool // the configuration says so
	Told    bool // by the configuration; else padsync knows the server
}

// Keeping is that of a server of a kind.
func (s *Settings) Keeping(kind, base string) Keeping {
	days, told := s.Expiries()[base]
	k := Keeping{Forever: days == sources.Never, Told: told}
	if of, ok := s.setup.Kinds.Named(kind); ok && of.Expires != nil && !k.Forever {
		then := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
		if day, err := time.Parse(time.DateOnly, of.Expires(base, days, "x", then)); err == nil {
			k.Days = int(day.Sub(then) / (24 * time.Hour))
		}
	}
	return k
}
