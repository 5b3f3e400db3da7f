// Package mypads is MyPads, Etherpad's plugin for groups of pads, as one account
// of it sees it, or a visitor: which pads there are, and what opens them.
//
// What it knows was seen on MyPads 1.7.17.
package mypads

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/server"
)

// A TokenKeeper keeps the token of the account. Each login to MyPads ends the
// token of the one before.
type TokenKeeper = sources.TokenKeeper

// maxGroups bounds the list of what an account is in: some hundred thousand
// pads.
const maxGroups = 32 << 20

// maxVain is how often a run tries to log in without an answer: a server that
// was not heard before may have been away, or have died of the login.
const maxVain = 3

var (
	// ErrLogin is matched by errors for a login or password that MyPads
	// refuses. They match fs.ErrPermission too.
	ErrLogin = fmt.Errorf("MyPads refuses the login or its password: %w", fs.ErrPermission)

	// ErrOusted is matched by the error for an account to which somebody else
	// logged in twice during a run: each time that ends padsync's own token.
	ErrOusted = errors.New("somebody logged in to the same account twice in the meantime")

	// ErrMembers is matched by the error for a pad that MyPads shows only to
	// others, or with a password. It matches fs.ErrPermission.
	ErrMembers = fmt.Errorf("MyPads shows it only to members of its group, or with a password: %w", fs.ErrPermission)

	// ErrWrongPassword is matched by the error for a pad of MyPads that the
	// given password does not open. It matches fs.ErrPermission.
	ErrWrongPassword = fmt.Errorf("the password does not open the pad: %w", fs.ErrPermission)
)

var (
	errNoMyPads = fmt.Errorf("%w: the server has no MyPads", sources.ErrRefused)

	// ErrNoPad is matched by the error for pads that were deleted, and for pads
	// in no group where MyPads closes those: it answers alike for both.
	ErrNoPad = fmt.Errorf("MyPads has no such pad: %w", fs.ErrNotExist)

	errDenied = errors.New("MyPads refuses it")
	errFailed = fmt.Errorf("%w: status 500", sources.ErrRefused)
)

// Options say who asks, and with which passwords. The zero value is a visitor
// who knows none.
type Options struct {
	Login, Password string            // of the account; "": a visitor asks
	Passwords       map[string]string // of pads, by the ids of these or of their groups; that of "" is for all others
	Tokens          TokenKeeper       // nil: tokens are forgotten
}

// An Account is one on one server, as this run uses it, or a visitor. It is safe
// for concurrent use.
type Account struct {
	server  *server.Server
	pool    *spool.Pool
	options Options

	alone       chan struct{} // held by whoever asks with a password
	withholding sources.Withholding

	mu       sync.Mutex  // guards what follows, also while the server is asked
	now      *Membership // nil until the server is asked
	loggedIn bool        // during this run
	vain     int         // logins in this run that came to nothing
	refused  error       // for good
	claimed  []string    // pads that imports of this run fill
}

// New makes the account. It sends nothing.
func New(at *server.Server, pool *spool.Pool, o Options) *Account {
	if o.Tokens == nil {
		o.Tokens = noKeeper{}
	}
	return &Account{server: at, pool: pool, options: o, alone: make(chan struct{}, 1)}
}

// Withhold implements that of sources.Withholder.
func (a *Account) Withhold(id string, w sources.Withheld) { a.withholding.Remember(id, w) }

// A Membership is what a token of an account opens. The zero value is that of
// a visitor.
type Membership struct {
	token  string
	Pads   map[string]Pad  // by their ids
	groups map[string]bool // whether they are archived
}

// A Pad is in one of the account's groups.
type Pad struct {
	Name     string
	Group    string // its id
	closed   bool   // it opens with a password only
	own      bool   // which is its own, not its group's
	Archived bool
}

var (
	errEnded = errors.New("the token has ended")

	// errUnknown is for a token that the server has not given since it was
	// started.
	errUnknown  = fmt.Errorf("%w: the server does not know it", errEnded)
	errVain     = fmt.Errorf("%w: no answer to %d logins", sources.ErrRefused, maxVain)
	errNoGroups = fmt.Errorf("%w: no list of groups", sources.ErrRefused)
)

// Membership is that of the account.
func (a *Account) Membership(ctx context.Context) (*Membership, error) { return a.membership(ctx, nil) }

// membership gives that of the account. It asks again for one that is in doubt
// because a pad was refused.
func (a *Account) membership(ctx context.Context, doubted *Membership) (*Membership, error) {
	if a.options.Login == "" {
		return new(Membership), nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refused != nil {
		return nil, a.refused
	}
	if a.now != nil && a.now != doubted {
		return a.now, nil
	}
	now, err := a.renew(ctx)
	var withheld *sources.WithheldError
	switch {
	case err == nil:
		a.now = now
	case errors.Is(err, ErrLogin), errors.Is(err, errNoMyPads), errors.Is(err, ErrOusted), errors.As(err, &withheld):
		a.refused = err
	}
	return now, err
}

// renew tries the tokens that there are, and logs in if none is good: once in a
// run, so as not to throw out again and again somebody who does the same, and
// once more if the server was started again. The caller holds a.mu.
func (a *Account) renew(ctx context.Context) (*Membership, error) {
	var tokens []string
	if a.now != nil {
		tokens = append(tokens, a.now.token)
	}
	if kept := a.options.Tokens.Token(); isToken(kept) && !slices.Contains(tokens, kept) {
		tokens = append(tokens, kept)
	}
	for _, token := range tokens {
		now, err := a.groups(ctx, token)
		if !errors.Is(err, errEnded) {
			return now, err
		}
		if was := a.now; errors.Is(err, errUnknown) && was != nil && was.token == token {
			a.now, a.loggedIn = nil, false
		}
	}
	if a.loggedIn {
		return nil, ErrOusted
	}
	if a.vain == maxVain {
		return nil, errVain
	}
	token, err := a.logIn(ctx)
	if err != nil {
		a.vain++
		return nil, err
	}
	a.loggedIn = true
	a.options.Tokens.Keep(token)
	now, err := a.groups(ctx, token)
	if errors.Is(err, errEnded) {
		err = fmt.Errorf("%w: MyPads does not know the token that it gave", sources.ErrRefused)
	}
	return now, err
}

// groups asks for all groups of the account. MyPads 1.7.17 answers 500 to a
// token that a login ended.
func (a *Account) groups(ctx context.Context, token string) (*Membership, error) {
	now := &Membership{token: token}
	err := a.ask(ctx, http.MethodGet, "group?auth_token="+url.QueryEscape(token), nil, func(r io.Reader) error {
		body, err := server.ReceiveJSON(a.pool, r, maxGroups)
		if err != nil {
			return err
		}
		err = now.decode(io.NewSectionReader(body, 0, body.Size()), a.options.Login)
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
func (m *Membership) decode(r io.Reader, login string) error {
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
	m.Pads, m.groups = make(map[string]Pad, len(pads)), make(map[string]bool, len(groups))
	for id, p := range pads {
		m.Pads[id] = p.in(groups[p.Group], self)
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
func (p memberRecord) in(g groupRecord, self string) Pad {
	visibility, readOnly, own := p.Visibility, g.ReadOnly, p.Visibility == "private"
	if visibility != "private" && visibility != "public" {
		visibility = g.Visibility
	}
	if p.ReadOnly != nil {
		readOnly = *p.ReadOnly
	}
	isAdmin := self == "" || slices.Contains(g.Admins, self)
	return Pad{Name: p.Name, Group: p.Group, closed: visibility == "private" && !isAdmin, own: own, Archived: readOnly}
}

// noKeeper keeps nothing.
type noKeeper struct{}

func (noKeeper) Token() string { return "" }
func (noKeeper) Keep(string)   {}
