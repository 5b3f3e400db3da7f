// Package api is the HTTP API of an Etherpad server, which opens every pad to the
// server's operator.
package api

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
	"strings"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/server"
)

// apiVersion is the oldest that has all that is called: Etherpad 1.8.14 and
// 3.3.1 take it.
const apiVersion = "1.2.11"

// ErrAnswer is matched by the error for an answer that is not the API's. It
// matches sources.ErrRefused.
var ErrAnswer = fmt.Errorf("%w: not an answer of the API", sources.ErrRefused)

// Options say what opens the API.
type Options struct {
	Key string // Etherpad's APIKEY.txt

	// ClientID and ClientSecret do the same where the API wants tokens, as
	// Etherpad 2 and 3 do unless told otherwise.
	ClientID, ClientSecret string
}

// A Client calls the API of one server. It is safe for concurrent use.
type Client struct {
	server  *server.Server
	pool    *spool.Pool
	options Options

	names    authorNames
	sessions sessions
	tokens   tokens
}

// New makes the client. It sends nothing. A caller that asked for a Session
// calls Close.
func New(at *server.Server, pool *spool.Pool, o Options) *Client {
	return &Client{server: at, pool: pool, options: o}
}

// Call calls a function of the API that may be called twice, with names and
// values, and decodes its data.
func (c *Client) Call(ctx context.Context, function string, data any, parameters ...string) error {
	return c.ask(ctx, function, parameters, func(body io.Reader) error {
		b, err := io.ReadAll(io.LimitReader(body, server.MaxAnswer))
		if err != nil {
			return fmt.Errorf("%w: %w", sources.ErrRefused, err)
		}
		var envelope struct {
			Code    *int
			Message string
			Data    json.RawMessage
		}
		if json.Unmarshal(b, &envelope) != nil || envelope.Code == nil {
			return ErrAnswer
		}
		if err := apiError(*envelope.Code, envelope.Message); err != nil {
			return err
		}
		if data != nil && json.Unmarshal(envelope.Data, data) != nil {
			return ErrAnswer
		}
		return nil
	})
}

// ask sends a call and gives the body of the answer to use. A token that was
// refused is renewed once.
func (c *Client) ask(ctx context.Context, function string, parameters []string, use func(io.Reader) error) error {
	err := c.askOften(ctx, function, parameters, use)
	if errors.Is(err, server.ErrCredentials) && c.options.ClientID != "" {
		c.tokens.drop()
		err = c.askOften(ctx, function, parameters, use)
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%s: %w", function, err)
	}
	return err
}

// askOften repeats what polite.Client does not, as it is a POST: a call may
// reach the server twice.
func (c *Client) askOften(ctx context.Context, function string, parameters []string, use func(io.Reader) error) (err error) {
	for range 3 {
		err = c.askOnce(ctx, function, parameters, use)
		if ctx.Err() != nil || !errors.Is(err, polite.ErrTemporary) || errors.Is(err, polite.ErrDown) {
			break
		}
	}
	return err
}

// askOnce sends the key in a form: what stands in an address ends in logs.
func (c *Client) askOnce(ctx context.Context, function string, parameters []string, use func(io.Reader) error) error {
	form := url.Values{}
	for i := 0; i+1 < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	bearer := ""
	if c.options.ClientID != "" {
		var err error
		if bearer, err = c.token(ctx); err != nil {
			return err
		}
	} else {
		form.Set("apikey", c.options.Key)
	}
	return c.post(ctx, "/api/"+apiVersion+"/"+function, form, bearer, func(r *http.Response) error {
		code := r.StatusCode
		if code >= 400 || server.ContentType(r.Header) == "text/html" {
			if barrier := sources.Recognize(r, server.Peek(r)); barrier != nil {
				return barrier
			}
		}
		switch {
		case code == http.StatusUnauthorized, code == http.StatusForbidden:
			return fmt.Errorf("%w: %w", server.ErrCredentials, fs.ErrPermission)
		case code == http.StatusTooManyRequests, code >= 502 && code <= 504:
			return server.Again(fmt.Errorf("%w: status %d", sources.ErrRefused, code))
		case code >= 300:
			return fmt.Errorf("%w: status %d", ErrAnswer, code)
		}
		return use(r.Body)
	})
}

// post sends a form, again by https if the server wants that.
func (c *Client) post(ctx context.Context, path string, form url.Values, bearer string, handle func(*http.Response) error) error {
	request := func(ctx context.Context) (*http.Request, error) {
		r, err := c.server.Request(ctx, http.MethodPost, path, "", strings.NewReader(form.Encode()))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if bearer != "" {
			r.Header.Set("Authorization", "Bearer "+bearer)
		}
		return r, nil
	}
	return c.server.Do(polite.Uncounted(ctx), request, func(r *http.Response) error {
		if r.StatusCode >= 300 && r.StatusCode < 400 {
			return server.Redirected(r)
		}
		return handle(r)
	})
}

// apiError is what a code means. It comes with status 200 too. The message is
// the server's, and is not repeated.
func apiError(code int, message string) error {
	switch {
	case code == 0:
		return nil
	case code == 1 && slices.Contains([]string{"padID does not exist", "groupID does not exist", "sessionID does not exist"}, message):
		return fs.ErrNotExist
	case code == 4:
		return fmt.Errorf("%w: %w", server.ErrCredentials, fs.ErrPermission)
	}
	return fmt.Errorf("%w: code %d of the API", sources.ErrRefused, code)
}
