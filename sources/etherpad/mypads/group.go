package mypads

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
	if !isMyPads || !inGroup || rest != "" && rest != "view" || !IsGroupID(group) {
		return "", "", wrong
	}
	if base, err = sources.Normalize(u.Scheme + "://" + u.Host + before); err != nil {
		return "", "", wrong
	}
	return base, group, nil
}

// IsGroupID says whether a group can have this id. MyPads makes ids of letters without accents, digits and hyphens.
func IsGroupID(s string) bool {
	return s != "" && len(s) <= maxGroupID && !strings.ContainsFunc(s, func(r rune) bool {
		return r >= 0x80 || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
	})
}

const maxGroupID = 512

// GroupURL is the page of a group.
func GroupURL(base, group string) string {
	return base + "/mypads/index.html?/mypads/group/" + group + "/view"
}

// PadURL is the page of a pad in a group.
func PadURL(base, group, id string) string {
	return base + "/mypads/index.html?/mypads/group/" + group + "/pad/view/" + id
}

// TakesPads says whether pads can be made in a group: whether the account is in
// it, and it is not archived.
func (m *Membership) TakesPads(group string) bool {
	archived, known := m.groups[group]
	return known && !archived
}

// Claim reserves the pad: nobody else in this run fills it.
func (a *Account) Claim(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if slices.Contains(a.claimed, id) {
		return false
	}
	a.claimed = append(a.claimed, id)
	return true
}

// Named are the pads of a group that have this name, and may be looked at.
func (m *Membership) Named(group, name string) (ids []string) {
	for _, id := range slices.Sorted(maps.Keys(m.Pads)) {
		if p := m.Pads[id]; p.Group == group && p.Name == name && !p.Archived {
			ids = append(ids, id)
		}
	}
	return ids
}

// CreatePad makes a pad in a group, without any text, and gives its id, which
// the server chooses and isID approves. The membership is the one with which
// the pad was looked for.
func (a *Account) CreatePad(ctx context.Context, now *Membership, group, name string, isID func(string) bool) (string, error) {
	for {
		id, err := a.createPadAs(ctx, now, group, name, isID)
		if !errors.Is(err, errDenied) {
			return id, err
		}
		then := now
		if now, err = a.membership(ctx, then); err != nil {
			return "", err
		}
		if now.token == then.token {
			return "", ErrNoGroup
		}
	}
}

func (a *Account) createPadAs(ctx context.Context, as *Membership, group, name string, isID func(string) bool) (string, error) {
	var answer struct{ Key string }
	form := map[string]string{"name": name, "group": group, "auth_token": as.token}
	err := a.ask(ctx, http.MethodPost, "pad", form, func(body io.Reader) error {
		err := json.NewDecoder(io.LimitReader(body, server.MaxAnswer)).Decode(&answer)
		if _, old := as.Pads[answer.Key]; err != nil || !isID(answer.Key) || old {
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
