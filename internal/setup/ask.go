package setup

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources/kinds"
	"golang.org/x/sync/errgroup"
)

// AllHosts stands for every host that may have documents, but those of a private
// network: what a mail brings is not to make this machine ask its router. Who has
// such a server names it.
const AllHosts = "all"

// An Unanswered host is one that was asked, and did not say what it is.
type Unanswered struct {
	Host string
	Err  error
}

var (
	// ErrNotFound is for a host of which no address was found.
	ErrNotFound = errors.New("no address of this host was found")

	// ErrPrivate is for a host of a private network that nobody named.
	ErrPrivate = errors.New("a host of a private network")
)

// mostRequests is how many each host gets at most.
const mostRequests = 2

// Ask asks these hosts, or AllHosts, what they are: of those on which there may be
// documents, and nothing but pages of the server's own. What they say makes finds
// certain, or takes them away. Those that do not say it are given back. The error
// is that of ctx.
func (f *Finds) Ask(ctx context.Context, hosts []string) (silent []Unanswered, err error) {
	questions := f.questions()
	named := func(host string) bool {
		return slices.ContainsFunc(hosts, func(one string) bool { return strings.EqualFold(one, host) })
	}
	if !slices.Contains(hosts, AllHosts) {
		asked := make(map[string][]question)
		for _, host := range hosts {
			host = strings.ToLower(host)
			if asked[host] = questions[host]; asked[host] == nil {
				delete(asked, host)
				silent = append(silent, Unanswered{host, ErrNotFound})
			}
		}
		questions = asked
	}
	client, pool := f.settings.client(polite.Options{Tries: 1, Transport: cookieless{}}), new(spool.Pool)
	var mu sync.Mutex // guards said and silent
	var g errgroup.Group
	g.SetLimit(settleMost)
	for host, all := range questions {
		g.Go(func() error {
			ctx, cancel := context.WithTimeoutCause(ctx, settleTime, errLate)
			defer cancel()
			if !named(host) && isPrivate(ctx, host) {
				mu.Lock()
				defer mu.Unlock()
				silent = append(silent, Unanswered{host, ErrPrivate})
				return nil
			}
			for _, q := range all {
				is, err := q.kind.Probe(ctx, q.base, "", kinds.Opening{Client: client, Pool: pool})
				mu.Lock()
				if err == nil {
					f.said[q.server] = is
				} else {
					silent = append(silent, Unanswered{host, err})
				}
				mu.Unlock()
				if err != nil {
					return nil
				}
			}
			return nil
		})
	}
	g.Wait()
	f.reduce()
	slices.SortFunc(silent, func(a, b Unanswered) int { return cmp.Compare(a.Host, b.Host) })
	return silent, ctx.Err()
}

// A question is whether a server is of a kind.
type question struct {
	kind   kinds.Kind
	base   string
	server discovery.Server
	finds  int // that it is about
}

// questions are those that can be asked, by host, as many as a host may get:
// those about most finds.
func (f *Finds) questions() map[string][]question {
	all := make(map[string][]question)
	for i := range f.All {
		find := &f.All[i]
		if find.Certain || find.Linked() {
			continue
		}
		host := find.Host()
		at := slices.IndexFunc(all[host], func(q question) bool { return q.server == find.Server() })
		if at < 0 {
			at = len(all[host])
			all[host] = append(all[host], question{kind: find.Kind, base: find.Base, server: find.Server()})
		}
		all[host][at].finds++
	}
	for host, questions := range all {
		slices.SortStableFunc(questions, func(a, b question) int { return cmp.Compare(b.finds, a.finds) })
		left := mostRequests
		all[host] = slices.DeleteFunc(questions, func(q question) bool {
			cost := q.cost()
			if cost > left {
				return true
			}
			left -= cost
			return false
		})
	}
	return all
}

// cost is how many requests a question may take.
func (q question) cost() int {
	if q.kind.Name == "framadate" || strings.HasPrefix(q.base, "http:") {
		return mostRequests // it may have become a Pollaris; it may want https
	}
	return 1
}

// cookieless sends no cookie, not even one that the server just gave.
type cookieless struct{}

// RoundTrip implements http.RoundTripper.
func (cookieless) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Del("Cookie")
	return http.DefaultTransport.RoundTrip(r)
}

// isPrivate says that a host is of a network that the public does not reach. One
// whose name this machine cannot look up may be known to its proxy.
func isPrivate(ctx context.Context, host string) bool {
	name := (&url.URL{Host: host}).Hostname() // without a port
	all, _ := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	return slices.ContainsFunc(all, func(a netip.Addr) bool {
		a = a.Unmap()
		return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified()
	})
}
