package setup

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/kinds"
)

// Servers are those that a run asks, with what opens them and what all of them
// share. They are safe for concurrent use.
type Servers struct {
	Client *polite.Client

	settings *Settings
	pool     *spool.Pool
	keys     keys
	expiries Expiries
	groups   map[string]string // of an account to make documents in, by base address
	mail     string            // the organiser's of polls to be made
}

// ErrKind is for a kind of servers that does not exist, or that cannot do what
// is asked of it.
var ErrKind = errors.New("no such kind of source")

// Servers are those of the documents. It reads their secrets. Waiting, which
// may be nil, is called with each wait.
func (s *Settings) Servers(ctx context.Context, all []Wanted, waiting func(polite.Wait)) (*Servers, error) {
	keys, err := s.keys(ctx, all)
	if err != nil {
		return nil, err
	}
	pool := new(spool.Pool)
	if err := pool.Try(); err != nil {
		return nil, err
	}
	return &Servers{
		Client: s.client(polite.Options{Waiting: waiting}), settings: s, pool: pool, keys: keys, expiries: s.Expiries(),
	}, nil
}

func (s *Settings) client(o polite.Options) *polite.Client {
	o.UserAgent = s.setup.Agent
	return polite.New(o)
}

// opening is what is needed to open the source of a server.
func (n *Servers) opening(base string) kinds.Opening {
	key := n.keys.of(base)
	return kinds.Opening{
		Client: n.Client, Pool: n.pool, Access: key.access, Passwords: key.passwords,
		Group: n.groups[base], Mail: n.mail, ExpiresAfter: n.expiries[base],
		Tokens: n.settings.Machine.Token(base, key.access.MyPadsLogin, func(err error) {
			n.settings.setup.tell("token-not-kept", "Error", err)
		}),
	}
}

func (n *Servers) open(name, base string, formats []string) (sources.Source, error) {
	kind, ok := n.settings.setup.Kinds.Named(name)
	if !ok {
		return nil, ErrKind
	}
	o := n.opening(base)
	o.Formats = formats
	source, err := kind.Open(base, o)
	if err != nil {
		return nil, message.Classed(message.Usage, err)
	}
	return source, nil
}

// Plan assigns the documents to their servers, which it sorts as manifests do.
// A document's Line is its place in all, from 1. Formats, if there are any, are
// fetched in place of those in the configuration. Repositories are left to the
// caller, who closes the sources: CloseSources.
func (n *Servers) Plan(all []Wanted, formats []string, limit Budget) (*backup.Plan, error) {
	p := &backup.Plan{Pool: n.pool, Program: n.settings.setup.Program, Host: HostName()}
	place := func(w Wanted) (int, bool) {
		return slices.BinarySearchFunc(p.Sources, manifest.Source{Kind: w.kind, URL: w.base},
			func(known *backup.Source, s manifest.Source) int { return known.Compare(s) })
	}
	for _, w := range all {
		at, known := place(w)
		if known {
			continue
		}
		from := manifest.Source{Kind: w.kind, URL: w.base, Name: w.source.Name}
		chosen := formats
		if len(chosen) == 0 {
			chosen = w.source.Formats
		}
		client, err := n.open(w.kind, w.base, chosen)
		if err != nil {
			return nil, err
		}
		p.Sources = slices.Insert(p.Sources, at, &backup.Source{Source: from, Client: client, Until: limit.until(w.source.Hours)})
	}
	for i, w := range all {
		at, _ := place(w)
		source := p.Sources[at]
		if w.all {
			source.All = true
			continue
		}
		if n.keys.of(w.base).access.Operator() && w.verbatim != "" {
			w.id, w.locator = w.verbatim, w.verbatim // the API knows pads by names that servers would change
		}
		d := backup.Document{Source: source, ID: w.id, Line: i + 1}
		if w.locator != w.id {
			d.Locator = w.locator
		}
		p.Documents = append(p.Documents, d)
	}
	return p, nil
}

// A Budget is how long a run may take.
type Budget struct {
	Begin time.Time
	Most  time.Duration // 0: as long as it takes
}

// until is when the requests to a source with these hours end: zero for never.
// Outside them, that is now.
func (b Budget) until(h config.Hours) time.Time {
	end, open := h.End(b.Begin)
	if !open {
		return b.Begin
	}
	if limit := b.Begin.Add(b.Most); b.Most > 0 && (end.IsZero() || limit.Before(end)) {
		return limit
	}
	return end
}

// CloseSources removes what was made on servers for this run, also after an
// interruption.
func (s *Settings) CloseSources(ctx context.Context, p *backup.Plan) {
	for _, from := range p.Sources {
		s.close(ctx, from.URL, from.Client)
	}
}

// close removes what a source made on its server for this run.
func (s *Settings) close(ctx context.Context, url string, source sources.Source) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	closer, ok := source.(interface{ Close(context.Context) error })
	if ok && closer.Close(ctx) != nil {
		s.setup.tell("not-closed", "Source", url)
	}
}

// HostName is the machine's name for manifests; it may be "".
func HostName() string {
	host, err := os.Hostname()
	if err != nil {
		return ""
	}
	return host
}
