package etherpad

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/mypads"
)

// importMember makes a pad in the group, whose id the server chooses. One of the
// same name that an earlier import made, or began, is found by its name.
func (s *Source) importMember(ctx context.Context, was *saved) (*sources.Imported, error) {
	now, err := s.account.Membership(ctx)
	if err != nil {
		return nil, err
	}
	if !now.TakesPads(s.group) {
		return nil, mypads.ErrNoGroup
	}
	name := memberName(was.version)
	for _, id := range now.Named(s.group, name) {
		seen, err := s.look(ctx, id, was)
		switch {
		case errors.Is(err, fs.ErrPermission):
		case err != nil:
			return nil, fmt.Errorf("look for the new pad: %w", err)
		case seen == same:
			made := s.imported(id, was)
			made.Found = true
			return made, nil
		case seen == free && s.account.Claim(id):
			return s.create(ctx, id, was)
		}
	}
	id, err := s.account.CreatePad(ctx, now, s.group, name, isOwnID)
	if err != nil {
		return nil, err
	}
	return s.create(ctx, id, was)
}

// isOwnID says whether a server changes nothing of the id.
func isOwnID(id string) bool {
	clean, err := cleanID(id)
	return err == nil && clean == id
}

// memberName is what the pad is called in its group.
func memberName(v *sources.Version) string {
	name := cmp.Or(v.As, v.Title)
	if name == "" {
		name = newIDs(v.ID)[0]
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, name)
	return shorten(name, 4*maxName)
}
