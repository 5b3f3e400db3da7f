package etherpad

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad/server"
)

var _ sources.Fronted = (*Source)(nil)

// Front implements sources.Fronted. A front page that the server's operator
// made anew is not recognised.
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
