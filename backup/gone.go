package backup

import (
	"context"
	"errors"
	"io/fs"
	"sync"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
)

// A standing is what one server has shown of itself in a run: whether to
// believe it when it says that a document is gone. A server that was moved,
// closed or is under maintenance says so of all its documents. That is one fact
// about the server and none about them.
//
// So what is newly gone is held, and believed once another document of the
// server was asked for after it and answered well. What is still held at the
// end is decided then (see run.conclude). Only places of documents are held,
// which the run has in memory anyway.
type standing struct {
	mu       sync.Mutex // guards what follows
	held     []*job     // newly gone, in the order in which the server said so
	believed int        // how many were held before these
	good     *job       // one that answered well
	known    string     // what it answered with, to ask for what changed since
}

// asked gives the number of what was newly gone when a document is asked for.
func (s *standing) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.believed + len(s.held)
}

// hold keeps a document that is newly gone.
func (s *standing) hold(j *job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = append(s.held, j)
}

// recall notes a document that an interrupted run saw answer well, with this
// validator.
func (s *standing) recall(j *job, validator string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.good == nil {
		s.good, s.known = j, validator
	}
}

// answered notes a document that answered well, with this validator, and gives
// those that are really gone: those that were gone when it was asked for.
func (s *standing) answered(j *job, asked int, validator string) []*job {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.good, s.known = j, validator
	n := max(asked-s.believed, 0)
	gone := s.held[:n:n]
	s.held, s.believed = s.held[n:], s.believed+n
	return gone
}

// newlyGone says whether a repository would learn from the error that the
// document is missing.
func newlyGone(known []*prior, err error) bool {
	if !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	for _, p := range known {
		if p.Newest != nil && p.State != manifest.Missing {
			return true
		}
	}
	return false
}

// conclude decides on what is still held when all documents of a source were
// looked at. If one of them had answered well before, it is asked again. If
// none had, two or more that are gone are a fact about the server; if only one
// is gone, the server's front page decides. In doubt, the documents could not
// be looked at, and nothing becomes missing. Having no time left to ask is also
// doubt. An interrupted run writes nothing about them, and the next one asks
// again.
func (r *run) conclude(ctx context.Context, from *server) {
	s := &from.standing
	if len(s.held) == 0 || errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	doubt := from.doubt(ctx)
	if errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	for _, j := range s.held {
		r.gone(j, doubt)
	}
}

// doubt is why the server is not believed, nil if it is.
func (s *server) doubt(ctx context.Context) error {
	fronted, known := s.Client.(sources.Fronted)
	none := &sources.Barrier{Kind: sources.NoneThere}
	var err error
	switch {
	case s.standing.good != nil:
		err = s.answersStill(ctx)
	case s.emptied:
		return &sources.Barrier{Kind: sources.EmptyList}
	case len(s.standing.held) > 1 || !known:
		return none
	default:
		err = fronted.Front(ctx)
	}
	if err != nil && !errors.Is(err, sources.ErrServer) {
		return none
	}
	return err
}

// answersStill asks again for the document that answered well. It does not save
// what changed since: the next run does.
func (s *server) answersStill(ctx context.Context) error {
	v, err := s.Client.Fetch(ctx, s.standing.good.locator(), s.standing.known)
	return errors.Join(err, v.Close())
}

// gone records a document that is gone or, in doubt, could not be looked at.
func (r *run) gone(j *job, doubt error) {
	targets := r.live()
	if r.joined(j) {
		targets = nil // another link opened it since
	}
	known, err := r.known(targets, func(t *target) (*prior, error) { return t.priors.of(j) })
	switch {
	case err != nil:
	case doubt != nil:
		err = doubt
	default:
		err = fs.ErrNotExist
	}
	if known == nil {
		targets = nil
	}
	r.finish(j, r.failed(j, targets, known, err))
}
