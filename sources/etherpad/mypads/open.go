package mypads

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/sources/etherpad/server"
)

// An Opening is what a request for a pad is sent with.
type Opening struct {
	member   *Membership
	token    bool   // the account's is sent
	password string // for MyPads; "": none is sent

	refused bool // the password alone was refused
}

// opening begins with what is most likely to open the pad, and least able to do
// harm: see reopen.
func (a *Account) opening(ctx context.Context, id string) (o Opening, err error) {
	if o.member, err = a.membership(ctx, nil); err != nil {
		return o, err
	}
	if known := o.member.Pads[id]; known.closed {
		o.password = a.password(id, known.Group)
	}
	o.token = o.password == "" && o.member.token != ""
	return o, nil
}

// Open asks for a pad with one opening after the other, until ask no longer
// fails with a server.SentAway, or nothing is left: then the error matches
// ErrMembers or ErrWrongPassword.
func (a *Account) Open(ctx context.Context, id string, ask func(context.Context, Opening) error) error {
	o, err := a.opening(ctx, id)
	for err == nil {
		var away *server.SentAway
		if err = a.carefully(ctx, id, o, ask); !errors.As(err, &away) {
			break
		}
		o, err = a.reopen(ctx, id, away, o)
	}
	return err
}

// carefully asks with a password, unless that is withheld: for one pad at a
// time, and once.
func (a *Account) carefully(ctx context.Context, id string, o Opening, ask func(context.Context, Opening) error) error {
	if o.password == "" {
		return ask(ctx, o)
	}
	select {
	case a.alone <- struct{}{}:
		defer func() { <-a.alone }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err := a.withholding.Check(id, o.secret()); err != nil {
		return err
	}
	harmless := o
	harmless.token, harmless.password = false, ""
	err := polite.AskOnce(ctx,
		func(ctx context.Context) error { return ask(ctx, o) },
		func(ctx context.Context) error { return ask(ctx, harmless) })
	if errors.Is(err, polite.ErrBroken) {
		err = a.withholding.Broke(id, o.secret(), err)
	}
	return err
}

// secret is the password with all else that makes its request a different one.
func (o Opening) secret() string {
	if o.token {
		return "member\x00" + o.password
	}
	return "visitor\x00" + o.password
}

// reopen says with what to ask again for a pad that MyPads has refused. A
// password goes only where one is asked for, and without the account's token:
// from a member, MyPads 1.7.17 wants the pad's own password, even where only
// the group has one, and dies if there is none. For a pad that is itself
// private, as the list of this run says, both are sent together, as MyPads'
// page does; by then the password alone was refused.
func (a *Account) reopen(ctx context.Context, id string, away *server.SentAway, o Opening) (Opening, error) {
	known := o.member.Pads[id]
	switch {
	case o.password != "" && o.token:
		return o, ErrWrongPassword
	case o.password != "" && known.own:
		o.token, o.refused = true, true
		return o, nil
	case o.password != "" && known.closed: // a server may show all pads to all accounts
		o.token, o.password, o.refused = true, "", true
		return o, nil
	case o.password != "":
		return o, ErrWrongPassword
	case o.refused:
		return o, ErrWrongPassword
	case !known.closed:
		now, err := a.membership(ctx, o.member)
		if err != nil {
			return o, err
		}
		ended := now.token != o.member.token
		if o.member = now; ended {
			return o, nil
		}
	}
	if o.password = a.password(id, away.Group); o.password == "" {
		return o, ErrMembers
	}
	o.token = false
	return o, nil
}

// password is the pad's, its group's, or the one for all others.
func (a *Account) password(id, group string) string {
	for _, key := range []string{id, group, ""} {
		if p, known := a.options.Passwords[key]; known {
			return p
		}
	}
	return ""
}

// Pad is what the account's list says of a pad, if it has the pad.
func (o Opening) Pad(id string) (p Pad, listed bool) {
	p, listed = o.member.Pads[id]
	return p, listed
}

// Public says that nothing is sent but the pad's address.
func (o Opening) Public() bool { return !o.token && o.password == "" }

// Query has the token and the password as MyPads wants them: it takes no
// header.
func (o Opening) Query() string {
	q := url.Values{}
	if o.token {
		q.Set("auth_token", o.member.token)
	}
	if o.password != "" {
		q.Set("mypadspassword", base64.StdEncoding.EncodeToString([]byte(o.password)))
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}
