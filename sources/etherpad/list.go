package etherpad

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
)

// ErrNoList is matched by the error for a server of which only single pads
// can be read, as no access says more.
var ErrNoList = errors.New("only the API lists pads, or MyPads those of an account")

// List implements sources.Lister for those that the API is open to, else for
// an account of MyPads, which has the pads of its groups. The list
// is received whole before the first id, so that ids may be fetched while it
// goes on. What no pad's id can be is left out.
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

// isListed leaves out what no pad's id can be. One that cannot be asked for is
// listed: somebody has to be told of it.
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
