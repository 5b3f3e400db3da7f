package etherpad

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/server"
)

// A TokenKeeper keeps the token of an account of MyPads from one run to the
// next, or a line in its place. Each login ends the token of the one before, and with it the session
// of the person whose account it is.
type TokenKeeper interface {
	Token() string // that was kept last, also by another run; "": none
	Keep(token string)
}

// maxGroups bounds the list of what an account is in: some hundred thousand
// pads.
const maxGroups = 32 << 20

// maxVain is how often a login is tried in a run that has no answer: where
// nothing was heard of the server before, it may have been away, or have died of
// it.
const maxVain = 3

// An account is one of MyPads, as this run uses it.
type account struct {
	mu       sync.Mutex  // guards what follows, also while the server is asked
	now      *membership // nil until the server was asked
	loggedIn bool        // in this run
	vain     int         // logins in this run that came to nothing
	refused  error       // for good
	claimed  []string    // pads that imports of this run fill
}

// A membership is what a token of an account opens. The zero value is that of
// a visitor.
type membership struct {
	token  string
	pads   map[string]member
	groups map[string]bool // whether they are archived
}

// A member is a pad of one of the account's groups.
type member struct {
	name     string
	group    string // its id
	closed   bool   // it opens with a password only
	own      bool   // which is its own, not its group's
	archived bool
}

var (
	errEnded = errors.New("the token has ended")

	// errUnknown is for one that the server did not give since it was started.
	errUnknown  = fmt.Errorf("%w: the server does not know it", errEnded)
	errVain     = fmt.Errorf("%w: no answer to %d logins", sources.ErrRefused, maxVain)
	errNoGroups = fmt.Errorf("%w: no list of groups", sources.ErrRefused)
)

// membership gives that of the account. One that is doubted, since a pad was
// refused, is asked for again.
func (s *Source) membership(ctx context.Context, doubted *membership) (*membership, error) {
	if s.access.MyPadsLogin == "" {
		return new(membership), nil
	}
	a := &s.account
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refused != nil {
		return nil, a.refused
	}
	if a.now != nil && a.now != doubted {
		return a.now, nil
	}
	now, err := s.renew(ctx)
	var withheld *sources.WithheldError
	switch {
	case err == nil:
		a.now = now
	case errors.Is(err, ErrLogin), errors.Is(err, errNoMyPads), errors.Is(err, ErrOusted), errors.As(err, &withheld):
		a.refused = err
	}
	return now, err
}

// renew tries the tokens that there are, and logs in if none is good: once in
// a run, so as not to throw out for ever who does the same, and once more when
// the server was started again. The caller holds s.account.mu.
func (s *Source) renew(ctx context.Context) (*membership, error) {
	var tokens []string
	if s.account.now != nil {
		tokens = append(tokens, s.account.now.token)
	}
	if kept := s.tokenKeeper.Token(); isToken(kept) && !slices.Contains(tokens, kept) {
		tokens = append(tokens, kept)
	}
	for _, token := range tokens {
		now, err := s.groups(ctx, token)
		if !errors.Is(err, errEnded) {
			return now, err
		}
		if was := s.account.now; errors.Is(err, errUnknown) && was != nil && was.token == token {
			s.account.now, s.account.loggedIn = nil, false
		}
	}
	if s.account.loggedIn {
		return nil, ErrOusted
	}
	if s.account.vain == maxVain {
		return nil, errVain
	}
	token, err := s.logIn(ctx)
	if err != nil {
		s.account.vain++
		return nil, err
	}
	s.account.loggedIn = true
	s.tokenKeeper.Keep(token)
	now, err := s.groups(ctx, token)
	if errors.Is(err, errEnded) {
		err = fmt.Errorf("%w: MyPads does not know the token that it gave", sources.ErrRefused)
	}
	return now, err
}

// groups asks for all that the account is in. MyPads 1.7.17 answers to a
// token that a login ended with status 500.
func (s *Source) groups(ctx context.Context, token string) (*membership, error) {
	now := &membership{token: token}
	err := s.askMyPads(ctx, http.MethodGet, "group?auth_token="+url.QueryEscape(token), nil, func(r io.Reader) error {
		body, err := server.ReceiveJSON(s.pool, r, maxGroups)
		if err != nil {
			return err
		}
		err = now.decode(io.NewSectionReader(body, 0, body.Size()), s.access.MyPadsLogin)
		return errors.Join(err, body.Close())
	})
	var away *server.SentAway
	switch {
	case errors.Is(err, errDenied):
		return nil, errUnknown
	case errors.Is(err, errFailed), errors.As(err, &away):
		return nil, errEnded
	case err != nil && ctx.Err() == nil:
		return nil, fmt.Errorf("list the groups of MyPads: %w", err)
	}
	return now, err
}

// What is read of the records in a list of groups: never passwords, which
// other versions may not leave out.
type (
	groupRecord struct {
		Visibility string
		Admins     []string
		ReadOnly   bool
	}
	memberRecord struct {
		Name, Group, Visibility string
		ReadOnly                *bool
	}
	userRecord struct{ Login, Email string }
)

// decode reads a list of groups, with the eyes of the account with this login.
func (m *membership) decode(r io.Reader, login string) error {
	groups, pads := make(map[string]groupRecord), make(map[string]memberRecord)
	self, found := "", false
	decodeUser := func(d *json.Decoder) error {
		return server.EachMember(d, func(id string) error {
			var u userRecord
			err := d.Decode(&u)
			if u.Login == login || u.Email == login {
				self = id
			}
			return err
		})
	}
	d := json.NewDecoder(r)
	err := server.EachMember(d, func(key string) error {
		if key != "value" {
			return d.Decode(new(json.RawMessage))
		}
		return server.EachMember(d, func(key string) error {
			switch key {
			case "groups":
				return decodeInto(d, groups)
			case "pads":
				found = true
				return decodeInto(d, pads)
			case "users", "admins":
				return decodeUser(d)
			}
			return d.Decode(new(json.RawMessage))
		})
	})
	if err != nil || !found {
		return errNoGroups // a decoder's error may quote what it read
	}
	m.pads, m.groups = make(map[string]member, len(pads)), make(map[string]bool, len(groups))
	for id, p := range pads {
		m.pads[id] = p.in(groups[p.Group], self)
	}
	for id, g := range groups {
		m.groups[id] = g.ReadOnly
	}
	return nil
}

func decodeInto[R any](d *json.Decoder, into map[string]R) error {
	return server.EachMember(d, func(id string) error {
		var record R
		err := d.Decode(&record)
		into[id] = record
		return err
	})
}

// in joins what is said of a pad with what is said of its group, which counts
// where the pad has no word of its own.
func (p memberRecord) in(g groupRecord, self string) member {
	visibility, readOnly, own := p.Visibility, g.ReadOnly, p.Visibility == "private"
	if visibility != "private" && visibility != "public" {
		visibility = g.Visibility
	}
	if p.ReadOnly != nil {
		readOnly = *p.ReadOnly
	}
	isAdmin := self == "" || slices.Contains(g.Admins, self)
	return member{name: p.Name, group: p.Group, closed: visibility == "private" && !isAdmin, own: own, archived: readOnly}
}

// noKeeper keeps nothing.
type noKeeper struct{}

func (noKeeper) Token() string { return "" }
func (noKeeper) Keep(string)   {}
