package etherpad

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/server"
)

var _ sources.Fronted = (*Source)(nil)

// Front implements sources.Fronted. It does not recognise a front page that the
// server's operator made anew.
func (s *Source) Front(ctx context.Context) error {
	request := func(ctx context.Context) (*http.Request, error) {
		return s.server.Request(ctx, http.MethodGet, "/", "", nil)
	}
	err := s.server.Do(polite.Uncounted(ctx), request, func(r *http.Response) error {
		start := server.Peek(r)
		if r.StatusCode == http.StatusOK && isFront(string(start)) {
			return nil
		}
		if server.IsRedirect(r) {
			return server.Redirected(r)
		}
		if barrier := sources.Recognize(r, start); barrier != nil {
			return barrier
		}
		return &sources.Barrier{Kind: sources.NotThere}
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("front page: %w", err)
	}
	return err
}

// isFront recognises the front page of Etherpad 1.3 to 3.3 by the field for a
// pad's name, whose style it has even where it has no field, and the link to its
// translations.
func isFront(page string) bool {
	return strings.Contains(page, "padname") && strings.Contains(page, `"application/l10n+json"`)
}

// Probe says whether the server with this base address is an Etherpad, for
// addresses that do not show their kind. It asks for the version of the API,
// which is public and changes nothing. The error is for a server that gave no
// answer of its own.
func Probe(ctx context.Context, client *polite.Client, base string) (bool, error) {
	is, err := probe(ctx, client, base)
	if rest, found := strings.CutPrefix(base, "http://"); found && errors.Is(err, server.ErrSecure) {
		return probe(ctx, client, "https://"+rest)
	}
	return is, err
}

func probe(ctx context.Context, client *polite.Client, base string) (is bool, err error) {
	request := func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, base+"/api", nil)
	}
	err = client.Do(ctx, request, func(r *http.Response) error {
		switch code := r.StatusCode; {
		case code == http.StatusOK:
			is = isVersion(r.Body)
			return nil
		case code == http.StatusTooManyRequests, code >= 500:
			return refusal(r)
		case code >= 300 && code < 400:
			if err := server.Redirected(r); errors.Is(err, server.ErrSecure) {
				return err
			}
		}
		return nil
	})
	return is, err
}

func isVersion(body io.Reader) bool {
	var api struct {
		CurrentVersion string `json:"currentVersion"`
	}
	err := json.NewDecoder(io.LimitReader(body, 4<<10)).Decode(&api)
	return err == nil && api.CurrentVersion != ""
}
