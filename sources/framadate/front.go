package framadate

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"strings"

	"github.com/padsync/padsync/sources"
)

var _ sources.Fronted = (*Source)(nil)

// Front implements sources.Fronted.
func (s *Source) Front(ctx context.Context) error {
	err := s.send(ctx, "", nil, func(resp *http.Response) error {
		body, err := s.receivePage(resp)
		if err != nil {
			return err
		}
		defer body.Close()
		page, err := io.ReadAll(io.NewSectionReader(body, 0, body.Size()))
		if err != nil || isFront(string(page)) {
			return err
		}
		return recognized(resp, body, &sources.Barrier{Kind: sources.NotThere})
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("front page: %w", err)
	}
	return err
}

// isFront recognises the front page of Framadate 0.9 to 1.2 by its links to
// the forms for both kinds of polls.
func isFront(page string) bool {
	return strings.Count(html.UnescapeString(page), "create_poll.php?type=") >= 2
}
