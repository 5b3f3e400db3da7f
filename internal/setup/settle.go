package setup

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources"
)

const (
	settleTime = 30 * time.Second // for a server to say what it is
	settleMost = 16               // servers that are asked at once
)

// errLate is for a server that took too long to say what it is.
var errLate = polite.Temporary(errors.New("no answer in time"))

// An answer says of what kind a server is, "" if it is of none that was asked
// for; with an error, it is not known.
type answer struct {
	kind string
	err  error
}

// Settle finds out of what kind the servers are whose addresses do not show it.
// Another address of the server may, or the repository: what the last look
// there saw counts. Else the server is asked, at the same time as all others
// and not for long; if it cannot say, what the repository saw earlier counts.
// What cannot be settled is a mistake of its own, and is asked for again the
// next time. Settle overwrites all. The error is that of ctx.
func (n *Servers) Settle(ctx context.Context, all []Wanted, bad *Mistakes) ([]Wanted, error) {
	if !slices.ContainsFunc(all, func(w Wanted) bool { return w.candidates != nil }) {
		return all, nil
	}
	kinds := n.settings.setup.Kinds
	known := n.settings.knownServers(ctx, n.pool)
	answers := known.settled(kinds, all)
	if err := n.askServers(ctx, all, answers); err != nil {
		return nil, err
	}
	settled := all[:0]
	for i := range all {
		w := &all[i]
		if w.candidates == nil {
			settled = append(settled, *w)
			continue
		}
		said := answers[w.question()]
		assumed := w.candidates[len(w.candidates)-1].Kind.Assumed
		if at := slices.IndexFunc(w.candidates, known.has); said.err != nil && at >= 0 {
			said = answer{kind: w.candidates[at].Kind.Name}
		}
		if said.err != nil {
			bad.later = true
			bad.add(message.Of(message.Unclassed, said.err, "unsettled", "Document", w.origin.Name(), "Reason", said.err))
			continue
		}
		at := slices.IndexFunc(w.candidates, func(c Candidate) bool { return c.Kind.Name == said.kind })
		switch {
		case at >= 0:
		case assumed:
			at = len(w.candidates) - 1
		default:
			bad.add(message.Of(message.Unclassed, sources.ErrAddress, "not-a-server", "Document", w.origin.Name()))
			continue
		}
		is := wantedOf(w.candidates[at])
		is.origin, is.source = w.origin, w.source
		*w = is
		settled = append(settled, *w)
	}
	return settled, nil
}

// A knownServer is what the repository knows of a server that has documents of
// one kind.
type knownServer struct {
	kind string
	good bool // the last look at one of its documents was
}

// knownServers are by their identities.
type knownServers map[string]knownServer

// assumes says whether an id alone is taken for one of this kind.
func (k Kinds) assumes(name string) bool {
	kind, ok := k.Named(name)
	return ok && kind.Assumed
}

// has says whether the repository knows the server of a candidate as one of its
// kind.
func (k knownServers) has(c Candidate) bool {
	known, seen := k[manifest.Address(c.Base)]
	return seen && known.kind == c.Kind.Name
}

// question is what is asked about a document: which server of which kind it is on,
// since an address may be of several, and be below another one for each.
func (w *Wanted) question() string {
	var q strings.Builder
	for _, c := range w.candidates {
		q.WriteString(c.Kind.Name + " " + c.Base + "\n")
	}
	return q.String()
}

// settled are the questions that need not be asked: those that another address
// answers, and those about a server whose last look was good.
func (k knownServers) settled(kinds Kinds, all []Wanted) map[string]answer {
	told := make(map[string]string)
	for _, w := range all {
		if w.candidates == nil && !kinds.assumes(w.kind) {
			told[w.base] = w.kind
		}
	}
	answers := make(map[string]answer)
	for _, w := range all {
		at := slices.IndexFunc(w.candidates, func(c Candidate) bool {
			return told[c.Base] == c.Kind.Name || k.has(c) && k[manifest.Address(c.Base)].good
		})
		if at >= 0 {
			answers[w.question()] = answer{kind: w.candidates[at].Kind.Name}
		}
	}
	return answers
}

// knownServers reads what the first repository that can be read knows. What is
// wrong with one is reported when it is written to.
func (s *Settings) knownServers(ctx context.Context, pool *spool.Pool) knownServers {
	for _, place := range s.Repositories {
		repo, err := s.OpenToRead(ctx, place, pool, nil)
		if err != nil {
			continue
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
		server := record.Source.Address()
		now := knownServer{record.Source.Kind, record.State == manifest.Current}
		before, seen := known[server]
		both[server] = both[server] || seen && before.kind != now.kind
		now.good = now.good || before.good
		known[server] = now
	}
	for server := range both {
		if both[server] {
			delete(known, server) // it has both, so an address shows nothing
		}
	}
	return known, nil
}

// askServers asks those of which nothing is known, each once and all at the
// same time. The error is that of ctx.
func (n *Servers) askServers(ctx context.Context, all []Wanted, answers map[string]answer) error {
	var asked []*Wanted
	for i := range all {
		w := &all[i]
		if _, known := answers[w.question()]; w.candidates != nil && !known {
			asked = append(asked, w)
			answers[w.question()] = answer{}
		}
	}
	said := make([]answer, len(asked))
	var g errgroup.Group
	g.SetLimit(settleMost)
	for i, w := range asked {
		g.Go(func() error {
			said[i] = n.probe(ctx, w)
			return nil
		})
	}
	g.Wait()
	for i, w := range asked {
		answers[w.question()] = said[i]
	}
	return ctx.Err()
}

// probe asks with requests that change nothing. What is assumed needs none. A server
// that answers one kind's question badly may answer another's.
func (n *Servers) probe(ctx context.Context, w *Wanted) answer {
	ctx, cancel := context.WithTimeoutCause(ctx, settleTime, errLate)
	defer cancel()
	var unsure error
	for _, c := range w.candidates {
		if c.Kind.Assumed {
			continue
		}
		switch is, err := c.Kind.Probe(ctx, c.Base, c.Locator, n.opening(c.Base)); {
		case is:
			return answer{kind: c.Kind.Name}
		case err != nil && ctx.Err() != nil:
			return answer{err: context.Cause(ctx)}
		case errors.Is(err, polite.ErrUnanswered):
			return answer{err: err}
		case err != nil:
			unsure = cmp.Or(unsure, err)
		}
	}
	return answer{err: unsure}
}
