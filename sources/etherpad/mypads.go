package etherpad

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/server"
)

var (
	// ErrLogin is matched by errors for a login or password that MyPads
	// refuses. They match fs.ErrPermission too.
	ErrLogin = fmt.Errorf("MyPads refuses the login or its password: %w", fs.ErrPermission)

	// ErrOusted is matched by the error for an account to which somebody else
	// logged in twice in a run, which ends what lets padsync in each time.
	ErrOusted = errors.New("somebody logged in to the same account twice in the meantime")

	// ErrMembers is matched by the error for a pad that MyPads shows only to
	// others, or with a password. It matches fs.ErrPermission.
	ErrMembers = fmt.Errorf("MyPads shows it only to members of its group, or with a password: %w", fs.ErrPermission)

	// ErrWrongPassword is matched by the error for a pad of MyPads that the
	// password it was given does not open. It matches fs.ErrPermission.
	ErrWrongPassword = fmt.Errorf("the password does not open the pad: %w", fs.ErrPermission)
)

var (
	errNoMyPads = fmt.Errorf("%w: the server has no MyPads", sources.ErrRefused)

	// errNotInMyPads stands for pads that were deleted, and for those of no
	// group where MyPads closes them: it answers alike for both.
	errNotInMyPads = fmt.Errorf("MyPads has no such pad: %w", fs.ErrNotExist)

	errDenied = errors.New("MyPads refuses it")
	errFailed = fmt.Errorf("%w: status 500", sources.ErrRefused)
)

// An opening is what a pad is asked for with.
type opening struct {
	session  string // of Etherpad's own groups
	member   *membership
	token    bool   // the account's is sent
	password string // for MyPads; "": none is sent

	refused bool // the password alone was refused
}

// opening begins with what is most likely to open the pad, and least able to do
// harm: see reopen.
func (s *Source) opening(ctx context.Context, id string) (o opening, err error) {
	if o.session, err = s.session(ctx, id); err != nil {
		return o, err
	}
	if o.member, err = s.membership(ctx, nil); err != nil {
		return o, err
	}
	if known := o.member.pads[id]; known.closed {
		o.password = s.password(id, known.group)
	}
	o.token = o.password == "" && o.member.token != ""
	return o, nil
}

// opened asks for a pad with what opens it, until it does.
func (s *Source) opened(ctx context.Context, id string, ask func(context.Context, opening) error) error {
	o, err := s.opening(ctx, id)
	for err == nil {
		var away *server.SentAway
		if err = s.carefully(ctx, id, o, ask); !errors.As(err, &away) {
			break
		}
		o, err = s.reopen(ctx, id, away, o)
	}
	return err
}

// carefully asks with a password, if that is no withheld one: for one pad at a
// time, and once.
func (s *Source) carefully(ctx context.Context, id string, o opening, ask func(context.Context, opening) error) error {
	if o.password == "" {
		return ask(ctx, o)
	}
	select {
	case s.alone <- struct{}{}:
		defer func() { <-s.alone }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err := s.withholding.Check(id, o.secret()); err != nil {
		return err
	}
	harmless := o
	harmless.token, harmless.password = false, ""
	err := polite.AskOnce(ctx,
		func(ctx context.Context) error { return ask(ctx, o) },
		func(ctx context.Context) error { return ask(ctx, harmless) })
	if errors.Is(err, polite.ErrBroken) {
		err = s.withholding.Broke(id, o.secret(), err)
	}
	return err
}

// secret is the password with what makes its request another one.
func (o opening) secret() string {
	if o.token {
		return "member\x00" + o.password
	}
	return "visitor\x00" + o.password
}

// reopen says with what to ask again for a pad that MyPads has refused. A
// password goes only where one is asked for, and without the account's token: of
// a member, MyPads 1.7.17 wants the pad's own password, even where only the group
// has one, and dies of there being none. Both together are sent for a pad that
// is private itself, as the list of this run says, like MyPads' page does; by
// then the password alone was refused.
func (s *Source) reopen(ctx context.Context, id string, away *server.SentAway, o opening) (opening, error) {
	known := o.member.pads[id]
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
		now, err := s.membership(ctx, o.member)
		if err != nil {
			return o, err
		}
		ended := now.token != o.member.token
		if o.member = now; ended {
			return o, nil
		}
	}
	if o.password = s.password(id, away.Group); o.password == "" {
		return o, ErrMembers
	}
	o.token = false
	return o, nil
}

// password is the pad's, its group's, or that of all others.
func (s *Source) password(id, group string) string {
	for _, key := range []string{id, group, ""} {
		if p, known := s.passwords[key]; known {
			return p
		}
	}
	return ""
}

// query is how MyPads wants the token and the password: it takes no header.
func (o opening) query() string {
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

// isNotInMyPads recognises the answer with status 401. With more in it, it is
// about an error of the server's, but for one: of a read-only id MyPads asks
// Etherpad's API which pad is behind it, and tells that the API knows none.
func isNotInMyPads(r *http.Response) bool {
	var said struct {
		Error string
		Extra *struct{ Name, Message string }
	}
	err := json.NewDecoder(io.LimitReader(r.Body, 4<<10)).Decode(&said)
	if err != nil || said.Error != "BACKEND.ERROR.PERMISSION.UNEXPECTED" {
		return false
	}
	none := said.Extra != nil && said.Extra.Name == "apierror" && (said.Extra.Message == "" || said.Extra.Message == "padID does not exist")
	return said.Extra == nil || none && readOnlyPath.MatchString(r.Request.URL.EscapedPath())
}

// readOnlyPath finds the read-only ids that MyPads takes for such.
var readOnlyPath = regexp.MustCompile(`/p/r\.[A-Za-z0-9_-]{32}/`)

// askMyPads sends a request to MyPads' API. An answer of success is given to
// use; others match errDenied, errFailed or errNoMyPads, as far as they are
// MyPads' own.
func (s *Source) askMyPads(ctx context.Context, method, path string, form any, use func(io.Reader) error) error {
	body, err := json.Marshal(form)
	if err != nil {
		return err
	}
	request := func(ctx context.Context) (*http.Request, error) {
		r, err := s.server.Request(ctx, method, "/mypads/api/"+path, "", nil)
		if err != nil {
			return nil, err
		}
		if form != nil {
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header.Set("Content-Type", "application/json")
		}
		return r, nil
	}
	return s.server.Do(polite.Unrepeated(polite.Uncounted(ctx)), request, func(r *http.Response) error {
		// MyPads answers in JSON: what it says of a login is in no page.
		if server.ContentType(r.Header) == "text/html" && r.StatusCode < 500 {
			if barrier := sources.Recognize(r, server.Peek(r)); barrier != nil && !server.IsRedirect(r) {
				return barrier
			}
		}
		switch code := r.StatusCode; {
		case code == http.StatusOK:
			return use(r.Body)
		case code == http.StatusNotFound:
			return errNoMyPads
		case server.CheckDoor(r) != nil:
			return server.CheckDoor(r)
		case code == http.StatusBadRequest, code == http.StatusUnauthorized, code == http.StatusForbidden:
			return errDenied
		case code == http.StatusInternalServerError:
			return errFailed
		case code >= 300 && code < 400:
			return server.Redirected(r)
		}
		return server.Again(fmt.Errorf("%w: status %d", sources.ErrRefused, r.StatusCode))
	})
}

var tokenForm = regexp.MustCompile(`^[A-Za-z0-9._~+/=-]+$`)

func isToken(s string) bool { return len(s) <= 4096 && tokenForm.MatchString(s) }

// logIn gives a new token, and asks for none where the server may have died of
// this login. Of the answer, which tells all of the person,
// nothing else is looked at.
func (s *Source) logIn(ctx context.Context) (string, error) {
	var answer struct{ Token string }
	form := map[string]string{"login": s.access.MyPadsLogin, "password": s.access.MyPadsPassword}
	secret := "login\x00" + s.access.MyPadsLogin + "\x00" + s.access.MyPadsPassword
	s.rememberLogin(s.tokenKeeper.Token())
	if err := s.withholding.Check("", secret); err != nil {
		return "", err
	}
	err := s.askMyPads(polite.Once(ctx), http.MethodPost, "auth/login", form, func(body io.Reader) error {
		err := json.NewDecoder(io.LimitReader(body, server.MaxAnswer)).Decode(&answer)
		if err != nil || !isToken(answer.Token) {
			return fmt.Errorf("%w: no token", sources.ErrRefused)
		}
		return nil
	})
	switch {
	case errors.Is(err, errDenied):
		return "", ErrLogin
	case errors.Is(err, polite.ErrBroken):
		err = s.withholding.Broke("", secret, err)
		if w, ok := errors.AsType[*sources.WithheldError](err); ok {
			s.tokenKeeper.Keep(fmt.Sprint(withheldLogin, w.Since.Unix(), " ", w.Key))
		}
	}
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("log in to MyPads: %w", err)
	}
	return answer.Token, err
}

// withheldLogin begins what is kept in place of a token, none of which has a
// space, where the server may have died of the login: the list of an account's
// pads is asked for before documents can say so.
const withheldLogin = "withheld "

func (s *Source) rememberLogin(kept string) {
	var since int64
	var w sources.Withheld
	if n, _ := fmt.Sscanf(kept, withheldLogin+"%d %s", &since, &w.Key); n == 2 {
		w.Since = time.Unix(since, 0)
		s.withholding.Remember("", w)
	}
}
