package framadate

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"

	"github.com/padsync/padsync/sources"
)

// Pollaris has come in Framadate's place on many servers, the largest among them.
// It took over no polls, and has no page at their addresses. Its own pages are
// known by the first two, and the form of a visitor's settings by the third: it is
// shown within a page, and is none.
var (
	ofPollaris  = regexp.MustCompile(`<html\b[^>]*\sdata-controller="[^"]*\bcolor-scheme\b`)
	itsElements = regexp.MustCompile(`\bheader__link\b`)
	itsSettings = regexp.MustCompile(`\bname="preferences\[locale\]"`)
)

func isPollaris(page string) bool {
	return ofPollaris.MatchString(page) && itsElements.MatchString(page)
}

// replaced says of a server that has nothing at a poll's address whether another
// program runs there now. Where a web server answers for all scripts, only another
// page tells: it is asked for once.
func (s *Source) replaced(ctx context.Context, err error) error {
	barrier, barred := errors.AsType[*sources.Barrier](err)
	if !barred || barrier.Kind != sources.NotThere {
		return err
	}
	s.mu.Lock()
	known := s.became
	s.mu.Unlock()
	if known == nil {
		known = new(bool)
		asked := s.send(ctx, "preferences", nil, func(resp *http.Response) error {
			start, err := io.ReadAll(io.LimitReader(resp.Body, sources.RecognizeLength))
			*known = isPollaris(string(start)) || itsSettings.Match(start)
			return err
		})
		if asked != nil && !*known {
			return err
		}
		s.mu.Lock()
		s.became = known
		s.mu.Unlock()
	}
	if *known {
		return &sources.Barrier{Kind: sources.Replaced}
	}
	return err
}
