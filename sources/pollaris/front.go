package pollaris

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/PuerkitoBio/goquery"

	"github.com/padsync/padsync/sources"
)

var _ sources.Fronted = (*Source)(nil)

// Front implements sources.Fronted with the page of a visitor's settings: unlike
// the first page, no operator writes it himself.
func (s *Source) Front(ctx context.Context) error {
	err := s.preferences(ctx)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, sources.ErrRefused) && !errors.Is(err, sources.ErrServer) {
		err = &sources.Barrier{Kind: sources.NotThere}
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("front page: %w", err)
	}
	return err
}

// Probe asks the server, with one request that changes nothing, whether it is a
// Pollaris. An error that matches sources.ErrServer says that it cannot be told now,
// any other that it is none.
func (s *Source) Probe(ctx context.Context) error { return s.preferences(ctx) }

// preferences asks for the form by which a Pollaris is known, from 1.0 on. It is
// shown within another page: what comes is the form in a turbo-frame, and no page.
func (s *Source) preferences(ctx context.Context) error {
	return s.read(ctx, &s.visitor, "preferences", func(doc *goquery.Document) error {
		if doc.Find(`form[name="preferences"] [name="preferences[locale]"]`).Length() > 0 {
			return nil
		}
		return fmt.Errorf("%w: not a visitor's settings", sources.ErrRefused)
	})
}
