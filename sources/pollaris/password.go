package pollaris

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"

	"github.com/PuerkitoBio/goquery"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/polls"
)

// ErrPassword is matched by the error for a poll that shows itself only to those
// who know its password. It matches fs.ErrPermission. The admin link needs none
// for all but the votes.
var ErrPassword = fmt.Errorf("the poll asks for a password: %w", fs.ErrPermission)

// ErrWrongPassword is matched by the error for a poll that the password it was
// given does not open. It matches fs.ErrPermission, and not ErrPassword.
var ErrWrongPassword = fmt.Errorf("the password does not open the poll: %w", fs.ErrPermission)

// password is the one to try on the poll, "" for none.
func (s *Source) password(slug string) string {
	if p, ok := s.options.Passwords[slug]; ok {
		return p
	}
	return s.options.Passwords[""]
}

// unlock sends the poll's password, if that is no withheld one, and once. The
// session is then let in.
func (s *Source) unlock(ctx context.Context, k *look, password string) error {
	secret := "poll\x00" + password
	if err := s.withholding.Check(k.slug, secret); err != nil {
		return err
	}
	form := url.Values{"poll_authentication[password]": {password}}
	address := "polls/" + k.slug + "/authenticate"
	ask := func(ctx context.Context) error {
		return s.read(ctx, k.session, address, func(doc *goquery.Document) error {
			token, ok := doc.Find(`form[name="poll_authentication"] input[name="poll_authentication[_token]"]`).Attr("value")
			if !ok {
				return fmt.Errorf("%w: no form for a password", sources.ErrRefused)
			}
			form.Set("poll_authentication[_token]", token)
			return nil
		})
	}
	if err := ask(ctx); err != nil {
		return fmt.Errorf("form for the password: %w", err)
	}
	err := polite.AskOnce(ctx, func(ctx context.Context) error {
		return s.send(ctx, k.session, address, form, func(resp *http.Response) error {
			switch {
			case s.leads(resp, "polls/"+k.slug):
				return nil
			case resp.StatusCode == http.StatusUnprocessableEntity:
				return s.readRefusal(resp)
			}
			if err := checkStatus(resp); err != nil {
				return err
			}
			return fmt.Errorf("%w: no answer to a password", sources.ErrRefused)
		})
	}, ask)
	if errors.Is(err, polite.ErrBroken) {
		return s.withholding.Broke(k.slug, secret, err)
	}
	if err != nil {
		return fmt.Errorf("password: %w", err)
	}
	return nil
}

// readRefusal is ErrWrongPassword where the server says so.
func (s *Source) readRefusal(resp *http.Response) error {
	body, err := polls.Receive(s.pool, resp, pageEnd)
	if err != nil {
		return err
	}
	defer body.Close()
	doc, err := parse(io.NewSectionReader(body, 0, body.Size()))
	if err != nil {
		return err
	}
	if doc.Find("#poll_authentication_password_error").Length() > 0 {
		return ErrWrongPassword
	}
	return fmt.Errorf("%w: the form for the password is not taken", sources.ErrRefused)
}

// Withhold implements sources.Withholder.
func (s *Source) Withhold(id string, w sources.Withheld) { s.withholding.Remember(id, w) }
