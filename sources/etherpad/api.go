package etherpad

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
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/server"
)

// apiVersion is the oldest that has all that is called: Etherpad 1.8.14 and
// 3.3.1 take it.
const apiVersion = "1.2.11"

// errAnswer is matched by the error for an answer that is none of the API.
var errAnswer = fmt.Errorf("%w: no answer of the API", sources.ErrRefused)

// call calls a function of the API that may be called twice, with names and
// values, and decodes its data.
func (s *Source) call(ctx context.Context, function string, data any, parameters ...string) error {
	return s.ask(ctx, function, parameters, func(body io.Reader) error {
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
			return errAnswer
		}
		if err := apiError(*envelope.Code, envelope.Message); err != nil {
			return err
		}
		if data != nil && json.Unmarshal(envelope.Data, data) != nil {
			return errAnswer
		}
		return nil
	})
}

// ask sends a call and gives the body of the answer to use. A token that was
// refused is renewed once.
func (s *Source) ask(ctx context.Context, function string, parameters []string, use func(io.Reader) error) error {
	err := s.askOften(ctx, function, parameters, use)
	if errors.Is(err, ErrCredentials) && s.access.ClientID != "" {
		s.tokens.drop()
		err = s.askOften(ctx, function, parameters, use)
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%s: %w", function, err)
	}
	return err
}

// askOften repeats what polite.Client does not, as it is a POST: a call may
// reach the server twice.
func (s *Source) askOften(ctx context.Context, function string, parameters []string, use func(io.Reader) error) (err error) {
	for range 3 {
		err = s.askOnce(ctx, function, parameters, use)
		if ctx.Err() != nil || !errors.Is(err, polite.ErrTemporary) || errors.Is(err, polite.ErrDown) {
			break
		}
	}
	return err
}

// askOnce sends the key in a form: what stands in an address ends in logs.
func (s *Source) askOnce(ctx context.Context, function string, parameters []string, use func(io.Reader) error) error {
	form := url.Values{}
	for i := 0; i+1 < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	bearer := ""
	if s.access.ClientID != "" {
		var err error
		if bearer, err = s.token(ctx); err != nil {
			return err
		}
	} else {
		form.Set("apikey", s.access.APIKey)
	}
	return s.post(ctx, "/api/"+apiVersion+"/"+function, form, bearer, func(r *http.Response) error {
		code := r.StatusCode
		if code >= 400 || server.ContentType(r.Header) == "text/html" {
			if barrier := sources.Recognize(r, server.Peek(r)); barrier != nil {
				return barrier
			}
		}
		switch {
		case code == http.StatusUnauthorized, code == http.StatusForbidden:
			return fmt.Errorf("%w: %w", ErrCredentials, fs.ErrPermission)
		case code == http.StatusTooManyRequests, code >= 502 && code <= 504:
			return server.Again(fmt.Errorf("%w: status %d", sources.ErrRefused, code))
		case code >= 300:
			return fmt.Errorf("%w: status %d", errAnswer, code)
		}
		return use(r.Body)
	})
}

// post sends a form, again by https if the server wants that.
func (s *Source) post(ctx context.Context, path string, form url.Values, bearer string, handle func(*http.Response) error) error {
	request := func(ctx context.Context) (*http.Request, error) {
		r, err := s.server.Request(ctx, http.MethodPost, path, "", strings.NewReader(form.Encode()))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if bearer != "" {
			r.Header.Set("Authorization", "Bearer "+bearer)
		}
		return r, nil
	}
	return s.server.Do(polite.Uncounted(ctx), request, func(r *http.Response) error {
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
		return fmt.Errorf("%w: %w", ErrCredentials, fs.ErrPermission)
	}
	return fmt.Errorf("%w: code %d of the API", sources.ErrRefused, code)
}
