package etherpad

import (
	"context"
	"fmt"
	"strings"
)

const statePrefix = "api:"

// state is what the API tells of a pad in a few numbers, as validators hold it;
// if they are as before, so is the pad, but for the names of its authors. It is
// "" where a number is lacking: only an export can tell then. These calls do not
// count against the limit for exports.
//
// It asks for one after the other. The last change is among them since a
// pad that is made anew under the same id can have as many revisions.
func (s *Source) state(ctx context.Context, id string) (string, error) {
	var data struct{ Revisions, LastEdited, ChatHead, SavedRevisions *int64 }
	for _, function := range []string{"getRevisionsCount", "getLastEdited", "getChatHead", "getSavedRevisionsCount"} {
		if err := s.call(ctx, function, &data, "padID", id); err != nil {
			return "", err
		}
	}
	var numbers []string
	for _, n := range []*int64{data.Revisions, data.LastEdited, data.ChatHead, data.SavedRevisions} {
		if n == nil {
			return "", nil
		}
		numbers = append(numbers, fmt.Sprint(*n))
	}
	return statePrefix + strings.Join(numbers, "."), nil
}

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
// API knows nothing of read-only ids.
func (s *Source) knownState(ctx context.Context, id string) (string, error) {
	if !s.access.operator() || isReadOnly(id) {
		return "", nil
	}
	return s.state(ctx, id)
}

// Unchanged implements sources.Comparer: it asks the API, never for an
// export.
func (s *Source) Unchanged(ctx context.Context, id, validator string) (bool, error) {
	known, rest := splitState(validator)
	if etag, _ := knownETag(rest, s.formats); known == "" || etag == "" {
		return false, nil
	}
	now, err := s.knownState(ctx, id)
	return err == nil && now == known, err
}
