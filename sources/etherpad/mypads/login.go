package mypads

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/server"
)

var tokenForm = regexp.MustCompile(`^[A-Za-z0-9._~+/=-]+$`)

func isToken(s string) bool { return len(s) <= 4096 && tokenForm.MatchString(s) }

// logIn gives a new token. It sends nothing if the server may have died of this
// login. It looks at nothing else in the answer, which says everything about
// the person.
func (a *Account) logIn(ctx context.Context) (string, error) {
	var answer struct{ Token string }
	form := map[string]string{"login": a.options.Login, "password": a.options.Password}
	secret := "login\x00" + a.options.Login + "\x00" + a.options.Password
	a.rememberLogin(a.options.Tokens.Token())
	if err := a.withholding.Check("", secret); err != nil {
		return "", err
	}
	err := a.ask(polite.Once(ctx), http.MethodPost, "auth/login", form, func(body io.Reader) error {
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
		err = a.withholding.Broke("", secret, err)
		if w, ok := errors.AsType[*sources.WithheldError](err); ok {
			a.options.Tokens.Keep(fmt.Sprint(withheldLogin, w.Since.Unix(), " ", w.Key))
		}
	}
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("log in to MyPads: %w", err)
	}
	return answer.Token, err
}

// withheldLogin begins what is kept in place of a token where the server may
// have died of the login; no token has a space. It is kept there because the
// list of an account's pads is asked for before documents can say so.
const withheldLogin = "withheld "

func (a *Account) rememberLogin(kept string) {
	var since int64
	var w sources.Withheld
	if n, _ := fmt.Sscanf(kept, withheldLogin+"%d %s", &since, &w.Key); n == 2 {
		w.Since = time.Unix(since, 0)
		a.withholding.Remember("", w)
	}
}
