package etherpad

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
)

// ErrNoList is matched by the error for a server of which only single pads can
// be read, for lack of an access that lists them.
var ErrNoList = errors.New("only the API lists pads, or MyPads those of an account")

// List implements sources.Lister with the API if that is open, else for an
// account of MyPads, which has the pads of its groups. It receives the list
// whole before it gives the first id, so that ids may be fetched while it goes
// on. It leaves out what cannot be a pad's id.
func (s *Source) List(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := s.list(ctx, yield); err != nil && !errors.Is(err, errEnough) {
			yield("", err)
		}
	}
}

var errEnough = errors.New("enough")

func (s *Source) list(ctx context.Context, yield func(string, error) bool) error {
	if !s.access.Operator() {
		return s.listMember(ctx, yield)
	}
	return s.api.List(ctx, func(id string) error {
		if isListed(id) && !yield(id, nil) {
			return errEnough
		}
		return nil
	})
}

// isListed is false for what cannot be a pad's id. An id that cannot be asked
// for is listed, so that somebody learns of it.
func isListed(id string) bool { return checkID(id) == nil || IsUnaskable(id) }

// listMember lists the pads of all groups that an account is in.
func (s *Source) listMember(ctx context.Context, yield func(string, error) bool) error {
	if s.access.MyPadsLogin == "" {
		return ErrNoList
	}
	now, err := s.account.Membership(ctx)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(now.Pads)) {
		if isListed(id) && !yield(id, nil) {
			return errEnough
		}
	}
	return nil
}
