package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/server"
)

// tokens hold the token that the API is asked with, as long as it is good.
type tokens struct {
	mu    sync.Mutex // guards what follows, also while one is fetched
	value string
	until time.Time
}

func (t *tokens) drop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.value = ""
}

// token gives a token for the client's credentials, renewed a minute before
// it ends.
func (c *Client) token(ctx context.Context) (string, error) {
	c.tokens.mu.Lock()
	defer c.tokens.mu.Unlock()
	if c.tokens.value != "" && time.Until(c.tokens.until) > time.Minute {
		return c.tokens.value, nil
	}
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {c.options.ClientID}, "client_secret": {c.options.ClientSecret},
		"resource": {c.server.Address()}, // without one, Etherpad 3.3.1 answers invalid_target
	}
	err := c.post(ctx, "/oidc/token", form, "", func(r *http.Response) error {
		switch code := r.StatusCode; {
		case code == http.StatusBadRequest, code == http.StatusUnauthorized, code == http.StatusForbidden:
			return fmt.Errorf("%w: %w", server.ErrCredentials, fs.ErrPermission)
		case code != http.StatusOK:
			return fmt.Errorf("%w: status %d", sources.ErrRefused, code)
		}
		return c.tokens.decode(r.Body)
	})
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("get a token: %w", err)
	}
	return c.tokens.value, err
}

func (t *tokens) decode(body io.Reader) error {
	var data struct {
		Token   string `json:"access_token"`
		Expires int64  `json:"expires_in"`
	}
	err := json.NewDecoder(io.LimitReader(body, server.MaxAnswer)).Decode(&data)
	if err != nil || data.Token == "" || !server.IsHeader(data.Token) {
		return fmt.Errorf("%w: no token", sources.ErrRefused)
	}
	t.value = data.Token
	t.until = time.Now().Add(time.Duration(min(max(data.Expires, 0), 86400)) * time.Second)
	return nil
}
