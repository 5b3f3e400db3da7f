package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources"
)

// An Unlisted source says All but could not be asked what it holds.
type Unlisted struct {
	*Source
	Err error
}

// errNoLister is for a kind of source that cannot list.
var errNoLister = errors.New("it cannot list its documents")

// List asks the sources that say All what they hold, side by side, and adds it
// to the plan's documents. After an error of a source, it adds nothing that the
// source has listed, and clears its All, since nothing is known to be gone from
// it. It does not ask a source whose time is over, and leaves one whose list
// takes longer than its time.
func (p *Plan) List(ctx context.Context) []Unlisted {
	listed, errs := make([][]Document, len(p.Sources)), make([]error, len(p.Sources))
	ignored := func(d Document) bool { return p.ignored(d.Source.Source, d.ID) }
	var g errgroup.Group
	for i, s := range p.Sources {
		if s.All && (s.Until.IsZero() || time.Now().Before(s.Until)) {
			g.Go(func() error {
				listed[i], errs[i] = s.list(ctx)
				return nil
			})
		}
	}
	g.Wait()
	var failed []Unlisted
	for i, err := range errs {
		if err != nil {
			p.Sources[i].All = false
			failed = append(failed, Unlisted{p.Sources[i], err})
		}
		p.Documents = append(p.Documents, slices.DeleteFunc(listed[i], ignored)...)
	}
	return failed
}

func (p *Plan) ignored(s manifest.Source, id string) bool {
	return p.Ignored != nil && p.Ignored(s, id)
}

func (s *Source) list(ctx context.Context) (documents []Document, err error) {
	lister, ok := s.Client.(sources.Lister)
	if !ok {
		return nil, errNoLister
	}
	if !s.Until.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, s.Until)
		defer cancel()
	}
	s.emptied = true
	for id, err := range lister.List(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list documents: %w", err)
		}
		s.emptied = false
		if manifest.ValidID(id) {
			documents = append(documents, Document{Source: s, ID: strings.Clone(id)})
		}
	}
	return documents, nil
}

// addKnown adds what a repository holds of sources that say All: what they no
// longer list is looked at once more, which shows whether it is gone. There is
// nothing to say of a document without a saved version that is no longer
// listed.
func (r *run) addKnown(c *repository.Contents) error {
	for record, err := range c.Documents() {
		if err != nil {
			return err
		}
		s := r.server(record.Source)
		if s != nil && s.All && !r.plan.ignored(record.Source, record.ID) && len(record.Versions) > 0 && (record.State == manifest.Current || record.State == manifest.Failed) {
			r.plan.Documents = append(r.plan.Documents, Document{Source: s.Source, ID: strings.Clone(record.ID)})
		}
	}
	return nil
}

// all says whether a source is to be backed up whole.
func (r *run) all() bool {
	return slices.ContainsFunc(r.servers, func(s *server) bool { return s.All })
}
