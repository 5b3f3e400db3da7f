package etherpad

import (
	"context"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/padsync/padsync/documents/pad"
)

// statePrefix begins a validator that has a state of the API, before the ETag.
const statePrefix = "api:"

// withState makes the validator of a version that was in this state.
func withState(state, validator string) string {
	if state == "" || validator == "" {
		return validator
	}
	return state + " " + validator
}

// splitState gives the state in a validator, "" if there is none, and the
// rest.
func splitState(validator string) (state, rest string) {
	if !strings.HasPrefix(validator, statePrefix) {
		return "", validator
	}
	state, rest, _ = strings.Cut(validator, " ")
	return state, rest
}

// knownState is the state as validators hold it, "" where there is none: the
// API does not know read-only ids, only pads whose own ids look like one.
func (s *Source) knownState(ctx context.Context, id string) (string, error) {
	if !s.access.Operator() {
		return "", nil
	}
	state, err := s.api.State(ctx, id)
	switch {
	case pad.IsReadOnly(id) && errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil || state == "":
		return "", err
	}
	return statePrefix + state, nil
}

// Unchanged implements sources.Comparer: it asks the API, never for an
// export.
func (s *Source) Unchanged(ctx context.Context, id, validator string) (bool, error) {
	known, rest := splitState(validator)
	if etag, _ := knownETag(rest, s.formats); known == "" || etag == "" && !pad.IsReadOnly(id) {
		return false, nil
	}
	now, err := s.knownState(ctx, id)
	return err == nil && now == known, err
}

// isETag is true of one of RFC 9110, in ASCII and not long.
func isETag(s string) bool {
	s = strings.TrimPrefix(s, "W/")
	last := len(s) - 1
	if last < 2 || last > 201 || s[0] != '"' || s[last] != '"' {
		return false
	}
	return !strings.ContainsFunc(s[1:last], func(r rune) bool { return r < '!' || r > '~' || r == '"' })
}

// withFormats makes the validator of a version with these formats, without
// those that the server lacks: a 304 for the .etherpad says nothing of formats
// that were not asked for before.
func withFormats(etag string, formats []format, lacking []string) string {
	if etag == "" {
		return ""
	}
	for _, f := range formats {
		sign := "+"
		if slices.Contains(lacking, f.name) {
			sign = "-"
		}
		etag += sign + f.name
	}
	return etag
}

var formatSuffix = regexp.MustCompile(`^([+-][a-z]{1,16}){0,16}$`)

// knownETag is the ETag in a validator, and which of the formats the server
// lacked. It is "" if one of them was not asked for then.
func knownETag(validator string, formats []format) (etag string, lacking []string) {
	end := strings.LastIndexByte(validator, '"') + 1
	etag, suffix := validator[:end], validator[end:]
	if !isETag(etag) || !formatSuffix.MatchString(suffix) {
		return "", nil
	}
	suffix += "+"
	for _, f := range formats {
		switch {
		case strings.Contains(suffix, "+"+f.name+"+"), strings.Contains(suffix, "+"+f.name+"-"):
		case strings.Contains(suffix, "-"+f.name+"+"), strings.Contains(suffix, "-"+f.name+"-"):
			lacking = append(lacking, f.name)
		default:
			return "", nil
		}
	}
	return etag, lacking
}
