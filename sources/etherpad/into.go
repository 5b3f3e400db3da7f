package etherpad

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/server"
)

// ErrNoGroup is matched by the error for a group of MyPads that the account
// cannot make pads in: it is in no such group, or the group is archived, or
// for its admins only. It matches fs.ErrPermission.
var ErrNoGroup = fmt.Errorf("the account cannot make pads in this group of MyPads: %w", fs.ErrPermission)

// ParseGroup reads the address of a group of MyPads, as the page that lists
// its pads has it: BASE/mypads/[index.html]?/mypads/group/ID/view. An error
// matches sources.ErrAddress.
func ParseGroup(raw string) (base, group string, err error) {
	wrong := fmt.Errorf("%w: a group's looks like https://pad.example.org/mypads/?/mypads/group/ID/view", sources.ErrAddress)
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Opaque != "" {
		return "", "", wrong
	}
	before, _, isMyPads := strings.Cut(u.EscapedPath(), "/mypads")
	route, inGroup := strings.CutPrefix(u.RawQuery, "/mypads/group/")
	if end := strings.IndexAny(route, "?&"); end >= 0 {
		route = route[:end]
	}
	group, rest, _ := strings.Cut(route, "/")
	if !isMyPads || !inGroup || rest != "" && rest != "view" || !isGroupID(group) {
		return "", "", wrong
	}
	if base, err = sources.Normalize(u.Scheme + "://" + u.Host + before); err != nil {
		return "", "", wrong
	}
	return base, group, nil
}

// isGroupID: MyPads makes ids of letters without accents, digits and hyphens.
func isGroupID(s string) bool {
	return s != "" && len(s) <= maxID && !strings.ContainsFunc(s, func(r rune) bool {
		return r >= 0x80 || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
	})
}

// GroupURL is the page of a group.
func GroupURL(base, group string) string {
	return base + "/mypads/index.html?/mypads/group/" + group + "/view"
}

func (s *Source) memberURL(id string) string {
	return s.server.Base() + "/mypads/index.html?/mypads/group/" + s.group + "/pad/view/" + id
}

// importMember makes a pad in the group, whose id the server chooses. One of the
// same name that an earlier import made, or began, is found by its name.
func (s *Source) importMember(ctx context.Context, l *load) (*sources.Imported, error) {
	now, err := s.membership(ctx, nil)
	if err != nil {
		return nil, err
	}
	if archived, known := now.groups[s.group]; !known || archived {
		return nil, ErrNoGroup
	}
	name := memberName(l.version)
	for _, id := range now.named(s.group, name) {
		seen, err := s.look(ctx, id, l)
		switch {
		case errors.Is(err, fs.ErrPermission):
		case err != nil:
			return nil, fmt.Errorf("look for the new pad: %w", err)
		case seen == same:
			made := s.imported(id, l)
			made.Found = true
			return made, nil
		case seen == free && s.account.claim(id):
			return s.create(ctx, id, l)
		}
	}
	id, err := s.createMember(ctx, now, name)
	if err != nil {
		return nil, err
	}
	return s.create(ctx, id, l)
}

// claim says that nobody else in this run fills this pad.
func (a *account) claim(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if slices.Contains(a.claimed, id) {
		return false
	}
	a.claimed = append(a.claimed, id)
	return true
}

// named are the pads of a group that have this name, and may be looked at.
func (m *membership) named(group, name string) (ids []string) {
	for _, id := range slices.Sorted(maps.Keys(m.pads)) {
		if p := m.pads[id]; p.group == group && p.name == name && !p.archived {
			ids = append(ids, id)
		}
	}
	return ids
}

// memberName is what the pad is called in its group.
func memberName(v *sources.Version) string {
	name := v.Title
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

// createMember makes a pad in the group, without any text, and gives its id.
func (s *Source) createMember(ctx context.Context, now *membership, name string) (string, error) {
	for {
		id, err := s.createMemberAs(ctx, now, name)
		if !errors.Is(err, errDenied) {
			return id, err
		}
		then := now
		if now, err = s.membership(ctx, then); err != nil {
			return "", err
		}
		if now.token == then.token {
			return "", ErrNoGroup
		}
	}
}

func (s *Source) createMemberAs(ctx context.Context, as *membership, name string) (string, error) {
	var answer struct{ Key string }
	form := map[string]string{"name": name, "group": s.group, "auth_token": as.token}
	err := s.askMyPads(ctx, http.MethodPost, "pad", form, func(body io.Reader) error {
		err := json.NewDecoder(io.LimitReader(body, server.MaxAnswer)).Decode(&answer)
		clean, bad := cleanID(answer.Key)
		if _, old := as.pads[answer.Key]; err != nil || bad != nil || clean != answer.Key || old {
			return fmt.Errorf("%w: no id of a new pad", sources.ErrRefused)
		}
		return nil
	})
	if errors.Is(err, polite.ErrTemporary) && !errors.Is(err, polite.ErrDown) && ctx.Err() == nil {
		err = fmt.Errorf("%w: %w", sources.ErrUnsure, err) // the next import finds it by its name
	}
	if err != nil && !errors.Is(err, errDenied) && ctx.Err() == nil {
		err = fmt.Errorf("make a pad in MyPads: %w", err)
	}
	return answer.Key, err
}
