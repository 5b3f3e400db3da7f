package framadate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
)

// ErrPassword is matched by the error for a poll that shows itself only to
// those who know its password. It matches fs.ErrPermission. The admin link
// needs none.
var ErrPassword = fmt.Errorf("the poll asks for a password: %w", fs.ErrPermission)

// ErrWrongPassword is matched by the error for a poll that the given password
// does not open. It matches fs.ErrPermission, and not ErrPassword.
var ErrWrongPassword = fmt.Errorf("the password does not open the poll: %w", fs.ErrPermission)

// ErrCredentials is matched by the error for a server that asks for another
// user and password than it was given. It matches fs.ErrPermission.
var ErrCredentials = fmt.Errorf("the server asks for a user and a password: %w", fs.ErrPermission)

// password is the one to try on the poll, "" for none.
func (s *Source) password(l locator) string {
	if l.admin {
		return ""
	}
	if p, ok := s.options.Passwords[l.key]; ok {
		return p
	}
	return s.options.Passwords[""]
}

// public reports whether nothing opened the poll but its public link.
func (s *Source) public(l locator) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !l.admin && s.options.User == "" && !s.unlocked[l.session()]
}

// session is the poll as the server's session knows it: its database ignores
// case.
func (l locator) session() string { return strings.ToLower(l.key) }

// enterClosed waits until no other poll with a password is fetched: each
// request for one makes the server compute for a tenth of a second.
func (s *Source) enterClosed(ctx context.Context) error {
	select {
	case s.closed <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *Source) leaveClosed() { <-s.closed }

// openPage gets the poll's page, with its password if it asks for one and that
// is known. The session then opens the table, too.
func (s *Source) openPage(ctx context.Context, l locator) (*page, *spool.Spool, error) {
	p, body, err := s.fetchPage(ctx, l, nil)
	if password := s.password(l); errors.Is(err, ErrPassword) && password != "" {
		p, body, err = s.unlock(ctx, l, password)
		if errors.Is(err, ErrPassword) {
			return nil, nil, ErrWrongPassword
		}
		s.mu.Lock()
		s.unlocked[l.session()] = err == nil
		s.mu.Unlock()
	}
	if err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unlocked[l.session()] { // then the page does not show it
		asks, public := true, false
		p.Settings.Password, p.Settings.PublicResults = &asks, &public
	}
	return p, body, nil
}

// unlock sends the poll's password once, unless that is withheld.
func (s *Source) unlock(ctx context.Context, l locator, password string) (*page, *spool.Spool, error) {
	secret := "poll\x00" + password
	if err := s.withholding.Check(l.key, secret); err != nil {
		return nil, nil, err
	}
	var p *page
	var body *spool.Spool
	err := polite.AskOnce(ctx, func(ctx context.Context) (err error) {
		p, body, err = s.fetchPage(ctx, l, url.Values{"password": {password}, "poll": {l.key}})
		return err
	}, func(ctx context.Context) error {
		_, shown, err := s.fetchPage(ctx, l, nil)
		if err == nil {
			shown.Close()
		}
		return err
	})
	if errors.Is(err, polite.ErrBroken) {
		err = s.withholding.Broke(l.key, secret, err)
	}
	return p, body, err
}

// Withhold implements sources.Withholder.
func (s *Source) Withhold(id string, w sources.Withheld) { s.withholding.Remember(id, w) }
