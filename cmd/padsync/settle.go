package main

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/framadate"
)

const (
	settleTime = 30 * time.Second // for a server to say what it is
	settleMost = 16               // servers that are asked at once
)

// errLate is for a server that took too long to say what it is.
var errLate = polite.Temporary(errors.New("no answer in time"))

// An answer says whether a server has polls; with an error, it is not known.
type answer struct {
	polls bool
	err   error
}

// settle finds out what the servers are of which no address tells. Another
// address of the server may, or the repository: what it saw there at its last
// look stands. Else the server is asked, beside all others and not for long,
// and if it cannot say, what the repository saw before that stands. What cannot
// be settled is a mistake of its own, and is asked for again the next time.
func (a *app) settle(ctx context.Context, n network, flags backupFlags, s *settings, all []wanted, bad *mistakes) ([]wanted, error) {
	if !slices.ContainsFunc(all, func(w wanted) bool { return !w.certain }) {
		return all, nil
	}
	known := a.knownServers(ctx, n.pool, flags, s)
	answers := known.settled(all)
	if err := n.askServers(ctx, all, answers); err != nil {
		return nil, err
	}
	settled := all[:0]
	for i := range all {
		w := &all[i]
		if w.certain {
			settled = append(settled, *w)
			continue
		}
		said := answers[w.base]
		before, seen := known[sources.Identity(w.base)]
		switch {
		case said.err != nil && seen && (before.polls || w.otherwise != nil):
			said = answer{polls: before.polls}
		case said.err != nil:
			bad.later = true
			bad.add(message.Of(message.Unclassed, said.err, "unsettled", "Document", w.origin.name(a), "Reason", said.err))
			continue
		}
		switch {
		case said.polls:
			w.certain = true
		case w.otherwise != nil:
			w.otherwise.origin, w.otherwise.source = w.origin, w.source
			*w = *w.otherwise
		default:
			bad.add(message.Of(message.Unclassed, sources.ErrAddress, "not-a-server", "Document", w.origin.name(a)))
			continue
		}
		settled = append(settled, *w)
	}
	return settled, nil
}

// A knownServer is what the repository knows of a server that has documents of
// one kind.
type knownServer struct {
	polls bool
	good  bool // the last look at one of its documents was
}

// knownServers are by their identities.
type knownServers map[string]knownServer

// settled are the servers that need not be asked: those that an address tells
// of, and those of which the last look was good, unless the address could be
// one of a poll server where only pads are known.
func (k knownServers) settled(all []wanted) map[string]answer {
	answers := make(map[string]answer)
	for _, w := range all {
		known := k[sources.Identity(w.base)]
		switch {
		case w.certain && w.kind == kindFramadate, known.good && known.polls:
			answers[w.base] = answer{polls: true}
		case !w.certain && w.otherwise != nil && known.good:
			if _, told := answers[w.base]; !told {
				answers[w.base] = answer{}
			}
		}
	}
	return answers
}

// knownServers reads what the first repository that can be read knows. What is
// wrong with one is told when it is written to.
func (a *app) knownServers(ctx context.Context, pool *spool.Pool, flags backupFlags, s *settings) knownServers {
	identities, err := a.cheapIdentities(flags.commonFlags, s)
	if err != nil {
		return nil
	}
	for _, place := range s.repositories {
		repo, err := a.openToRead(ctx, place, flags.commonFlags, s, repository.Options{Pool: pool})
		if err != nil {
			continue
		}
		if repo.Sealed() {
			repo = repo.With(identities...)
		}
		if known, err := readServers(ctx, repo); err == nil {
			return known
		}
	}
	return nil
}

func readServers(ctx context.Context, repo *repository.Repository) (knownServers, error) {
	c, err := repo.Read(ctx, repository.At{})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	known, both := make(knownServers), make(map[string]bool)
	for record, err := range c.Documents() {
		if err != nil {
			return nil, err
		}
		if len(record.Versions) == 0 {
			continue
		}
		server := sources.Identity(record.Source.URL)
		now := knownServer{record.Source.Kind == kindFramadate, record.State == manifest.Current}
		before, seen := known[server]
		both[server] = both[server] || seen && before.polls != now.polls
		now.good = now.good || before.good
		known[server] = now
	}
	for server := range both {
		if both[server] {
			delete(known, server) // it has both, so an address tells nothing
		}
	}
	return known, nil
}

// askServers asks those of which nothing is known, each once and beside each
// other. The error is that of ctx.
func (n network) askServers(ctx context.Context, all []wanted, answers map[string]answer) error {
	var asked []*wanted
	for i := range all {
		w := &all[i]
		if _, known := answers[w.base]; !w.certain && !known {
			asked = append(asked, w)
			answers[w.base] = answer{}
		}
	}
	said := make([]answer, len(asked))
	var g errgroup.Group
	g.SetLimit(settleMost)
	for i, w := range asked {
		g.Go(func() error {
			said[i] = n.hasPolls(ctx, w)
			return nil
		})
	}
	g.Wait()
	for i, w := range asked {
		answers[w.base] = said[i]
	}
	return ctx.Err()
}

// hasPolls asks with a request that changes nothing.
func (n network) hasPolls(ctx context.Context, w *wanted) answer {
	ctx, cancel := context.WithTimeoutCause(ctx, settleTime, errLate)
	defer cancel()
	access := n.accesses.of(w.base)
	source, err := framadate.New(w.base, n.client, n.pool, framadate.Options{User: access.User, Password: access.Password})
	if err != nil {
		return answer{err: err}
	}
	switch err := source.Probe(ctx, w.locator); {
	case err == nil, errors.Is(err, fs.ErrNotExist):
		return answer{polls: true}
	case errors.Is(err, sources.ErrRefused) && !errors.Is(err, sources.ErrServer):
		return answer{}
	case ctx.Err() != nil:
		return answer{err: context.Cause(ctx)}
	default:
		return answer{err: err}
	}
}
